// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers, names, addresses of screens, and the connection in words.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Application } from "../../../web/src/api/types";
import { delayFor, kLongestDelay } from "../../../web/src/model/backoff";
import { connectionOf } from "../../../web/src/model/connection";
import { asSentence, bytes, clock, duration, extensionOf, folderOf, leafOf, plain, sortKey, speed } from "../../../web/src/model/format";
import { filesOf, fullName } from "../../../web/src/model/paths";
import { describe, summary } from "../../../web/src/model/quality";
import { loginSecret, parseRoute, routeTo } from "../../../web/src/model/route";

test("sizes have at most three digits and a unit", () => {
  assert.deepEqual([0, 999, 1000, 99_940, 99_960, 999_600, 34_000_000, 5e12, -1, NaN].map(bytes), ["0 B", "999 B", "1.0 KB", "99.9 KB", "100 KB", "1.0 MB", "34.0 MB", "5.0 TB", "–", "–"]);
  assert.deepEqual([0, 1500, Infinity].map(speed), ["", "1.5 KB/s", ""]);
});

test("times are read at a glance", () => {
  assert.deepEqual([0, 75, 3700].map(clock), ["0:00", "1:15", "1:01:40"]);
  assert.deepEqual([0.2, 59, 90, 3600, 7800, 400_000, -1, NaN].map(duration), ["1 s", "59 s", "2 min", "1 h", "2 h 10 min", "5 days", "", ""]);
});

test("names are cut at either separator", () => {
  assert.equal(leafOf("@@a\\b c\\d.mp3"), "d.mp3");
  assert.equal(folderOf("@@a\\b c\\d.mp3"), "@@a\\b c");
  assert.equal(leafOf("x/y.flac"), "y.flac");
  assert.equal(folderOf("y.flac"), "");
  assert.deepEqual(["a\\.hidden", "a\\b.FLAC", "a.b\\c"].map(extensionOf), ["", "flac", ""]);
});

test("words of other layers become sentences", () => {
  assert.deepEqual(["the list is on its way", "All is well.", " no? ", "theo is offline"].map(asSentence), ["The list is on its way.", "All is well.", "No?", "theo is offline."]);
});

test("names sort by their numbers", () => {
  const names = ["10 b", "9 a", "A2", "a10", "a1"];
  assert.deepEqual([...names].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)), ["9 a", "10 b", "a1", "A2", "a10"]);
});

test("characters that would rearrange the text around them are shown as unknown", () => {
  assert.equal(plain("song\u202egpj.mp3\u0007"), "song\ufffdgpj.mp3\ufffd");
  assert.equal(plain("東京 – naïve\tline"), "東京 – naïve\tline");
});

test("bare names of a folder become whole paths and whole paths stay", () => {
  assert.equal(fullName("m\\A", "1.mp3"), "m\\A\\1.mp3");
  assert.equal(fullName("m\\A", "m\\A\\1.mp3"), "m\\A\\1.mp3");
  assert.equal(fullName("", "1.mp3"), "1.mp3");
  assert.deepEqual(filesOf([{ name: "m\\A", files: [{ filename: "1.mp3", size: 1 }] }, { name: "m\\A\\CD2", files: [{ filename: "1.mp3", size: 2 }] }]).map((f) => f.filename), ["m\\A\\1.mp3", "m\\A\\CD2\\1.mp3"]);
});

test("quality is told as far as it is known", () => {
  assert.equal(describe({ filename: "a.flac", size: 1, bitDepth: 24, sampleRate: 96000, length: 61 }), "24 bit 96 kHz · 1:01");
  assert.equal(describe({ filename: "a.mp3", size: 1, bitRate: 245, isVariableBitRate: true }), "245 kbps VBR");
  assert.equal(describe({ filename: "a.jpg", size: 1 }), "");
  assert.equal(summary([{ filename: "a.mp3", size: 1, bitRate: 320 }, { filename: "b.mp3", size: 1, bitRate: 320 }, { filename: "c.jpg", size: 1 }]), "MP3 320");
  assert.equal(summary([{ filename: "a.mp3", size: 1, bitRate: 200 }, { filename: "b.mp3", size: 1, bitRate: 300 }, { filename: "c.flac", size: 1 }]), "MP3 ~250, FLAC");
});

test("routes survive any user name", () => {
  for (const name of ["sol/fa", "a b", "100%", "#x", "ø", ".."]) assert.deepEqual(parseRoute(routeTo("browse", name)), { screen: "browse", item: name });
  assert.deepEqual(parseRoute("#/nowhere/x"), { screen: "search", item: "" });
  assert.deepEqual(parseRoute("#/browse/%E0%A4%A"), { screen: "browse", item: "" });
});

test("a login secret is taken from its fragment only", () => {
  assert.equal(loginSecret("#login=abc-_DEF123"), "abc-_DEF123");
  assert.equal(loginSecret("#/search"), null);
  assert.equal(loginSecret("#login="), null);
  assert.equal(loginSecret("#login=<img>"), null);
});

test("pauses grow to a bound and are spread", () => {
  assert.deepEqual([0, 1, 2, 3].map((n) => delayFor(n, 1)), [500, 1000, 2000, 4000]);
  assert.equal(delayFor(50, 1), kLongestDelay);
  assert.equal(delayFor(50, 0), kLongestDelay / 2);
});

test("the connection says why it is down and offers what helps", () => {
  const at = (server: Partial<Application["server"]>) => connectionOf({ server: { state: "Disconnected", isConnected: false, isLoggedIn: false, ...server } });
  assert.deepEqual([at({}).tone, at({}).canConnect], ["off", true]);
  const failed = at({ reason: "The password is wrong." });
  assert.deepEqual([failed.tone, failed.sentence, failed.canConnect], ["bad", "The password is wrong.", true]);
  const waiting = connectionOf({ server: { state: "Disconnected", isConnected: false, isLoggedIn: false, reason: "No route." }, connectionWatchdog: { isEnabled: true, nextAttemptAt: "2026-01-02T03:04:05Z" } });
  assert.match(waiting.sentence, /^No route\. The next try is at .*04:05/);
  assert.equal(at({ state: "Connecting" }).tone, "busy");
  assert.equal(at({ state: "Connected", isConnected: true }).short, "Logging in");
  const good = connectionOf({ server: { state: "Connected, LoggedIn", isConnected: true, isLoggedIn: true }, user: { username: "me" } });
  assert.deepEqual([good.tone, good.sentence, good.canDisconnect], ["good", "Logged in to Soulseek as me.", true]);
  assert.equal(connectionOf(null).canConnect, false);
});
