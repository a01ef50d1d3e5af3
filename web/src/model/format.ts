// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers, paths and times as people read them.

const units = ["B", "KB", "MB", "GB", "TB", "PB"];

/** Decimal units, as file managers and providers count: 1 KB is 1000 bytes. */
export function bytes(value: number): string {
  if (!Number.isFinite(value) || value < 0) return "–";
  let unit = 0;
  let left = value;
  while (left >= 999.5 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || left >= 99.95 ? 0 : 1;
  return `${left.toFixed(digits)} ${units[unit]}`;
}

export function speed(bytesPerSecond: number): string {
  return bytesPerSecond > 0 && Number.isFinite(bytesPerSecond) ? `${bytes(bytesPerSecond)}/s` : "";
}

/** 75 -> "1:15", 3700 -> "1:01:40". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Rough on purpose: "8 s", "3 min", "2 h 10 min", "4 days". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "";
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 > 0 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.round(hours / 24)} days`;
}

export function count(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString("en")} ${value === 1 ? one : many}`;
}

const lastSeparator = (path: string) => Math.max(path.lastIndexOf("\\"), path.lastIndexOf("/"));

export function leafOf(path: string): string {
  return path.slice(lastSeparator(path) + 1);
}

export function folderOf(path: string): string {
  const at = lastSeparator(path);
  return at < 0 ? "" : path.slice(0, at);
}

/** From the name, because what peers send as extension is often empty or wrong. */
export function extensionOf(path: string): string {
  const leaf = leafOf(path);
  const dot = leaf.lastIndexOf(".");
  return dot > 0 ? leaf.slice(dot + 1).toLowerCase() : "";
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
export const byName = (a: string, b: string): number => collator.compare(a, b);

/** Compared as plain strings, these sort names nearly as byName does, at a fraction of its cost. */
export function sortKey(name: string): string {
  return name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(10, "0"));
}

/** Words of other layers come without capital and full stop, to stand inside a log line. A first word that may be a user's name keeps its letters. */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  const start = /^(the|a|an|no|not|we|it|this|there|our|your)\b/.test(trimmed) ? trimmed.charAt(0).toUpperCase() : trimmed.charAt(0);
  return start + trimmed.slice(1) + (/[.!?…]$/.test(trimmed) ? "" : ".");
}

export function percent(part: number, whole: number): number {
  if (!(whole > 0)) return 0;
  return Math.min(100, Math.max(0, (part / whole) * 100));
}

/** Control and direction-changing characters of strangers would rearrange the text around them. */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
