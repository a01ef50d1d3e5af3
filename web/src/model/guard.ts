// SPDX-License-Identifier: GPL-3.0-or-later
// Bans, violations and budgets in words.
import type { Ban, Subject } from "../api/mesh_types";
import { asSentence, duration } from "./format";
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

/** slotsInUse -> "Slots in use": figures that a newer daemon adds are shown, not lost. */
export function figureName(member: string): string {
  const words = member.replace(/_/g, " ").replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export interface Figure {
  name: string;
  value: number;
}
/** The numbers of an answer, groups within groups flattened. */
export function figuresOf(answer: unknown, prefix = ""): Figure[] {
  if (typeof answer === "number") return [{ name: figureName(prefix), value: answer }];
  if (answer === null || typeof answer !== "object" || Array.isArray(answer)) return [];
  return Object.entries(answer).flatMap(([member, value]) => figuresOf(value, prefix ? `${prefix} ${member}` : member));
}
