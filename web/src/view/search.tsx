// SPDX-License-Identifier: GPL-3.0-or-later
// Searching: the field, the searches so far, and the results of the one that is open.
import { useEffect, useRef, useState } from "preact/hooks";
import { attempt, calls, loadResponses, resyncs, world } from "../app";
import type { Search } from "../api/types";
import { connectionOf } from "../model/connection";
import { asSentence, count, plain } from "../model/format";
import { routeTo } from "../model/route";
import { Empty } from "./empty";
import { useCell, useSection } from "./hooks";
import { Icon } from "./icons";
import { Results } from "./results";

function Form() {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted === "") {
      field.current?.focus();
      return;
    }
    setBusy(true);
    await attempt(async () => {
      const search = await calls.search(wanted);
      if (!world.searches.has(search.id)) world.apply({ type: "search", data: search });
      location.hash = routeTo("search", search.id);
      // What was typed meanwhile is the next search.
      setText((now) => (now.trim() === wanted ? "" : now));
    });
    setBusy(false);
  };
  return (
    <form class="search-form" role="search" onSubmit={(event) => void submit(event)}>
      <label class="hidden" for="search-text">Search Soulseek</label>
      <div class="field">
        <Icon name="search" />
        <input id="search-text" ref={field} type="search" value={text} onInput={(event) => setText(event.currentTarget.value)}
          placeholder="Artist, album or track" autocomplete="off" spellcheck={false} enterkeyhint="search" />
      </div>
      <button class="primary" disabled={busy}>Search</button>
    </form>
  );
}

const isWaiting = (search: Search) => !search.isComplete && (search.state === "Queued" || search.queuePosition !== undefined);

function Tabs({ open }: { open: string }) {
  useSection("searches");
  const searches = [...world.searches.values()].reverse();
  if (searches.length === 0) return null;
  const remove = async (search: Search) => {
    if (!(await attempt(() => calls.removeSearch(search.id)))) return;
    world.apply({ type: "search.removed", data: { id: search.id } });
    if (search.id === open) location.hash = routeTo("search");
    document.getElementById("search-text")?.focus();
  };
  return (
    <ul class="tabs" aria-label="Searches">
      {searches.map((search) => (
        <li key={search.id} class={search.id === open ? "tab tab-open" : "tab"}>
          <a href={routeTo("search", search.id)} aria-current={search.id === open ? "true" : undefined}>
            {!search.isComplete && <span class={isWaiting(search) ? "dot" : "spinner"} aria-hidden="true" />}
            <span class="tab-text">{plain(search.searchText)}</span>
            <span class="tab-count">{search.fileCount.toLocaleString("en")}<span class="hidden"> files{search.isComplete ? "" : ", running"}</span></span>
          </a>
          <button type="button" class="ghost square small" aria-label={`Remove search ${search.searchText}`} onClick={() => void remove(search)}><Icon name="close" /></button>
        </li>
      ))}
    </ul>
  );
}

function StateLine({ search }: { search: Search }) {
  const found = `${count(search.fileCount, "file")} from ${count(search.responseCount, "user")}`;
  if (isWaiting(search)) {
    const place = search.queuePosition ? `Waiting its turn, place ${search.queuePosition} in line` : "Waiting its turn";
    return <p class="state-line"><span class="dot" aria-hidden="true" />{place}. The Soulseek server bans those who ask too fast.</p>;
  }
  if (!search.isComplete) return <p class="state-line"><span class="spinner" aria-hidden="true" />Searching · {found}</p>;
  const ends: Record<string, string> = {
    "Completed, Cancelled": "Stopped",
    "Completed, Errored": "Failed",
    "Completed, ResponseLimitReached": "Enough answers",
    "Completed, FileLimitReached": "Enough files",
  };
  if (search.problem) return <p class="state-line problem">{asSentence(search.problem)}</p>;
  return <p class="state-line">{ends[search.state] ?? "Finished"} · {found}</p>;
}

function Opened({ search }: { search: Search }) {
  const synced = useCell(resyncs);
  useSection("responses");
  useEffect(() => {
    const have = world.responses.get(search.id);
    if (!have || have.length < search.responseCount) void loadResponses(search.id);
  }, [search.id, synced]);
  const responses = world.responses.get(search.id) ?? [];
  return (
    <>
      <div class="bar">
        <StateLine search={search} />
        {!search.isComplete && <button type="button" class="small" onClick={() => void attempt(() => calls.stopSearch(search.id))}>Stop</button>}
      </div>
      {responses.length > 0 && <Results key={search.id} responses={responses} />}
      {responses.length === 0 && search.responseCount === 0 && search.isComplete && (
        <Empty icon="search" title="Nobody had this">Try fewer words, or another spelling. Words after a minus are left out of the search.</Empty>
      )}
      {responses.length === 0 && !search.isComplete && (
        <Empty icon="note" title={isWaiting(search) ? "Soon its turn" : "Listening for answers"}>Results appear here as they come.</Empty>
      )}
    </>
  );
}

function Start() {
  useSection("application");
  const connection = connectionOf(world.application);
  if (connection.canConnect) {
    return (
      <Empty icon="search" title="Not connected to Soulseek">
        <p>{connection.sentence}</p>
        <button type="button" class="primary" onClick={() => void attempt(() => calls.connect())}>Connect</button>
      </Empty>
    );
  }
  return <Empty icon="search" title="What would you like to hear?">Type an artist, an album or a track above. Results appear while they come in, and can be filtered as you read.</Empty>;
}

export function SearchScreen({ id }: { id: string }) {
  useSection("searches");
  const search = world.searches.get(id);
  return (
    <section class="screen" aria-labelledby="search-title">
      <h1 id="search-title" class="hidden">Search</h1>
      <Form />
      <Tabs open={id} />
      {search ? <Opened search={search} /> : id && world.application ? <Empty icon="search" title="This search is gone">It was removed. Search again with the field above.</Empty> : <Start />}
    </section>
  );
}
