// SPDX-License-Identifier: GPL-3.0-or-later
// Downloads or uploads: what moves, how fast, what waits and what failed.
import { useMemo, useState } from "preact/hooks";
import { attempt, calls, world } from "../app";
import type { Direction, Transfer } from "../api/types";
import { bytes, count, duration, folderOf, leafOf, percent, plain, speed } from "../model/format";
import { variable } from "../model/layout";
import { routeTo } from "../model/route";
import { canCancel, canRetry, flatten, group, isOver, phaseOf, progressOf, secondsLeft, stateText, totals, type Group, type TransferRow } from "../model/transfers";
import { download } from "./downloading";
import { Empty } from "./empty";
import { useNarrow, useSection } from "./hooks";
import { Icon } from "./icons";
import { VirtualRows, type RowView } from "./virtual_rows";

async function end(transfers: readonly Transfer[], remove: boolean): Promise<void> {
  await attempt(async () => {
    for (const transfer of transfers) await calls.endTransfer(transfer.direction, transfer.username, transfer.id, remove);
  });
}

function groupState(entry: Group): string {
  const parts: string[] = [];
  if (entry.counts.active > 0) parts.push(`${entry.counts.active} active`);
  if (entry.counts.waiting > 0) parts.push(`${entry.counts.waiting} waiting`);
  if (entry.counts.failed > 0) parts.push(`${entry.counts.failed} failed`);
  if (entry.counts.cancelled > 0) parts.push(`${entry.counts.cancelled} cancelled`);
  parts.push(`${entry.counts.done} of ${entry.transfers.length} done`);
  return parts.join(" · ");
}

function GroupCells({ entry, tab }: { entry: Group; tab: number }) {
  const running = entry.transfers.filter(canCancel);
  const again = entry.transfers.filter(canRetry);
  const name = leafOf(entry.folder) || "Top folder";
  return (
    <>
      <span class="cell fold" role="gridcell"><Icon name="chevron" /></span>
      <span class="cell main-cell" role="gridcell" title={plain(entry.folder)}>
        <span class="line strong">{plain(name)}</span>
        <span class="line dim"><a href={routeTo("browse", entry.username)} tabIndex={tab}>{plain(entry.username)}</a><span>{groupState(entry)}</span>{folderOf(entry.folder) && <span class="path wide-only">{plain(folderOf(entry.folder))}</span>}</span>
      </span>
      <span class="cell meter" role="gridcell">
        <progress max={100} value={percent(entry.done, entry.size)} aria-label={`Progress of ${name}`} />
        <span class="dim">{bytes(entry.done)} of {bytes(entry.size)}{entry.speed > 0 ? ` · ${speed(entry.speed)}` : ""}</span>
      </span>
      <span class="cell row-actions" role="gridcell">
        {again.length > 0 && (
          <button type="button" class="ghost square" tabIndex={tab} aria-label={`Retry ${count(again.length, "file")} of ${name}`} title="Retry failed"
            onClick={() => void download(entry.username, again)}><Icon name="retry" /></button>
        )}
        {running.length > 0 ? (
          <button type="button" class="ghost square" tabIndex={tab} aria-label={`Cancel ${count(running.length, "file")} of ${name}`} title="Cancel all" onClick={() => void end(running, false)}><Icon name="close" /></button>
        ) : (
          <button type="button" class="ghost square" tabIndex={tab} aria-label={`Remove ${name} from the list`} title="Remove from list" onClick={() => void end(entry.transfers, true)}><Icon name="close" /></button>
        )}
      </span>
    </>
  );
}

function detail(transfer: Transfer): string {
  const phase = phaseOf(transfer);
  if (transfer.state === "InProgress") {
    const left = secondsLeft(transfer);
    return [`${bytes(transfer.bytesTransferred)} of ${bytes(transfer.size)}`, speed(transfer.averageSpeed), left === null ? "" : `${duration(left)} left`].filter(Boolean).join(" · ");
  }
  if (phase === "done") return `${stateText(transfer)} · ${bytes(transfer.size)}${transfer.averageSpeed > 0 ? ` · ${speed(transfer.averageSpeed)}` : ""}`;
  if (phase === "failed") return `${stateText(transfer)}${transfer.exception ? `: ${plain(transfer.exception)}` : ""}`;
  return `${stateText(transfer)} · ${bytes(transfer.size)}`;
}

function FileCells({ transfer, tab }: { transfer: Transfer; tab: number }) {
  const name = leafOf(transfer.filename);
  const phase = phaseOf(transfer);
  return (
    <>
      <span class="cell main-cell" role="gridcell" title={plain(name)}>
        <span class="line">{plain(name)}</span>
        <span class={`line dim state-${phase}`}>{detail(transfer)}</span>
      </span>
      <span class="cell meter" role="gridcell">
        {(phase === "active" || (phase !== "done" && transfer.bytesTransferred > 0)) && <progress class={`progress-${phase}`} max={100} value={progressOf(transfer)} aria-label={`Progress of ${name}`} />}
      </span>
      <span class="cell row-actions" role="gridcell">
        {canRetry(transfer) && <button type="button" class="ghost square" tabIndex={tab} aria-label={`Retry ${name}`} onClick={() => void download(transfer.username, [transfer])}><Icon name="retry" /></button>}
        {canCancel(transfer) ? (
          <button type="button" class="ghost square" tabIndex={tab} aria-label={`Cancel ${name}`} onClick={() => void end([transfer], false)}><Icon name="close" /></button>
        ) : (
          <button type="button" class="ghost square" tabIndex={tab} aria-label={`Remove ${name} from the list`} onClick={() => void end([transfer], true)}><Icon name="close" /></button>
        )}
      </span>
    </>
  );
}

function Summary({ direction, transfers }: { direction: Direction; transfers: Transfer[] }) {
  const sum = totals(transfers);
  const again = transfers.filter(canRetry);
  const text = [sum.active > 0 ? `${sum.active} active` : "", sum.waiting > 0 ? `${sum.waiting} waiting` : "", sum.failed > 0 ? `${sum.failed} failed` : "", speed(sum.speed)].filter(Boolean).join(" · ");
  const retryAll = async () => {
    const users = new Map<string, Transfer[]>();
    for (const transfer of again) users.set(transfer.username, [...(users.get(transfer.username) ?? []), transfer]);
    for (const [username, files] of users) await download(username, files);
  };
  return (
    <div class="bar">
      <p class="state-line">{text || (sum.over > 0 ? "All done" : "")}</p>
      {direction === "Download" && again.length > 0 && <button type="button" class="small" onClick={() => void retryAll()}>Retry failed</button>}
      <button type="button" class="small" disabled={sum.over === 0} onClick={() => void attempt(() => calls.clearCompleted(direction))}>Clear finished</button>
    </div>
  );
}

export function Transfers({ direction }: { direction: Direction }) {
  const section = direction === "Upload" ? "uploads" : "downloads";
  const version = useSection(section);
  const narrow = useNarrow();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const transfers = useMemo(() => [...world[section].values()], [version, section]);
  const rows = useMemo(() => flatten(group(transfers), closed), [transfers, closed]);
  const places = useMemo(() => new Map(rows.map((row, index) => [row.key, index])), [rows]);
  const layout = useMemo(() => variable(rows.length, (index) => (rows[index]!.kind === "group" ? (narrow ? 88 : 64) : narrow ? 64 : 52)), [rows, narrow]);
  const title = direction === "Upload" ? "Uploads" : "Downloads";

  const toggle = (index: number) => {
    const row = rows[index];
    if (row?.kind !== "group") return;
    const next = new Set(closed);
    if (!next.delete(row.key)) next.add(row.key);
    setClosed(next);
  };
  const chosen = (row: TransferRow) => (row.kind === "group" ? row.group.transfers : [row.transfer]);
  const view = (index: number, active: boolean): RowView => {
    const row = rows[index]!;
    const tab = active ? 0 : -1;
    if (row.kind === "group") return { key: row.key, level: 1, open: row.open, class: "row-user row-transfer", content: <GroupCells entry={row.group} tab={tab} /> };
    return { key: row.key, level: 2, class: "row-file row-transfer", content: <FileCells transfer={row.transfer} tab={tab} /> };
  };
  const primary = (index: number) => {
    const row = rows[index]!;
    const again = chosen(row).filter(canRetry);
    if (row.kind === "file" && again.length > 0) void download(row.transfer.username, again);
    else toggle(index);
  };
  const discard = (index: number) => {
    const all = chosen(rows[index]!);
    const running = all.filter(canCancel);
    void (running.length > 0 ? end(running, false) : end(all.filter(isOver), true));
  };
  const parentOf = (index: number) => {
    const row = rows[index]!;
    return row.kind === "file" ? (places.get(row.group.key) ?? -1) : -1;
  };

  return (
    <section class="screen" aria-labelledby="transfers-title">
      <h1 id="transfers-title" class="title">{title}</h1>
      {rows.length === 0 ? (
        direction === "Download" ? (
          <Empty icon="down" title="No downloads yet"><p>Find something in <a href="#/search">search</a> and press download on a file or a folder.</p></Empty>
        ) : (
          <Empty icon="up" title="Nobody is downloading from you"><p>When others fetch from <a href="#/shares">your shares</a>, you see it here.</p></Empty>
        )
      ) : (
        <>
          <Summary direction={direction} transfers={transfers} />
          <VirtualRows label={title} layout={layout} version={rows} view={view} keyAt={(index) => rows[index]!.key} indexOf={(key) => places.get(key) ?? -1}
            toggle={toggle} parentOf={parentOf} primary={primary} discard={discard} />
        </>
      )}
    </section>
  );
}
