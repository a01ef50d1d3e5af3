// SPDX-License-Identifier: GPL-3.0-or-later
// Content by its id: asking for it, who has it, and downloads from many nodes at once with each source by name.
import { useState } from "preact/hooks";
import { attempt, relayCalls, sentence } from "../app";
import type { ContentFetch, ContentProvider, FetchSource } from "../api/relay_types";
import { bySource, fetchWords, isFileName, parseContentId, parseSize, shortContent, sourceWords } from "../model/content";
import { asSentence, bytes, count, plain, speed } from "../model/format";
import { isPeerId } from "../model/mesh";
import { Empty } from "./empty";
import { CopyButton, Panel, PeerName, type Question } from "./parts";

function Found({ id, providers }: { id: string; providers: readonly ContentProvider[] }) {
  if (providers.length === 0) return null;
  return (
    <ul class="entries" aria-label={`Nodes that have ${id}`}>
      {providers.map((provider) => (
        <li key={provider.peer} class="entry">
          <span class="main-cell"><PeerName peer={provider.peer} />{provider.reputation !== undefined && <span class="line dim">reputation {provider.reputation}</span>}</span>
          {provider.trusted && <span class="tag tag-good">trusted</span>}
          <span class={provider.linked ? "tag tag-good" : "tag"}>{provider.linked ? "linked" : "not linked"}</span>
        </li>
      ))}
    </ul>
  );
}

export function NewFetchForm({ again }: { again: () => Promise<void> }) {
  const [busy, setBusy] = useState("");
  const [problem, setProblem] = useState("");
  const [found, setFound] = useState<{ id: string; providers: ContentProvider[] } | null>(null);
  const read = (form: HTMLFormElement) => {
    const data = new FormData(form);
    const contentId = parseContentId(String(data.get("content") ?? ""));
    const size = parseSize(String(data.get("size") ?? ""));
    const name = String(data.get("name") ?? "").trim();
    const wrong = !contentId ? "A content id has 64 digits and letters a to f, with sha256: before them or without." : size === null ? "A size is a whole number of bytes." : !isFileName(name) ? "A name is that of a file, without a folder." : "";
    setProblem(wrong);
    return wrong === "" ? { contentId: contentId!, ...(size !== undefined && size !== null ? { size } : {}), ...(name ? { name } : {}) } : null;
  };
  const fetch = async (event: Event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const want = read(form);
    if (!want) return;
    setBusy("fetch");
    if (await attempt(() => relayCalls.fetch(want), "The download has begun")) form.reset();
    setBusy("");
    await again();
  };
  const who = async (form: HTMLFormElement | null) => {
    const want = form && read(form);
    if (!want) return;
    setBusy("who");
    setFound(null);
    try {
      setFound({ id: want.contentId, providers: (await relayCalls.contentProviders(want.contentId)) ?? [] });
    } catch (error) {
      setProblem(sentence(error));
    }
    setBusy("");
  };
  return (
    <Panel id="fetch-title" title="Fetch by content id" hint="Every piece is proven against the id before it is kept, from as many nodes at once as have it. A source that sends something else is found out and left.">
      <form class="line-form" onSubmit={(event) => void fetch(event)}>
        <label class="long">Content id (SHA-256)<input name="content" required autocomplete="off" spellcheck={false} autocapitalize="none" maxLength={80} aria-describedby="fetch-problem" /></label>
        <label>Size in bytes, if you know it<input name="size" inputMode="numeric" autocomplete="off" maxLength={24} aria-describedby="fetch-problem" /></label>
        <label>Name of the file, if you like<input name="name" autocomplete="off" maxLength={200} aria-describedby="fetch-problem" /></label>
        <button class="primary" disabled={busy !== ""}>{busy === "fetch" ? "Starting" : "Fetch"}</button>
        <button type="button" disabled={busy !== ""} onClick={(event) => void who(event.currentTarget.form)}>{busy === "who" ? "Asking" : "Who has it?"}</button>
        <p id="fetch-problem" class="problem" role="alert">{problem}</p>
      </form>
      <div role="status" class="found">
        {found && <p class="dim">{found.providers.length === 0 ? `Nobody was found who has ${shortContent(found.id)}.` : `${count(found.providers.length, "node")} ${found.providers.length === 1 ? "has" : "have"} ${shortContent(found.id)}.`}</p>}
      </div>
      {found && <Found id={found.id} providers={found.providers} />}
    </Panel>
  );
}

function Source({ source }: { source: FetchSource }) {
  const words = sourceWords(source);
  return (
    <tr>
      <th scope="row">{isPeerId(source.peer ?? source.name) ? <PeerName peer={source.peer ?? source.name} /> : plain(source.name)}</th>
      <td data-head="State"><span class={words.tone ? `tag tag-${words.tone}` : "tag"}>{words.title}</span></td>
      <td data-head="Proven" class="number">{bytes(source.bytes ?? 0)}</td>
      <td data-head="Pieces" class="number">{(source.pieces ?? 0).toLocaleString("en")}</td>
      <td data-head="Speed" class="number">{speed(source.bytesPerSecond ?? 0) || "–"}</td>
      <td data-head="Why" class="why">{words.why}</td>
    </tr>
  );
}

function Fetch({ fetch, ask, again }: { fetch: ContentFetch; ask: (question: Question) => void; again: () => Promise<void> }) {
  const words = fetchWords(fetch);
  const sources = [...(fetch.sources ?? [])].sort(bySource);
  const name = plain(fetch.name || shortContent(fetch.contentId));
  const end = async (remove: boolean) => {
    await attempt(() => relayCalls.endFetch(fetch.id, remove), remove ? "It was taken off the list" : "The download was cancelled");
    await again();
  };
  const remove = () => {
    if (words.tone === "done") void end(true);
    else ask({ title: "Remove this download?", act: "Remove", words: `${name} is taken off the list, and the part that is here already is deleted.`, run: () => end(true) });
  };
  return (
    <li class="fetch" aria-label={name}>
      <div class="fetch-head">
        <span class="main-cell">
          <span class="strong wrap">{name}</span>
          <span class="dim wrap">{[words.short, words.detail].filter(Boolean).join(" · ")}</span>
        </span>
        <span class="entry-acts">
          {words.active && <button type="button" class="small" aria-label={`Cancel ${name}`} onClick={() => void end(false)}>Cancel</button>}
          {!words.active && <button type="button" class="small" aria-label={`Remove ${name}`} onClick={remove}>Remove</button>}
        </span>
      </div>
      <progress max={100} value={words.percent} class={words.tone === "busy" ? undefined : `progress-${words.tone}`} aria-label={`Progress of ${name}`} />
      {fetch.problem && <p class="problem wrap">{asSentence(plain(fetch.problem))}</p>}
      {fetch.path && <p class="dim wrap">{plain(fetch.path)}</p>}
      <details class="fold-out" open={words.active || undefined}>
        <summary>{count(sources.length, "source")}</summary>
        <div class="id-line"><code class="id">{plain(fetch.contentId)}</code><CopyButton text={fetch.contentId} what="the content id" /></div>
        {sources.length > 0 && (
          <table class="table">
            <caption class="hidden">Sources of {name}</caption>
            <thead><tr><th scope="col">Source</th><th scope="col">State</th><th scope="col" class="number">Proven</th><th scope="col" class="number">Pieces</th><th scope="col" class="number">Speed</th><th scope="col">Why</th></tr></thead>
            <tbody>{sources.map((source) => <Source key={source.name} source={source} />)}</tbody>
          </table>
        )}
      </details>
    </li>
  );
}

export function Fetches({ fetches, ask, again }: { fetches: readonly ContentFetch[]; ask: (question: Question) => void; again: () => Promise<void> }) {
  return (
    <Panel id="fetches-title" title="Downloads by content">
      {fetches.length === 0 ? <Empty icon="down" title="No downloads by content">Paste a content id above. Nodes that offer it are found by themselves.</Empty>
        : <ul class="fetches" aria-labelledby="fetches-title">{fetches.map((fetch) => <Fetch key={fetch.id} fetch={fetch} ask={ask} again={again} />)}</ul>}
    </Panel>
  );
}
