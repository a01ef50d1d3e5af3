// SPDX-License-Identifier: GPL-3.0-or-later
// The guard: who is shut out and why, who has misbehaved, what others may spend, how nodes and users are thought of.
import { useState } from "preact/hooks";
import { attempt, meshCalls, notify } from "../app";
import type { Ban, Budget, Level, Reputation, Subject, Violations } from "../api/mesh_types";
import { count, percent, plain } from "../model/format";
import { budgetHint, budgets, figuresOf, kindWords, nameWords, reasonWords, untilWords } from "../model/guard";
import { useReading } from "./hooks";
import { Confirm, Panel, PeerName, Stale, Unread, type Question } from "./parts";

const kReadAgain = 10_000;
const kShown = 200;

async function readAll() {
  const [bans, violations, budget, reputations] = await Promise.all([meshCalls.bans(), meshCalls.violations(), meshCalls.budget(), meshCalls.reputations()]);
  return { bans: bans ?? [], violations: violations ?? [], budget, reputations: reputations ?? [] };
}

function Who({ subject }: { subject: Subject }) {
  return (
    <>
      <span class="line strong" title={plain(subject.name)}>{subject.kind === "peer" ? <PeerName peer={subject.name} /> : plain(subject.name)}</span>
      <span class="line dim">{kindWords(subject.kind)}</span>
    </>
  );
}

const timeOf = (text: string | undefined): string => {
  const date = new Date(text ?? "");
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
};

const lengths = [["3600", "1 hour"], ["86400", "1 day"], ["604800", "1 week"], ["", "for good"]] as const;

function NewBan({ done }: { done: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const [kind, setKind] = useState("peer");
  const submit = async (event: Event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const name = String(data.get("name") ?? "").trim();
    const seconds = Number(data.get("length"));
    if (name === "") return;
    setBusy(true);
    if (await attempt(() => meshCalls.ban({ kind, name, ...(seconds > 0 ? { seconds } : {}), reason: String(data.get("reason") ?? "").trim() }), "The ban is in force")) form.reset();
    setBusy(false);
    await done();
  };
  return (
    <details class="fold-out">
      <summary>Ban somebody</summary>
      <form class="line-form" onSubmit={(event) => void submit(event)}>
        <label>Who is it
          <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
            {["peer", "user", "address"].map((entry) => <option key={entry} value={entry}>{kindWords(entry)}</option>)}
          </select>
        </label>
        <label>Id, name or address<input name="name" required autocomplete="off" spellcheck={false} autocapitalize="none" maxLength={256} /></label>
        <label>For how long
          <select name="length">
            {lengths.filter(([seconds]) => kind !== "address" || (seconds !== "" && Number(seconds) <= 86_400)).map(([seconds, title]) => <option key={title} value={seconds}>{title}</option>)}
          </select>
        </label>
        <label>Reason, for yourself<input name="reason" autocomplete="off" maxLength={200} /></label>
        <button disabled={busy}>Ban</button>
        {kind === "address" && <p class="hint">Many may share an address: its ban ends within a day.</p>}
      </form>
    </details>
  );
}

function Bans({ bans, ask, again }: { bans: readonly Ban[]; ask: (question: Question) => void; again: () => Promise<void> }) {
  const now = Date.now();
  const lift = (ban: Ban): Question => ({
    title: "Lift this ban?", act: "Lift the ban", words: `${kindWords(ban.kind)} ${plain(nameWords(ban))} is let in again, and earlier bans are forgotten: the next one would start at an hour.`,
    run: async () => {
      await attempt(() => meshCalls.lift(ban.kind, ban.name), "The ban was lifted");
      await again();
    },
  });
  return (
    <Panel id="bans-title" title="Bans" hint="Five violations within an hour shut a node or user out for an hour, then for two, then for good.">
      {bans.length === 0 ? <p class="hint">Nobody is banned.</p> : (
        <ul class="entries" aria-label="Bans">
          {bans.slice(0, kShown).map((ban) => (
            <li key={`${ban.kind} ${ban.name}`} class="entry">
              <span class="main-cell">
                <Who subject={ban} />
                <span class="dim wrap">{[plain(reasonWords(ban)), untilWords(ban, now), (ban.times ?? 1) > 1 ? `${ban.times} times so far` : "", timeOf(ban.since) ? `since ${timeOf(ban.since)}` : ""].filter(Boolean).join(" · ")}</span>
              </span>
              <button type="button" class="small" aria-label={`Lift the ban of ${plain(ban.name)}`} onClick={() => ask(lift(ban))}>Lift</button>
            </li>
          ))}
        </ul>
      )}
      {bans.length > kShown && <p class="hint">And {count(bans.length - kShown, "more ban")}; the export has all.</p>}
      <NewBan done={again} />
    </Panel>
  );
}

function Misdeeds({ violations }: { violations: readonly Violations[] }) {
  return (
    <Panel id="violations-title" title="Violations" hint="What has not led to a ban. An hour later it is forgotten.">
      {violations.length === 0 ? <p class="hint">Nobody has misbehaved within the hour.</p> : (
        <ul class="entries" aria-label="Violations">
          {violations.slice(0, kShown).map((entry) => (
            <li key={`${entry.kind} ${entry.name}`} class="entry">
              <span class="main-cell"><Who subject={entry} /><span class="dim">{entry.times?.length ? `last at ${timeOf(entry.times[entry.times.length - 1])}` : ""}</span></span>
              <span class="tag">{entry.count ?? entry.times?.length ?? 0} of 5</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Standing({ reputations }: { reputations: readonly Reputation[] }) {
  const sorted = [...reputations].sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1));
  return (
    <Panel id="reputation-title" title="Reputation" hint="From 0 to 100, everybody starts at 50. Only what this node has checked itself counts; nobody is told.">
      {sorted.length === 0 ? <p class="hint">Nobody has moved away from 50 yet.</p> : (
        <ul class="entries" aria-label="Reputation">
          {sorted.slice(0, kShown).map((entry) => (
            <li key={`${entry.kind} ${entry.name}`} class="entry"><span class="main-cell"><Who subject={entry} /></span><span class={entry.score >= 70 ? "tag tag-good" : "tag"}>{entry.score}</span></li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Meter({ level, name }: { level: Level; name: string }) {
  return (
    <span class="meter">
      <progress max={100} value={percent(level.left, level.most)} aria-label={`Left of ${name}`} />
      <span class="dim">{level.left.toLocaleString("en")} of {level.most.toLocaleString("en")} units left</span>
    </span>
  );
}

function Budgets({ budget }: { budget: Budget | null }) {
  const figures = figuresOf(budget?.metrics);
  return (
    <Panel id="budget-title" title="Budgets" hint={`What others make this node do costs units. ${budgetHint(budget?.limits)}`}>
      <ul class="entries" aria-label="Budgets">
        {budgets.map(({ member, title, hint }) => {
          const level = budget?.[member];
          return level && <li key={member} class="entry"><span class="main-cell"><span class="line strong">{title}</span><span class="dim wrap">{hint}</span></span><Meter level={level} name={title} /></li>;
        })}
        {(budget?.peers ?? []).slice(0, kShown).map((entry) => <li key={`${entry.kind} ${entry.name}`} class="entry"><span class="main-cell"><Who subject={entry} /></span><Meter level={entry} name={nameWords(entry)} /></li>)}
      </ul>
      {figures.length > 0 && <dl class="figures">{figures.map((figure) => <div key={figure.name}><dt>{figure.name}</dt><dd>{figure.text}</dd></div>)}</dl>}
    </Panel>
  );
}

function save(text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `soulfabric-guard-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function Export({ again }: { again: () => Promise<void> }) {
  const take = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    if (!file) return;
    let state: unknown;
    try {
      state = JSON.parse(await file.text());
    } catch {
      notify("bad", `${plain(file.name)} is no export of a guard: choose a file that was saved here.`);
      input.value = "";
      return;
    }
    await attempt(async () => {
      const taken = await meshCalls.guardImport(state);
      notify("good", `Taken in: ${count(taken.bans, "ban")}, ${count(taken.violations, "entry", "entries")} of violations, ${count(taken.reputations, "reputation")}`);
    });
    input.value = "";
    await again();
  };
  return (
    <Panel id="export-title" title="Export and import" hint="Bans, violations and reputation as one file. It holds names and addresses of others: keep it to yourself.">
      <div class="line-form">
        <button type="button" onClick={() => void attempt(async () => save(await meshCalls.guardExport()))}>Save the export</button>
        <label>Take in an export<input type="file" accept="application/json,.json" onChange={(event) => void take(event.currentTarget)} /></label>
      </div>
    </Panel>
  );
}

export function GuardScreen() {
  const { value, problem, again } = useReading(readAll, kReadAgain);
  const [question, ask] = useState<Question | null>(null);
  return (
    <section class="screen screen-page" aria-labelledby="guard-title">
      <h1 id="guard-title" class="title">Guard</h1>
      {!value ? <Unread icon="guard" what="The guard" problem={problem} again={again} /> : (
        <>
          <Stale problem={problem} />
          <Bans bans={value.bans} ask={ask} again={again} />
          <Misdeeds violations={value.violations} />
          <Budgets budget={value.budget} />
          <Standing reputations={value.reputations} />
          <Export again={again} />
        </>
      )}
      {question && <Confirm question={question} done={() => ask(null)} />}
    </section>
  );
}
