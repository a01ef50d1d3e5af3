// SPDX-License-Identifier: GPL-3.0-or-later
// The results of one search: filter, order, and the grid of users, folders and files.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { say } from "../app";
import type { SearchResponse } from "../api/types";
import { download, downloadFolder } from "./downloading";
import { bytes, count, leafOf, folderOf, plain, speed } from "../model/format";
import { variable } from "../model/layout";
import { describe, isAudio, summary } from "../model/quality";
import { flatten, folderKeys, isFiltering, noFilter, select, type Filter, type Order, type ResultRow } from "../model/results";
import { routeTo } from "../model/route";
import { useNarrow } from "./hooks";
import { Icon } from "./icons";
import { VirtualRows, type RowView } from "./virtual_rows";

const kAnnounceMilliseconds = 2000;

/** Says new results aloud, but not so often that nothing else is heard. */
function useAnnouncement(text: string): void {
  const latest = useRef(text);
  const timer = useRef(0);
  const last = useRef(0);
  latest.current = text;
  useEffect(() => {
    if (timer.current) return; // it will say the latest
    timer.current = window.setTimeout(() => {
      timer.current = 0;
      last.current = Date.now();
      say(latest.current);
    }, Math.max(300, last.current + kAnnounceMilliseconds - Date.now()));
  }, [text]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
}

function FilterBar({ filter, change, order, reorder, folded, fold }: {
  filter: Filter; change(filter: Filter): void; order: Order; reorder(order: Order): void; folded: boolean; fold(): void;
}) {
  const [shown, show] = useState(false);
  return (
    <div class={shown ? "filters filters-shown" : "filters"} role="group" aria-label="Filter and sort results">
      <div class="field filter-text">
        <Icon name="filter" />
        <label class="hidden" for="filter-text">Filter by words; a minus before a word leaves it out</label>
        <input id="filter-text" type="search" placeholder="Filter: words, -without" value={filter.text} autocomplete="off" spellcheck={false}
          onInput={(event) => change({ ...filter, text: event.currentTarget.value })} />
      </div>
      <button type="button" class="filters-more" aria-expanded={shown} aria-controls="filter-more" onClick={() => show(!shown)}>More</button>
      <div id="filter-more" class="filters-rest">
        <label class="choice">
          <span>Bit rate</span>
          <select value={String(filter.minBitRate)} onChange={(event) => change({ ...filter, minBitRate: Number(event.currentTarget.value) })}>
            <option value="0">any</option>
            {[128, 192, 256, 320].map((rate) => <option key={rate} value={String(rate)}>{rate} and up</option>)}
          </select>
        </label>
        <label class="check"><input type="checkbox" checked={filter.losslessOnly} onChange={(event) => change({ ...filter, losslessOnly: event.currentTarget.checked })} /><span>Lossless</span></label>
        <label class="check"><input type="checkbox" checked={filter.freeSlot} onChange={(event) => change({ ...filter, freeSlot: event.currentTarget.checked })} /><span>Free slot</span></label>
        <label class="choice">
          <span>Sort</span>
          <select value={order} onChange={(event) => reorder(event.currentTarget.value as Order)}>
            <option value="best">best first</option>
            <option value="speed">speed</option>
            <option value="queue">shortest queue</option>
            <option value="files">most files</option>
            <option value="name">user name</option>
          </select>
        </label>
        <button type="button" class="small" onClick={fold}>{folded ? "Open all" : "Fold all"}</button>
      </div>
    </div>
  );
}

function UserCells({ row, tab }: { row: Extract<ResultRow, { kind: "user" }>; tab: number }) {
  const { response } = row.user;
  const name = response.username;
  return (
    <>
      <span class="cell fold" role="gridcell"><Icon name="chevron" /></span>
      <span class="cell main-cell" role="gridcell">
        <span class="line strong">{plain(name)}</span>
        <span class="line dim">
          <span class={response.hasFreeUploadSlot ? "tag tag-good" : "tag"}>{response.hasFreeUploadSlot ? "Free slot" : `${response.queueLength.toLocaleString("en")} in queue`}</span>
          {response.uploadSpeed > 0 && <span>{speed(response.uploadSpeed)}</span>}
          <span>{count(row.user.fileCount, "file")}</span>
        </span>
      </span>
      <span class="cell row-actions" role="gridcell">
        <a class="button small" href={routeTo("browse", name)} tabIndex={tab}>Browse<span class="hidden"> {name}</span></a>
      </span>
    </>
  );
}

function FolderCells({ row, tab }: { row: Extract<ResultRow, { kind: "folder" }>; tab: number }) {
  const { folder } = row;
  const parent = folderOf(folder.path);
  return (
    <>
      <span class="cell fold" role="gridcell"><Icon name="chevron" /></span>
      <span class="cell main-cell" role="gridcell" title={plain(folder.path)}>
        <span class="line">{plain(leafOf(folder.path)) || "Top folder"}</span>
        <span class="line dim"><span>{summary(folder.files)}</span><span>{count(folder.files.length, "file")}</span><span>{bytes(folder.size)}</span>{parent && <span class="path">{plain(parent)}</span>}</span>
      </span>
      <span class="cell row-actions" role="gridcell">
        <button type="button" class="small" tabIndex={tab} title="Download the whole folder" onClick={() => void downloadFolder(row.user.response.username, folder.path, folder.files)}>
          <Icon name="down" /><span class="wide-only">Folder</span><span class="hidden"> {leafOf(folder.path)}: download all of it</span>
        </button>
      </span>
    </>
  );
}

function FileCells({ row, tab }: { row: Extract<ResultRow, { kind: "file" }>; tab: number }) {
  const { file } = row;
  return (
    <>
      <span class="cell file-icon" role="gridcell"><Icon name={file.isLocked ? "lock" : isAudio(file) ? "note" : "file"} /></span>
      <span class="cell main-cell" role="gridcell" title={plain(leafOf(file.filename))}>
        <span class="line">{plain(leafOf(file.filename))}</span>
        <span class="line dim"><span>{describe(file)}</span><span>{bytes(file.size)}</span></span>
      </span>
      <span class="cell row-actions" role="gridcell">
        <button type="button" class="ghost square" tabIndex={tab} aria-label={`Download ${leafOf(file.filename)}`} onClick={() => void download(row.user.response.username, [file])}><Icon name="down" /></button>
      </span>
    </>
  );
}

export function Results({ responses }: { responses: readonly SearchResponse[] }) {
  const narrow = useNarrow();
  const [filter, setFilter] = useState<Filter>(noFilter);
  const [order, setOrder] = useState<Order>("best");
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const users = useMemo(() => select(responses, filter, order), [responses, filter, order]);
  const rows = useMemo(() => flatten(users, closed), [users, closed]);
  const places = useMemo(() => new Map(rows.map((row, index) => [row.key, index])), [rows]);
  const layout = useMemo(() => variable(rows.length, (index) => (rows[index]!.kind === "file" ? (narrow ? 54 : 40) : rows[index]!.kind === "folder" ? 56 : 60)), [rows, narrow]);
  const files = users.reduce((sum, user) => sum + user.fileCount, 0);
  useAnnouncement(`${count(files, "file")} from ${count(users.length, "user")}${isFiltering(filter) ? " after filtering" : ""}`);

  const toggle = (index: number) => {
    const row = rows[index];
    if (!row || row.kind === "file") return;
    const next = new Set(closed);
    if (!next.delete(row.key)) next.add(row.key);
    setClosed(next);
  };
  const foldable = folderKeys(users);
  const folded = foldable.length > 0 && foldable.every((key) => closed.has(key));
  const view = (index: number, active: boolean): RowView => {
    const row = rows[index]!;
    const tab = active ? 0 : -1;
    if (row.kind === "user") return { key: row.key, level: 1, open: row.open, class: "row-user", content: <UserCells row={row} tab={tab} /> };
    if (row.kind === "folder") return { key: row.key, level: 2, open: row.open, class: "row-folder", content: <FolderCells row={row} tab={tab} /> };
    return { key: row.key, level: 3, class: "row-file", content: <FileCells row={row} tab={tab} /> };
  };
  const primary = (index: number) => {
    const row = rows[index]!;
    if (row.kind === "file") void download(row.user.response.username, [row.file]);
    else if (row.kind === "folder") void downloadFolder(row.user.response.username, row.folder.path, row.folder.files);
    else toggle(index);
  };
  const parentOf = (index: number) => {
    for (let i = index - 1; i >= 0; i -= 1) if (rows[i]!.level < rows[index]!.level) return i;
    return -1;
  };

  return (
    <>
      <FilterBar filter={filter} change={setFilter} order={order} reorder={setOrder} folded={folded} fold={() => setClosed(folded ? new Set() : new Set(foldable))} />
      {rows.length === 0 ? (
        <div class="empty"><h2>Everything is filtered out</h2><div class="empty-text"><button type="button" onClick={() => setFilter(noFilter)}>Clear the filter</button></div></div>
      ) : (
        <VirtualRows label="Results" layout={layout} version={rows} view={view} keyAt={(index) => rows[index]!.key} indexOf={(key) => places.get(key) ?? -1}
          toggle={toggle} parentOf={parentOf} primary={primary} />
      )}
    </>
  );
}
