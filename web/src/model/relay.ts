// SPDX-License-Identifier: GPL-3.0-or-later
// The relays in words: what each switch exposes, where an answer came from, how often the origin was spared.
import type { CatalogueAnswer, CatalogueMetrics, CatalogueState, ContentState, TunnelState } from "../api/relay_types";
import type { Tone } from "./connection";
import { duration, percent } from "./format";
import { shortPeer } from "./mesh";

export const relayParts = [
  { id: "catalogue", title: "Catalogue" },
  { id: "content", title: "Content" },
  { id: "tunnels", title: "Tunnels" },
] as const;
export type RelayPart = (typeof relayParts)[number]["id"];
export const relayPart = (item: string): RelayPart => relayParts.find((part) => part.id === item)?.id ?? "catalogue";

/** One switch of the configuration file, as it stands, and what it lets others see or do. */
export interface Switch {
  key: string;
  title: string;
  on: boolean;
  exposes: string;
}
export const toneOf = (on: boolean): Tone => (on ? "good" : "off");

export function catalogueSwitches(state: CatalogueState): Switch[] {
  return [
    { key: "relay.catalogue.enabled", title: "Look things up", on: state.enabled, exposes: "MusicBrainz and the Cover Art Archive see the address of whichever node asks them, and what it asks for. Nothing about you is sent with it." },
    { key: "relay.catalogue.mesh", title: "Share lookups with the mesh", on: state.mesh === true, exposes: "For each id the nodes agree on one owner who asks for all. The owner sees that this node looks that id up. Only nodes that you believe or that have been good neighbours for a week can be one. In return this node answers others; who asked is neither logged nor kept." },
    { key: "relay.catalogue.reduced_privacy", title: "Ask through one node only", on: state.reducedPrivacy === true, exposes: "A lookup goes through one reputable node picked by lot instead of the owner of its id: that node sees what is looked up, the owner does not see that it was you." },
  ];
}

export function contentSwitches(state: ContentState): Switch[] {
  return [
    { key: "relay.content.enabled", title: "Serve verified copies", on: state.enabled, exposes: "A node that names the content id of a file that you offer to the mesh gets it. Names of files and folders are never told, and what is private, unverified or unknown gets one and the same refusal." },
    { key: "relay.content.hashing", title: "Verify shares that are offered to the mesh", on: state.hashing?.enabled !== false, exposes: "Reads these files whole, once, while the machine has nothing better to do. Nothing leaves this machine by it; without it nothing can be served." },
  ];
}

export function tunnelSwitches(state: TunnelState): Switch[] {
  return [
    { key: "relay.trusted.enabled", title: "Let trusted nodes reach targets here", on: state.enabled, exposes: "Only nodes with the right tunnel_targets reach a target here. To all others it does not exist." },
    { key: "relay.trusted.gateway", title: "This page is one of the targets", on: state.gateway === true, exposes: "Nodes with the right tunnel_targets get as far as the sign-in of this page and its API. They never count as local, and login links do not work for them." },
    { key: "relay.trusted.relay", title: "Stand between two other nodes", on: state.relay === true, exposes: "A node with relay_for may meet those named there through this one. It sees who meets whom and how much is sent, but only ciphertext." },
  ];
}

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

const titles: [keyof CatalogueMetrics, string][] = [
  ["asked", "Asked here"], ["joined", "Waited for the same answer"], ["served", "Answered to other nodes"], ["stale", "Old answers given"], ["negative", "Answers that say no"],
  ["ownersPassedOver", "Owners passed over"], ["refusedAnswers", "Answers refused"], ["spotChecks", "Spot checks"], ["mismatches", "Of them different"],
];
export function catalogueFigures(metrics: CatalogueMetrics | undefined): { name: string; text: string }[] {
  return titles.filter(([member]) => typeof metrics?.[member] === "number").map(([member, name]) => ({ name, text: metrics![member]!.toLocaleString("en") }));
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
