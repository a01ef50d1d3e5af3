// SPDX-License-Identifier: GPL-3.0-or-later
// Transfers as rows: which group, what state in words, what can be done about it.
import type { Transfer, UserGroup } from "../api/types";
import { folderOf, leafOf, percent, sortKey } from "./format";

export type Phase = "waiting" | "active" | "done" | "failed" | "cancelled";

export function phaseOf(transfer: Transfer): Phase {
  const state = transfer.state;
  if (!state.startsWith("Completed")) return state === "InProgress" || state === "Initializing" ? "active" : "waiting";
  if (state.includes("Succeeded")) return "done";
  return state.includes("Cancelled") ? "cancelled" : "failed";
}

export const isOver = (transfer: Transfer): boolean => transfer.state.startsWith("Completed");

const words: Record<string, string> = {
  Requested: "Asked for",
  "Queued, Locally": "Waiting here",
  "Queued, Remotely": "Waiting in their queue",
  Initializing: "Connecting",
  InProgress: "Transferring",
  "Completed, Succeeded": "Done",
  "Completed, Cancelled": "Cancelled",
  "Completed, TimedOut": "Timed out",
  "Completed, Errored": "Failed",
  "Completed, Rejected": "Refused",
  "Completed, Aborted": "Stopped",
};

export function stateText(transfer: Transfer): string {
  if (transfer.direction === "Upload" && transfer.state === "Queued, Locally") {
    return transfer.placeInQueue ? `Waiting, place ${transfer.placeInQueue.toLocaleString("en")}` : "Waiting for a slot";
  }
  if (transfer.state === "Queued, Remotely" && transfer.placeInQueue) {
    return `Place ${transfer.placeInQueue.toLocaleString("en")} in their queue`;
  }
  return words[transfer.state] ?? transfer.state;
}

export const canCancel = (transfer: Transfer): boolean => !isOver(transfer);
export const canRetry = (transfer: Transfer): boolean => transfer.direction === "Download" && isOver(transfer) && phaseOf(transfer) !== "done";

export function secondsLeft(transfer: Transfer): number | null {
  if (transfer.state !== "InProgress" || !(transfer.averageSpeed > 0)) return null;
  return Math.max(0, transfer.size - transfer.bytesTransferred) / transfer.averageSpeed;
}

export interface Group {
  key: string;
  username: string;
  folder: string;
  transfers: Transfer[];
  size: number;
  done: number;
  speed: number;
  counts: Record<Phase, number>;
}

export type TransferRow =
  | { kind: "group"; key: string; level: 1; open: boolean; group: Group }
  | { kind: "file"; key: string; level: 2; group: Group; transfer: Transfer };

export function fromGroups(groups: readonly UserGroup[]): Transfer[] {
  return groups.flatMap((user) => user.directories.flatMap((directory) => directory.files));
}

interface Place {
  folder: string;
  /** Group key. */
  key: string;
  sort: string;
}
// A transfer's object is replaced when it changes; of thousands only a few do between two drawings.
const places = new WeakMap<Transfer, Place>();

function placeOf(transfer: Transfer): Place {
  let place = places.get(transfer);
  if (!place) {
    const folder = folderOf(transfer.filename);
    place = { folder, key: `${transfer.username}\n${folder}`, sort: sortKey(leafOf(transfer.filename)) };
    places.set(transfer, place);
  }
  return place;
}

function bySortKey(a: Transfer, b: Transfer): number {
  const left = placeOf(a).sort;
  const right = placeOf(b).sort;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Groups in the order in which their first transfer came; a group with something going on stays before finished ones. */
export function group(transfers: Iterable<Transfer>): Group[] {
  const groups = new Map<string, Group>();
  for (const transfer of transfers) {
    const { folder, key } = placeOf(transfer);
    let entry = groups.get(key);
    if (!entry) {
      entry = { key, username: transfer.username, folder, transfers: [], size: 0, done: 0, speed: 0, counts: { waiting: 0, active: 0, done: 0, failed: 0, cancelled: 0 } };
      groups.set(key, entry);
    }
    const phase = phaseOf(transfer);
    entry.transfers.push(transfer);
    entry.counts[phase] += 1;
    entry.size += transfer.size;
    entry.done += phase === "done" ? transfer.size : transfer.bytesTransferred;
    if (phase === "active") entry.speed += transfer.averageSpeed || 0;
  }
  const all = [...groups.values()];
  for (const entry of all) entry.transfers.sort(bySortKey);
  const rank = (entry: Group) => (entry.counts.active + entry.counts.waiting > 0 ? 0 : 1);
  return all.map((entry, at) => ({ entry, at })).sort((a, b) => rank(a.entry) - rank(b.entry) || a.at - b.at).map(({ entry }) => entry);
}

export function flatten(groups: readonly Group[], closed: ReadonlySet<string>): TransferRow[] {
  return groups.flatMap((entry) => {
    const open = !closed.has(entry.key);
    const head: TransferRow = { kind: "group", key: entry.key, level: 1, open, group: entry };
    if (!open) return [head];
    return [head, ...entry.transfers.map((transfer): TransferRow => ({ kind: "file", key: transfer.id, level: 2, group: entry, transfer }))];
  });
}

export function progressOf(transfer: Transfer): number {
  return phaseOf(transfer) === "done" ? 100 : percent(transfer.bytesTransferred, transfer.size);
}

export interface Totals {
  active: number;
  waiting: number;
  over: number;
  failed: number;
  speed: number;
}

export function totals(transfers: Iterable<Transfer>): Totals {
  const sum: Totals = { active: 0, waiting: 0, over: 0, failed: 0, speed: 0 };
  for (const transfer of transfers) {
    const phase = phaseOf(transfer);
    if (phase === "active") {
      sum.active += 1;
      sum.speed += transfer.averageSpeed || 0;
    } else if (phase === "waiting") sum.waiting += 1;
    else sum.over += 1;
    if (phase === "failed") sum.failed += 1;
  }
  return sum;
}
