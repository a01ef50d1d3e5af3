// SPDX-License-Identifier: GPL-3.0-or-later
// A stand-in for the daemon's HTTP side: serves the built page and speaks the part of the interface that the page uses.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { Mesh, meshRoutes } from "./mesh.mjs";
import { load } from "./modules.mjs";
import { Relay, relayRoutes } from "./relay.mjs";
import { routes } from "./routes.mjs";
import { Searches } from "./searches.mjs";
import { Transfers } from "./transfers.mjs";

const { WebSocketServer } = load("ws");
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
export const kPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export class Gateway {
  constructor(root, options = {}) {
    this.root = root;
    this.credentials = { username: "listener", password: "a quiet place" };
    this.links = new Set();
    this.sessions = new Map();
    this.sockets = new Set();
    this.log = [];
    this.options = options;
    this.base = options.base ?? "/";
    this.browses = new Set();
    this.conversations = new Map();
    const push = (event) => this.push(event);
    this.searches = new Searches(push, options.searches);
    this.transfers = new Transfers(push, options.transfers);
    this.mesh = new Mesh(options.mesh);
    this.relay = new Relay(options.relay);
    this.scan = { scanPending: false, scanning: false, ready: true, faulted: false, cancelled: false, scanProgress: 1, hosts: ["local"], directories: 312, files: 4210 };
    this.server = { address: "server.example:2242", state: "Connected, LoggedIn", isConnected: true, isConnecting: false, isLoggedIn: true, isLoggingIn: false, isTransitioning: false };
  }

  application() {
    return { version: { full: "0.1.0", current: "0.26.0" }, server: this.server, user: { username: "listener" }, shares: this.scan, rooms: [], users: [] };
  }
  setServer(server) {
    this.server = { ...this.server, ...server };
    this.push({ type: "application", data: this.application() });
  }
  shares() {
    return { local: [
      { id: "a1", alias: "music", isExcluded: false, localPath: "/srv/music", raw: "/srv/music", remotePath: "music", directories: 290, files: 4100 },
      { id: "b2", alias: "field recordings", isExcluded: false, localPath: "/srv/field", raw: "/srv/field", remotePath: "field recordings", directories: 22, files: 110 },
    ] };
  }

  push(event) {
    const text = JSON.stringify(event);
    for (const socket of this.sockets) socket.send(text);
  }
  hello() {
    return { type: "hello", data: {
      application: this.application(), downloads: this.transfers.groups("Download"), uploads: this.transfers.groups("Upload"),
      searches: [...this.searches.all.values()], shares: this.shares(),
    } };
  }

  startScan() {
    let done = 0;
    this.scan = { ...this.scan, scanning: true, scanProgress: 0, cancelled: false };
    this.scanTimer = setInterval(() => {
      done += 70;
      const over = done >= 4210;
      this.scan = { ...this.scan, scanning: !over, scanProgress: Math.min(1, done / 4210), filesScanned: Math.min(4210, done), filesPerSecond: over ? 0 : 700, secondsLeft: Math.max(0, (4210 - done) / 700) };
      if (over) clearInterval(this.scanTimer);
      this.push({ type: "shares", data: this.scan });
    }, 100);
    this.push({ type: "shares", data: this.scan });
  }
  stopScan() {
    clearInterval(this.scanTimer);
    this.scan = { ...this.scan, scanning: false, cancelled: true };
    this.push({ type: "shares", data: this.scan });
  }

  newLink() {
    const secret = randomBytes(24).toString("base64url");
    this.links.add(secret);
    return secret;
  }
  /** The next question for the conversations is answered only when the test says so. */
  holdConversations() {
    const hold = {};
    const released = new Promise((resolve) => { hold.open = resolve; });
    const answered = new Promise((resolve) => { hold.answered = resolve; });
    hold.asked = new Promise((resolve) => { hold.arrived = resolve; });
    hold.turn = (response) => {
      this.heldConversations = undefined;
      response.once("finish", hold.answered);
      hold.arrived();
      return released;
    };
    hold.release = () => {
      hold.open();
      return answered;
    };
    this.heldConversations = hold;
    return hold;
  }
  openSession() {
    const session = { csrf: randomBytes(18).toString("base64url") };
    const token = randomBytes(24).toString("base64url");
    this.sessions.set(token, session);
    return { token, session };
  }
  sessionOf(request) {
    const match = /(?:^|;\s*)sf_mock=([^;]+)/.exec(request.headers.cookie ?? "");
    return match ? this.sessions.get(match[1]) : undefined;
  }

  answer(response, status, body, headers = {}) {
    const text = body === undefined ? "" : JSON.stringify(body);
    response.writeHead(status, { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", ...headers });
    response.end(text);
  }

  file(request, response, path) {
    const name = path === "/" ? "/index.html" : normalize(path);
    const file = join(this.root, name);
    if (!existsSync(file) || !types[extname(file)]) {
      this.answer(response, 404);
      return;
    }
    response.writeHead(200, { "Content-Type": types[extname(file)], "Content-Security-Policy": kPolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache" });
    response.end(readFileSync(file));
  }

  async handle(request, response) {
    const url = new URL(request.url, "http://mock.invalid");
    if (!url.pathname.startsWith(this.base)) {
      this.answer(response, 404);
      return;
    }
    url.pathname = url.pathname.slice(this.base.length - 1);
    this.log.push({ method: request.method, path: url.pathname });
    if (!url.pathname.startsWith("/api/")) {
      this.file(request, response, url.pathname);
      return;
    }
    let text = "";
    for await (const piece of request) text += piece;
    const path = url.pathname.replace(/^\/api\/v0/, "");
    const session = this.sessionOf(request);
    const open = path === "/session/enabled" || (request.method === "POST" && path.startsWith("/session"));
    if (!open && !session) {
      this.answer(response, 401);
      return;
    }
    if (!open && request.method !== "GET" && request.headers["x-csrf-token"] !== session.csrf) {
      this.answer(response, 403, "The CSRF token is missing: reload the page.");
      return;
    }
    if (open && request.method === "POST" && request.headers["x-soulfabric-browser"] !== "1") {
      this.answer(response, 400, "Only a browser asks this way.");
      return;
    }
    for (const [method, pattern, run] of [...routes, ...meshRoutes, ...relayRoutes]) {
      const match = method === request.method ? pattern.exec(path) : null;
      if (!match) continue;
      run({ gateway: this, request, response, session, query: url.searchParams, body: text === "" ? undefined : JSON.parse(text), part: match.slice(1).map(decodeURIComponent) });
      return;
    }
    this.answer(response, 404);
  }

  async start(port = 0) {
    this.http = createServer((request, response) => {
      this.handle(request, response).catch((error) => {
        console.error(error);
        if (!response.headersSent) this.answer(response, 500, "The stand-in failed.");
      });
    });
    const upgrades = new WebSocketServer({ noServer: true });
    this.http.on("upgrade", (request, socket, head) => {
      const sameOrigin = request.headers.origin === `http://${request.headers.host}`;
      if (request.url !== `${this.base}api/v0/events/ws` || !this.sessionOf(request) || !sameOrigin) {
        socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
        return;
      }
      upgrades.handleUpgrade(request, socket, head, (open) => {
        this.sockets.add(open);
        open.on("close", () => this.sockets.delete(open));
        open.send(JSON.stringify(this.hello()));
      });
    });
    await new Promise((done) => this.http.listen(port, "127.0.0.1", done));
    this.port = this.http.address().port;
    return this;
  }

  dropSockets() {
    for (const socket of this.sockets) socket.terminate();
  }

  async stop() {
    this.searches.stop();
    this.transfers.stop();
    clearInterval(this.scanTimer);
    this.dropSockets();
    this.http.closeAllConnections?.();
    await new Promise((done) => this.http.close(done));
  }
}
