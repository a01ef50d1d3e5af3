// SPDX-License-Identifier: GPL-3.0-or-later
// Mesh, guard and pods in words and numbers; where the picture puts each node.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DhtHealth, Mesh, MeshLink, Pod } from "../../../web/src/api/mesh_types";
import { budgetHint, figuresOf, reasonWords, untilWords } from "../../../web/src/model/guard";
import { dhtWords, exposedWords, isPeerId, kMostDots, meshWords, milliseconds, pictureOf, pictureWords, shortPeer } from "../../../web/src/model/mesh";
import { byteLength, mayChange, mayModerate, mayRemove, merge, ourState } from "../../../web/src/model/pods";
import { parseRoute, routeTo } from "../../../web/src/model/route";

const peer = (letter: string) => letter.repeat(32);
const link = (letter: string, roundTripMs: number | null, direction = "outbound"): MeshLink => ({ peer: peer(letter), direction, roundTripMs });
const mesh = (change: Partial<Mesh>): Mesh => ({ joined: true, choice: { open: false, joined: true, fixed: false }, links: [], ...change });
const dht = (change: Partial<DhtHealth>): DhtHealth => ({ running: true, connected: true, nodesGood: 20, nodesDubious: 0, ...change });

test("ids of nodes are known by their letters and shortened at both ends", () => {
  assert.deepEqual([peer("a"), peer("1"), peer("A"), "abc"].map(isPeerId), [true, false, false, false]);
  assert.equal(shortPeer("abcdefghijklmnopqrstuvwxyz234567"), "abcdef…4567");
  assert.equal(shortPeer("short"), "short");
});

test("round trips are read at a glance, an unknown one is nothing", () => {
  assert.deepEqual([0.04, 3.6, 1234, 12_345, null, undefined, -1, NaN].map(milliseconds), ["0.0 ms", "4 ms", "1234 ms", "12.3 s", "", "", "", ""]);
});

test("the state of the mesh: trouble first, then joined, then why not", () => {
  assert.equal(meshWords(mesh({ choice: { open: false, joined: true, fixed: false, trouble: "the port is taken" } })).sentence, "The port is taken.");
  assert.equal(meshWords(mesh({ links: [link("a", 1)] })).sentence, "Linked with 1 node.");
  assert.match(meshWords(mesh({ joined: false, choice: { open: false, joined: false, fixed: true } })).sentence, /mesh\.join/);
  assert.equal(meshWords(mesh({ joined: false, choice: { open: true, joined: false, fixed: false } })).tone, "off");
});

test("the health of the table in words", () => {
  assert.deepEqual([undefined, dht({ running: false }), dht({ trouble: "no socket" }), dht({ connected: false, nodesGood: 0 }), dht({ connected: false, nodesGood: 0, nodesDubious: 3 }), dht({ nodesGood: 1 }), dht({})].map((one) => dhtWords(one).short),
    ["Off", "Off", "In trouble", "Alone", "Looking", "Small", "Healthy"]);
  assert.match(dhtWords(dht({ nodesGood: 1 })).sentence, /1 node that answers/);
});

test("a service says why it is exposed, in the daemon's words or in ours", () => {
  assert.equal(exposedWords({ name: "a", version: "1", exposed: true, exposedBecause: "it is named in mesh.services" }), "It is named in mesh.services.");
  assert.match(exposedWords({ name: "a", version: "1", exposed: false }), /not named/);
});

test("the picture: nearer is faster, everything stays inside, nobody lies on another, the slowest are left out first", () => {
  const size = { width: 330, height: 330, margin: { x: 44, y: 34 } };
  const picture = (links: MeshLink[]) => pictureOf(links, size.width, size.height, size.margin);
  const far = (dot: { x: number; y: number }) => Math.hypot(dot.x - 165, dot.y - 165);
  const two = picture([link("a", 2), link("b", 200)]);
  assert.ok(far(two.dots[0]!) < far(two.dots[1]!));
  assert.deepEqual(two.rings.map((ring) => ring.label), ["1 ms", "10 ms", "100 ms", "1000 ms"]);
  const many = picture(Array.from({ length: 100 }, (_, i) => ({ ...link("a", i * i), peer: `peer${i}` })));
  assert.equal(many.dots.length, kMostDots);
  assert.equal(many.more, 100 - kMostDots);
  assert.ok(many.dots.every((dot) => dot.link.roundTripMs! < kMostDots ** 2));
  for (const dot of many.dots) assert.ok(dot.x >= 44 && dot.x <= 286 && dot.y >= 34 && dot.y <= 296);
  assert.equal(new Set(many.dots.map((dot) => `${Math.round(dot.x)},${Math.round(dot.y)}`)).size, kMostDots);
  const alone = picture([link("a", null)]);
  assert.ok(far(alone.dots[0]!) > 100, "not measured is drawn outside");
  assert.deepEqual([picture([]).dots, picture([]).more], [[], 0]);
});

test("a node keeps its side of the picture while round trips change", () => {
  const angle = (trip: number) => {
    const dot = pictureOf([link("a", trip), link("b", 30), link("c", 90)], 300, 300, { x: 20, y: 20 }).dots[0]!;
    return Math.atan2(dot.y - 150, dot.x - 150).toFixed(6);
  };
  assert.equal(angle(2), angle(80));
});

test("the picture is told in words too", () => {
  assert.equal(pictureWords([]), "No links.");
  assert.equal(pictureWords([link("a", 3), link("b", 40), link("c", null)]), "3 links, round trips from 3 ms to 40 ms. The table below has each of them.");
});

test("bans: the reason in words, the time that is left, figures under their names", () => {
  const ban = { kind: "peer", name: "x" };
  assert.deepEqual(["rate_exceeded", "RateExceeded", "rate exceeded", "was rude"].map((reason) => reasonWords({ ...ban, reason })), ["Asked too often.", "Asked too often.", "Asked too often.", "was rude."]);
  assert.equal(reasonWords({ ...ban, byOperator: true }), "By you.");
  const now = Date.parse("2030-01-01T00:00:00Z");
  assert.deepEqual([null, "2030-01-01T00:05:00Z", "2029-12-31T23:59:59Z", "nonsense"].map((until) => untilWords({ ...ban, until }, now)), ["for good", "5 min left", "ends now", ""]);
  assert.deepEqual(figuresOf({ permits: 1234, bytesHeld: 81_920, somethingNew: 2 }), [{ name: "Acts allowed", text: "1,234" }, { name: "Held in memory for others", text: "81.9 KB" }, { name: "somethingNew", text: "2" }]);
  assert.deepEqual(figuresOf(undefined), []);
  assert.match(budgetHint({ perCall: 10, perPeerMinute: 50, nodeMinute: 600 }), /^One call may cost 10 units/);
});

test("who may moderate a pod: its owner and its moderators, while they are in it", () => {
  const pod: Pod = { id: "pod:1", name: "x", visibility: "visible", owner: peer("a"), members: [
    { peer: peer("a"), role: "owner", state: "member" }, { peer: peer("b"), role: "moderator", state: "member" }, { peer: peer("c"), role: "member", state: "member" }, { peer: peer("d"), role: "moderator", state: "left" },
  ] };
  assert.deepEqual(["a", "b", "c", "d", "e"].map((letter) => mayModerate(pod, peer(letter))), [true, true, false, false, false]);
  const said = (letter: string, removed = false) => ({ id: "1", sender: peer(letter), body: "", sent: "", removed });
  assert.deepEqual([mayRemove(pod, peer("a"), said("c", true)), mayRemove(pod, peer("b"), said("c")), mayRemove(pod, peer("b"), said("a")), mayRemove(pod, peer("c"), said("c")), mayRemove(pod, peer("c"), said("b"))], [false, true, false, true, false]);
  const [owner, moderator, member] = pod.members!;
  assert.deepEqual([mayChange(pod, peer("a"), owner!), mayChange(pod, peer("a"), moderator!), mayChange(pod, peer("b"), member!), mayChange(pod, peer("d"), moderator!), mayChange(pod, peer("c"), member!)], [false, true, true, false, false]);
  assert.deepEqual(["member", "asked", undefined].map((ours) => ourState({ ...pod, ...(ours ? { ours } : {}) }) === ""), [true, false, true]);
});

test("messages of a pod: by time, each once, a later reading wins; lengths are counted in bytes", () => {
  const message = (id: string, sent: string, body = id) => ({ id, sent, body, sender: peer("a") });
  const merged = merge([message("b", "2030-01-01T00:00:02Z"), message("a", "2030-01-01T00:00:01Z")], [message("c", "2030-01-01T00:00:03Z"), { ...message("b", "2030-01-01T00:00:02Z", ""), removed: true }]);
  assert.deepEqual(merged.map((one) => one.id), ["a", "b", "c"]);
  assert.equal(merged[1]!.removed, true);
  assert.equal(byteLength("aü🎵"), 7);
});

test("a pod's id survives the address", () => {
  const id = `pod:${"0123456789abcdef".repeat(2)}`;
  assert.deepEqual(parseRoute(routeTo("pods", id)), { screen: "pods", item: id });
});
