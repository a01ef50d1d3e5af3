// SPDX-License-Identifier: GPL-3.0-or-later
// The question of the first run on a real daemon: nothing of the mesh runs before the answer, "no" lasts over a restart, and who joins
// with a share offers that share and is found.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freeBase } from "./demo.mjs";
import { Node } from "./nodes.mjs";
import { chromium, close, go, holds, shot, shown } from "./visit.mjs";

const program = process.env.SF_PROGRAM;
assert.ok(program, "SF_PROGRAM names the built program");
const kSlow = 60_000;
const asks = "document.querySelector('dialog[open] #join-title')";
const notes = randomBytes(200_000);
const id = `sha256:${createHash("sha256").update(notes).digest("hex")}`;
let friend;
let fresh;

before(async () => {
  const base = await freeBase();
  const network = 8000 + (base % 1000);
  friend = new Node(program, "friend", base);
  friend.write({ network });
  await friend.start();
  fresh = new Node(program, "fresh", base + 10);
  const music = join(fresh.dir, "music");
  mkdirSync(music);
  writeFileSync(join(music, "notes.bin"), notes);
  const peers = `    ${friend.peer}:\n      endpoints: ["127.0.0.1:${friend.meshPort}"]\n      trusted: true`;
  fresh.write({ network, peers, join: "ask", more: `shares:\n  directories:\n    - "[music]${music}"\n` });
  await fresh.start({ on: false });
});
after(async () => {
  await close();
  await fresh?.remove();
  await friend?.remove();
});

const isOpen = (port) => new Promise((resolve) => {
  const socket = createConnection({ host: "127.0.0.1", port }, () => socket.destroy(resolve(true)));
  socket.on("error", () => resolve(false));
});
const visitFresh = async (options = {}) => {
  const page = await (await chromium()).page({ width: 1280, height: 900, ...options });
  await page.open(`http://fresh.localhost:${fresh.port}/#login=${fresh.loginSecret()}`);
  await page.wait("document.querySelector('.house')", "the page", kSlow);
  return page;
};

test("asked once, no is the default: nothing listens, nobody is linked, and a restart does not ask again", async () => {
  const page = await visitFresh();
  await page.wait(asks, "the question", kSlow);
  assert.equal(await page.evaluate("document.activeElement.textContent"), "No, stay out");
  await page.picture(shot("first-run-real"));
  assert.equal(await isOpen(fresh.meshPort), false, "nothing listens before the answer");
  await page.press("Enter");
  await page.wait(`!${asks}`);
  await fresh.until("the answer to be kept", async () => !(await fresh.ask("/mesh")).choice.open);
  assert.equal(await isOpen(fresh.meshPort), false);
  assert.deepEqual((await friend.ask("/mesh")).links, []);
  await holds(page, `http://fresh.localhost:${fresh.port}/`);
  await fresh.stop();
  await fresh.start({ on: false });
  assert.deepEqual((await fresh.ask("/mesh")).choice, { open: false, joined: false, fixed: false });
});

test("who changes their mind joins with a share: linked, and another node fetches a file of it by its content", async () => {
  const page = await visitFresh({ width: 360, height: 740 });
  await go(page, "#/mesh");
  await page.wait(shown("Not part of the mesh"), "the state", kSlow);
  assert.equal(await page.evaluate(asks), null);
  await page.click("main .check|music");
  await page.click("main button|Join the mesh");
  await page.wait(shown("Part of the mesh"), "the node to join", kSlow);
  await fresh.onTheMesh();
  await page.picture(shot("joined-real-360"));
  await friend.until("a link of the new node", async () => (await friend.ask("/mesh")).links.some((link) => link.peer === fresh.peer));
  // Asked for at once: the fetch waits while the file is still being looked at.
  const body = JSON.stringify({ contentId: id, from: [fresh.peer] });
  const begun = await friend.ask("/relay/content/fetches", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const fetched = await friend.until("the fetch to end", async () => {
    const now = await friend.ask(`/relay/content/fetches/${begun.id}`);
    return ["done", "failed"].includes(now.state) ? now : null;
  });
  assert.equal(fetched.state, "done", fetched.problem);
  assert.deepEqual(readFileSync(fetched.path), notes);
  await page.click("button|Leave the mesh");
  await page.click("dialog[open] button|Leave the mesh");
  await page.wait(shown("Not part of the mesh"), "the node to leave", kSlow);
  await friend.until("the link to end", async () => (await friend.ask("/mesh")).links.length === 0);
  assert.equal(await isOpen(fresh.meshPort), false);
});
