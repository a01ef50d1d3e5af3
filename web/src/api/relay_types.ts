// SPDX-License-Identifier: GPL-3.0-or-later
// The shapes of the relay routes. Members that a daemon may leave out are optional.

/** Which relays run, what the HTTP client did, and every setting that lets others see or do something. */
export interface RelayState {
  parts?: { name: string; running: boolean; why?: string }[];
  http?: { requests?: number; answers?: number; bytes?: number; refused?: Record<string, number> };
  switches?: RelaySwitch[];
}
export interface RelaySwitch {
  key: string;
  /** A flag, a number, a text or a list of names. */
  value: unknown;
  exposes: string;
}

/** Totals since the start; `entries` and `bytes` are those of the memory cache, now. */
export interface CatalogueMetrics {
  asked?: number;
  fromMemory?: number;
  fromDisk?: number;
  fromMesh?: number;
  fromOrigin?: number;
  joined?: number;
  stale?: number;
  negative?: number;
  served?: number;
  ownersPassedOver?: number;
  refusedAnswers?: number;
  spotChecks?: number;
  mismatches?: number;
  entries?: number;
  bytes?: number;
  diskEntries?: number;
  diskBytes?: number;
  /** By reason: questions of others, answers of others, owners, questions at the origin. */
  refused?: Record<string, number>;
  faults?: Record<string, number>;
  passedOver?: Record<string, number>;
  failed?: Record<string, number>;
}
export interface CatalogueState {
  enabled: boolean;
  mesh?: boolean;
  reducedPrivacy?: boolean;
  musicbrainz?: string;
  coverArt?: string;
  freshSeconds?: number;
  /** Why it does not run although it should. */
  trouble?: string;
  metrics?: CatalogueMetrics;
}
/** Where an answer came from and how old it is, beside what MusicBrainz said. */
export interface CatalogueAnswer {
  kind: string;
  mbid: string;
  /** Of the origin: 200 or 404. */
  status: number;
  contentType?: string;
  /** memory, disk, origin or mesh. */
  via: string;
  fetched?: string;
  expires?: string;
  /** Past its time, served because the origin cannot be reached. */
  stale?: boolean;
  /** The node that asked the origin; absent: this one. */
  fetcher?: string | null;
  /** JSON as the origin gave it. */
  body?: unknown;
}

export interface HashingProgress {
  /** The configuration wants shares hashed. */
  enabled?: boolean;
  running?: boolean;
  paused?: boolean;
  filesDone?: number;
  filesTotal?: number;
  bytesDone?: number;
  bytesTotal?: number;
  bytesPerSecond?: number;
  verified?: number;
  refused?: number;
  fault?: string;
}
export interface ContentMetrics {
  manifests?: number;
  pieces?: number;
  bytes?: number;
  cacheHits?: number;
  cacheMisses?: number;
  streams?: number;
  records?: number;
  fetchedBytes?: number;
  cachePieces?: number;
  cacheBytes?: number;
  /** By reason: what others asked, and what others sent. */
  refused?: Record<string, number>;
  faults?: Record<string, number>;
}
export interface ContentState {
  enabled: boolean;
  trouble?: string;
  streamsMost?: number;
  streamsPerPeer?: number;
  recordsMost?: number;
  hashing?: HashingProgress;
  metrics?: ContentMetrics;
}
export interface ContentProvider {
  peer: string;
  linked?: boolean;
  trusted?: boolean;
  reputation?: number;
}
export interface FetchSource {
  name: string;
  /** Where it is a node of the mesh: its id. */
  peer?: string;
  state: string;
  bytes?: number;
  pieces?: number;
  bytesPerSecond?: number;
  problem?: string;
}
export interface ContentFetch {
  id: string;
  name?: string;
  asked?: string;
  contentId: string;
  state: string;
  size?: number | null;
  bytes?: number;
  pieces?: number;
  piecesDone?: number;
  wrongPieces?: number;
  bytesPerSecond?: number;
  path?: string;
  problem?: string;
  sources?: FetchSource[];
}
export interface NewFetch {
  contentId: string;
  size?: number;
  name?: string;
}

/** Whether one shared file is served to the mesh. */
export interface CopyStatus {
  path: string;
  state: string;
  reason?: string;
  contentId?: string | null;
  root?: string | null;
  size?: number;
  checked?: string | null;
  seconds?: number | null;
}

export interface Tunnel {
  id: number;
  /** near, far or middle. */
  role: string;
  peer: string;
  via?: string | null;
  target?: string;
  forward?: string;
  ageSeconds?: number;
  idleSeconds?: number;
  bytesIn?: number;
  bytesOut?: number;
  state: string;
}
export interface Forward {
  name: string;
  peer: string;
  target?: string;
  via?: string | null;
  /** For a browser; empty while it does not listen. */
  url?: string;
  socket?: string;
  raw?: boolean;
  trouble?: string;
  tunnels?: number;
  /** From the configuration file: it cannot be closed here. */
  configured?: boolean;
}
export interface TunnelState {
  /** Others may reach targets here. */
  enabled: boolean;
  /** This node stands between others. */
  relay?: boolean;
  /** Its own page and API are among the targets. */
  gateway?: boolean;
  targets?: string[];
  tunnelsMost?: number;
  tunnelsPerPeer?: number;
  idleSeconds?: number;
  trouble?: string;
  tunnels?: Tunnel[];
  forwards?: Forward[];
  metrics?: { opened?: number; open?: number; bytes?: number; refused?: Record<string, number> };
}
export interface NewForward {
  name: string;
  peer: string;
  via?: string;
}
