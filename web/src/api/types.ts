// SPDX-License-Identifier: GPL-3.0-or-later
// The shapes of the HTTP interface that the page uses. Members that a daemon may leave out are optional.
import type { Mesh } from "./mesh_types";

export interface ServerState {
  address?: string;
  ipEndPoint?: string;
  state: string;
  isConnected: boolean;
  isConnecting?: boolean;
  isLoggedIn: boolean;
  isLoggingIn?: boolean;
  isTransitioning?: boolean;
  username?: string;
  /** One sentence why there is no connection; absent while all is well. */
  reason?: string;
  /** One sentence why others cannot connect to us; absent while they can. */
  listenProblem?: string;
}

export interface SharesState {
  scanPending?: boolean;
  scanning?: boolean;
  ready?: boolean;
  faulted?: boolean;
  cancelled?: boolean;
  /** 0 to 1. */
  scanProgress?: number;
  directories?: number;
  files?: number;
  filesPerSecond?: number;
  secondsLeft?: number;
  filesScanned?: number;
  /** One sentence why the last scan failed. */
  fault?: string;
  /** One sentence each: what was left out and why. */
  warnings?: string[];
}

export interface Application {
  version?: { full?: string; current?: string };
  server: ServerState;
  connectionWatchdog?: { isEnabled?: boolean; nextAttemptAt?: string };
  user?: { username?: string; privileges?: { isPrivileged?: boolean } };
  shares?: SharesState;
}

export interface RemoteFile {
  filename: string;
  size: number;
  extension?: string;
  isLocked?: boolean;
  bitRate?: number;
  bitDepth?: number;
  sampleRate?: number;
  /** Seconds. */
  length?: number;
  isVariableBitRate?: boolean;
}

export interface SearchResponse {
  username: string;
  token?: number;
  hasFreeUploadSlot: boolean;
  /** Bytes per second. */
  uploadSpeed: number;
  queueLength: number;
  fileCount: number;
  files: RemoteFile[];
  lockedFileCount?: number;
  lockedFiles?: RemoteFile[];
}

export interface Search {
  id: string;
  searchText: string;
  state: string;
  isComplete: boolean;
  fileCount: number;
  lockedFileCount?: number;
  responseCount: number;
  startedAt?: string;
  endedAt?: string;
  /** Place in line while the search waits for its turn, 1 is next. */
  queuePosition?: number;
  /** One sentence why it failed. */
  problem?: string;
}

export type Direction = "Download" | "Upload";

export interface Transfer {
  id: string;
  username: string;
  direction: Direction;
  filename: string;
  size: number;
  state: string;
  requestedAt?: string;
  startedAt?: string;
  endedAt?: string;
  bytesTransferred: number;
  averageSpeed: number;
  placeInQueue?: number;
  exception?: string;
  attempts?: number;
  nextAttemptAt?: string;
  removed?: boolean;
  percentComplete?: number;
}

export interface UserGroup {
  username: string;
  directories: { directory: string; fileCount: number; files: Transfer[] }[];
}

export interface Share {
  id: string;
  alias?: string;
  isExcluded?: boolean;
  localPath?: string;
  remotePath?: string;
  directories?: number;
  files?: number;
  problem?: string;
}
export type ShareMap = Record<string, Share[]>;

export interface BrowseFolder {
  path: string;
  name: string;
  fileCount: number;
  folderCount: number;
}
export interface BrowseProgress {
  username: string;
  bytesTransferred: number;
  size: number;
  percentComplete: number;
  /** One sentence when the list could not be had. */
  error?: string;
}
export interface FolderPage {
  total: number;
  folders: BrowseFolder[];
}
export interface FilePage {
  total: number;
  files: RemoteFile[];
}
export interface RemoteFolder {
  name: string;
  files: RemoteFile[];
}

export interface Conversation {
  username: string;
  isActive?: boolean;
  unAcknowledgedMessageCount?: number;
  hasUnAcknowledgedMessages?: boolean;
  messages?: PrivateMessage[];
}
export interface PrivateMessage {
  id: number;
  timestamp: string;
  username: string;
  direction: "In" | "Out";
  message: string;
  isAcknowledged?: boolean;
}

export interface UserInfo {
  description?: string;
  hasFreeUploadSlot?: boolean;
  queueLength?: number;
  uploadSlots?: number;
}
export interface UserStatus {
  presence: string;
  isPrivileged?: boolean;
}

export interface EnqueueResult {
  enqueued?: Transfer[];
  failed?: { filename?: string; message?: string }[];
}

export type ServerEvent =
  | { type: "hello"; data: Hello }
  | { type: "application"; data: Application }
  | { type: "search"; data: Search }
  | { type: "search.responses"; data: { searchId: string; from: number; responses: SearchResponse[] } }
  | { type: "search.removed"; data: { id: string } }
  | { type: "transfer"; data: Transfer }
  | { type: "transfer.removed"; data: { id: string } }
  | { type: "shares"; data: SharesState }
  | { type: "message"; data: PrivateMessage }
  | { type: "browse"; data: BrowseProgress }
  | { type: "mesh"; data: Mesh }
  | { type: "pod"; data: { id: string } }
  | { type: "relay"; data: unknown };

export interface Hello {
  application: Application;
  downloads: UserGroup[];
  uploads: UserGroup[];
  searches: Search[];
  shares: ShareMap;
}
