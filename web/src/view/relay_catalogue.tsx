// SPDX-License-Identifier: GPL-3.0-or-later
// Catalogue: a look-up box, how the answers were had, and what the switches expose.
import { useState } from "preact/hooks";
import { attempt, relayCalls, say, sentence } from "../app";
import type { CatalogueAnswer, CatalogueState, RelayState } from "../api/relay_types";
import { refusalsOf } from "../model/content";
import { asSentence } from "../model/format";
import { answerFaults, catalogueFigures, catalogueRefusals, hitsOf, httpRefusals, keptWords, originFaults, ownerFaults, switchesOf } from "../model/relay";
import { kinds, kindTitle, parseWanted, shownOf } from "../model/release";
import { useReading } from "./hooks";
import { Confirm, Panel, Stale, Unread, type Question } from "./parts";
import { Figures, Refusals, Switches } from "./relay_parts";
import { Release } from "./relay_release";

const kReadAgain = 4000;

async function readAll() {
  const [state, relay] = await Promise.all([relayCalls.catalogue(), relayCalls.relay()]);
  return { state, relay };
}

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
      <p class="sentence">{keptWords(metrics)}</p>
      <Figures figures={catalogueFigures(metrics)} />
    </Panel>
  );
}

function Refused({ state, relay }: { state: CatalogueState; relay: RelayState }) {
  const lists: [string, Record<string, number> | undefined, Record<string, string>][] = [
    ["Questions of other nodes", state.metrics?.refused, catalogueRefusals], ["Answers of other nodes", state.metrics?.faults, answerFaults], ["Owners passed over", state.metrics?.passedOver, ownerFaults],
    ["Questions at the origin that came to nothing", state.metrics?.failed, originFaults], ["Addresses that were not fetched", relay.http?.refused, httpRefusals],
  ];
  const some = lists.map(([title, counts, words]) => ({ title, list: refusalsOf(counts, words) })).filter((entry) => entry.list.length > 0);
  return (
    <Panel id="catalogue-refused" title="Refused" hint="By reason, since the start. The reasons are counted here alone.">
      {some.length === 0 && <p class="hint">Nothing was refused.</p>}
      {some.map((entry) => <div key={entry.title} class="why-list"><h3 class="sub">{entry.title}</h3><Refusals label={entry.title} list={entry.list} /></div>)}
    </Panel>
  );
}

export function CataloguePart() {
  const { value, problem, again } = useReading(readAll, kReadAgain, "relay");
  const [question, ask] = useState<Question | null>(null);
  if (!value) return <Unread icon="relay" what="The catalogue" problem={problem} again={again} />;
  const { state, relay } = value;
  return (
    <>
      <Stale problem={problem} />
      {state.trouble && <p class="problem">{asSentence(state.trouble)}</p>}
      {!state.enabled && <p class="notice-line">Looking things up is switched off: set <code>relay.catalogue.enabled</code> to true to change that.</p>}
      <LookUp enabled={state.enabled} again={again} />
      <Answers state={state} ask={ask} />
      <Refused state={state} relay={relay} />
      <Switches id="catalogue-switches" switches={switchesOf(relay.switches, "catalogue")} />
      {question && <Confirm question={question} done={() => {
        ask(null);
        void again();
      }} />}
    </>
  );
}
