// SPDX-License-Identifier: GPL-3.0-or-later
// Bans, violations and budgets in words.
import type { Ban, Subject } from "../api/mesh_types";
import { asSentence, bytes, duration } from "./format";
import { shortPeer } from "./mesh";

const kinds: Record<string, string> = { peer: "Mesh node", user: "Soulseek user", address: "Address", node: "This node" };
export const kindWords = (kind: string): string => kinds[kind] ?? kind;
export const nameWords = (subject: Subject): string => (subject.kind === "peer" ? shortPeer(subject.name) : subject.name);

const reasons: Record<string, string> = {
  invalid_message: "Sent messages that make no sense", oversize: "Sent more than is allowed", bad_signature: "Signed wrongly", rate_exceeded: "Asked too often",
  wrong_bytes: "Sent other content than it had stated", path_traversal: "Asked for files outside the shares", dangerous_content: "Sent content made to break its reader",
  impersonation: "Used the name of another", protocol: "Broke the rules of the protocol", call_while_banned: "Kept calling while banned",
};
const asKey = (text: string) => text.trim().replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase().replace(/[^a-z]+/g, "_");

export function reasonWords(ban: Ban): string {
  if (!ban.reason) return ban.byOperator ? "By you." : "";
  const known = reasons[asKey(ban.reason)];
  return known ? `${known}.` : asSentence(ban.reason);
}

export function untilWords(ban: Ban, now: number): string {
  if (!ban.until) return "for good";
  const left = (new Date(ban.until).getTime() - now) / 1000;
  return Number.isFinite(left) ? (left > 0 ? `${duration(left)} left` : "ends now") : "";
}

/** What a budget is for; the order in which they are shown. */
export const budgets = [
  { member: "user", title: "Yours", hint: "kept for you alone" },
  { member: "automation", title: "Automation", hint: "kept for what this node does by itself" },
  { member: "shared", title: "Shared", hint: "for everybody, you included" },
  { member: "strangers", title: "Strangers", hint: "of the shared one, all nodes without a good reputation together" },
] as const;

const titles: Record<string, string> = {
  permits: "Acts allowed", permitsRefused: "Acts refused", unitsSpent: "Units spent", unitsRefunded: "Units given back", violations: "Violations", connectionsOpen: "Connections open",
  connectionsRefused: "Connections refused", bansActive: "Bans in force", bytesHeld: "Held in memory for others",
};
export interface Figure {
  name: string;
  text: string;
}
/** Totals since the start; a figure that a newer daemon adds is shown under its own name. */
export function figuresOf(metrics: Record<string, number> | undefined): Figure[] {
  return Object.entries(metrics ?? {}).map(([member, value]) => ({ name: titles[member] ?? member, text: member.startsWith("bytes") ? bytes(value) : value.toLocaleString("en") }));
}

export function budgetHint(limits: Record<string, number> | undefined): string {
  const { perCall, perPeerMinute, nodeMinute } = limits ?? {};
  if (!perCall || !perPeerMinute || !nodeMinute) return "";
  return `One call may cost ${perCall} units, one node ${perPeerMinute} a minute (half of it with a bad reputation, twice with a good one), everything together ${nodeMinute} a minute.`;
}
