// SPDX-License-Identifier: GPL-3.0-or-later
// Security rule S19: two nodes' pages open in one browser, one of them through a forward; neither node gets the other's cookie.
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { after, before, test } from "node:test";
import { freeBase } from "./demo.mjs";
import { Node } from "./nodes.mjs";
import { chromium, close, forgive, go, holds, shot, shown } from "./visit.mjs";

const program = process.env.SF_PROGRAM;
assert.ok(program, "SF_PROGRAM names the built program");
const kSlow = 60_000;
let home;
let vps;
let witness;
let echoPort;

/** A target of the VPS that remembers what reached it through the tunnel, and sets a cookie of its own. */
class Witness {
  async start() {
    this.seen = [];
    this.paths = [];
    this.server = createServer((incoming, response) => {
      this.seen.push(incoming.headers);
      this.paths.push(incoming.url);
      response.setHeader("Set-Cookie", "theirs=1; Path=/; HttpOnly; SameSite=Strict");
      response.setHeader("Content-Type", "text/html");
      response.end("<!doctype html><title>witness</title><p>seen</p>");
    });
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.port = this.server.address().port;
    return this;
  }
  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}

before(async () => {
  const base = await freeBase();
  const network = 7000 + (base % 1000);
  witness = await new Witness().start();
  home = new Node(program, "home", base);
  vps = new Node(program, "vps", base + 10);
  echoPort = base + 21;
  vps.write({ network });
  await vps.start();
  const peers = `    ${vps.peer}:\n      endpoints: ["127.0.0.1:${vps.meshPort}"]\n      trusted: true`;
  home.write({ network, peers, more: `forwards:\n  witness:\n    peer: ${vps.peer}\n    target: witness\n    port: ${echoPort}\n` });
  await home.start();
  await vps.stop();
  vps.write({ network, peers: `    ${home.peer}:\n      trusted: true\n      rights: [tunnel_targets]`, more: `relay:\n  trusted:\n    enabled: true\n    tunnels_per_peer: 16\n    targets:\n      witness: ${witness.port}\n` });
  await vps.start();
  await home.until("a link to the VPS", async () => (await home.ask("/mesh")).links.some((link) => link.peer === vps.peer));
});
after(async () => {
  await close();
  await home?.remove();
  await vps?.remove();
  await witness?.stop();
});

/** What one plain request gets; `headers` as they are, the host among them. */
const plainRequest = (port, headers, path = "/") => new Promise((resolve, reject) => {
  request({ host: "127.0.0.1", port, path, headers, setHost: false }, (response) => {
    response.resume().on("end", () => resolve(response.statusCode));
  }).on("error", reject).end();
});

const session = (cookies, host) => {
  const found = cookies.filter((cookie) => cookie.domain === host);
  assert.equal(found.length, 1, `one cookie of ${host}: ${cookies.map((cookie) => cookie.domain)}`);
  return found[0];
};
const cookieOf = (headers) => Object.entries(headers).find(([name]) => name.toLowerCase() === "cookie")?.[1] ?? "";
const hostOf = (headers) => Object.entries(headers).find(([name]) => name.toLowerCase() === "host")?.[1] ?? "";

test("the page of the VPS opens from the page of the home node; each node gets its own cookie and no other", async () => {
  const browser = await chromium();
  const first = await browser.page({ width: 1280, height: 900 });
  const homeUrl = `http://a.localhost:${home.port}/`;
  await first.open(`${homeUrl}#login=${home.loginSecret()}`);
  await first.wait("document.querySelector('.house')", "the home page", kSlow);
  await go(first, "#/relay/tunnels");
  await first.click(`button|Open the page of ${vps.peer}`);
  const url = await first.wait("document.querySelector('[aria-label=Forwards] a[href*=\"//node-\"]')?.href", "the forward to be there", kSlow);
  assert.match(url, /^http:\/\/node-[a-z2-7]{6}\.localhost:\d+\/$/);
  await first.send("Page.bringToFront");
  await first.picture(shot("forward-home"));

  const second = await browser.page({ width: 1280, height: 900, beside: first });
  await second.open(url);
  await second.fill("input[name=username]", vps.name);
  await second.fill("input[name=password]", vps.password);
  await second.press("Enter");
  await second.wait("document.querySelector('.house')", "the page of the VPS", kSlow);
  await go(second, "#/mesh");
  await second.wait(shown(vps.peer), "the VPS's own id", kSlow);
  assert.equal(await second.evaluate("document.querySelector('.linkbar')"), null, "the event stream stands through the tunnel");
  await second.picture(shot("forward-vps"));

  const cookies = await browser.cookies(first);
  const own = session(cookies, "a.localhost");
  const theirs = session(cookies, new URL(url).hostname);
  assert.notEqual(own.value, theirs.value);
  for (const cookie of [own, theirs]) assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Strict"]);

  for (const page of [first, second]) {
    await page.send("Page.reload", {});
    await page.wait("document.readyState==='complete'&&document.querySelector('.house')", "to be signed in still", kSlow);
  }
  const sent = [...first.sent, ...second.sent];
  const toHome = sent.filter((headers) => hostOf(headers) === new URL(homeUrl).host && cookieOf(headers));
  const toVps = sent.filter((headers) => hostOf(headers) === new URL(url).host && cookieOf(headers));
  assert.ok(toHome.length > 3 && toVps.length > 3, `both nodes were sent cookies: ${toHome.length}, ${toVps.length}`);
  for (const headers of toHome) assert.ok(!cookieOf(headers).includes(theirs.value), "the home node does not get the VPS's cookie");
  for (const headers of toVps) assert.ok(!cookieOf(headers).includes(own.value), "the VPS does not get the home node's cookie");
  forgive(second, 401);
  await holds(first, homeUrl);
  await holds(second, url);
});

test("cookies that were not set through a forward do not cross it, whoever set them", async () => {
  const browser = await chromium();
  const page = await browser.page();
  const url = `http://witness.localhost:${echoPort}/`;
  const stray = "value-of-the-home-session";
  await page.send("Network.setCookie", { url, name: "sf_session", value: stray });
  await page.send("Network.setCookie", { url, name: "theirs", value: "forged" });
  await page.open(url);
  await page.wait("document.title==='witness'", "the target to answer", kSlow);
  await page.open(`${url}again`);
  await page.wait("document.title==='witness'&&location.pathname==='/again'");
  assert.ok(witness.seen.length >= 2);
  for (const headers of witness.seen) {
    assert.ok(!(headers.cookie ?? "").includes(stray), headers.cookie);
    assert.ok(!(headers.cookie ?? "").includes("forged"), headers.cookie);
  }
  assert.equal(witness.seen.at(-1).cookie, "theirs=1", "its own comes back under its own name");
  assert.equal(witness.seen[0].cookie, undefined);
});

test("a forward answers under its own host and to its own pages only", async () => {
  const host = `witness.localhost:${echoPort}`;
  assert.equal(await plainRequest(echoPort, { Host: host, Connection: "close" }), 200);
  const refused = async (headers) => assert.ok((await plainRequest(echoPort, { ...headers, Connection: "close" }, "/crossed")) >= 400, JSON.stringify(headers));
  for (const other of [`localhost:${echoPort}`, `127.0.0.1:${echoPort}`, `a.localhost:${echoPort}`, "witness.localhost", `witness.localhost:${home.port}`]) await refused({ Host: other });
  for (const origin of [`http://a.localhost:${home.port}`, `http://localhost:${echoPort}`, "null", `https://${host}`]) await refused({ Host: host, Origin: origin });
  assert.ok(!witness.paths.includes("/crossed"), "none of them crossed the tunnel");
});
