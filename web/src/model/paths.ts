// SPDX-License-Identifier: GPL-3.0-or-later
// Remote names as the network wants them: whole, with backslashes.
import type { RemoteFile, RemoteFolder } from "../api/types";

/** Folder lists carry bare names, search results whole paths; both become whole paths. */
export function fullName(folder: string, filename: string): string {
  return folder === "" || filename.startsWith(`${folder}\\`) ? filename : `${folder}\\${filename}`;
}

/** Everything in the folder itself and, when the owner sent them, in the folders below it. */
export function filesOf(folders: readonly RemoteFolder[]): RemoteFile[] {
  return folders.flatMap((folder) => folder.files.map((file) => ({ ...file, filename: fullName(folder.name, file.filename) })));
}
