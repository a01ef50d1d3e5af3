// SPDX-License-Identifier: GPL-3.0-or-later
// Content: what is fetched from other nodes, how far verifying is, what is served to others and what was refused.
import { useState } from "preact/hooks";
import { attempt, relayCalls } from "../app";
import type { ContentState } from "../api/relay_types";
import { faultWords, hashingWords, refusalsOf } from "../model/content";
import { bytes, percent } from "../model/format";
import { switchesOf } from "../model/relay";
import { routeTo } from "../model/route";
import { useReading } from "./hooks";
import { Confirm, Panel, Stale, Unread, type Question } from "./parts";
import { Fetches, NewFetchForm } from "./relay_fetches";
import { Figures, NotNow, Refusals, Switches } from "./relay_parts";

const kReadAgain = 4000;

async function readAll() {
  const [state, relay] = await Promise.all([relayCalls.content(), relayCalls.relay()]);
  // Off the mesh there is nothing to fetch from; what is verified is told all the same.
  const fetches = state.trouble ? [] : await relayCalls.fetches();
  return { state, relay, fetches: fetches ?? [] };
}

function Hashing({ state, again }: { state: ContentState; again: () => Promise<void> }) {
  const words = hashingWords(state.hashing);
  const [busy, setBusy] = useState(false);
  const paused = state.hashing?.paused === true;
  const turn = async () => {
    setBusy(true);
    await attempt(() => relayCalls.pauseHashing(!paused));
    await again();
    setBusy(false);
  };
  const on = state.hashing?.enabled !== false && state.hashing !== undefined;
  return (
    <Panel id="hashing-title" title="Verified copies" hint="A file is served to the mesh only after it was read whole, hashed and, where it is audio, decoded without an error."
      extra={on && <button type="button" class="small" disabled={busy} onClick={() => void turn()}>{paused ? "Go on" : "Pause"}</button>}>
      <p class={`state-line strong tone-${words.tone}`}><span class="dot" aria-hidden="true" />{words.short}</p>
      <p class="sentence">{words.sentence}</p>
      {on && (state.hashing?.filesTotal ?? 0) > 0 && <progress max={100} value={words.percent} class={words.percent >= 100 ? "progress-done" : undefined} aria-label="Progress of verifying" />}
      <Figures figures={[{ name: "Verified", text: (state.hashing?.verified ?? 0).toLocaleString("en") }, { name: "Not fit", text: (state.hashing?.refused ?? 0).toLocaleString("en") }]} />
      <p class="hint"><a href={routeTo("shares")}>My shares</a> says of each file whether it is verified, and why not; files and folders are made private there.</p>
    </Panel>
  );
}

function Served({ state }: { state: ContentState }) {
  const { metrics } = state;
  const hits = metrics?.cacheHits ?? 0;
  const reads = hits + (metrics?.cacheMisses ?? 0);
  const figures = [
    { name: "Streams now", text: `${(metrics?.streams ?? 0).toLocaleString("en")}${state.streamsMost ? ` of ${state.streamsMost}` : ""}` },
    { name: "Pieces served", text: (metrics?.pieces ?? 0).toLocaleString("en") },
    { name: "Bytes served", text: bytes(metrics?.bytes ?? 0) },
    { name: "Pieces in memory", text: `${(metrics?.cachePieces ?? 0).toLocaleString("en")}, ${bytes(metrics?.cacheBytes ?? 0)}` },
    { name: "Pieces from memory", text: reads > 0 ? `${Math.round(percent(hits, reads))} %` : "–" },
    { name: "Files announced", text: (metrics?.records ?? 0).toLocaleString("en") },
    { name: "Fetched from others", text: bytes(metrics?.fetchedBytes ?? 0) },
  ];
  return (
    <Panel id="served-title" title="Served to others" hint={state.enabled ? "By content id only. Whatever is refused looks the same to the one who asks; the reasons are counted here alone." : "Serving is switched off; fetching works all the same."}>
      <Figures figures={figures} />
      <h3 class="sub" id="refused-title">Refused</h3>
      <Refusals label="Refused, by reason" list={refusalsOf(metrics?.refused)} />
      <h3 class="sub">What sources did wrong, or did not do</h3>
      <Refusals label="Faults of sources, by reason" list={refusalsOf(metrics?.faults, faultWords)} none="Nothing." />
    </Panel>
  );
}

export function ContentPart() {
  const { value, problem, again } = useReading(readAll, kReadAgain, "relay");
  const [question, ask] = useState<Question | null>(null);
  if (!value) return <Unread icon="relay" what="Content" problem={problem} again={again} />;
  return (
    <>
      <Stale problem={problem} />
      {value.state.trouble ? <NotNow words={value.state.trouble} /> : (
        <>
          <NewFetchForm again={again} />
          <Fetches fetches={value.fetches} ask={ask} again={again} />
        </>
      )}
      <Hashing state={value.state} again={again} />
      <Served state={value.state} />
      <Switches id="content-switches" switches={switchesOf(value.relay.switches, "content")} />
      {question && <Confirm question={question} done={() => ask(null)} />}
    </>
  );
}
