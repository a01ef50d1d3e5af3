// SPDX-License-Identifier: GPL-3.0-or-later
// The shapes of the mesh, guard and pod routes. Members that a daemon may leave out are optional.

export interface MeshChoice {
  /** Nobody has answered yet: the page asks. */
  open: boolean;
  joined: boolean;
  /** The configuration says yes or no. */
  fixed: boolean;
  /** One sentence why the mesh does not run although it should. */
  trouble?: string;
}

export interface MeshLink {
  peer: string;
  direction: string;
  endpoint?: string;
  roundTripMs?: number | null;
  ageSeconds?: number;
  bytesIn?: number;
  bytesOut?: number;
  streams?: number;
  trusted?: boolean;
  reputation?: number;
}

/** A node that the configuration names, and what it may do here. */
export interface ConfiguredNode {
  peer: string;
  linked?: boolean;
  trusted?: boolean;
  /** Given up as stolen: it has no rights whatever the file says. */
  revoked?: boolean;
  rights?: string[];
  /** Nodes that it may meet through this one. */
  relayFor?: string[];
}

export interface DhtHealth {
  running: boolean;
  connected: boolean;
  nodesGood: number;
  nodesDubious: number;
  datagramsIn?: number;
  datagramsDropped?: number;
  valuesRefused?: number;
  trouble?: string;
}

export interface LocalService {
  name: string;
  version: string;
  exposed: boolean;
  /** One sentence: why others may or may not call it. */
  exposedBecause?: string;
  methods?: string[];
  calls?: number;
}

export interface Mesh {
  peerId?: string;
  joined: boolean;
  choice: MeshChoice;
  listening?: string | null;
  endpoints?: string[];
  /** What the router answered when it was asked to open the port; absent while it was not. */
  portMapping?: { by?: string; external?: string; trouble?: string };
  links?: MeshLink[];
  configured?: ConfiguredNode[];
  dht?: DhtHealth;
  services?: LocalService[];
}

export interface Provider {
  peer: string;
  version: string;
  linked?: boolean;
  known?: boolean;
  reputation?: number;
  roundTripMs?: number | null;
  expires?: string;
}

/** Who is meant by a ban, a violation or a reputation: the kind is peer, user or address. */
export interface Subject {
  kind: string;
  name: string;
}
export interface Ban extends Subject {
  since?: string;
  /** Absent: for good. */
  until?: string | null;
  times?: number;
  reason?: string;
  byOperator?: boolean;
}
export interface Violations extends Subject {
  count?: number;
  times?: string[];
}
export interface Reputation extends Subject {
  score: number;
}
/** Units that are left of one budget. */
export interface Level {
  left: number;
  most: number;
}
export interface Budget {
  limits?: Record<string, number>;
  user?: Level;
  automation?: Level;
  /** What everybody shares. */
  shared?: Level;
  /** Of it, all strangers together. */
  strangers?: Level;
  /** Those who have spent something of their minute. */
  peers?: (Subject & Level)[];
  metrics?: Record<string, number>;
}
export interface Imported {
  bans: number;
  violations: number;
  reputations: number;
}
export interface NewBan extends Subject {
  /** Absent: for good; an address at most a day. */
  seconds?: number;
  reason?: string;
}

export interface PodMember {
  peer: string;
  role: string;
  state: string;
  since?: string;
}
export interface Pod {
  id: string;
  name: string;
  visibility: string;
  owner: string;
  approval?: boolean;
  keep?: boolean;
  members?: PodMember[];
  memberCount?: number;
  created?: string;
  /** Our own state in it. */
  ours?: string;
  unread?: number;
}
export interface PodMessage {
  id: string;
  pod?: string;
  sender: string;
  body: string;
  sent: string;
  /** By a moderator or its sender; the body is empty then. */
  removed?: boolean;
  /** Ours, and the pod's host does not have it yet. */
  pending?: boolean;
}
export interface NewPod {
  name: string;
  visibility: string;
  approval: boolean;
  keep: boolean;
}
