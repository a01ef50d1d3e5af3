// SPDX-License-Identifier: GPL-3.0-or-later
// Catalogue: a look-up box, how the answers were had, and what the switches expose.
import { useState } from "preact/hooks";
import { attempt, relayCalls, say, sentence } from "../app";
import type { CatalogueAnswer, CatalogueState } from "../api/relay_types";
import { asSentence, bytes, count } from "../model/format";
import { catalogueFigures, catalogueSwitches, hitsOf } from "../model/relay";
import { kinds, kindTitle, parseWanted, shownOf } from "../model/release";
import { useReading } from "./hooks";
import { Confirm, Panel, Stale, Unread, type Question } from "./parts";
import { Figures, Switches } from "./relay_parts";
import { Release } from "./relay_release";

const kReadAgain = 4000;

function LookUp({ enabled, again }: { enabled: boolean; again: () => Promise<void> }) {
  const [kind, setKind] = useState("release");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [answer, setAnswer] = useState<CatalogueAnswer | null>(null);
  const look = async (wanted: string, mbid: string) => {
    setBusy(true);
    setProblem("");
    setAnswer(null);
    try {
      const got = await relayCalls.look(wanted, mbid);
      setAnswer(got);
      say(got.status === 404 ? "Nothing by this id" : `${kindTitle(wanted)}: ${shownOf(wanted, got.body).title}`);
    } catch (error) {
      setProblem(sentence(error));
    }
    setBusy(false);
    await again();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const wanted = parseWanted(String(new FormData(event.target as HTMLFormElement).get("mbid") ?? ""));
    if (!wanted) {
      setAnswer(null);
      setProblem("An id looks like f205627f-b70a-409d-adbe-66289b614e80: copy it, or the whole link, from musicbrainz.org.");
      return;
    }
    if (wanted.kind) setKind(wanted.kind);
    void look(wanted.kind || kind, wanted.mbid);
  };
  return (
    <Panel id="look-title" title="Look something up" hint="By its MusicBrainz id. Nodes that know each other ask once for all of them: the one that owns an id asks the origin and gives its signed answer to the others.">
      <p class="notice-line">The node that owns an id sees that you look it up.</p>
      <form class="line-form" onSubmit={submit}>
        <label>MusicBrainz id, or a link to it<input name="mbid" required autocomplete="off" spellcheck={false} autocapitalize="none" maxLength={300} aria-describedby="look-problem" placeholder="https://musicbrainz.org/release/…" /></label>
        <label class="kind">Kind
          <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>{kinds.map((entry) => <option key={entry.kind} value={entry.kind}>{entry.title}</option>)}</select>
        </label>
        <button disabled={busy || !enabled}>{busy ? "Looking" : "Look up"}</button>
        <p id="look-problem" class="problem" role="alert">{problem}</p>
      </form>
      {busy && <p class="state-line" role="status"><span class="spinner" aria-hidden="true" />Asking</p>}
      {answer && <Release answer={answer} look={(wanted, mbid) => void look(wanted, mbid)} />}
    </Panel>
  );
}

function Answers({ state, ask }: { state: CatalogueState; ask: (question: Question) => void }) {
  const { metrics } = state;
  const entries = metrics?.entries ?? 0;
  const hits = hitsOf(metrics);
  const clear: Question = {
    title: "Forget all answers?", act: "Clear", words: "Answers in memory and on disk are thrown away. Each of them is asked for anew when it is wanted, and cannot be given while the origin is down.",
    run: () => attempt(() => relayCalls.clearCatalogue(), "All answers were forgotten"),
  };
  return (
    <Panel id="answers-title" title="Where answers came from" hint="Since the start of this node." extra={<button type="button" class="small" onClick={() => ask(clear)}>Clear the cache</button>}>
      <ul class="bars" aria-label="Where answers came from">
        {hits.map((hit) => (
          <li key={hit.via} class="bar-line">
            <span class="bar-name">{hit.title}</span>
            <progress max={100} value={hit.percent} aria-label={hit.title} />
            <span class="number">{hit.value.toLocaleString("en")} <span class="dim">{hit.value > 0 ? `${hit.percent < 1 ? "<1" : Math.round(hit.percent)} %` : ""}</span></span>
          </li>
        ))}
      </ul>
      <p class="sentence">{entries > 0 ? `${count(entries, "answer")} in memory, ${bytes(metrics?.bytes ?? 0)}.` : "Nothing is in memory."}</p>
      <Figures figures={catalogueFigures(metrics)} />
    </Panel>
  );
}

export function CataloguePart() {
  const { value: state, problem, again } = useReading(() => relayCalls.catalogue(), kReadAgain, "relay");
  const [question, ask] = useState<Question | null>(null);
  if (!state) return <Unread icon="relay" what="The catalogue" problem={problem} again={again} />;
  return (
    <>
      <Stale problem={problem} />
      {state.trouble && <p class="problem">{asSentence(state.trouble)}</p>}
      {!state.enabled && <p class="notice-line">Looking things up is switched off: set <code>relay.catalogue.enabled</code> to true to change that.</p>}
      <LookUp enabled={state.enabled} again={again} />
      <Answers state={state} ask={ask} />
      <Switches id="catalogue-switches" switches={catalogueSwitches(state)} />
      {question && <Confirm question={question} done={() => {
        ask(null);
        void again();
      }} />}
    </>
  );
}
