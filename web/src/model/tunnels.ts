// SPDX-License-Identifier: GPL-3.0-or-later
// Tunnels and forwards in words, and which address of a forward is fit to be opened.
import type { Forward, Tunnel } from "../api/relay_types";

const roles: Record<string, string> = { near: "from here", far: "to here", middle: "through here" };
export const roleWords = (tunnel: Tunnel): string => roles[tunnel.role.toLowerCase()] ?? tunnel.role;

const targets: Record<string, string> = { "slskdn-ui": "its page", "slskdn-api": "its API" };
export function targetWords(tunnel: Pick<Tunnel, "role" | "target">): string {
  if (tunnel.role.toLowerCase() === "middle") return "not known here";
  const target = tunnel.target ?? "";
  if (tunnel.role.toLowerCase() === "far") return target === "slskdn-ui" ? "this page" : target === "slskdn-api" ? "this API" : target;
  return targets[target] ?? target;
}

const states: Record<string, string> = { opening: "opening", open: "open", "half-closed": "one way closed", halfClosed: "one way closed", closing: "closing" };
export const stateWords = (tunnel: Tunnel): string => states[tunnel.state] ?? tunnel.state;

export const refusalWords: Record<string, string> = {
  disabled: "Switched off", noRight: "Without the right", target: "Unknown target", ownPort: "Target is a port of this program", perPeer: "Too many of one node", total: "Too many in all",
  identity: "Not who it says", down: "Target does not answer", loop: "Would be relayed again", host: "Wrong host or page", rate: "Too fast",
};

/** The page of another node is opened only under a host of its own: cookies do not tell ports apart. */
export function forwardAddress(forward: Pick<Forward, "url">): string | null {
  try {
    const url = new URL(forward.url ?? "");
    const own = /^[a-z0-9-]{1,32}\.localhost$/.test(url.hostname) || (/^127\.\d+\.\d+\.\d+$/.test(url.hostname) && url.hostname !== "127.0.0.1");
    return own && url.protocol === "http:" && url.username === "" && url.password === "" ? url.href : null;
  } catch {
    return null;
  }
}

/** Forwards lie on loopback of the machine that the daemon runs on: a browser elsewhere cannot reach them. */
export const isHere = (hostname: string): boolean => /(^|\.)localhost$/.test(hostname) || /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === "[::1]";

/** A name for a forward to a node: what its host is called. One that is free, by the end of the node's id. */
export function forwardName(peer: string, taken: readonly string[]): string {
  const base = `node-${peer.slice(-6)}`;
  for (let i = 1; i <= taken.length; i += 1) {
    const name = i === 1 ? base : `${base}-${i}`;
    if (!taken.includes(name)) return name;
  }
  return taken.length === 0 ? base : `${base}-${taken.length + 1}`;
}

/** The forward that leads to a node's page already, if there is one. */
export const forwardTo = (forwards: readonly Forward[], peer: string): Forward | undefined =>
  forwards.find((forward) => forward.peer === peer && (forward.target ?? "slskdn-ui") === "slskdn-ui" && !forward.raw && forwardAddress(forward) !== null);
