// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces that the screens of the three relays share: switches with what they expose, figures, bars.
import type { ComponentChildren } from "preact";
import { asSentence } from "../model/format";
import { toneOf, type Switch } from "../model/relay";
import { routeTo } from "../model/route";
import { Empty } from "./empty";
import { Panel } from "./parts";

/** Read only: nothing here can be changed over HTTP, so each switch names its key of the configuration file. */
export function Switches({ id, switches, children }: { id: string; switches: readonly Switch[]; children?: ComponentChildren }) {
  return (
    <Panel id={id} title="Switches, and what they expose" hint="They are changed in the configuration file only, so that nobody who gets into this page can open a door.">
      <ul class="entries" aria-labelledby={id}>
        {switches.map((entry) => (
          <li key={entry.key} class="entry entry-top">
            <span class="main-cell">
              <span class="line strong">{entry.title}</span>
              <span class="wrap">{entry.exposes}</span>
              <span class="wrap"><code>{entry.key}</code></span>
            </span>
            <span class={entry.on ? `tag tag-${toneOf(true)}` : "tag"}>{entry.on ? "on" : "off"}</span>
          </li>
        ))}
      </ul>
      {children}
    </Panel>
  );
}

/** Instead of what needs the mesh while this node is not on it. */
export function NotNow({ words }: { words: string }) {
  return <Empty icon="relay" title="Not while this node is off the mesh"><p>{asSentence(words)}</p><p><a href={routeTo("mesh")}>The Mesh page</a> says what joining means.</p></Empty>;
}

export function Figures({ figures }: { figures: readonly { name: string; text: string }[] }) {
  if (figures.length === 0) return null;
  return <dl class="figures">{figures.map((figure) => <div key={figure.name}><dt>{figure.name}</dt><dd>{figure.text}</dd></div>)}</dl>;
}

export function Refusals({ label, list }: { label: string; list: readonly { name: string; value: number }[] }) {
  if (list.length === 0) return <p class="hint">Nothing was refused.</p>;
  return (
    <ul class="bars" aria-label={label}>
      {list.map((entry) => <li key={entry.name} class="bar-line"><span class="grow wrap">{entry.name}</span><span class="number">{entry.value.toLocaleString("en")}</span></li>)}
    </ul>
  );
}
