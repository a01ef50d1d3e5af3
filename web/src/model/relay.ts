// SPDX-License-Identifier: GPL-3.0-or-later
// The relays in words: what each switch exposes, where an answer came from, how often the origin was spared.
import type { CatalogueAnswer, CatalogueMetrics, RelaySwitch } from "../api/relay_types";
import { asSentence, bytes, count, duration, percent, plain } from "./format";
import { shortPeer } from "./mesh";

export const relayParts = [
  { id: "catalogue", title: "Catalogue" },
  { id: "content", title: "Content" },
  { id: "tunnels", title: "Tunnels" },
] as const;
export type RelayPart = (typeof relayParts)[number]["id"];
export const relayPart = (item: string): RelayPart => relayParts.find((part) => part.id === item)?.id ?? "catalogue";

/** One setting of the configuration file, as it stands, and what it lets others see or do. */
export interface Switch {
  key: string;
  title: string;
  exposes: string;
  /** Its value. */
  words: string;
  flag: boolean;
  on: boolean;
}

const titles: Record<string, string> = {
  "mesh.publish": "Who is told", "mesh.services": "Services that other nodes may call",
  "relay.catalogue.enabled": "Look things up", "relay.catalogue.mesh": "Share lookups with the mesh", "relay.catalogue.reduced_privacy": "Ask through one node only",
  "relay.catalogue.musicbrainz": "Where MusicBrainz is", "relay.catalogue.cover_art": "Where the Cover Art Archive is", "relay.catalogue.domains": "Further hosts of the archives",
  "relay.catalogue.contact": "Whom MusicBrainz may write to", "relay.ca_file": "Authorities of your own", "relay.exceptions": "Hosts on the local network",
  "relay.content.enabled": "Serve verified copies", "relay.content.hashing": "Verify shares that are offered to the mesh", "relay.content.records": "Files announced at most",
  "relay.trusted.enabled": "Let trusted nodes reach targets here", "relay.trusted.gateway": "This page is one of the targets", "relay.trusted.relay": "Stand between two other nodes",
  "relay.trusted.targets": "Further targets on this machine", forwards: "Forwards to other nodes",
};
/** The part under which a setting is shown: each has one, also those that a newer daemon adds. */
export function partOf(key: string): RelayPart {
  if (key.startsWith("relay.content.") || key.startsWith("mesh.")) return "content";
  if (key.startsWith("relay.trusted.") || key.startsWith("forwards")) return "tunnels";
  return "catalogue";
}
function valueWords(value: unknown): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") return value.toLocaleString("en");
  const words = Array.isArray(value) ? value.map((entry) => plain(String(entry))).join(", ") : typeof value === "string" ? plain(value) : "";
  return words || "none";
}
export const switchesOf = (all: readonly RelaySwitch[] | undefined, part: RelayPart): Switch[] =>
  (all ?? []).filter((one) => partOf(one.key) === part).map((one) => ({ key: one.key, title: titles[one.key] ?? one.key, exposes: asSentence(plain(one.exposes)), words: valueWords(one.value), flag: typeof one.value === "boolean", on: one.value === true }));

/** Why other nodes were not answered, why their answers were not taken, why the next owner was asked, why the origin gave nothing. */
export const catalogueRefusals: Record<string, string> = {
  disabled: "Switched off", budget: "The budget for other nodes was used up", rate: "Too many questions of one node", busy: "Too many questions at once", time: "No time left to answer",
  notOurs: "Not reckoned to this node", failed: "The origin did not answer",
};
export const answerFaults: Record<string, string> = {
  form: "Not in the form of an answer", oversize: "Too large", content: "Not what such a thing looks like", otherKey: "To another question", otherSigner: "Signed by another node", forged: "Forged signature", expired: "Past its time",
};
export const ownerFaults: Record<string, string> = { unreachable: "Not reached", silent: "Fell silent", refused: "Refused", notBelieved: "Its answer was not believed" };
export const originFaults: Record<string, string> = {
  timedOut: "No answer in time", rateLimited: "Asked too often", tooLarge: "Answer too large", originDown: "Not reached", notAllowed: "Address or host not allowed", malformed: "Not a fitting answer", budget: "The budget was used up",
};
/** Why the HTTP client did not fetch something. */
export const httpRefusals: Record<string, string> = {
  url: "Not a fit address", scheme: "Neither http nor https", userInfo: "A name or password in the address", port: "Port not allowed", host: "Not a fit host", notAllowed: "Host not allowed for this", resolve: "Host not found",
  address: "Host on no public address", connect: "Not reached", certificate: "Wrong certificate", redirect: "Redirect not allowed", header: "Head too large or wrong", body: "Body too large or wrong", inflation: "Grew too much when unpacked",
  time: "Too slow", rate: "Turn would come too late",
};

export interface Right {
  name: string;
  gives: string;
}
/** Rights are given node by node, and none of them implies another. */
export const rights: readonly Right[] = [
  { name: "rights: [tunnel_targets]", gives: "That node may reach the targets here: this page and its API, and the ports named under relay.trusted.targets." },
  { name: "relay_for: [ids]", gives: "That node may meet the nodes of these ids through this one." },
  { name: "rights: [believe_catalogue]", gives: "That node's answers about music are believed, and it may own lookups." },
];

const metric = (value: number | undefined): number => (typeof value === "number" && value > 0 ? value : 0);

export interface Hit {
  via: string;
  title: string;
  value: number;
  percent: number;
}
/** How the answers were had, in parts of all that were given. */
export function hitsOf(metrics: CatalogueMetrics | undefined): Hit[] {
  const rows = [
    { via: "memory", title: "From memory", value: metric(metrics?.fromMemory) },
    { via: "disk", title: "From disk", value: metric(metrics?.fromDisk) },
    { via: "mesh", title: "From other nodes", value: metric(metrics?.fromMesh) },
    { via: "origin", title: "From the origin", value: metric(metrics?.fromOrigin) },
  ];
  const all = rows.reduce((sum, row) => sum + row.value, 0);
  return rows.map((row) => ({ ...row, percent: percent(row.value, all) }));
}

type Figure = "asked" | "joined" | "served" | "stale" | "negative" | "ownersPassedOver" | "refusedAnswers" | "spotChecks" | "mismatches";
const figures: [Figure, string][] = [
  ["asked", "Asked here"], ["joined", "Waited for the same answer"], ["served", "Answered to other nodes"], ["stale", "Old answers given"], ["negative", "Answers that say no"],
  ["ownersPassedOver", "Owners passed over"], ["refusedAnswers", "Answers refused"], ["spotChecks", "Spot checks"], ["mismatches", "Of them different"],
];
export function catalogueFigures(metrics: CatalogueMetrics | undefined): { name: string; text: string }[] {
  return figures.filter(([member]) => typeof metrics?.[member] === "number").map(([member, name]) => ({ name, text: metrics![member]!.toLocaleString("en") }));
}

/** How much is kept, in memory and on disk. */
export function keptWords(metrics: CatalogueMetrics | undefined): string {
  const kept = (entries: number | undefined, size: number | undefined, where: string) => (metric(entries) > 0 ? `${count(metric(entries), "answer")} ${where}, ${bytes(metric(size))}.` : `Nothing is ${where}.`);
  return `${kept(metrics?.entries, metrics?.bytes, "in memory")} ${kept(metrics?.diskEntries, metrics?.diskBytes, "on disk")}`;
}

export function viaWords(answer: CatalogueAnswer): string {
  const by = answer.fetcher ? `fetched by node ${shortPeer(answer.fetcher)}` : "fetched by this node";
  switch (answer.via) {
    case "memory": return `From memory, ${by}`;
    case "disk": return `From disk, ${by}`;
    case "mesh": return answer.fetcher ? `From node ${shortPeer(answer.fetcher)}` : "From another node";
    case "origin": return "From the origin, just asked";
    default: return by.charAt(0).toUpperCase() + by.slice(1);
  }
}

/** "3 min old"; nothing where the time is not known. */
export function ageWords(time: string | undefined, now: number): string {
  const age = (now - new Date(time ?? "").getTime()) / 1000;
  if (!Number.isFinite(age)) return "";
  return age < 1 ? "new" : `${duration(age)} old`;
}
