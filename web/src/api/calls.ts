// SPDX-License-Identifier: GPL-3.0-or-later
// One function per thing the page asks of the daemon.
import type { Http } from "./http";
import type {
  Conversation, Direction, EnqueueResult, FilePage, FolderPage, RemoteFolder, Search, SearchResponse, ShareMap, UserInfo, UserStatus,
} from "./types";

const segment = encodeURIComponent;
const route = (direction: Direction) => (direction === "Upload" ? "uploads" : "downloads");
const fromBrowser = { "X-Soulfabric-Browser": "1" };

export interface SignedIn {
  csrf: string;
  name?: string;
}

export class Calls {
  constructor(readonly http: Http) {}

  signIn(username: string, password: string) {
    return this.http.json<SignedIn>("POST", "/session", { username, password }, fromBrowser);
  }
  redeem(secret: string) {
    return this.http.json<SignedIn>("POST", "/session/link", { secret }, fromBrowser);
  }
  session() {
    return this.http.call("GET", "/session");
  }
  signOut() {
    return this.http.call("DELETE", "/session");
  }

  connect() {
    return this.http.call("PUT", "/server");
  }
  disconnect() {
    return this.http.call("DELETE", "/server", "");
  }

  search(searchText: string) {
    return this.http.json<Search>("POST", "/searches", { searchText });
  }
  stopSearch(id: string) {
    return this.http.call("PUT", `/searches/${segment(id)}`);
  }
  removeSearch(id: string) {
    return this.http.call("DELETE", `/searches/${segment(id)}`);
  }
  responses(id: string) {
    return this.http.json<SearchResponse[]>("GET", `/searches/${segment(id)}/responses`);
  }

  download(username: string, files: { filename: string; size: number }[]) {
    const plain = files.map(({ filename, size }) => ({ filename, size }));
    return this.http.json<EnqueueResult | null>("POST", `/transfers/downloads/${segment(username)}`, plain);
  }
  endTransfer(direction: Direction, username: string, id: string, remove: boolean) {
    return this.http.call("DELETE", `/transfers/${route(direction)}/${segment(username)}/${segment(id)}?remove=${remove}`);
  }
  clearCompleted(direction: Direction) {
    return this.http.call("DELETE", `/transfers/${route(direction)}/all/completed`);
  }

  startBrowse(username: string) {
    return this.http.call("POST", `/users/${segment(username)}/browse`);
  }
  browseFolders(username: string, parent: string, offset: number, limit: number) {
    return this.http.json<FolderPage>("GET", `/users/${segment(username)}/browse/folders?parent=${segment(parent)}&offset=${offset}&limit=${limit}`);
  }
  browseFiles(username: string, folder: string, offset: number, limit: number) {
    return this.http.json<FilePage>("GET", `/users/${segment(username)}/browse/files?folder=${segment(folder)}&offset=${offset}&limit=${limit}`);
  }
  folder(username: string, directory: string) {
    return this.http.json<RemoteFolder[]>("POST", `/users/${segment(username)}/directory`, { directory });
  }
  userInfo(username: string) {
    return this.http.json<UserInfo>("GET", `/users/${segment(username)}/info`);
  }
  userStatus(username: string) {
    return this.http.json<UserStatus>("GET", `/users/${segment(username)}/status`);
  }

  shares() {
    return this.http.json<ShareMap>("GET", "/shares");
  }
  /** Every folder with its files: not for each redraw. */
  shareContents(id: string) {
    return this.http.json<RemoteFolder[]>("GET", `/shares/${segment(id)}/contents`);
  }
  scan() {
    return this.http.call("PUT", "/shares");
  }
  stopScan() {
    return this.http.call("DELETE", "/shares");
  }

  conversations() {
    return this.http.json<Conversation[]>("GET", "/conversations");
  }
  conversation(username: string) {
    return this.http.json<Conversation>("GET", `/conversations/${segment(username)}?includeMessages=true`);
  }
  send(username: string, message: string) {
    return this.http.call("POST", `/conversations/${segment(username)}`, message);
  }
  acknowledge(username: string) {
    return this.http.call("PUT", `/conversations/${segment(username)}`);
  }
}
