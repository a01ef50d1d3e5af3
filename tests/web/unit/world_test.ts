// SPDX-License-Identifier: GPL-3.0-or-later
// What events do to the page's picture of the daemon.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hello, Search, SearchResponse, Transfer } from "../../../web/src/api/types";
import { World } from "../../../web/src/model/world";

const application = { server: { state: "Connected, LoggedIn", isConnected: true, isLoggedIn: true }, shares: { files: 5 } };
const search = (id: string, responseCount = 0): Search => ({ id, searchText: "x", state: "InProgress", isComplete: false, fileCount: 0, responseCount });
const response = (username: string): SearchResponse => ({ username, hasFreeUploadSlot: true, uploadSpeed: 0, queueLength: 0, fileCount: 0, files: [] });
const transfer = (id: string, more: Partial<Transfer> = {}): Transfer => ({ id, username: "u", direction: "Download", filename: "a\\b.mp3", size: 1, state: "InProgress", bytesTransferred: 0, averageSpeed: 0, ...more });
const hello = (more: Partial<Hello> = {}): Hello => ({ application, downloads: [], uploads: [], searches: [], shares: { local: [] }, ...more });
const apply = (world: World, from: number, ...names: string[]) => world.apply({ type: "search.responses", data: { searchId: "s", from, responses: names.map(response) } });
const held = (world: World) => (world.responses.get("s") ?? []).map((r) => r.username).join("");

test("parts of a list join in order, and what came twice is kept once", () => {
  const world = new World();
  assert.equal(apply(world, 0, "a", "b"), null);
  assert.equal(apply(world, 2, "c"), null);
  assert.equal(apply(world, 1, "b", "c", "d"), null);
  assert.equal(held(world), "abcd");
});

test("a gap asks for the whole list, which never shortens what is held", () => {
  const world = new World();
  apply(world, 0, "a");
  assert.deepEqual(apply(world, 3, "d"), { kind: "responses", searchId: "s" });
  world.setResponses("s", ["a", "b", "c", "d"].map(response));
  assert.equal(held(world), "abcd");
  world.setResponses("s", ["a"].map(response));
  assert.equal(held(world), "abcd");
});

test("a resync replaces transfers and searches but keeps lists that can only have grown", () => {
  const world = new World();
  world.apply({ type: "hello", data: hello({ searches: [search("s", 2), search("gone", 1)] }) });
  apply(world, 0, "a", "b");
  world.setResponses("gone", [response("z")]);
  world.apply({ type: "transfer", data: transfer("t1") });
  world.apply({ type: "hello", data: hello({ searches: [search("s", 3)], downloads: [{ username: "u", directories: [{ directory: "a", fileCount: 2, files: [transfer("t2"), transfer("t3", { removed: true })] }] }] }) });
  assert.deepEqual([...world.searches.keys()], ["s"]);
  assert.equal(held(world), "ab");
  assert.equal(world.responses.has("gone"), false);
  assert.deepEqual([...world.downloads.keys()], ["t2"]);
});

test("transfers are kept by direction and leave when they are removed or hidden", () => {
  const world = new World();
  world.apply({ type: "transfer", data: transfer("d") });
  world.apply({ type: "transfer", data: transfer("u", { direction: "Upload" }) });
  assert.deepEqual([[...world.downloads.keys()], [...world.uploads.keys()]], [["d"], ["u"]]);
  world.apply({ type: "transfer", data: transfer("d", { removed: true }) });
  world.apply({ type: "transfer.removed", data: { id: "u" } });
  assert.equal(world.downloads.size + world.uploads.size, 0);
});

test("only watchers of the changed section are told", () => {
  const world = new World();
  const told: string[] = [];
  world.watch("downloads", () => told.push("downloads"));
  world.watch("searches", () => told.push("searches"));
  world.apply({ type: "transfer", data: transfer("d") });
  assert.deepEqual(told, ["downloads"]);
});

test("the last word about the scan replaces the one before, and unknown events are passed over", () => {
  const world = new World();
  world.apply({ type: "shares", data: { files: 5, scanning: true, filesPerSecond: 9 } });
  assert.deepEqual(world.scan, { files: 5, scanning: true, filesPerSecond: 9 });
  world.apply({ type: "application", data: application });
  assert.deepEqual(world.scan, { files: 5 });
  assert.equal(world.apply({ type: "weather", data: 1 } as never), null);
});
