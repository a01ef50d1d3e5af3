// SPDX-License-Identifier: GPL-3.0-or-later
// The folders of one share, level by level, and which paths are private by themselves or by a folder above them.
import { byName, folderOf, leafOf } from "./format";

export interface OwnFolder {
  path: string;
  name: string;
  /** Directly in it. */
  files: number;
  /** In it and below it. */
  all: number;
}

/** Counts of files by the path of their folder. */
export type FolderCounts = ReadonlyMap<string, number>;

const isBelow = (path: string, above: string): boolean => path.startsWith(`${above}\\`);

/** The folders directly in `parent`; one that holds only other folders is among them although no count names it. */
export function foldersIn(counts: FolderCounts, parent: string): OwnFolder[] {
  const found = new Map<string, OwnFolder>();
  for (const [path, files] of counts) {
    if (!isBelow(path, parent)) continue;
    const end = path.indexOf("\\", parent.length + 1);
    const at = end < 0 ? path : path.slice(0, end);
    const entry = found.get(at) ?? { path: at, name: leafOf(at), files: 0, all: 0 };
    if (at === path) entry.files += files;
    entry.all += files;
    found.set(at, entry);
  }
  return [...found.values()].sort((a, b) => byName(a.name, b.name));
}

export const isFolder = (counts: FolderCounts, path: string): boolean => counts.has(path) || [...counts.keys()].some((other) => isBelow(other, path));

/** "music\Album\Disc 1" as the folders on the way there, the share first. */
export function crumbsOf(path: string): { path: string; name: string }[] {
  const parts = path.split("\\").filter(Boolean);
  return parts.map((name, i) => ({ path: parts.slice(0, i + 1).join("\\"), name }));
}
export const shareOf = (path: string): string => path.split("\\")[0] ?? "";

export type Privacy = { is: "open" } | { is: "own" } | { is: "above"; by: string };
/** Whether a path is private, and by what. */
export function privacyOf(path: string, marked: ReadonlySet<string>): Privacy {
  if (marked.has(path)) return { is: "own" };
  for (let above = folderOf(path); above !== ""; above = folderOf(above)) if (marked.has(above)) return { is: "above", by: above };
  return { is: "open" };
}
