// SPDX-License-Identifier: GPL-3.0-or-later
// The event stream's coming and going, and requests with their failures, without a network.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventStream, type SocketLike } from "../../../web/src/api/events";
import { ApiError, Http } from "../../../web/src/api/http";

class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: string[] = [];
  closed = false;
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.closed = true;
  }
  say(event: unknown) {
    this.onmessage?.({ data: typeof event === "string" ? event : JSON.stringify(event) });
  }
}

function setup(known = true) {
  const sockets: FakeSocket[] = [];
  const timers: { milliseconds: number; run: () => void; live: boolean }[] = [];
  const state = { known };
  const stream = new EventStream({
    open: () => {
      sockets.push(new FakeSocket());
      return sockets.at(-1)!;
    },
    after(milliseconds, run) {
      const timer = { milliseconds, run, live: true };
      timers.push(timer);
      return () => {
        timer.live = false;
      };
    },
    random: () => 1,
    stillSignedIn: () => Promise.resolve(state.known),
  });
  const links: string[] = [];
  const events: string[] = [];
  stream.onLink = (link) => links.push(link);
  stream.onEvent = (event) => events.push(event.type);
  return { stream, sockets, timers, links, events, state };
}
const settle = () => new Promise((done) => setImmediate(done));

test("the stream is open only once hello has come", () => {
  const { stream, sockets, links, events } = setup();
  stream.start();
  assert.deepEqual(links, ["opening"]);
  sockets[0]!.say({ type: "hello", data: {} });
  sockets[0]!.say({ type: "transfer", data: {} });
  assert.deepEqual(links, ["opening", "open"]);
  assert.deepEqual(events, ["hello", "transfer"]);
});

test("a lost stream comes back with growing pauses, and a hello makes them short again", async () => {
  const { stream, sockets, timers, links } = setup();
  stream.start();
  for (let i = 0; i < 3; i += 1) {
    sockets.at(-1)!.onclose!();
    await settle();
    timers.at(-1)!.run();
  }
  assert.deepEqual(timers.map((timer) => timer.milliseconds), [500, 1000, 2000]);
  sockets.at(-1)!.say({ type: "hello", data: {} });
  sockets.at(-1)!.onclose!();
  await settle();
  assert.equal(timers.at(-1)!.milliseconds, 500);
  assert.deepEqual(links, ["opening", "lost", "open", "lost"]);
});

test("a stream that ended because the session did is not tried again", async () => {
  const { stream, sockets, timers, links, state } = setup();
  stream.start();
  state.known = false;
  sockets[0]!.onclose!();
  await settle();
  assert.equal(timers.length, 0);
  assert.equal(links.at(-1), "closed");
});

test("waking does not wait out the pause, and tests a stream that seems open", async () => {
  const { stream, sockets, timers } = setup();
  stream.start();
  sockets[0]!.onclose!();
  await settle();
  stream.wake();
  assert.equal(timers[0]!.live, false);
  assert.equal(sockets.length, 2);
  sockets[1]!.say({ type: "hello", data: {} });
  stream.wake();
  assert.deepEqual(sockets[1]!.sent, ['{"type":"ping"}']);
});

test("what is no JSON, comes from an old socket or after stop is passed over", () => {
  const { stream, sockets, events } = setup();
  stream.start();
  sockets[0]!.say("no json");
  stream.stop();
  assert.equal(sockets[0]!.closed, true);
  sockets[0]!.say({ type: "hello", data: {} });
  assert.deepEqual(events, []);
});

type Seen = { url: string; init: RequestInit };
function httpWith(status: number, body: string, headers: Record<string, string> = {}) {
  const seen: Seen[] = [];
  const http = new Http(((url: string, init: RequestInit) => {
    seen.push({ url, init });
    return Promise.resolve(new Response(status === 204 ? null : body, { status, headers }));
  }) as unknown as typeof fetch);
  return { http, seen };
}
const failure = async (run: Promise<unknown>): Promise<ApiError> => run.then(() => assert.fail("it went well"), (error: ApiError) => error);

test("the CSRF token goes with everything but GET, and is learnt from answers", async () => {
  const { http, seen } = httpWith(200, "[]", { "X-CSRF-Token": "t1" });
  await http.json("GET", "/session");
  await http.json("POST", "/searches", { searchText: "x" });
  const header = (n: number) => (seen[n]!.init.headers as Record<string, string>)["X-CSRF-Token"];
  assert.deepEqual([header(0), header(1)], [undefined, "t1"]);
  assert.equal(seen[1]!.url, "/api/v0/searches");
  assert.equal(seen[1]!.init.credentials, "same-origin");
});

test("a failure is the sentence of the daemon, else one by its status, else that it does not answer", async () => {
  assert.equal((await failure(httpWith(409, '"Not logged in to Soulseek: connect first."').http.call("POST", "/searches"))).message, "Not logged in to Soulseek: connect first.");
  assert.match((await failure(httpWith(429, "").http.call("POST", "/searches"))).message, /Too many/);
  assert.match((await failure(httpWith(502, "<html>").http.call("GET", "/x"))).message, /502/);
  const dead = new Http((() => Promise.reject(new TypeError("network"))) as unknown as typeof fetch);
  const error = await failure(dead.call("GET", "/x"));
  assert.deepEqual([error.status, /does not answer/.test(error.message)], [0, true]);
});

test("losing the session is told once it matters, not while signing in", async () => {
  const { http } = httpWith(401, "");
  let told = 0;
  http.onSignedOut = () => (told += 1);
  await failure(http.call("POST", "/session", {}));
  assert.equal(told, 0);
  await failure(http.call("GET", "/shares"));
  assert.equal(told, 1);
});
