// SPDX-License-Identifier: GPL-3.0-or-later
// Search results as the list shows them: filtered, sorted, grouped by user and folder, flattened to rows.
import type { RemoteFile, SearchResponse } from "../api/types";
import { byName, folderOf, leafOf } from "./format";
import { bitRateOf, isLossless } from "./quality";

export interface Filter {
  /** Words that must occur; a leading minus leaves out; "quotes keep spaces". */
  text: string;
  minBitRate: number;
  losslessOnly: boolean;
  freeSlot: boolean;
}
export const noFilter: Filter = { text: "", minBitRate: 0, losslessOnly: false, freeSlot: false };
export const isFiltering = (f: Filter): boolean => f.text.trim() !== "" || f.minBitRate > 0 || f.losslessOnly || f.freeSlot;

export type Order = "best" | "speed" | "queue" | "files" | "name";

export interface Folder {
  path: string;
  files: RemoteFile[];
  size: number;
}
export interface UserResult {
  response: SearchResponse;
  folders: Folder[];
  fileCount: number;
}

export type ResultRow =
  | { kind: "user"; key: string; level: 1; open: boolean; user: UserResult }
  | { kind: "folder"; key: string; level: 2; open: boolean; user: UserResult; folder: Folder }
  | { kind: "file"; key: string; level: 3; user: UserResult; folder: Folder; file: RemoteFile };

export interface Words {
  include: string[];
  exclude: string[];
}

export function parseWords(text: string): Words {
  const words: Words = { include: [], exclude: [] };
  for (const match of text.toLowerCase().matchAll(/(-?)(?:"([^"]*)"|(\S+))/g)) {
    const word = (match[2] ?? match[3] ?? "").trim();
    if (word === "" || word === "-") continue;
    (match[1] === "-" ? words.exclude : words.include).push(word);
  }
  return words;
}

function accepts(file: RemoteFile, username: string, filter: Filter, words: Words): boolean {
  if (filter.losslessOnly && !isLossless(file)) return false;
  if (filter.minBitRate > 0 && !isLossless(file) && bitRateOf(file) < filter.minBitRate) return false;
  if (words.include.length === 0 && words.exclude.length === 0) return true;
  // A word left out is about the music: it must not hide a user whose name happens to hold it.
  const name = file.filename.toLowerCase();
  const user = username.toLowerCase();
  return words.include.every((word) => name.includes(word) || user.includes(word)) && !words.exclude.some((word) => name.includes(word));
}

// Responses never change once they have arrived, so their grouping is kept with them.
const grouped = new WeakMap<SearchResponse, Folder[]>();

export function foldersOf(response: SearchResponse): Folder[] {
  const known = grouped.get(response);
  if (known) return known;
  const byPath = new Map<string, Folder>();
  for (const file of response.files) {
    const path = folderOf(file.filename);
    let folder = byPath.get(path);
    if (!folder) {
      folder = { path, files: [], size: 0 };
      byPath.set(path, folder);
    }
    folder.files.push(file);
    folder.size += file.size;
  }
  const folders = [...byPath.values()].sort((a, b) => byName(a.path, b.path));
  for (const folder of folders) folder.files.sort((a, b) => byName(leafOf(a.filename), leafOf(b.filename)));
  grouped.set(response, folders);
  return folders;
}

function narrow(response: SearchResponse, filter: Filter, words: Words): UserResult | null {
  if (filter.freeSlot && !response.hasFreeUploadSlot) return null;
  let folders = foldersOf(response);
  if (isFiltering(filter)) {
    folders = folders.flatMap((folder) => {
      const files = folder.files.filter((file) => accepts(file, response.username, filter, words));
      if (files.length === folder.files.length) return [folder];
      return files.length === 0 ? [] : [{ path: folder.path, files, size: files.reduce((sum, file) => sum + file.size, 0) }];
    });
  }
  const fileCount = folders.reduce((sum, folder) => sum + folder.files.length, 0);
  return fileCount === 0 ? null : { response, folders, fileCount };
}

const best = (a: SearchResponse, b: SearchResponse): number =>
  Number(b.hasFreeUploadSlot) - Number(a.hasFreeUploadSlot) || a.queueLength - b.queueLength || b.uploadSpeed - a.uploadSpeed;

const orders: Record<Order, (a: UserResult, b: UserResult) => number> = {
  best: (a, b) => best(a.response, b.response),
  speed: (a, b) => b.response.uploadSpeed - a.response.uploadSpeed,
  queue: (a, b) => a.response.queueLength - b.response.queueLength || best(a.response, b.response),
  files: (a, b) => b.fileCount - a.fileCount || best(a.response, b.response),
  name: (a, b) => byName(a.response.username, b.response.username),
};

export function select(responses: readonly SearchResponse[], filter: Filter, order: Order): UserResult[] {
  const words = parseWords(filter.text);
  const users = responses.flatMap((response) => narrow(response, filter, words) ?? []);
  return users.sort(orders[order]);
}

/** Keys of closed users and folders are in `closed`. */
export function flatten(users: readonly UserResult[], closed: ReadonlySet<string>): ResultRow[] {
  const rows: ResultRow[] = [];
  const seen = new Map<string, number>();
  for (const user of users) {
    // A user may answer twice; each answer is a group of its own.
    const nth = (seen.get(user.response.username) ?? 0) + 1;
    seen.set(user.response.username, nth);
    const userKey = `${user.response.username}\n${nth}`;
    const open = !closed.has(userKey);
    rows.push({ kind: "user", key: userKey, level: 1, open, user });
    if (!open) continue;
    for (const folder of user.folders) {
      const folderKey = `${userKey}\n${folder.path}`;
      const folderOpen = !closed.has(folderKey);
      rows.push({ kind: "folder", key: folderKey, level: 2, open: folderOpen, user, folder });
      if (!folderOpen) continue;
      for (const file of folder.files) {
        rows.push({ kind: "file", key: `${userKey}\n${file.filename}\nf`, level: 3, user, folder, file });
      }
    }
  }
  return rows;
}

/** All keys that can be closed at folder level, for "fold all". */
export function folderKeys(users: readonly UserResult[]): string[] {
  return flatten(users, new Set()).flatMap((row) => (row.kind === "folder" ? [row.key] : []));
}
