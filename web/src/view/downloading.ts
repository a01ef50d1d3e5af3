// SPDX-License-Identifier: GPL-3.0-or-later
// Asking for files and folders, from wherever they are shown.
import { attempt, calls, notify, sentence } from "../app";
import type { RemoteFile } from "../api/types";
import { asSentence, count, leafOf } from "../model/format";
import { filesOf } from "../model/paths";

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

/** The whole folder as its owner lists it now; what the search found when the owner does not answer. */
export async function downloadFolder(username: string, path: string, found: readonly RemoteFile[]): Promise<void> {
  let files: readonly RemoteFile[] = found;
  try {
    const listed = filesOf((await calls.folder(username, path)) ?? []);
    if (listed.length > 0) files = listed;
  } catch (error) {
    if (found.length === 0) {
      notify("bad", sentence(error));
      return;
    }
  }
  await download(username, files);
}
