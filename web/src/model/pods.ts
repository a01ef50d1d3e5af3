// SPDX-License-Identifier: GPL-3.0-or-later
// Pods in words, and who may do what in them.
import type { Pod, PodMember, PodMessage } from "../api/mesh_types";

export const kLongestBody = 4096; // bytes of UTF-8
export const kLongestName = 100;

export const byteLength = (text: string): number => new TextEncoder().encode(text).length;

const lower = (text: string | undefined) => (text ?? "").toLowerCase();

export const visibilities = [
  { value: "visible", title: "Visible", hint: "Shown to every node that asks yours." },
  { value: "unlisted", title: "Unlisted", hint: "Whoever knows its id and yours can join it." },
  { value: "private", title: "Private", hint: "Only whom you bring in learns that it exists." },
] as const;

export function visibilityWords(pod: Pod): string {
  return visibilities.find((entry) => entry.value === lower(pod.visibility))?.title ?? pod.visibility;
}

export const memberOf = (pod: Pod, peer: string): PodMember | undefined => pod.members?.find((member) => member.peer === peer);
export const isMember = (member: PodMember): boolean => lower(member.state) === "member";
export const hasAsked = (member: PodMember): boolean => lower(member.state) === "asked";
export const isBanned = (member: PodMember): boolean => lower(member.state) === "banned";
export const isOwner = (member: PodMember | undefined): boolean => lower(member?.role) === "owner";
export const isModerator = (member: PodMember | undefined): boolean => isOwner(member) || lower(member?.role) === "moderator";

/** The daemon decides again; this only says what to offer. */
export const mayModerate = (pod: Pod, me: string): boolean => {
  const mine = memberOf(pod, me);
  return pod.owner === me || (mine !== undefined && isMember(mine) && isModerator(mine));
};
export const mayRemove = (pod: Pod, me: string, message: PodMessage): boolean =>
  !message.removed && (message.sender === me || (mayModerate(pod, me) && message.sender !== pod.owner));
/** Moderators see to members, the owner to moderators too. */
export const mayChange = (pod: Pod, me: string, member: PodMember): boolean => mayModerate(pod, me) && member.peer !== me && !isOwner(member) && (pod.owner === me || !isModerator(member));

export function ourState(pod: Pod): string {
  switch (lower(pod.ours)) {
    case "asked": return "You have asked to join: someone who moderates it must let you in.";
    case "banned": return "You were shut out of this pod.";
    case "left": return "You have left this pod.";
    default: return "";
  }
}

/** Old and newly read messages as one list by time, each once; a later reading of the same message wins, as it may have been removed. */
export function merge(have: readonly PodMessage[], read: readonly PodMessage[]): PodMessage[] {
  const all = new Map(have.map((message) => [message.id, message]));
  for (const message of read) all.set(message.id, message);
  return [...all.values()].sort((a, b) => Date.parse(a.sent) - Date.parse(b.sent) || (a.id < b.id ? -1 : 1));
}
