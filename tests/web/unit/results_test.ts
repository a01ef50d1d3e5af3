// SPDX-License-Identifier: GPL-3.0-or-later
// Filtering, sorting, grouping and flattening of search results.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RemoteFile, SearchResponse } from "../../../web/src/api/types";
import { flatten, folderKeys, noFilter, parseWords, select } from "../../../web/src/model/results";

const file = (filename: string, more: Partial<RemoteFile> = {}): RemoteFile => ({ filename, size: 1000, ...more });
const response = (username: string, files: RemoteFile[], more: Partial<SearchResponse> = {}): SearchResponse => ({
  username, hasFreeUploadSlot: true, uploadSpeed: 100, queueLength: 0, fileCount: files.length, files, ...more,
});
const names = (rows: ReturnType<typeof select>) => rows.map((row) => row.response.username);

test("files are grouped by folder and sorted as people count", () => {
  const [user] = select([response("a", [file("m\\B\\10 x.mp3"), file("m\\B\\9 x.mp3"), file("m\\A\\1.mp3")])], noFilter, "best");
  assert.deepEqual(user!.folders.map((folder) => folder.path), ["m\\A", "m\\B"]);
  assert.deepEqual(user!.folders[1]!.files.map((f) => f.filename), ["m\\B\\9 x.mp3", "m\\B\\10 x.mp3"]);
  assert.equal(user!.folders[1]!.size, 2000);
});

test("words include, minus excludes, quotes keep spaces", () => {
  assert.deepEqual(parseWords('blue -live "second hand" -"radio edit" - well-known'), { include: ["blue", "second hand", "well-known"], exclude: ["live", "radio edit"] });
  const all = [response("a", [file("m\\Blue\\one.mp3"), file("m\\Blue (Live)\\one.mp3")])];
  const [user] = select(all, { ...noFilter, text: "blue -live" }, "best");
  assert.equal(user!.fileCount, 1);
});

test("a word may name the user, a word left out is looked for in files only", () => {
  const all = [response("otter", [file("m\\x.mp3")]), response("heron", [file("m\\x.mp3")])];
  assert.deepEqual(names(select(all, { ...noFilter, text: "HERON" }, "best")), ["heron"]);
  assert.equal(select(all, { ...noFilter, text: "-heron" }, "best").length, 2);
});

test("a least bit rate keeps lossless files, counts unknown rates from size and length, and drops what stays unknown", () => {
  const files = [file("a.mp3", { bitRate: 320 }), file("b.mp3", { bitRate: 128 }), file("c.flac"), file("d.mp3"), file("e.mp3", { size: 8_000_000, length: 200 })];
  const [user] = select([response("a", files)], { ...noFilter, minBitRate: 256 }, "best");
  assert.deepEqual(user!.folders[0]!.files.map((f) => f.filename), ["a.mp3", "c.flac", "e.mp3"]);
});

test("lossless is known by the name's ending, not by what the peer calls it", () => {
  const files = [file("a.FLAC", { extension: "" }), file("b.mp3", { extension: "flac" }), file("c.m4a", { bitDepth: 24 }), file("d.m4a", { bitRate: 256 })];
  const [user] = select([response("a", files)], { ...noFilter, losslessOnly: true }, "best");
  assert.deepEqual(user!.folders[0]!.files.map((f) => f.filename), ["a.FLAC", "c.m4a"]);
});

test("free slot only hides the others", () => {
  const all = [response("a", [file("x.mp3")], { hasFreeUploadSlot: false }), response("b", [file("x.mp3")])];
  assert.deepEqual(names(select(all, { ...noFilter, freeSlot: true }, "best")), ["b"]);
});

test("each order puts its own first", () => {
  const all = [
    response("slow", [file("x.mp3"), file("y.mp3")], { uploadSpeed: 1 }),
    response("busy", [file("x.mp3")], { hasFreeUploadSlot: false, queueLength: 9, uploadSpeed: 900 }),
    response("fast", [file("x.mp3")], { uploadSpeed: 500 }),
  ];
  assert.deepEqual(names(select(all, noFilter, "best")), ["fast", "slow", "busy"]);
  assert.deepEqual(names(select(all, noFilter, "speed")), ["busy", "fast", "slow"]);
  assert.equal(names(select(all, noFilter, "files"))[0], "slow");
  assert.deepEqual(names(select(all, noFilter, "name")), ["busy", "fast", "slow"]);
  assert.equal(names(select(all, noFilter, "queue"))[2], "busy");
});

test("closed users and folders hide their rows, and every key is unique even when a user answers twice", () => {
  const users = select([response("a", [file("m\\x.mp3"), file("n\\y.mp3")]), response("a", [file("m\\x.mp3")])], noFilter, "best");
  const rows = flatten(users, new Set());
  assert.deepEqual(rows.map((row) => row.kind), ["user", "folder", "file", "folder", "file", "user", "folder", "file"]);
  assert.equal(new Set(rows.map((row) => row.key)).size, rows.length);
  assert.equal(flatten(users, new Set(folderKeys(users))).filter((row) => row.kind === "file").length, 0);
  assert.equal(flatten(users, new Set([rows[0]!.key])).length, 4);
});

test("25,000 files are filtered and flattened fast enough to type into the filter", () => {
  const all = Array.from({ length: 250 }, (_, u) => response(`user${u}`, Array.from({ length: 100 }, (_, i) => file(`m\\Album ${i % 10}\\${i} song.mp3`, { bitRate: 320 }))));
  flatten(select(all, noFilter, "best"), new Set());
  const start = process.cpuUsage();
  const rows = flatten(select(all, { ...noFilter, text: "song -98" }, "speed"), new Set());
  const used = process.cpuUsage(start);
  assert.ok(rows.length > 20_000);
  assert.ok((used.user + used.system) / 1000 < 500, `${(used.user + used.system) / 1000} ms`);
});
