// SPDX-License-Identifier: GPL-3.0-or-later
// Another user's shared folders, as a tree that loads only what is looked at.
import { useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { calls, onEvent, say, sentence, world } from "../app";
import { ApiError } from "../api/http";
import type { UserInfo, UserStatus } from "../api/types";
import { BrowseTree, kFilePage, kFolderPage, type TreeRow, type Want } from "../model/browse_tree";
import { asSentence, bytes, count, leafOf, percent, plain } from "../model/format";
import { uniform } from "../model/layout";
import { fullName } from "../model/paths";
import { describe, isAudio } from "../model/quality";
import { routeTo } from "../model/route";
import { download, downloadBelow } from "./downloading";
import { Empty } from "./empty";
import { useNarrow, useSection } from "./hooks";
import { Icon } from "./icons";
import { VirtualRows, type RowView } from "./virtual_rows";

function Ask({ username }: { username: string }) {
  const submit = (event: Event) => {
    event.preventDefault();
    const name = String(new FormData(event.target as HTMLFormElement).get("username") ?? "").trim();
    if (name) location.hash = routeTo("browse", name);
  };
  return (
    <form class="search-form" onSubmit={submit}>
      <label class="hidden" for="browse-name">User to browse</label>
      <div class="field">
        <Icon name="user" />
        <input id="browse-name" name="username" defaultValue={username} placeholder="User name" autocomplete="off" spellcheck={false} autocapitalize="none" enterkeyhint="go" />
      </div>
      <button class="primary">Browse</button>
    </form>
  );
}

function About({ username }: { username: string }) {
  const [info, setInfo] = useState<UserInfo | null>(null);
  const [status, setStatus] = useState<UserStatus | null>(null);
  useEffect(() => {
    let here = true;
    // Nice to know only: a user who does not answer these may still be browsed.
    calls.userInfo(username).then((got) => here && setInfo(got), () => undefined);
    calls.userStatus(username).then((got) => here && setStatus(got), () => undefined);
    return () => {
      here = false;
    };
  }, [username]);
  return (
    <div class="bar">
      <p class="state-line">
        {status && <span class={status.presence === "Online" ? "tag tag-good" : "tag"}>{status.presence}</span>}
        {info && <span class={info.hasFreeUploadSlot ? "tag tag-good" : "tag"}>{info.hasFreeUploadSlot ? "Free slot" : `${(info.queueLength ?? 0).toLocaleString("en")} in queue`}</span>}
        <span>{plain(username)}</span>
      </p>
      <a class="button small" href={routeTo("chat", username)}>Message</a>
    </div>
  );
}

const notYet = new Set([404, 409, 429]);

type Phase = { at: "asking" } | { at: "failed"; why: string } | { at: "here" };

/** Starts the browse, waits for its end by events, and loads the first page. */
function useTree(username: string, again: number) {
  const [phase, setPhase] = useState<Phase>({ at: "asking" });
  const [version, redraw] = useReducer((n: number) => n + 1, 0);
  const tree = useMemo(() => new BrowseTree(), [username, again]);
  const busy = useMemo(() => new Map<string, Promise<void>>(), [tree]);

  const read = async ({ kind, node, offset }: Want): Promise<void> => {
    if (kind === "folders") tree.addFolders(node, offset, await calls.browseFolders(username, node.path, offset, kFolderPage));
    else tree.addFiles(node, offset, await calls.browseFiles(username, node.path, offset, kFilePage));
    redraw(undefined);
  };
  const load = (want: Want): Promise<void> => {
    const key = `${want.kind}\n${want.node.path}\n${want.offset}`;
    const running = busy.get(key);
    if (running) return running;
    const started = read(want).finally(() => busy.delete(key));
    busy.set(key, started);
    return started;
  };

  useEffect(() => {
    let here = true;
    setPhase({ at: "asking" });
    let told = 0;
    let asking = false;
    const first = async (): Promise<void> => {
      if (asking) return;
      asking = true;
      for (let heard = -1; here && heard !== told; ) {
        heard = told;
        try {
          // Files lie in folders; there are none at the top.
          await load({ kind: "folders", node: tree.root, offset: 0 });
          setPhase({ at: "here" });
        } catch (error) {
          // Not all of it is kept yet. Its end will be told; where that came while we asked, we ask again.
          if (!(error instanceof ApiError && notYet.has(error.status))) throw error;
        }
      }
      asking = false;
    };
    const fail = (error: unknown) => here && setPhase({ at: "failed", why: typeof error === "string" ? asSentence(error) : sentence(error) });
    const stop = onEvent((event) => {
      if (event.type !== "browse" || event.data.username !== username) return;
      if (event.data.error) fail(event.data.error);
      else if (event.data.percentComplete >= 100) {
        told += 1;
        first().catch(fail);
      }
    });
    calls.startBrowse(username).then(first).catch(fail);
    return () => {
      here = false;
      stop();
    };
  }, [username, again]);

  return { phase, tree, version, redraw, load };
}

function Cells({ row, username, tab }: { row: TreeRow; username: string; tab: number }) {
  const indent = <span class="indent" style={{ width: `${Math.min(row.level - 1, 12) * 16}px` }} aria-hidden="true" />;
  if (row.kind === "wait") return <span class="cell main-cell dim" role="gridcell">{indent}Loading</span>;
  if (row.kind === "folder") {
    const folder = row.node.folder!;
    const inside = [folder.folderCount > 0 ? count(folder.folderCount, "folder") : "", folder.fileCount > 0 ? count(folder.fileCount, "file") : ""].filter(Boolean).join(", ");
    return (
      <>
        <span class="cell fold" role="gridcell">{indent}<Icon name="chevron" /></span>
        <span class="cell main-cell" role="gridcell" title={plain(folder.path)}><span class="line">{plain(folder.name) || "Top folder"}</span><span class="line dim">{inside || "empty"}</span></span>
        <span class="cell row-actions" role="gridcell">
          <button type="button" class="ghost square" tabIndex={tab} aria-label={`Download folder ${folder.name}`} onClick={() => void downloadBelow(username, folder.path)}><Icon name="down" /></button>
        </span>
      </>
    );
  }
  const name = leafOf(row.file.filename);
  return (
    <>
      <span class="cell file-icon" role="gridcell">{indent}<Icon name={isAudio(row.file) ? "note" : "file"} /></span>
      <span class="cell main-cell" role="gridcell" title={plain(name)}><span class="line">{plain(name)}</span><span class="line dim"><span>{describe(row.file)}</span><span>{bytes(row.file.size)}</span></span></span>
      <span class="cell row-actions" role="gridcell">
        <button type="button" class="ghost square" tabIndex={tab} aria-label={`Download ${name}`} onClick={() => void download(username, [wholeFile(row)])}><Icon name="down" /></button>
      </span>
    </>
  );
}

const wholeFile = (row: Extract<TreeRow, { kind: "file" }>) => ({ ...row.file, filename: fullName(row.parent.path, row.file.filename) });

function Tree({ username, tree, version, redraw, load }: { username: string } & Omit<ReturnType<typeof useTree>, "phase">) {
  const narrow = useNarrow();
  const failed = useRef(new Set<string>());
  const layout = useMemo(() => uniform(tree.count, narrow ? 54 : 40), [tree, version, narrow]);
  useEffect(() => say(`${count(tree.root.folderTotal, "folder")} of ${username}`), [tree, username]);
  const rowAt = (index: number): TreeRow => {
    const { row, want } = tree.rowAt(index);
    if (want && !failed.current.has(row.key)) {
      setTimeout(() => load(want).catch(() => failed.current.add(row.key)), 0);
    }
    return row;
  };
  const toggle = (index: number) => {
    const row = rowAt(index);
    if (row.kind !== "folder") return;
    tree.toggle(tree.parentOf(index), row.position);
    redraw(undefined);
  };
  const view = (index: number, active: boolean): RowView => {
    const row = rowAt(index);
    const shown = { key: row.key, level: row.level, class: row.kind === "folder" ? "row-folder" : "row-file", content: <Cells row={row} username={username} tab={active ? 0 : -1} /> };
    return row.kind === "folder" ? { ...shown, open: row.open } : shown;
  };
  const primary = (index: number) => {
    const row = rowAt(index);
    if (row.kind === "file") void download(username, [wholeFile(row)]);
    else toggle(index);
  };
  if (layout.count === 0) return <Empty icon="folder" title="Nothing is shared with you">{plain(username)} shares no folder that you may see.</Empty>;
  return (
    <VirtualRows label={`Folders of ${plain(username)}`} layout={layout} version={version} view={view} keyAt={(index) => tree.rowAt(index).row.key}
      toggle={toggle} parentOf={(index) => tree.indexOf(tree.parentOf(index))} primary={primary} />
  );
}

function Asking({ username }: { username: string }) {
  useSection("browse");
  const progress = world.browses.get(username);
  const part = progress ? progress.percentComplete || percent(progress.bytesTransferred, progress.size) : 0;
  return (
    <Empty icon="folder" title={`Asking ${plain(username)} for the list of folders`}>
      <progress class="wide" max={100} {...(progress ? { value: part } : {})} aria-label="Progress of the list" />
      {progress && progress.size > 0 && <p>{bytes(progress.bytesTransferred)} of {bytes(progress.size)}</p>}
    </Empty>
  );
}

function User({ username }: { username: string }) {
  const [again, retry] = useReducer((n: number) => n + 1, 0);
  const { phase, ...rest } = useTree(username, again);
  return (
    <>
      <About username={username} />
      {phase.at === "asking" && <Asking username={username} />}
      {phase.at === "failed" && (
        <Empty icon="folder" title="The folders could not be read">
          <p>{plain(phase.why)}</p>
          <button type="button" class="primary" onClick={() => retry(undefined)}>Try again</button>
        </Empty>
      )}
      {phase.at === "here" && <Tree username={username} {...rest} />}
    </>
  );
}

export function Browse({ username }: { username: string }) {
  return (
    <section class="screen" aria-labelledby="browse-title">
      <h1 id="browse-title" class="hidden">Browse a user</h1>
      <Ask username={username} />
      {username ? <User username={username} /> : <Empty icon="folder" title="Look through someone's shares">Type a user name above, or press Browse beside a user in search results.</Empty>}
    </section>
  );
}
