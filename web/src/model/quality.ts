// SPDX-License-Identifier: GPL-3.0-or-later
// What a remote file is worth hearing, from the little that its owner tells.
import type { RemoteFile } from "../api/types";
import { clock, extensionOf } from "./format";

const lossless = new Set(["flac", "wav", "aif", "aiff", "ape", "wv", "alac", "tta", "dsf", "dff", "shn"]);
const audio = new Set([...lossless, "mp3", "m4a", "aac", "ogg", "oga", "opus", "wma", "mpc", "mp2", "mka", "webm"]);

export const isAudio = (file: RemoteFile): boolean => audio.has(extensionOf(file.filename));

/** An m4a is lossless when it names a bit depth: only ALAC has one. */
export function isLossless(file: RemoteFile): boolean {
  const extension = extensionOf(file.filename);
  return lossless.has(extension) || (extension === "m4a" && (file.bitDepth ?? 0) > 0);
}

/** Kilobits per second as told, else from size and length; 0 when neither is known. */
export function bitRateOf(file: RemoteFile): number {
  if (file.bitRate && file.bitRate > 0) return file.bitRate;
  if (file.length && file.length > 0 && file.size > 0) return Math.round((file.size * 8) / 1000 / file.length);
  return 0;
}

export function describe(file: RemoteFile): string {
  const parts: string[] = [];
  if (isLossless(file) && file.sampleRate) {
    const rate = `${Number((file.sampleRate / 1000).toFixed(1))} kHz`;
    parts.push(file.bitDepth ? `${file.bitDepth} bit ${rate}` : rate);
  } else if (file.bitRate) {
    parts.push(`${file.bitRate} kbps${file.isVariableBitRate ? " VBR" : ""}`);
  }
  if (file.length) parts.push(clock(file.length));
  return parts.join(" · ");
}

/** One word for a folder: "FLAC", "MP3 320", "MP3 ~245", or the kinds mixed in it. */
export function summary(files: readonly RemoteFile[]): string {
  const kinds = new Map<string, number[]>();
  for (const file of files) {
    if (!isAudio(file)) continue;
    const kind = extensionOf(file.filename).toUpperCase();
    const rates = kinds.get(kind) ?? [];
    rates.push(isLossless(file) ? 0 : bitRateOf(file));
    kinds.set(kind, rates);
  }
  const words = [...kinds].sort((a, b) => b[1].length - a[1].length).map(([kind, rates]) => {
    const known = rates.filter((rate) => rate > 0);
    if (known.length === 0) return kind;
    const low = Math.min(...known.slice(0, 1000));
    const high = Math.max(...known.slice(0, 1000));
    if (low === high) return `${kind} ${low}`;
    return `${kind} ~${Math.round(known.reduce((sum, rate) => sum + rate, 0) / known.length)}`;
  });
  return words.slice(0, 3).join(", ");
}
