// SPDX-License-Identifier: GPL-3.0-or-later
// One function per thing the page asks of the relays and of verified copies.
import type { Http } from "./http";
import type { CatalogueAnswer, CatalogueState, ContentFetch, ContentProvider, ContentState, CopyStatus, Forward, NewFetch, NewForward, RelayState, TunnelState } from "./relay_types";

const segment = encodeURIComponent;

export class RelayCalls {
  constructor(readonly http: Http) {}

  relay() {
    return this.http.json<RelayState>("GET", "/relay");
  }
  catalogue() {
    return this.http.json<CatalogueState>("GET", "/relay/catalogue");
  }
  clearCatalogue() {
    return this.http.call("DELETE", "/relay/catalogue/cache");
  }
  look(kind: string, mbid: string) {
    return this.http.json<CatalogueAnswer>("GET", `/relay/catalogue/${segment(kind)}/${segment(mbid)}?envelope=true`);
  }
  /** Of the picture itself, for an image element. */
  coverAddress(mbid: string): string {
    return this.http.address(`/relay/catalogue/release/${segment(mbid)}/cover?size=250`);
  }

  content() {
    return this.http.json<ContentState>("GET", "/relay/content");
  }
  pauseHashing(paused: boolean) {
    return this.http.call("POST", "/relay/content/hashing", { paused });
  }
  contentProviders(contentId: string) {
    return this.http.json<ContentProvider[]>("GET", `/relay/content/${segment(contentId)}/providers`);
  }
  fetches() {
    return this.http.json<ContentFetch[]>("GET", "/relay/content/fetches");
  }
  fetch(want: NewFetch) {
    return this.http.json<ContentFetch>("POST", "/relay/content/fetches", want);
  }
  endFetch(id: string, remove: boolean) {
    return this.http.call("DELETE", `/relay/content/fetches/${segment(id)}?remove=${remove}`);
  }
  copiesIn(folder: string) {
    return this.http.json<CopyStatus[]>("GET", `/relay/content/copies?folder=${segment(folder)}`);
  }
  privatePaths() {
    return this.http.json<string[]>("GET", "/relay/content/private");
  }
  setPrivate(path: string, isPrivate: boolean) {
    return this.http.call("PUT", "/relay/content/private", { path, private: isPrivate });
  }

  tunnels() {
    return this.http.json<TunnelState>("GET", "/relay/tunnels");
  }
  closeTunnel(id: number) {
    return this.http.call("DELETE", `/relay/tunnels/${id}`);
  }
  openForward(forward: NewForward) {
    return this.http.json<Forward>("POST", "/relay/forwards", forward);
  }
  closeForward(name: string) {
    return this.http.call("DELETE", `/relay/forwards/${segment(name)}`);
  }
}
