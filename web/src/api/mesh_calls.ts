// SPDX-License-Identifier: GPL-3.0-or-later
// One function per thing the page asks of the mesh, the guard and the pods.
import type { Http } from "./http";
import type { Ban, Budget, Imported, Mesh, NewBan, NewPod, Pod, PodMessage, Provider, Reputation, Violations } from "./mesh_types";

const segment = encodeURIComponent;

export class MeshCalls {
  constructor(readonly http: Http) {}

  mesh() {
    return this.http.json<Mesh>("GET", "/mesh");
  }
  choose(join: boolean, shares: string[]) {
    return this.http.call("PUT", "/mesh/choice", { join, shares });
  }
  link(peer: string, endpoint: string) {
    return this.http.call("POST", "/mesh/links", endpoint ? { peer, endpoint } : { peer });
  }
  unlink(peer: string) {
    return this.http.call("DELETE", `/mesh/links/${segment(peer)}`);
  }
  providers(name: string) {
    return this.http.json<Provider[]>("GET", `/mesh/services?name=${segment(name)}`);
  }

  violations() {
    return this.http.json<Violations[]>("GET", "/guard/violations");
  }
  bans() {
    return this.http.json<Ban[]>("GET", "/guard/bans");
  }
  ban(ban: NewBan) {
    return this.http.call("POST", "/guard/bans", ban);
  }
  lift(kind: string, name: string) {
    return this.http.call("DELETE", `/guard/bans/${segment(kind)}/${segment(name)}`);
  }
  budget() {
    return this.http.json<Budget>("GET", "/guard/budget");
  }
  reputations() {
    return this.http.json<Reputation[]>("GET", "/guard/reputation");
  }
  async guardExport() {
    return (await this.http.call("GET", "/guard/export")).text();
  }
  guardImport(state: unknown) {
    return this.http.json<Imported>("POST", "/guard/import", state);
  }

  pods() {
    return this.http.json<Pod[]>("GET", "/pods");
  }
  pod(id: string) {
    return this.http.json<Pod>("GET", `/pods/${segment(id)}`);
  }
  podsOf(peer: string) {
    return this.http.json<Pod[]>("GET", `/pods/of/${segment(peer)}`);
  }
  makePod(pod: NewPod) {
    return this.http.json<Pod>("POST", "/pods", pod);
  }
  joinPod(pod: string, host: string) {
    return this.http.json<Pod>("POST", "/pods/join", { pod, host });
  }
  leavePod(id: string) {
    return this.http.call("DELETE", `/pods/${segment(id)}`);
  }
  podMessages(id: string, limit: number, before = "") {
    return this.http.json<PodMessage[]>("GET", `/pods/${segment(id)}/messages?limit=${limit}${before ? `&before=${segment(before)}` : ""}`);
  }
  post(id: string, body: string) {
    return this.http.call("POST", `/pods/${segment(id)}/messages`, { body });
  }
  removePodMessage(id: string, message: string) {
    return this.http.call("DELETE", `/pods/${segment(id)}/messages/${segment(message)}`);
  }
  setMember(id: string, peer: string, role: string, state: string) {
    return this.http.call("PUT", `/pods/${segment(id)}/members/${segment(peer)}`, { role, state });
  }
  podRead(id: string) {
    return this.http.call("POST", `/pods/${segment(id)}/read`);
  }
}
