// SPDX-License-Identifier: GPL-3.0-or-later
// Asking for files and folders, from wherever they are shown.
import { attempt, calls, notify } from "../app";
import type { RemoteFile } from "../api/types";
import { asSentence, count, leafOf } from "../model/format";
import { kFilePage, kFolderPage } from "../model/browse_tree";
import { filesOf, fullName } from "../model/paths";

const kMostFiles = 10_000; // of one folder with all below it: more is rarely meant
const kFilesPerRequest = 1000; // well below what the daemon takes as one body

export async function download(username: string, files: readonly RemoteFile[]): Promise<void> {
  await attempt(async () => {
    const answer = await calls.download(username, files.map(({ filename, size }) => ({ filename, size })));
    const already = (answer?.failed ?? []).filter((entry) => entry.message?.startsWith("Skipped"));
    const failed = (answer?.failed ?? []).filter((entry) => !already.includes(entry));
    if (already.length > 0) notify("good", already.length === 1 ? `Already among the downloads: ${leafOf(already[0]?.filename ?? "")}` : `${already.length} files are among the downloads already`);
    if (failed.length > 0) {
      const why = failed.find((entry) => entry.message)?.message ?? "the other user did not take the request.";
      notify("bad", failed.length === 1 ? `${leafOf(failed[0]?.filename ?? files[0]!.filename)} was not added: ${asSentence(why)}` : `${failed.length} of ${files.length} files were not added: ${asSentence(why)}`);
    }
    const added = files.length - failed.length - already.length;
    if (added > 0) notify("good", added === 1 ? `Added to downloads: ${leafOf(files[0]!.filename)}` : `Added to downloads: ${count(added, "file")}`);
  });
}

/** Reads page after page until as many came as there are. */
async function pages<T>(read: (offset: number) => Promise<{ total: number; items: T[] }>): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const { total, items } = await read(all.length);
    all.push(...items);
    if (items.length === 0 || all.length >= total || all.length > kMostFiles) return all;
  }
}

/** Everything in a browsed folder and below it. */
export async function downloadBelow(username: string, path: string): Promise<void> {
  await attempt(async () => {
    const files: RemoteFile[] = [];
    const folders = [path];
    for (let folder = folders.shift(); folder !== undefined && files.length <= kMostFiles; folder = folders.shift()) {
      const here = folder;
      const inside = await pages(async (offset) => {
        const page = await calls.browseFiles(username, here, offset, kFilePage);
        return { total: page.total, items: page.files };
      });
      files.push(...inside.map((file) => ({ ...file, filename: fullName(here, file.filename) })));
      const below = await pages(async (offset) => {
        const page = await calls.browseFolders(username, here, offset, kFolderPage);
        return { total: page.total, items: page.folders };
      });
      folders.push(...below.map((entry) => entry.path));
    }
    if (files.length > kMostFiles) notify("bad", `${leafOf(path)} holds more than ${count(kMostFiles, "file")}: open it and download its parts.`);
    else if (files.length === 0) notify("bad", `There is no file in ${leafOf(path)}.`);
    else for (let at = 0; at < files.length; at += kFilesPerRequest) await download(username, files.slice(at, at + kFilesPerRequest));
  });
}

/** The whole folder as its owner lists it now; what the search found when the owner does not answer. */
export async function downloadFolder(username: string, path: string, found: readonly RemoteFile[]): Promise<void> {
  let files: readonly RemoteFile[] = found;
  try {
    const listed = filesOf((await calls.folder(username, path)) ?? []);
    if (listed.length > 0) files = listed;
  } catch {
    // What the search found is still a good wish.
  }
  await download(username, files);
}
