// SPDX-License-Identifier: GPL-3.0-or-later
// One folder of a share: which files are verified, why the others are not, and what is private.
import { Fragment, type ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { attempt, calls, relayCalls, sentence, world } from "../app";
import type { CopyStatus } from "../api/relay_types";
import { copyWords, shortContent } from "../model/content";
import { byName, bytes, clock, count, leafOf, plain } from "../model/format";
import { crumbsOf, foldersIn, isFolder, privacyOf, shareOf, type FolderCounts, type OwnFolder, type Privacy } from "../model/own_folders";
import { routeTo } from "../model/route";
import { Empty } from "./empty";
import { useReading, useSection } from "./hooks";
import { Icon } from "./icons";
import { CopyButton, Stale, Unread } from "./parts";

const kReadAgain = 5000;
const kShown = 500;

/** Folders change with scans only: they are read when a share is opened and when a scan has ended. */
function useFolders(share: string) {
  useSection("shares");
  const id = Object.values(world.shares).flat().find((entry) => entry.remotePath === share)?.id;
  const scanning = world.scan.scanning === true;
  const [state, set] = useState<{ counts: FolderCounts | null; problem: string }>({ counts: null, problem: "" });
  const [turn, again] = useState(0);
  useEffect(() => {
    if (id === undefined) return undefined;
    let here = true;
    calls.shareContents(id).then(
      (all) => here && set({ counts: new Map(all.map((folder) => [folder.name, folder.files.length])), problem: "" }),
      (error: unknown) => here && set((old) => ({ ...old, problem: sentence(error) })),
    );
    return () => {
      here = false;
    };
  }, [id, scanning, turn]);
  return { ...state, again: async () => again((n) => n + 1) };
}

async function readCopies(folder: string) {
  const [copies, marked] = await Promise.all([relayCalls.copiesIn(folder), relayCalls.privatePaths()]);
  return { copies: [...(copies ?? [])].sort((a, b) => byName(leafOf(a.path), leafOf(b.path))), marked: new Set(marked ?? []) as ReadonlySet<string> };
}

function PrivateSwitch({ path, privacy, again }: { path: string; privacy: Privacy; again: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const turn = async (on: boolean) => {
    setBusy(true);
    await attempt(() => relayCalls.setPrivate(path, on));
    await again();
    setBusy(false);
  };
  return (
    <label class="check">
      <input type="checkbox" checked={privacy.is !== "open"} disabled={busy || privacy.is === "above"} aria-label={`Private: ${plain(leafOf(path))}`} onChange={(event) => void turn(event.currentTarget.checked)} />
      Private
    </label>
  );
}

function Folder({ folder, marked, again }: { folder: OwnFolder; marked: ReadonlySet<string>; again: () => Promise<void> }) {
  return (
    <li class="entry">
      <a class="folder-link" href={routeTo("shares", folder.path)}><Icon name="folder" /><span class="main-cell"><span class="wrap">{plain(folder.name)}</span><span class="dim">{count(folder.all, "file")}</span></span></a>
      <span class="entry-acts"><PrivateSwitch path={folder.path} privacy={privacyOf(folder.path, marked)} again={again} /></span>
    </li>
  );
}

function File({ copy, marked, again }: { copy: CopyStatus; marked: ReadonlySet<string>; again: () => Promise<void> }) {
  const words = copyWords(copy);
  const name = plain(leafOf(copy.path));
  return (
    <li class="entry file-line">
      <span class="main-cell">
        <span class="wrap">{name}</span>
        <span class="dim wrap">{[copy.size !== undefined ? bytes(copy.size) : "", copy.seconds ? clock(copy.seconds) : "", copy.contentId ? shortContent(copy.contentId) : ""].filter(Boolean).join(" · ")}</span>
        {words.why && <span class="wrap">{words.why}</span>}
      </span>
      <span class={words.good ? "tag tag-good" : "tag"}>{words.title}</span>
      <span class="entry-acts">
        {copy.contentId && <CopyButton text={copy.contentId} what={`the content id of ${name}`} />}
        <PrivateSwitch path={copy.path} privacy={privacyOf(copy.path, marked)} again={again} />
      </span>
    </li>
  );
}

function Crumbs({ path }: { path: string }) {
  const crumbs = crumbsOf(path);
  return (
    <nav class="crumbs" aria-label="Folders above">
      <a href={routeTo("shares")}>My shares</a>
      {crumbs.map((crumb, i) => (
        <Fragment key={crumb.path}>
          <Icon name="chevron" />
          {i < crumbs.length - 1 ? <a href={routeTo("shares", crumb.path)}>{plain(crumb.name)}</a> : <span class="strong" aria-current="page">{plain(crumb.name)}</span>}
        </Fragment>
      ))}
    </nav>
  );
}

function Whole({ path, privacy, again }: { path: string; privacy: Privacy; again: () => Promise<void> }) {
  return (
    <div class="bar">
      <p class="hint grow">{privacy.is === "above" ? `Private, as ${plain(leafOf(privacy.by))} is: nothing here is served to the mesh.` : privacy.is === "own" ? "Private: nothing in this folder is served to the mesh. Soulseek users see it as before." : "What is private is never served to the mesh, verified or not. Soulseek users see it as before."}</p>
      <PrivateSwitch path={path} privacy={privacy} again={again} />
    </div>
  );
}

/** A list that begins with so many entries and grows by as many; what is typed narrows it. */
function Entries<T>({ label, all, nameOf, draw }: { label: string; all: readonly T[]; nameOf: (entry: T) => string; draw: (entry: T) => ComponentChildren }) {
  const [most, setMost] = useState(kShown);
  const [words, setWords] = useState("");
  if (all.length === 0) return null;
  const wanted = words.trim().toLowerCase();
  const found = wanted === "" ? all : all.filter((entry) => nameOf(entry).toLowerCase().includes(wanted));
  const left = found.length - most;
  const what = label.toLowerCase();
  return (
    <>
      {all.length > kShown && <label class="narrow-down">Find among {all.length.toLocaleString("en")} {what}<input type="search" value={words} maxLength={200} autocomplete="off" spellcheck={false} onInput={(event) => setWords(event.currentTarget.value)} /></label>}
      {found.length === 0 ? <p class="hint">None has this in its name.</p> : <ul class="entries" aria-label={label}>{found.slice(0, most).map(draw)}</ul>}
      {left > 0 && <p class="more-line"><button type="button" onClick={() => setMost(most + kShown)}>Show {Math.min(left, kShown).toLocaleString("en")} more</button><span class="dim">{most.toLocaleString("en")} of {found.length.toLocaleString("en")} {what} are shown.</span></p>}
    </>
  );
}

export function ShareFolder({ path }: { path: string }) {
  const folders = useFolders(shareOf(path));
  const { value, problem, again } = useReading(() => readCopies(path), kReadAgain, "relay", path);
  const copies = value?.copies ?? [];
  const inside = folders.counts ? foldersIn(folders.counts, path) : [];
  const unknown = folders.counts !== null && !isFolder(folders.counts, path);
  return (
    <section class="screen screen-page" aria-labelledby="folder-title">
      <h1 id="folder-title" class="hidden">{plain(leafOf(path))}</h1>
      <Crumbs path={path} />
      {unknown ? <Empty icon="folder" title="This folder is not shared">It may have been moved, or a scan has not seen it yet.</Empty> : !value ? <Unread icon="shares" what="This folder" problem={problem || folders.problem} again={async () => {
        await Promise.all([again(), folders.again()]);
      }} /> : (
        <>
          <Stale problem={problem || folders.problem} />
          <Whole path={path} privacy={privacyOf(path, value.marked)} again={again} />
          <Entries key={`folders ${path}`} label="Folders" all={inside} nameOf={(folder) => folder.name} draw={(folder) => <Folder key={folder.path} folder={folder} marked={value.marked} again={again} />} />
          <Entries key={`files ${path}`} label="Files" all={copies} nameOf={(copy) => leafOf(copy.path)} draw={(copy) => <File key={copy.path} copy={copy} marked={value.marked} again={again} />} />
          {copies.length === 0 && inside.length === 0 && folders.counts && <p class="hint">No file lies here.</p>}
        </>
      )}
    </section>
  );
}
