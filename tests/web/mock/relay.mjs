// SPDX-License-Identifier: GPL-3.0-or-later
// The stand-in's relays: catalogue, content and tunnels, state that a test sets up and looks into, and the routes over it.
import { createHash, randomUUID } from "node:crypto";
import { kEvil, peerOf } from "./mesh.mjs";

export const contentOf = (words) => `sha256:${createHash("sha256").update(words).digest("hex")}`;
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
export const kRelease = "b84ee12a-09ef-421b-82de-0441a926375b";
export const kHostile = "f5093c06-23e3-404f-aeaa-40f72885ee3a";
export const kUnknown = "00000000-0000-4000-8000-000000000000";
const kGroup = "bc4a1d38-6a6c-3c9a-8f4d-6a5d3a52c0aa";
// A grey square of 4 by 4 pixels.
const kPicture = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR4nGOo6JkGRwzEcQCYshmhIK3a9wAAAABJRU5ErkJggg==", "base64");

const credit = (name, joinphrase = "") => ({ name, joinphrase, artist: { id: randomUUID(), name } });
const track = (number, title, length, extra = {}) => ({ number: String(number), position: number, title, length, ...extra });
const answers = {
  [kRelease]: {
    id: kRelease, title: "Night Trains", date: "1998-03-09", country: "GB", status: "Official", disambiguation: "first pressing", "artist-credit": [credit("Ada Vale", " & "), credit("The Sleepers")],
    "label-info": [{ label: { name: "Platform Nine" } }], "release-group": { "primary-type": "Album" }, "cover-art-archive": { front: true },
    media: [
      { position: 1, format: "CD", title: "", tracks: [track(1, "Departure", 187_000), track(2, "A very long title of a track that goes on and on until the line it stands on has no room for it any more", 301_400), track(3, "Guest", 95_000, { "artist-credit": [credit("Somebody else")] })] },
      { position: 2, format: "CD", title: "Return", tracks: [track(1, "Arrival", null)] },
    ],
  },
  [kHostile]: { id: kHostile, title: kEvil, "artist-credit": [{ name: `${kEvil} \u202egnirts`, joinphrase: null }], date: 7, country: null, "label-info": "no list", "cover-art-archive": { front: true }, media: [{ format: null, tracks: [{ title: kEvil, length: "long", number: null }, null, 5] }, "no medium"] },
  [kGroup]: { id: kGroup, title: "Night Trains", "primary-type": "Album", "first-release-date": "1998", "artist-credit": [credit("Ada Vale")], releases: [{ id: kRelease, title: "Night Trains", date: "1998-03-09", country: "GB" }] },
};
export const groupId = kGroup;

const copy = (path, state, extra = {}) => ({ path, state, reason: "", contentId: null, root: null, size: 31_000_000, checked: ago(4000), seconds: null, ...extra });
const album = "music\\Ada Vale\\Night Trains";
const copies = [
  copy(`${album}\\10 Arrival.flac`, "waiting", { checked: null }),
  copy(`${album}\\2 Guest.flac`, "undecodable", { reason: "the audio has errors at 1:07: rip it again" }),
  copy(`${album}\\1 Departure.flac`, "verified", { contentId: contentOf("departure"), seconds: 187 }),
  copy(`${album}\\${kEvil}.mp3`, "notAudio", { reason: `${kEvil} is no audio` }),
  copy("music\\Ada Vale\\Demos\\sketch.wav", "private"),
];
export const kAlbum = album;

const source = (words, state, bytes, extra = {}) => ({ name: `peer ${peerOf(words).slice(0, 8)}`, peer: peerOf(words), state, bytes, pieces: Math.floor(bytes / 262_144), bytesPerSecond: state === "fetching" ? 11_400_000 : 0, problem: "", ...extra });

export class Relay {
  constructor({ empty = false, off = false, alone = false, many = 0 } = {}) {
    this.fail = null; // a status for every route here
    this.off = off;
    this.alone = alone; // this node is not on the mesh
    this.catalogue = {
      enabled: !off, mesh: !off, reducedPrivacy: false, musicbrainz: "https://musicbrainz.org", coverArt: "https://coverartarchive.org", freshSeconds: 600,
      metrics: empty ? { asked: 0, fromMemory: 0, fromDisk: 0, fromMesh: 0, fromOrigin: 0, entries: 0, bytes: 0 }
        : { asked: 4200, fromMemory: 3100, fromDisk: 60, fromMesh: 800, fromOrigin: 240, joined: 31, stale: 4, negative: 9, served: 512, ownersPassedOver: 2, refusedAnswers: 3, spotChecks: 41, mismatches: 1, entries: 77, bytes: 5_400_000, diskEntries: 900, diskBytes: 61_000_000,
          refused: { disabled: 0, budget: 4, rate: 17, busy: 0, time: 0, notOurs: 2, failed: 1 }, faults: { form: 0, oversize: 0, content: 0, otherKey: 0, otherSigner: 0, forged: 1, expired: 2 }, passedOver: { unreachable: 0, silent: 1, refused: 1, notBelieved: 0 }, failed: { timedOut: 3, originDown: 0 } },
    };
    this.asked = [];
    this.cleared = 0;
    this.hashing = empty ? { enabled: !off, running: false, paused: false, filesDone: 0, filesTotal: 0, bytesDone: 0, bytesTotal: 0, bytesPerSecond: 0, verified: 0, refused: 0 }
      : { enabled: true, running: true, paused: false, filesDone: 1200, filesTotal: 4100, bytesDone: 30e9, bytesTotal: 101e9, bytesPerSecond: 210e6, verified: 1180, refused: 20 };
    this.contentMetrics = empty ? {} : { manifests: 40, pieces: 9000, bytes: 2.4e9, cacheHits: 6000, cacheMisses: 3000, streams: 3, records: 1000, fetchedBytes: 3.1e8, cachePieces: 61, cacheBytes: 16e6, faults: { wrongBytes: 1, late: 2, gone: 0 }, refused: { unknown: 14, private: 3, unverified: 0, changed: 1, range: 0, streams: 7, rate: 0, disabled: 0 } };
    this.fetches = empty ? [] : [
      { id: randomUUID(), name: "Ada Vale - Departure.flac", asked: ago(12), contentId: contentOf("departure"), state: "running", size: 41_943_040, bytes: 18_000_000, pieces: 160, piecesDone: 68, wrongPieces: 1, bytesPerSecond: 22_000_000, path: "", problem: "",
        sources: [source("node 0", "fetching", 9_000_000), source("node 1", "fetching", 8_900_000), source("node 2", "lying", 0, { problem: "piece 12 does not fit the root that it stated" }), source("node 3", "dead", 100_000), source("node 4", "slow", 0), source("node 5", "other root", 0)] },
      { id: randomUUID(), name: kEvil, asked: ago(900), contentId: contentOf("evil"), state: "failed", size: null, bytes: 0, pieces: 0, piecesDone: 0, wrongPieces: 0, bytesPerSecond: 0, path: "", problem: `nobody who has ${kEvil} answers: try again later`, sources: [] },
      { id: randomUUID(), name: "field-notes.pdf", asked: ago(9000), contentId: contentOf("notes"), state: "done", size: 1_200_000, bytes: 1_200_000, pieces: 5, piecesDone: 5, wrongPieces: 0, bytesPerSecond: 0, path: "/srv/downloads/field-notes.pdf", problem: "", sources: [source("node 0", "done", 1_200_000)] },
    ];
    this.tunnels = empty ? [] : [
      { id: 7, role: "near", peer: peerOf("node 0"), via: null, target: "slskdn-ui", forward: "vps", ageSeconds: 300, idleSeconds: 1, bytesIn: 8_100_000, bytesOut: 120_000, state: "open" },
      { id: 9, role: "far", peer: peerOf("node 1"), via: peerOf("node 2"), target: "mpd", forward: "", ageSeconds: 20, idleSeconds: 19, bytesIn: 900, bytesOut: 1_000, state: "half-closed" },
      { id: 12, role: "middle", peer: peerOf("node 3"), via: peerOf("node 5"), target: "", forward: "", ageSeconds: 4000, idleSeconds: 60, bytesIn: 5e8, bytesOut: 2e7, state: "open" },
    ];
    this.forwards = empty ? [] : [
      { name: "vps", peer: peerOf("node 0"), target: "slskdn-ui", via: null, url: "http://vps.localhost:40111/", raw: false, trouble: "", tunnels: 1, configured: true },
      { name: "house", peer: peerOf("node 9"), target: "mpd", via: peerOf("node 2"), url: "", raw: true, trouble: "port 6600 is in use: end what uses it, or give another port", tunnels: 0, configured: true },
    ];
    this.closed = [];
    this.marked = empty ? [] : ["music\\Ada Vale\\Demos"];
    this.copies = empty ? [] : [...copies, ...Array.from({ length: many }, (_, i) => copy(`music\\Heap\\take ${i + 1}.flac`, "waiting", { checked: null }))];
  }

  folders() {
    const names = [...new Set(this.copies.map((one) => one.path.slice(0, one.path.lastIndexOf("\\"))))];
    return names.map((name) => ({ name, fileCount: 1, files: this.copies.filter((one) => one.path.slice(0, one.path.lastIndexOf("\\")) === name).map((one) => ({ filename: one.path.slice(name.length + 1), size: one.size })) }));
  }
  copiesIn(folder) {
    const isPrivate = (path) => this.marked.some((mark) => path === mark || path.startsWith(`${mark}\\`));
    return this.copies.filter((one) => one.path.slice(0, one.path.lastIndexOf("\\")) === folder).map((one) => (isPrivate(one.path) ? { ...one, state: "private" } : one));
  }
  tunnelState() {
    if (this.alone) return { enabled: false, relay: false, gateway: true, targets: [], tunnelsMost: 20, tunnelsPerPeer: 4, idleSeconds: 120, trouble: "This node is not on the mesh, so there are no tunnels." };
    return {
      enabled: !this.off, relay: !this.off, gateway: !this.off, targets: this.off ? [] : ["mpd"], tunnelsMost: 20, tunnelsPerPeer: 4, idleSeconds: 120, tunnels: this.tunnels, forwards: this.forwards,
      metrics: { opened: this.tunnels.length * 30, open: this.tunnels.length, bytes: 6e8, refused: { disabled: 0, noRight: 5, target: 1, ownPort: 0, loop: 2 } },
    };
  }
}

const ok = ({ gateway, response }, body, status = body === undefined ? 204 : 200) => gateway.answer(response, status, body);
const at = (pattern) => new RegExp(`^${pattern}$`);
const changed = (call) => call.gateway.push({ type: "relay", data: {} });

function look(call) {
  const [kind, mbid] = call.part;
  const { relay } = call.gateway;
  relay.asked.push(`${kind}/${mbid}`);
  if (call.query.get("envelope") !== "true") call.gateway.answer(call.response, 400, "the page needs to know where an answer came from");
  else if (mbid === kUnknown) ok(call, { kind, mbid, status: 404, via: "origin", fetched: ago(0), expires: ago(-60), stale: false });
  else if (!answers[mbid]) call.gateway.answer(call.response, 503, "neither the origin nor another node answers: try again in a minute");
  else ok(call, { kind, mbid, status: 200, contentType: "application/json", via: mbid === kHostile ? "disk" : "mesh", fetched: ago(mbid === kHostile ? 90_000 : 75), expires: ago(-500), stale: mbid === kHostile, fetcher: mbid === kHostile ? null : peerOf("node 1"), body: answers[mbid] });
}

const switchesOf = (relay) => [
  ["mesh.publish", "linked", "Who is told the addresses of this node and which contents it has."], ["mesh.services", ["catalogue-fetch", "content-relay"], "Every node may call these services here, within limits."],
  ["relay.catalogue.enabled", !relay.off, "MusicBrainz and the Cover Art Archive see the address of the node that asks them."], ["relay.catalogue.mesh", !relay.off, "The node that owns an id sees that this node looks it up."],
  ["relay.catalogue.reduced_privacy", false, "One reputable node, drawn by lot, sees what is looked up."], ["relay.catalogue.musicbrainz", "https://musicbrainz.org", "Whoever runs this host sees what is looked up."],
  ["relay.catalogue.cover_art", "https://coverartarchive.org", "Whoever runs this host sees which covers are looked at."], ["relay.catalogue.domains", [], "These hosts too see what is looked up."],
  ["relay.catalogue.contact", "", "MusicBrainz is told this with every question."], ["relay.content.enabled", !relay.off, "A node that names the content id of a file that is offered to the mesh gets the file."],
  ["relay.content.hashing", true, "Nothing: files offered to the mesh are read whole, once, on this machine."], ["relay.content.records", 1000, "Of so many files at most other nodes are told."],
  ["relay.trusted.enabled", !relay.off, "Nodes with the right tunnel_targets reach the targets here."], ["relay.trusted.gateway", !relay.off, "Of these nodes: the sign-in of this page and its API."],
  ["relay.trusted.relay", !relay.off, "Nodes with relay_for meet each other through this one."], ["relay.trusted.targets", relay.off ? [] : ["mpd"], "Of the same nodes: these ports of this machine, by name."],
  ["relay.ca_file", false, "Who holds a key to a certificate in this file can pose as any host that is looked up at."], ["relay.exceptions", ["mirror.lan", kEvil], "Look-ups may reach these hosts although they are on the local network."],
  ["forwards", ["vps", "house"], "Whoever uses this machine reaches the other node's door under these names."], ["relay.newer.setting", { odd: true }, "A newer daemon says more."],
].map(([key, value, exposes]) => ({ key, value, exposes }));

const routes = [
  ["GET", at("/relay"), (call) => ok(call, { parts: [], http: { requests: 900, answers: 880, bytes: 7e7, refused: { address: 2, redirect: 1, time: 0 } }, switches: switchesOf(call.gateway.relay) })],
  ["GET", at("/relay/catalogue"), (call) => ok(call, call.gateway.relay.catalogue)],
  ["DELETE", at("/relay/catalogue/cache"), (call) => {
    const { relay } = call.gateway;
    relay.cleared += 1;
    Object.assign(relay.catalogue.metrics, { entries: 0, bytes: 0, diskEntries: 0, diskBytes: 0 });
    ok(call);
  }],
  ["GET", at("/relay/catalogue/release/([^/]+)/cover"), ({ gateway, response, query, part: [mbid] }) => {
    if (mbid !== kRelease || query.get("size") !== "250") return gateway.answer(response, 404);
    response.writeHead(200, { "Content-Type": "image/png", "X-Content-Type-Options": "nosniff" });
    return response.end(kPicture);
  }],
  ["GET", at("/relay/catalogue/(release|release-group|recording|artist)/([^/]+)"), look],
  ["GET", at("/relay/content"), (call) => ok(call, { enabled: !call.gateway.relay.off, streamsMost: 20, streamsPerPeer: 2, recordsMost: 1000, hashing: call.gateway.relay.hashing, ...(call.gateway.relay.alone ? { trouble: "This node is not on the mesh, so nothing is served and nothing can be fetched." } : { metrics: call.gateway.relay.contentMetrics }) })],
  ["POST", at("/relay/content/hashing"), (call) => {
    Object.assign(call.gateway.relay.hashing, { paused: call.body.paused, running: !call.body.paused });
    ok(call);
  }],
  ["GET", at("/relay/content/([^/]+)/providers"), (call) => ok(call, call.part[0] === contentOf("departure") ? [0, 9].map((i) => ({ peer: peerOf(`node ${i}`), linked: i === 0, trusted: i === 0, reputation: 50 + i })) : [])],
  ["GET", at("/relay/content/fetches"), (call) => (call.gateway.relay.alone ? call.gateway.answer(call.response, 503, "This node is not on the mesh.") : ok(call, call.gateway.relay.fetches))],
  ["POST", at("/relay/content/fetches"), (call) => {
    const { relay } = call.gateway;
    if (relay.fetches.some((one) => one.contentId === call.body.contentId)) return call.gateway.answer(call.response, 409, "this content is being downloaded already");
    const fetch = { id: randomUUID(), name: call.body.name ?? "", asked: ago(0), contentId: call.body.contentId, state: "waiting", size: call.body.size ?? null, bytes: 0, pieces: 0, piecesDone: 0, wrongPieces: 0, bytesPerSecond: 0, sources: [] };
    relay.fetches.unshift(fetch);
    ok(call, fetch, 201);
    return changed(call);
  }],
  ["DELETE", at("/relay/content/fetches/([^/]+)"), (call) => {
    const { relay } = call.gateway;
    const fetch = relay.fetches.find((one) => one.id === call.part[0]);
    if (!fetch) return call.gateway.answer(call.response, 404);
    if (call.query.get("remove") === "true") relay.fetches = relay.fetches.filter((one) => one !== fetch);
    else fetch.state = "cancelled";
    return ok(call);
  }],
  ["GET", at("/shares/a1/contents"), (call) => ok(call, call.gateway.relay.folders())],
  ["GET", at("/relay/content/copies"), (call) => ok(call, call.gateway.relay.copiesIn(call.query.get("folder")))],
  ["GET", at("/relay/content/private"), (call) => ok(call, call.gateway.relay.marked)],
  ["PUT", at("/relay/content/private"), (call) => {
    const { relay } = call.gateway;
    relay.marked = relay.marked.filter((path) => path !== call.body.path);
    if (call.body.private) relay.marked.push(call.body.path);
    ok(call);
  }],
  ["GET", at("/relay/tunnels"), (call) => ok(call, call.gateway.relay.tunnelState())],
  ["DELETE", at("/relay/tunnels/(\\d+)"), (call) => {
    const { relay } = call.gateway;
    relay.closed.push(Number(call.part[0]));
    relay.tunnels = relay.tunnels.filter((tunnel) => String(tunnel.id) !== call.part[0]);
    ok(call);
  }],
  ["POST", at("/relay/forwards"), (call) => {
    const { relay } = call.gateway;
    if (call.body.peer === peerOf("nobody")) return call.gateway.answer(call.response, 403, "the node does not let this one reach its page: give this node the right tunnel_targets there");
    const forward = { name: call.body.name, peer: call.body.peer, target: "slskdn-ui", via: call.body.via ?? null, url: `http://${call.body.name}.localhost:${call.gateway.port}/`, raw: false, trouble: "", tunnels: 0, configured: false };
    relay.forwards.push(forward);
    return ok(call, forward, 201);
  }],
  ["DELETE", at("/relay/forwards/([^/]+)"), (call) => {
    call.gateway.relay.forwards = call.gateway.relay.forwards.filter((forward) => forward.name !== call.part[0]);
    ok(call);
  }],
];

export const relayRoutes = routes.map(([method, pattern, run]) => [method, pattern, (call) => {
  const { relay } = call.gateway;
  if (relay.fail) call.gateway.answer(call.response, relay.fail, relay.fail === 403 ? undefined : "the relays cannot be asked right now: this node is not part of the mesh");
  else run(call);
}]);
