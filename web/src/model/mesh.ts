// SPDX-License-Identifier: GPL-3.0-or-later
// The mesh in words and as a picture: states, health, and where each linked node is drawn.
import type { ConfiguredNode, DhtHealth, LocalService, Mesh, MeshLink } from "../api/mesh_types";
import type { Tone } from "./connection";
import { asSentence, count, plain } from "./format";

/** 32 letters are too many for a line: enough of both ends to tell nodes apart. */
export function shortPeer(peer: string): string {
  return peer.length > 14 ? `${peer.slice(0, 6)}…${peer.slice(-4)}` : peer;
}

export const isPeerId = (text: string): boolean => /^[a-z2-7]{32}$/.test(text);

export function milliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value) || value < 0) return "";
  if (value < 1) return `${value.toFixed(1)} ms`;
  return value < 9950 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

export interface Words {
  tone: Tone;
  short: string;
  sentence: string;
}

export function meshWords(mesh: Mesh): Words {
  const trouble = mesh.choice.trouble;
  if (trouble) return { tone: "bad", short: "In trouble", sentence: asSentence(trouble) };
  if (mesh.joined) {
    const links = mesh.links?.length ?? 0;
    return { tone: "good", short: "Part of the mesh", sentence: links > 0 ? `Linked with ${count(links, "node")}.` : "No node is linked at the moment." };
  }
  if (mesh.choice.fixed && !mesh.choice.joined) return { tone: "off", short: "Not part of the mesh", sentence: "The configuration says no: set mesh.join to yes or ask there to change that." };
  return { tone: "off", short: "Not part of the mesh", sentence: "Nothing is told to other nodes and nothing is asked of them." };
}

export function dhtWords(dht: DhtHealth | undefined): Words {
  if (!dht || !dht.running) return { tone: "off", short: "Off", sentence: dht?.trouble ? asSentence(dht.trouble) : "The table runs while this node is part of the mesh." };
  if (dht.trouble) return { tone: "bad", short: "In trouble", sentence: asSentence(dht.trouble) };
  const nodes = dht.nodesGood + dht.nodesDubious;
  if (!dht.connected && nodes === 0) return { tone: "busy", short: "Alone", sentence: "No other node of the table has answered yet. It needs one to start from: mesh.bootstrap in the configuration, or a node on the local network." };
  if (!dht.connected) return { tone: "busy", short: "Looking", sentence: `${count(nodes, "node")} known, none has answered lately. Services are found over links meanwhile.` };
  if (dht.nodesGood < 4) return { tone: "good", short: "Small", sentence: `Works, with ${count(dht.nodesGood, "node")} that ${dht.nodesGood === 1 ? "answers" : "answer"}. In so small a table each of them matters.` };
  return { tone: "good", short: "Healthy", sentence: `${count(dht.nodesGood, "node")} answer. Services are found by name.` };
}

export function exposedWords(service: LocalService): string {
  if (service.exposedBecause) return asSentence(service.exposedBecause);
  return service.exposed ? "Others may call it: it is named in mesh.services." : "Nobody else can see it: it is not named in mesh.services.";
}

const rightWords: Record<string, string> = {
  tunnel_targets: "Reaches the targets here: this page and its API up to the sign-in, and the ports named under relay.trusted.targets",
  believe_catalogue: "Its answers about music are believed, and it may own lookups",
};
/** What a node of the configuration may do here, right by right; none implies another. */
export function givenWords(node: ConfiguredNode): string[] {
  if (node.revoked) return ["Its key was given up: it has no trust and no rights"];
  const given = (node.rights ?? []).map((right) => rightWords[right] ?? plain(right));
  if ((node.relayFor ?? []).length > 0) given.push(`May meet ${node.relayFor!.map(shortPeer).join(", ")} through this node`);
  return given.length > 0 ? given : ["No rights"];
}

export interface Dot {
  link: MeshLink;
  x: number;
  y: number;
}
export interface Ring {
  label: string;
  rx: number;
  ry: number;
}
export interface Picture {
  x: number;
  y: number;
  rings: Ring[];
  dots: Dot[];
  /** Links beyond those drawn. */
  more: number;
}

export const kMostDots = 24;
const kInner = 0.3; // part of the radius that stays free around this node
const kTurn = (300 / 180) * Math.PI; // the rest is above, for the names of the rings
const decades = [1, 10, 100, 1000, 10_000];

/** Nodes on rings around this one: the nearer, the shorter the round trip; logarithmic, since 2 and 200 ms are both usual. */
export function pictureOf(links: readonly MeshLink[], width: number, height: number, margin: { x: number; y: number }): Picture {
  const known = links.filter((link) => typeof link.roundTripMs === "number").sort((a, b) => a.roundTripMs! - b.roundTripMs!);
  const unknown = links.filter((link) => typeof link.roundTripMs !== "number");
  const shown = [...known, ...unknown].slice(0, kMostDots);
  const slowest = Math.max(1, ...known.slice(0, kMostDots).map((link) => link.roundTripMs!));
  const outer = decades.find((decade) => decade >= slowest) ?? decades[decades.length - 1]!;
  const steps = Math.max(1, decades.indexOf(outer));
  const part = (value: number) => kInner + (1 - kInner) * Math.min(1, Math.max(0, Math.log10(Math.max(1, value)) / steps));
  const radius = { x: Math.max(1, width / 2 - margin.x), y: Math.max(1, height / 2 - margin.y) };
  const rings = decades.slice(0, steps + 1).map((decade) => ({ label: milliseconds(decade), rx: radius.x * part(decade), ry: radius.y * part(decade) }));
  // By id and not by round trip: a node keeps its side of the picture while its round trip moves.
  const placed = [...shown].sort((a, b) => (a.peer < b.peer ? -1 : 1));
  const dots = placed.map((link, i) => {
    const angle = ((i + 0.5) / placed.length) * kTurn + (2 * Math.PI - kTurn) / 2 - Math.PI / 2;
    const out = typeof link.roundTripMs === "number" ? part(link.roundTripMs) : 1;
    return { link, x: width / 2 + Math.cos(angle) * radius.x * out, y: height / 2 + Math.sin(angle) * radius.y * out };
  });
  return { x: width / 2, y: height / 2, rings, dots, more: links.length - shown.length };
}

/** What a screen reader says instead of the picture. */
export function pictureWords(links: readonly MeshLink[]): string {
  if (links.length === 0) return "No links.";
  const known = links.map((link) => link.roundTripMs).filter((value): value is number => typeof value === "number");
  const range = known.length > 0 ? `, round trips from ${milliseconds(Math.min(...known))} to ${milliseconds(Math.max(...known))}` : "";
  return `${count(links.length, "link")}${range}. The table below has each of them.`;
}
