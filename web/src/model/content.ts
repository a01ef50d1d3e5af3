// SPDX-License-Identifier: GPL-3.0-or-later
// Content ids, hashing, downloads by content and their sources, in words.
import type { ContentFetch, CopyStatus, FetchSource, HashingProgress } from "../api/relay_types";
import type { Tone } from "./connection";
import { asSentence, bytes, count, duration, percent, plain, speed } from "./format";

/** "sha256:<hex>" for an id with or without its prefix, in either case; null where it is none. */
export function parseContentId(text: string): string | null {
  const match = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(text.trim());
  return match ? `sha256:${match[1]!.toLowerCase()}` : null;
}
export function shortContent(id: string): string {
  const hex = id.replace(/^sha256:/, "");
  return hex.length > 16 ? `${hex.slice(0, 8)}…${hex.slice(-4)}` : hex;
}

/** "1048576", "1 048 576" or "1,048,576"; undefined where nothing is given, null where it is no number of bytes. */
export function parseSize(text: string): number | undefined | null {
  const digits = text.replace(/[\s,_']/g, "");
  if (digits === "") return undefined;
  const value = Number(digits);
  return /^\d{1,15}$/.test(digits) && Number.isSafeInteger(value) ? value : null;
}

/** A name for a file, without a path; empty is fine: the daemon takes the id. */
export const isFileName = (name: string): boolean => !/[/\\\u0000-\u001f]/.test(name) && name !== "." && name !== "..";

export interface HashingWords {
  tone: Tone;
  short: string;
  sentence: string;
  percent: number;
}
export function hashingWords(hashing: HashingProgress | undefined): HashingWords {
  const done = hashing?.filesDone ?? 0;
  const total = hashing?.filesTotal ?? 0;
  const part = (hashing?.bytesTotal ?? 0) > 0 ? percent(hashing!.bytesDone ?? 0, hashing!.bytesTotal!) : percent(done, total);
  const of = `${done.toLocaleString("en")} of ${count(total, "file")}`;
  if (!hashing || hashing.enabled === false) return { tone: "off", short: "Off", sentence: "Nothing is verified: set relay.content.hashing to true to change that.", percent: part };
  if (hashing.fault) return { tone: "bad", short: "In trouble", sentence: asSentence(hashing.fault), percent: part };
  if (hashing.paused) return { tone: "off", short: "Paused", sentence: `You have paused it. ${of} looked at.`, percent: part };
  if (total === 0) return { tone: "off", short: "Nothing to verify", sentence: "No share is offered to the mesh.", percent: 0 };
  if (done >= total && !hashing.running) return { tone: "good", short: "Done", sentence: `${of} looked at. New and changed files are seen by themselves.`, percent: 100 };
  const rate = hashing.bytesPerSecond ?? 0;
  const left = Math.max(0, (hashing.bytesTotal ?? 0) - (hashing.bytesDone ?? 0));
  const rest = rate > 0 ? `${speed(rate)}, ${duration(left / rate)} left` : "waiting for a quiet moment";
  return { tone: "busy", short: "Verifying", sentence: `${of} looked at, ${rest}.`, percent: part };
}

const refusals: Record<string, string> = {
  unknown: "Nothing known by that id", private: "Private", unverified: "Not verified", changed: "Changed since it was verified", range: "Outside the file", streams: "Too many streams at once",
  rate: "Too fast", disabled: "Serving was switched off", slow: "Stood still while others waited",
};
/** Of nodes that this one fetches from. */
export const faultWords: Record<string, string> = {
  wrongBytes: "Wrong bytes", falseRoot: "Not the content that was asked for", malformed: "Another piece, length or form", short: "Ended in the middle of a piece", late: "Nothing in time", slow: "Much slower than others",
  refused: "Does not serve it", busy: "No place free", gone: "Not reached, or left", record: "Says falsely that it has it",
};
const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
/** What was refused and why, the most frequent first; a reason that a newer daemon adds goes under its own name. */
export function refusalsOf(refused: Record<string, number> | undefined, words: Record<string, string> = refusals): { name: string; value: number }[] {
  return Object.entries(refused ?? {}).filter(([, value]) => value > 0).map(([reason, value]) => ({ name: words[lower(reason)] ?? reason, value })).sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1));
}

export type FetchTone = "done" | "failed" | "cancelled" | "busy";
export interface FetchWords {
  tone: FetchTone;
  short: string;
  /** Still going on: it can be cancelled. */
  active: boolean;
  percent: number;
  detail: string;
}
export function fetchWords(fetch: ContentFetch): FetchWords {
  const state = lower(fetch.state);
  const have = fetch.bytes ?? 0;
  const size = fetch.size ?? 0;
  const part = state === "done" ? 100 : size > 0 ? percent(have, size) : percent(fetch.piecesDone ?? 0, fetch.pieces ?? 0);
  const amount = size > 0 ? `${bytes(have)} of ${bytes(size)}` : have > 0 ? bytes(have) : "";
  const rate = fetch.bytesPerSecond ?? 0;
  const left = rate > 0 && size > have ? `${duration((size - have) / rate)} left` : "";
  const wrong = (fetch.wrongPieces ?? 0) > 0 ? `${count(fetch.wrongPieces!, "wrong piece")} refused` : "";
  const join = (...parts: string[]) => parts.filter(Boolean).join(" · ");
  switch (state) {
    case "done": return { tone: "done", short: "Done", active: false, percent: 100, detail: join(size > 0 ? bytes(size) : amount, wrong) };
    case "failed": return { tone: "failed", short: "Failed", active: false, percent: part, detail: join(amount, wrong) };
    case "cancelled": return { tone: "cancelled", short: "Cancelled", active: false, percent: part, detail: amount };
    case "checking": return { tone: "busy", short: "Checking the whole file", active: true, percent: part, detail: join(amount, wrong) };
    case "running": return { tone: "busy", short: "Downloading", active: true, percent: part, detail: join(amount, speed(rate), left, wrong) };
    default: return { tone: "busy", short: "Waiting for sources", active: true, percent: part, detail: amount };
  }
}

export interface SourceWords {
  tone: "good" | "bad" | "";
  title: string;
  why: string;
}
const sourceStates: Record<string, Omit<SourceWords, "why"> & { why?: string }> = {
  opening: { tone: "", title: "opening" },
  ready: { tone: "", title: "ready" },
  fetching: { tone: "good", title: "sending" },
  done: { tone: "good", title: "done" },
  dead: { tone: "bad", title: "dead", why: "It fell silent while a piece was asked for." },
  lying: { tone: "bad", title: "lying", why: "What it sent does not fit what it had stated." },
  slow: { tone: "", title: "slow", why: "Others get its pieces too." },
  refused: { tone: "", title: "refused", why: "It does not serve this content." },
  "other root": { tone: "", title: "other root", why: "It states other bytes than the group that is tried first." },
};
export function sourceWords(source: FetchSource): SourceWords {
  const known = sourceStates[source.state.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase()];
  const why = source.problem ? asSentence(plain(source.problem)) : known?.why ?? "";
  return known ? { tone: known.tone, title: known.title, why } : { tone: "", title: plain(source.state), why };
}
/** Who gave most first; those that failed keep their place among them by name. */
export const bySource = (a: FetchSource, b: FetchSource): number => (b.bytes ?? 0) - (a.bytes ?? 0) || (a.name < b.name ? -1 : 1);

const copyStates: Record<string, { title: string; why: string }> = {
  verified: { title: "verified", why: "" },
  notShared: { title: "not shared", why: "No share has this file." },
  notForMesh: { title: "not for the mesh", why: "Its share is not offered to the mesh." },
  private: { title: "private", why: "You have marked it, or a folder above it, as private." },
  waiting: { title: "waiting", why: "Its turn has not come yet." },
  working: { title: "being read", why: "It is being read right now." },
  changed: { title: "changed", why: "It changed while it was read, or since." },
  unreadable: { title: "unreadable", why: "It cannot be read." },
  undecodable: { title: "damaged", why: "Its audio has errors." },
  wrongLength: { title: "wrong length", why: "Its audio ends elsewhere than its header says." },
  silent: { title: "silent", why: "Its audio is silence." },
  notAudio: { title: "no audio", why: "It says by its name that it is audio, and is none." },
  mediaFailed: { title: "failed", why: "The program that decodes audio failed over it." },
};
export function copyWords(copy: CopyStatus): { title: string; why: string; good: boolean } {
  const known = copyStates[lower(copy.state)];
  const why = copy.reason ? asSentence(plain(copy.reason)) : known?.why ?? "";
  return { title: known?.title ?? plain(copy.state), why, good: lower(copy.state) === "verified" };
}
