// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces that the screens of the three relays share: switches with what they expose, figures, bars.
import type { ComponentChildren } from "preact";
import { asSentence } from "../model/format";
import type { Switch } from "../model/relay";
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
              <span class="wrap"><code>{entry.key}</code>{!entry.flag && <> <span class="dim">is</span> <span class="strong">{entry.words}</span></>}</span>
            </span>
            {entry.flag && <span class={entry.on ? "tag tag-good" : "tag"}>{entry.words}</span>}
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

export function Refusals({ label, list, none = "Nothing was refused." }: { label: string; list: readonly { name: string; value: number }[]; none?: string }) {
  if (list.length === 0) return <p class="hint">{none}</p>;
  const most = Math.max(...list.map((entry) => entry.value));
  return (
    <ul class="bars" aria-label={label}>
      {list.map((entry) => (
        <li key={entry.name} class="bar-line bar-why">
          <span class="bar-name wrap">{entry.name}</span>
          <progress max={most} value={entry.value} aria-label={entry.name} />
          <span class="number">{entry.value.toLocaleString("en")}</span>
        </li>
      ))}
    </ul>
  );
}
