// SPDX-License-Identifier: GPL-3.0-or-later
// The page's one instance of everything: session, events, notices, route and theme.
import { Calls } from "./api/calls";
import { EventStream, type Link, type SocketLike } from "./api/events";
import { ApiError, Http } from "./api/http";
import { MeshCalls } from "./api/mesh_calls";
import type { Mesh } from "./api/mesh_types";
import { RelayCalls } from "./api/relay_calls";
import type { ServerEvent } from "./api/types";
import { Cell } from "./model/cell";
import { loginSecret, parseRoute, type Route } from "./model/route";
import { World } from "./model/world";

export type Session = { at: "checking" } | { at: "out"; reason: string } | { at: "in"; name: string };
export interface Notice {
  id: number;
  tone: "good" | "bad";
  text: string;
}
export type Theme = "auto" | "light" | "dark";

const base = new URL(".", document.baseURI).pathname;

export const http = new Http((input, init) => fetch(input, init), base);
export const calls = new Calls(http);
export const meshCalls = new MeshCalls(http);
export const relayCalls = new RelayCalls(http);
export const world = new World();
export const session = new Cell<Session>({ at: "checking" });
export const link = new Cell<Link>("closed");
/** Grows with every resync; screens that hold more than events bring read it again. */
export const resyncs = new Cell(0);
export const notices = new Cell<readonly Notice[]>([]);
export const spoken = new Cell("");
/** Messages that nobody has looked at yet. */
export const unread = new Cell(0);
export const unreadPods = new Cell(0);
/** As read last, for the question of the first run; nothing while the daemon knows no mesh. */
export const mesh = new Cell<Mesh | null>(null);
export const route = new Cell<Route>(parseRoute(location.hash));

const kNoticeMilliseconds = { good: 6000, bad: 20_000 };
let lastNotice = 0;

export function notify(tone: Notice["tone"], text: string): void {
  lastNotice += 1;
  const notice = { id: lastNotice, tone, text };
  notices.update((all) => [...all.filter((other) => other.text !== text).slice(-1), notice]);
  setTimeout(() => dismiss(notice.id), kNoticeMilliseconds[tone]);
}

export function dismiss(id: number): void {
  notices.update((all) => all.filter((notice) => notice.id !== id));
}

/** Runs an action of the user; its failure becomes a notice. True when it went well. */
export async function attempt(action: () => Promise<unknown>, done = ""): Promise<boolean> {
  try {
    await action();
    if (done) notify("good", done);
    return true;
  } catch (error) {
    notify("bad", sentence(error));
    return false;
  }
}

export function sentence(error: unknown): string {
  return error instanceof ApiError ? error.message : "Something in this page went wrong: reload it and try again.";
}

/** For screen readers; the same words twice in a row are not said again. */
export function say(text: string): void {
  spoken.set(text);
}

function openSocket(): SocketLike {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(`${scheme}//${location.host}${base}api/v0/events/ws`) as unknown as SocketLike;
}

const stream = new EventStream({
  open: openSocket,
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  random: Math.random,
  async stillSignedIn() {
    try {
      await calls.session();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) return true;
      signedOut("Your session has ended: sign in again.");
      return false;
    }
  },
});

const eventWatchers = new Set<(event: ServerEvent) => void>();
export function onEvent(watcher: (event: ServerEvent) => void): () => void {
  eventWatchers.add(watcher);
  return () => eventWatchers.delete(watcher);
}

stream.onLink = (state) => link.set(state);
stream.onEvent = (event) => {
  const need = world.apply(event);
  if (event.type === "hello") {
    resyncs.update((n) => n + 1);
    void countUnread();
    void readMesh();
    void countUnreadPods();
  }
  if (event.type === "message" && event.data.direction === "In") void countUnread();
  if (event.type === "mesh") mesh.set(event.data);
  if (event.type === "pod") void countUnreadPods();
  if (need) void loadResponses(need.searchId);
  for (const watcher of [...eventWatchers]) watcher(event);
};

/** Grows with every sign-in and sign-out: an answer to an earlier visit is not shown in a later one. */
let visit = 0;

export async function countUnread(): Promise<void> {
  const asked = visit;
  // Only a hint beside "Messages": a failure shows itself there.
  const all = await calls.conversations().catch(() => []);
  if (asked !== visit) return;
  unread.set(all.reduce((sum, conversation) => sum + (conversation.unAcknowledgedMessageCount ?? 0), 0));
}

/** Rejects where the mesh cannot be read; what was known stays then. */
export async function loadMesh(): Promise<Mesh> {
  const asked = visit;
  const read = await meshCalls.mesh();
  if (asked === visit) mesh.set(read);
  return read;
}
async function readMesh(): Promise<void> {
  // A failure shows itself on the screen of the mesh.
  await loadMesh().catch(() => undefined);
}

export async function countUnreadPods(): Promise<void> {
  const asked = visit;
  const all = await meshCalls.pods().catch(() => []);
  if (asked !== visit) return;
  unreadPods.set(all.reduce((sum, pod) => sum + (pod.unread ?? 0), 0));
}

const loading = new Set<string>();
export async function loadResponses(searchId: string): Promise<void> {
  if (loading.has(searchId)) return;
  loading.add(searchId);
  try {
    world.setResponses(searchId, await calls.responses(searchId));
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) notify("bad", sentence(error));
  } finally {
    loading.delete(searchId);
  }
}

export function signedIn(name: string): void {
  visit += 1;
  session.set({ at: "in", name });
  stream.start();
}

export function signedOut(reason: string): void {
  visit += 1;
  stream.stop();
  world.clear();
  mesh.set(null);
  unread.set(0);
  unreadPods.set(0);
  http.csrf = "";
  notices.set([]);
  session.set({ at: "out", reason });
}

export async function signIn(username: string, password: string): Promise<void> {
  const answer = await calls.signIn(username, password);
  http.csrf = answer.csrf;
  signedIn(answer.name ?? username);
}

export async function signOut(): Promise<void> {
  await attempt(() => calls.signOut());
  signedOut("You are signed out.");
}

/** A link's secret leaves the address bar and the history before anything is sent. */
async function redeem(secret: string): Promise<void> {
  history.replaceState(null, "", `${location.pathname}${location.search}#/search`);
  route.set(parseRoute(location.hash));
  try {
    const answer = await calls.redeem(secret);
    http.csrf = answer.csrf;
    signedIn(answer.name ?? "");
  } catch (error) {
    const why = error instanceof ApiError && error.status !== 401 && error.status !== 404 ? error.message : "This login link has been used or is too old: make another with `soulfabric login-link`, or sign in below.";
    session.set({ at: "out", reason: why });
  }
}

async function resume(): Promise<void> {
  try {
    await calls.session();
    signedIn("");
  } catch (error) {
    session.set({ at: "out", reason: error instanceof ApiError && error.status === 401 ? "" : sentence(error) });
  }
}

export function readTheme(): Theme {
  try {
    const kept = localStorage.getItem("theme");
    return kept === "light" || kept === "dark" ? kept : "auto";
  } catch {
    return "auto";
  }
}

export function setTheme(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // storage refused: the choice holds for this visit
  }
}

function followHash(): void {
  const secret = loginSecret(location.hash);
  if (secret !== null) void redeem(secret);
  else route.set(parseRoute(location.hash));
}

export function start(): void {
  setTheme(readTheme());
  http.onSignedOut = () => signedOut("Your session has ended: sign in again.");
  window.addEventListener("hashchange", followHash);
  window.addEventListener("online", () => stream.wake());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") stream.wake();
  });
  const secret = loginSecret(location.hash);
  void (secret === null ? resume() : redeem(secret));
}
