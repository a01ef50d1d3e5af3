// SPDX-License-Identifier: GPL-3.0-or-later
// The stand-in's mesh, guard and pods: state that a test sets up and looks into, and the routes over it.
import { createHash, randomBytes } from "node:crypto";
import { seeded } from "./music.mjs";

const letters = "abcdefghijklmnopqrstuvwxyz234567";
/** The same id for the same words; no node anywhere has it. */
export function peerOf(words) {
  return [...createHash("sha256").update(words).digest()].slice(0, 32).map((byte) => letters[byte % 32]).join("");
}
export const me = peerOf("this node");
export const kEvil = "<img src=x onerror=\"document.title='broken into'\">";
/** What the configuration gives to whom. */
const configured = [
  { peer: peerOf("node 0"), linked: true, trusted: true, revoked: false, rights: ["tunnel_targets", "believe_catalogue"], relayFor: [] },
  { peer: peerOf("node 9"), linked: false, trusted: false, revoked: false, rights: [], relayFor: [peerOf("node 0"), peerOf("node 2")] },
  { peer: peerOf("a lost node"), linked: false, trusted: false, revoked: true, rights: [], relayFor: [] },
];
const podId = (words) => `pod:${createHash("sha256").update(words).digest("hex").slice(0, 32)}`;
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

function linksOf(many) {
  const random = seeded(11);
  return Array.from({ length: many }, (_, i) => ({
    peer: peerOf(`node ${i}`), direction: i % 3 === 1 ? "inbound" : "outbound", endpoint: `203.0.113.${i + 1}:50305`, roundTripMs: i === 4 ? null : Math.round(10 ** (random() * 2.4) * 10) / 10,
    ageSeconds: Math.floor(10 + random() * 90_000), bytesIn: Math.floor(random() * 5e7), bytesOut: Math.floor(random() * 5e6), streams: i % 4, trusted: i === 0, reputation: 40 + ((i * 7) % 40),
  }));
}

const message = (sender, body, seconds, extra = {}) => ({ id: randomBytes(16).toString("hex"), sender, body, sent: ago(seconds), removed: false, ...extra });

export class Mesh {
  constructor({ joined = true, open = false, fixed = false, trouble = "", links = 7, alone = false, empty = false, unread = 0 } = {}) {
    this.choice = { open, joined, fixed, trouble };
    this.answers = [];
    this.fail = null; // a status for every route here
    this.links = joined && !alone ? linksOf(links) : [];
    this.alone = alone;
    this.services = [
      { name: "mesh-introspect", version: "1.0.0", exposed: true, exposedBecause: "it is named in mesh.services", methods: ["GetStatus", "GetCapabilities", "GetServices"], calls: 42 },
      { name: "pods", version: "1.0.0", exposed: false, exposedBecause: "it is not named in mesh.services", methods: ["Join", "Fetch"], calls: 0 },
    ];
    this.bans = empty ? [] : [
      { kind: "peer", name: peerOf("a rude node"), since: ago(600), until: ago(-3000), times: 1, reason: "rate_exceeded", byOperator: false },
      { kind: "user", name: kEvil, since: ago(90_000), until: null, times: 3, reason: "impersonation", byOperator: false },
      { kind: "address", name: "203.0.113.77", since: ago(60), until: ago(-80_000), times: 1, reason: "noisy neighbour", byOperator: true },
    ];
    this.violations = empty ? [] : [{ kind: "peer", name: peerOf("node 2"), count: 2, times: [ago(900), ago(60)] }];
    this.reputations = empty ? [] : [{ kind: "peer", name: peerOf("node 0"), score: 74 }, { kind: "peer", name: peerOf("node 2"), score: 31 }];
    this.budget = {
      limits: { perCall: 10, perPeerMinute: 50, nodeMinute: 600, bytesHeldPerPeer: 8_388_608, bytesHeld: 67_108_864 }, user: { left: 171, most: 180 }, automation: { left: 60, most: 60 },
      shared: { left: 320, most: 360 }, strangers: { left: 12, most: 120 }, peers: empty ? [] : [{ kind: "peer", name: peerOf("node 2"), left: 3, most: 25 }],
      metrics: { permits: 1234, permitsRefused: 5, unitsSpent: 4000, unitsRefunded: 310, violations: 9, connectionsOpen: 17, connectionsRefused: 2, bansActive: 3, bytesHeld: 81_920 },
    };
    this.pods = new Map();
    this.messages = new Map();
    if (empty) return;
    this.addPod({ name: "Field recordings", visibility: "visible", approval: true, keep: true }, [
      { peer: me, role: "owner", state: "member", since: ago(9000) }, { peer: peerOf("node 0"), role: "moderator", state: "member", since: ago(8000) },
      { peer: peerOf("node 1"), role: "member", state: "member", since: ago(7000) }, { peer: peerOf("node 3"), role: "member", state: "asked", since: ago(20) },
    ], unread);
    this.addPod({ name: kEvil, visibility: "private", approval: false, keep: false }, [
      { peer: peerOf("node 1"), role: "owner", state: "member", since: ago(9000) }, { peer: me, role: "member", state: "member", since: ago(100) },
    ], 0);
    const [first, second] = [...this.pods.keys()];
    const talk = Array.from({ length: 70 }, (_, i) => message(i % 3 === 0 ? me : peerOf(`node ${i % 2}`), `Line ${i + 1} of the evening`, 8000 - i * 60));
    this.messages.set(first, [...talk, message(peerOf("node 1"), "", 300, { removed: true }), message(peerOf("node 0"), "Has anyone recorded the night train?\nIt left at ten.", 200)]);
    this.messages.set(second, [message(peerOf("node 1"), `${kEvil} \u202egnirts`, 100)]);
  }

  get joined() {
    return this.choice.joined && !this.choice.trouble;
  }
  addPod(pod, members, unread = 0) {
    const id = podId(pod.name);
    const owner = members.find((member) => member.role === "owner").peer;
    this.pods.set(id, { id, ...pod, owner, members, created: ago(9000), ours: members.find((member) => member.peer === me)?.state ?? "left", unread });
    this.messages.set(id, []);
    return this.pods.get(id);
  }
  say(id, sender, body) {
    this.messages.get(id).push(message(sender, body, 0));
  }
  state() {
    const dht = this.alone ? { running: true, connected: false, nodesGood: 0, nodesDubious: 0, datagramsIn: 0, datagramsDropped: 0, valuesRefused: 0, trouble: "" }
      : { running: this.joined, connected: this.joined, nodesGood: 38, nodesDubious: 3, datagramsIn: 41_000, datagramsDropped: 12, valuesRefused: 1, trouble: "" };
    return {
      peerId: this.joined ? me : undefined, joined: this.joined, choice: this.choice, listening: this.joined ? "0.0.0.0:50305" : undefined, endpoints: this.joined ? ["198.51.100.4:50305"] : [],
      portMapping: !this.joined ? undefined : this.alone ? { trouble: "no router answers UPnP" } : { by: "NAT-PMP", external: "198.51.100.4:50305" },
      links: this.joined ? this.links : [], configured: this.joined && !this.alone ? configured : [], dht, services: this.joined ? this.services : [],
    };
  }
}

const ok = ({ gateway, response }, body, status = body === undefined ? 204 : 200) => gateway.answer(response, status, body);
const none = ({ gateway, response }, words) => gateway.answer(response, 404, words);
const withPod = (run) => (call) => {
  const pod = call.gateway.mesh.pods.get(call.part[0]);
  if (pod) run(call, pod, call.gateway.mesh);
  else none(call, "there is no such pod here");
};
const peer = "([a-z2-7]{32})";
const at = (pattern) => new RegExp(`^${pattern}$`);

const routes = [
  ["GET", at("/mesh"), (call) => ok(call, call.gateway.mesh.state())],
  ["PUT", at("/mesh/choice"), (call) => {
    const mesh = call.gateway.mesh;
    mesh.answers.push(call.body);
    mesh.choice = { ...mesh.choice, open: false, joined: call.body.join };
    mesh.links = call.body.join ? linksOf(3) : [];
    ok(call);
  }],
  ["POST", at("/mesh/links"), (call) => {
    if (call.body.endpoint === "192.0.2.1:1") call.gateway.answer(call.response, 503, "the node does not answer at 192.0.2.1:1: it may be off, or need a relay");
    else {
      call.gateway.mesh.links.push({ ...linksOf(1)[0], peer: call.body.peer, trusted: false, ageSeconds: 0, roundTripMs: 12 });
      ok(call);
    }
  }],
  ["DELETE", at(`/mesh/links/${peer}`), (call) => {
    call.gateway.mesh.links = call.gateway.mesh.links.filter((link) => link.peer !== call.part[0]);
    ok(call);
  }],
  ["GET", at("/mesh/services"), (call) => ok(call, call.query.get("name") === "mesh-introspect"
    ? [0, 9].map((i) => ({ peer: peerOf(`node ${i}`), version: "1.0.0", linked: i === 0, known: true, reputation: 50 + i, roundTripMs: i === 0 ? 12.4 : undefined, expires: ago(-1800) })) : [])],
  ["GET", at("/guard/bans"), (call) => ok(call, call.gateway.mesh.bans)],
  ["POST", at("/guard/bans"), (call) => {
    call.gateway.mesh.bans.push({ kind: call.body.kind, name: call.body.name, since: ago(0), until: call.body.seconds ? ago(-call.body.seconds) : null, times: 1, reason: call.body.reason, byOperator: true });
    ok(call);
  }],
  ["DELETE", at("/guard/bans/([^/]+)/([^/]+)"), (call) => {
    const mesh = call.gateway.mesh;
    const left = mesh.bans.filter((ban) => ban.kind !== call.part[0] || ban.name !== call.part[1]);
    if (left.length === mesh.bans.length) none(call, "there is no such ban");
    else ok(call);
    mesh.bans = left;
  }],
  ["GET", at("/guard/violations"), (call) => ok(call, call.gateway.mesh.violations)],
  ["GET", at("/guard/budget"), (call) => ok(call, call.gateway.mesh.budget)],
  ["GET", at("/guard/reputation"), (call) => ok(call, call.gateway.mesh.reputations)],
  ["GET", at("/guard/export"), (call) => ok(call, { bans: call.gateway.mesh.bans })],
  ["POST", at("/guard/import"), (call) => {
    if (Array.isArray(call.body.bans)) {
      call.gateway.mesh.bans.push(...call.body.bans);
      ok(call, { bans: call.body.bans.length, violations: 0, reputations: 0 });
    } else call.gateway.answer(call.response, 400, "the text is no export of a guard");
  }],
  ["GET", at("/pods"), (call) => ok(call, [...call.gateway.mesh.pods.values()])],
  ["POST", at("/pods"), (call) => ok(call, call.gateway.mesh.addPod(call.body, [{ peer: me, role: "owner", state: "member", since: ago(0) }]), 201)],
  ["POST", at("/pods/join"), (call) => {
    if (call.body.host === peerOf("nobody")) none(call, "nobody there knows this pod");
    else ok(call, call.gateway.mesh.addPod({ name: "The pod of another", visibility: "unlisted", approval: true, keep: true }, [{ peer: call.body.host, role: "owner", state: "member", since: ago(99) }, { peer: me, role: "member", state: "asked", since: ago(0) }]));
  }],
  ["GET", at(`/pods/of/${peer}`), (call) => ok(call, [{ id: podId("shown"), name: "Shown by another", visibility: "visible", owner: call.part[0], approval: true, keep: true, members: [], memberCount: 4, ours: "left", unread: 0 }])],
  ["GET", at("/pods/([^/]+)"), withPod((call, pod) => ok(call, pod))],
  ["DELETE", at("/pods/([^/]+)"), withPod((call, pod, mesh) => {
    mesh.pods.delete(pod.id);
    ok(call);
  })],
  ["GET", at("/pods/([^/]+)/messages"), withPod((call, pod, mesh) => {
    const before = call.query.get("before");
    const all = mesh.messages.get(pod.id).filter((entry) => !before || entry.sent < before);
    ok(call, all.slice(-Number(call.query.get("limit") ?? 100)));
  })],
  ["POST", at("/pods/([^/]+)/messages"), withPod((call, pod, mesh) => {
    const posted = message(me, call.body.body, 0);
    mesh.messages.get(pod.id).push(posted);
    ok(call, posted, 201);
  })],
  ["DELETE", at("/pods/([^/]+)/messages/([^/]+)"), withPod((call, pod, mesh) => {
    Object.assign(mesh.messages.get(pod.id).find((entry) => entry.id === call.part[1]), { removed: true, body: "" });
    ok(call);
  })],
  ["PUT", at(`/pods/([^/]+)/members/${peer}`), withPod((call, pod) => {
    const present = pod.members.find((member) => member.peer === call.part[1]);
    if (present) Object.assign(present, call.body);
    else pod.members.push({ peer: call.part[1], ...call.body, since: ago(0) });
    ok(call);
  })],
  ["POST", at("/pods/([^/]+)/read"), withPod((call, pod) => {
    pod.unread = 0;
    ok(call);
  })],
];

export const meshRoutes = routes.map(([method, pattern, run]) => [method, pattern, (call) => {
  const mesh = call.gateway.mesh;
  if (mesh.fail) call.gateway.answer(call.response, mesh.fail, "the mesh cannot be asked right now: try again in a minute");
  else run(call);
}]);
