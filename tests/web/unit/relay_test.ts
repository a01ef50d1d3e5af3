// SPDX-License-Identifier: GPL-3.0-or-later
// The relays in words: answers of MusicBrainz, content ids, downloads and sources, tunnels, private folders.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { CatalogueAnswer, ContentFetch, Tunnel } from "../../../web/src/api/relay_types";
import { bySource, copyWords, fetchWords, hashingWords, isFileName, parseContentId, parseSize, refusalsOf, shortContent, sourceWords } from "../../../web/src/model/content";
import { crumbsOf, foldersIn, isFolder, privacyOf, shareOf } from "../../../web/src/model/own_folders";
import { ageWords, catalogueFigures, hitsOf, keptWords, partOf, relayPart, switchesOf, viaWords } from "../../../web/src/model/relay";
import { creditWords, kMostTracks, parseWanted, shownOf } from "../../../web/src/model/release";
import { parseRoute, routeTo } from "../../../web/src/model/route";
import { forwardAddress, forwardName, forwardTo, isHere, roleWords, stateWords, targetWords } from "../../../web/src/model/tunnels";

const mbid = "b84ee12a-09ef-421b-82de-0441a926375b";
const real = (name: string): unknown => JSON.parse(readFileSync(join(process.env["SF_TEST_DATA"] ?? "", "musicbrainz", `${name}.json`), "utf8"));

test("ids and links of MusicBrainz are read, everything else is not", () => {
  assert.deepEqual(parseWanted(` ${mbid.toUpperCase()} `), { kind: "", mbid });
  for (const link of [`https://musicbrainz.org/release/${mbid}`, `http://beta.musicbrainz.org/release/${mbid}/discids?x=1`, `musicbrainz.org/release/${mbid}#here`, `https://192.0.2.7:5000/release/${mbid}/`]) assert.deepEqual(parseWanted(link), { kind: "release", mbid }, link);
  assert.equal(parseWanted(`https://musicbrainz.org/release-group/${mbid}`)?.kind, "release-group");
  for (const wrong of ["", "x", mbid.slice(1), `${mbid}0`, `https://musicbrainz.org/label/${mbid}`, `javascript:alert(1)//release/${mbid}x`, `https://musicbrainz.org/release/${mbid}x`]) assert.equal(parseWanted(wrong), null, wrong);
});

test("a real release is shown with its tracks, lengths and label", () => {
  const shown = shownOf("release", real("release"));
  assert.equal(shown.title, "The Dark Side of the Moon");
  assert.equal(shown.artist, "Pink Floyd");
  assert.equal(shown.hasCover, true);
  assert.ok(shown.facts.includes("1973-03-24") || shown.facts.some((fact) => /^\d{4}/.test(fact)));
  assert.ok(shown.media.length >= 1);
  for (const medium of shown.media) for (const track of medium.tracks) assert.match(track.length, /^(\d+:\d\d)?$/);
  assert.equal(shownOf("release", real("release_5medias")).media.every((medium) => medium.tracks.length > 0), true);
  const recording = shownOf("recording", real("recording"));
  assert.ok(recording.title !== "" && recording.facts.some((fact) => /^\d+:\d\d$/.test(fact)));
  assert.ok(shownOf("artist", real("artist")).title !== "Without a title");
  assert.ok(shownOf("release-group", real("release_group")).releases.length > 0);
});

test("nulls, wrong types and nonsense are left out, never thrown over", () => {
  for (const name of ["release_null", "artist_null", "release_group_null"]) for (const kind of ["release", "artist", "release-group", "recording"]) shownOf(kind, real(name));
  for (const body of [undefined, null, 7, "text", [], {}, { media: "x" }, { media: [null, 5, { tracks: [null, [], { title: 3, length: "x" }] }] }, { "artist-credit": [null, { name: 5, joinphrase: null }] }]) {
    const shown = shownOf("release", body);
    assert.equal(shown.title, "Without a title");
    assert.equal(shown.artist, "");
    assert.equal(shown.hasCover, false);
  }
  assert.equal(creditWords([{ name: "A", joinphrase: " feat. " }, { artist: { name: "B" } }]), "A feat. B");
  const long = { media: [{ tracks: Array.from({ length: kMostTracks + 10 }, () => ({ title: "x" })) }, { tracks: [{ title: "y" }] }] };
  assert.equal(shownOf("release", long).media.reduce((sum, medium) => sum + medium.tracks.length, 0), kMostTracks);
});

test("where an answer came from and how old it is", () => {
  const answer = (change: Partial<CatalogueAnswer>): CatalogueAnswer => ({ kind: "release", mbid, status: 200, via: "memory", ...change });
  const peer = "abcdefghijklmnopqrstuvwxyz234567";
  assert.deepEqual([answer({}), answer({ via: "disk", fetcher: peer }), answer({ via: "mesh", fetcher: peer }), answer({ via: "mesh" }), answer({ via: "origin" }), answer({ via: "new way" })].map(viaWords),
    ["From memory, fetched by this node", "From disk, fetched by node abcdef…4567", "From node abcdef…4567", "From another node", "From the origin, just asked", "Fetched by this node"]);
  const now = Date.parse("2030-01-01T12:00:00Z");
  assert.deepEqual(["2030-01-01T11:57:00Z", "2030-01-01T12:00:00Z", "2030-01-01T12:00:09Z", undefined, "x"].map((time) => ageWords(time, now)), ["3 min old", "new", "new", "", ""]);
});

test("how often the origin was spared, in parts of all", () => {
  assert.deepEqual(hitsOf({ fromMemory: 3, fromMesh: 1 }).map((hit) => Math.round(hit.percent)), [75, 0, 25, 0]);
  assert.deepEqual(hitsOf(undefined).map((hit) => hit.percent), [0, 0, 0, 0]);
  assert.deepEqual(catalogueFigures({ asked: 1200, mismatches: 0 }), [{ name: "Asked here", text: "1,200" }, { name: "Of them different", text: "0" }]);
});

test("every setting is shown in one part, with its key, its value in words and what it exposes", () => {
  const all = [
    { key: "mesh.publish", value: "linked", exposes: "a" }, { key: "relay.catalogue.mesh", value: true, exposes: "Others see it." }, { key: "relay.content.enabled", value: false, exposes: "c" }, { key: "relay.content.records", value: 1000, exposes: "d" },
    { key: "relay.trusted.targets", value: ["mpd", "\u202eevil"], exposes: "e" }, { key: "relay.exceptions", value: [], exposes: "Hosts are reached" }, { key: "forwards", value: null, exposes: "g" }, { key: "relay.newer", value: {}, exposes: "Something new" },
  ];
  assert.deepEqual(all.map((one) => partOf(one.key)), ["content", "catalogue", "content", "content", "tunnels", "catalogue", "tunnels", "catalogue"]);
  const shown = (["catalogue", "content", "tunnels"] as const).flatMap((part) => switchesOf(all, part));
  assert.equal(shown.length, all.length);
  assert.deepEqual(switchesOf(all, "content").map((one) => [one.title, one.words, one.flag, one.on]), [["Who is told", "linked", false, false], ["Serve verified copies", "off", true, false], ["Files announced at most", "1,000", false, false]]);
  assert.deepEqual(switchesOf(all, "tunnels").map((one) => one.words), ["mpd, \ufffdevil", "none"]);
  assert.deepEqual(switchesOf(all, "catalogue").map((one) => [one.title, one.words, one.exposes]), [["Share lookups with the mesh", "on", "Others see it."], ["Hosts on the local network", "none", "Hosts are reached."], ["relay.newer", "none", "Something new."]]);
  assert.deepEqual(switchesOf(undefined, "catalogue"), []);
});

test("how much is kept, in memory and on disk", () => {
  assert.equal(keptWords({ entries: 1, bytes: 1000, diskEntries: 20, diskBytes: 5_000_000 }), "1 answer in memory, 1.0 KB. 20 answers on disk, 5.0 MB.");
  assert.equal(keptWords(undefined), "Nothing is in memory. Nothing is on disk.");
});

test("content ids and sizes as people paste them", () => {
  const hex = "ab".repeat(32);
  assert.deepEqual([hex, ` SHA256:${hex.toUpperCase()} `].map(parseContentId), [`sha256:${hex}`, `sha256:${hex}`]);
  assert.deepEqual(["", hex.slice(1), `${hex}0`, `md5:${hex}`, "g".repeat(64)].map(parseContentId), [null, null, null, null, null]);
  assert.equal(shortContent(`sha256:${hex}`), "abababab…abab");
  assert.deepEqual(["", " ", "0", "1048576", "1,048,576", "1 048 576", "1e6", "-1", "1.5", "9".repeat(16)].map(parseSize), [undefined, undefined, 0, 1_048_576, 1_048_576, 1_048_576, null, null, null, null]);
  assert.deepEqual(["a.flac", "", "a/b", "a\\b", "..", "a\nb"].map(isFileName), [true, true, false, false, false, false]);
});

const download = (change: Partial<ContentFetch>): ContentFetch => ({ id: "1", contentId: "sha256:00", state: "running", ...change });

test("downloads: how far, how fast, what was refused; only what runs can be cancelled", () => {
  const running = fetchWords(download({ size: 1000, bytes: 250, bytesPerSecond: 250, wrongPieces: 2 }));
  assert.deepEqual([running.percent, running.active, running.detail], [25, true, "250 B of 1.0 KB · 250 B/s · 3 s left · 2 wrong pieces refused"]);
  assert.deepEqual(["waiting", "Waiting", "checking", "done", "failed", "cancelled", "something new"].map((state) => fetchWords(download({ state })).active), [true, true, true, false, false, false, true]);
  assert.equal(fetchWords(download({ state: "running", pieces: 10, piecesDone: 5 })).percent, 50);
  assert.equal(fetchWords(download({ state: "done" })).percent, 100);
});

test("sources: the state in words, the daemon's reason before ours, who gave most first", () => {
  assert.deepEqual(["dead", "lying", "fetching", "otherRoot", "other root", "newer"].map((state) => sourceWords({ name: "x", state }).title), ["dead", "lying", "sending", "other root", "other root", "newer"]);
  assert.equal(sourceWords({ name: "x", state: "lying", problem: "the piece was wrong" }).why, "The piece was wrong.");
  assert.match(sourceWords({ name: "x", state: "dead" }).why, /fell silent/);
  assert.deepEqual([{ name: "b", state: "", bytes: 1 }, { name: "a", state: "", bytes: 1 }, { name: "c", state: "", bytes: 2 }].sort(bySource).map((one) => one.name), ["c", "a", "b"]);
});

test("hashing: off, in trouble, paused, nothing to do, at work, done", () => {
  const words = (change: object) => hashingWords({ enabled: true, running: true, filesDone: 1, filesTotal: 4, bytesDone: 10, bytesTotal: 40, ...change });
  assert.deepEqual([hashingWords(undefined), words({ enabled: false }), words({ fault: "the disk is full" }), words({ paused: true }), words({ filesTotal: 0 }), words({}), words({ running: false, filesDone: 4 })].map((one) => one.short),
    ["Off", "Off", "In trouble", "Paused", "Nothing to verify", "Verifying", "Done"]);
  assert.equal(words({ bytesPerSecond: 10 }).sentence, "1 of 4 files looked at, 10 B/s, 3 s left.");
  assert.equal(words({}).percent, 25);
});

test("refusals by reason, the most frequent first; why a file is not verified", () => {
  assert.deepEqual(refusalsOf({ unknown: 2, Private: 5, streams: 0, somethingNew: 1 }), [{ name: "Private", value: 5 }, { name: "Nothing known by that id", value: 2 }, { name: "somethingNew", value: 1 }]);
  assert.deepEqual(refusalsOf(undefined), []);
  assert.deepEqual(copyWords({ path: "a", state: "verified" }), { title: "verified", why: "", good: true });
  assert.deepEqual(copyWords({ path: "a", state: "Silent" }), { title: "silent", why: "Its audio is silence.", good: false });
  assert.equal(copyWords({ path: "a", state: "undecodable", reason: "the audio has errors" }).why, "The audio has errors.");
  assert.equal(copyWords({ path: "a", state: "newer" }).title, "newer");
});

test("only an address with a host of its own is opened", () => {
  const open = (url: string | undefined) => forwardAddress(url === undefined ? {} : { url });
  assert.equal(open("http://vps.localhost:40000/"), "http://vps.localhost:40000/");
  assert.equal(open("http://127.8.0.1:40000/"), "http://127.8.0.1:40000/");
  for (const wrong of [undefined, "", "http://localhost:5030/", "http://127.0.0.1:5030/", "https://vps.localhost:1/", "javascript:alert(1)", "http://evil.example:80/", "http://vps.localhost.evil.example:1/", "http://a@vps.localhost:1/"]) assert.equal(open(wrong), null, wrong);
  assert.deepEqual(["localhost", "vps.localhost", "127.0.0.1", "[::1]", "192.168.1.4", "notlocalhost", "house.example"].map(isHere), [true, true, true, true, false, false, false]);
});

test("forwards get a name that is free, and one that leads there already is used again", () => {
  const peer = "abcdefghijklmnopqrstuvwxyz234567";
  assert.equal(forwardName(peer, []), "node-234567");
  assert.equal(forwardName(peer, ["other"]), "node-234567");
  assert.equal(forwardName(peer, ["node-234567"]), "node-234567-2");
  assert.equal(forwardName(peer, ["node-234567", "node-234567-2"]), "node-234567-3");
  const forward = { name: "vps", peer, target: "slskdn-ui", url: "http://vps.localhost:1/" };
  assert.equal(forwardTo([{ ...forward, target: "mpd" }, { ...forward, url: "" }, { ...forward, raw: true }, forward], peer), forward);
  assert.equal(forwardTo([forward], "b".repeat(32)), undefined);
});

test("tunnels: which way, what for, in which state; the middle does not know", () => {
  const tunnel = (change: Partial<Tunnel>): Tunnel => ({ id: 1, role: "near", peer: "x", state: "open", target: "slskdn-ui", ...change });
  assert.deepEqual([tunnel({}), tunnel({ role: "far" }), tunnel({ role: "Middle", target: "" }), tunnel({ target: "mpd" }), tunnel({ role: "far", target: "mpd" })].map((one) => [roleWords(one), targetWords(one)].join(": ")),
    ["from here: its page", "to here: this page", "through here: not known here", "from here: mpd", "to here: mpd"]);
  assert.deepEqual(["half-closed", "open", "newer"].map((state) => stateWords(tunnel({ state }))), ["one way closed", "open", "newer"]);
});

test("folders of a share, level by level, also those that hold folders only", () => {
  const counts = new Map([["music\\B\\2", 3], ["music\\B\\10", 1], ["music\\A", 2], ["music", 1], ["musical\\X", 9]]);
  assert.deepEqual(foldersIn(counts, "music").map((one) => [one.name, one.files, one.all]), [["A", 2, 2], ["B", 0, 4]]);
  assert.deepEqual(foldersIn(counts, "music\\B").map((one) => one.name), ["2", "10"]);
  assert.deepEqual(["music", "music\\B", "music\\C", "mus"].map((path) => isFolder(counts, path)), [true, true, false, false]);
  assert.deepEqual(crumbsOf("music\\B\\2").map((one) => one.path), ["music", "music\\B", "music\\B\\2"]);
  assert.equal(shareOf("music\\B"), "music");
});

test("what lies in a private folder is private by it", () => {
  const marked = new Set(["music\\B"]);
  assert.deepEqual(["music\\B", "music\\B\\2\\x.flac", "music\\Bee", "music"].map((path) => privacyOf(path, marked)), [{ is: "own" }, { is: "above", by: "music\\B" }, { is: "open" }, { is: "open" }]);
});

test("the address names the part of the relays and the shared folder", () => {
  assert.deepEqual(["", "content", "tunnels", "nonsense"].map(relayPart), ["catalogue", "content", "tunnels", "catalogue"]);
  assert.deepEqual(parseRoute(routeTo("relay", "content")), { screen: "relay", item: "content" });
  assert.deepEqual(parseRoute(routeTo("shares", "music\\A / B\\100 %")), { screen: "shares", item: "music\\A / B\\100 %" });
});
