// SPDX-License-Identifier: GPL-3.0-or-later
// The page as a user meets it: the demo's own daemons and server, real music, Chromium at two widths.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { find } from "./browser.mjs";
import { Demo } from "./demo.mjs";
import { chromium, close, go, holds, nameless, shot, sticking } from "./visit.mjs";

const program = process.env.SF_PROGRAM;
assert.ok(program, "SF_PROGRAM names the built program");
const kSlow = 60_000;
let demo;
before(async () => {
  demo = await Demo.start(program);
});
after(async () => {
  await close();
  await demo?.stop();
});

const shown = (text) => `document.body.innerText.includes(${JSON.stringify(text)})`;
const fileRows = "document.querySelectorAll('.row-file').length";

/** Albums that a node shares. */
async function albumsOf(node) {
  const folders = await demo.ask(node, "/shares/contents");
  const albums = folders.map((folder) => ({ node, folder: folder.name, leaf: folder.name.split("\\").pop(), files: folder.files.filter((file) => /\.(flac|mp3)$/.test(file.filename)) }));
  return albums.filter((album) => album.files.length >= 2);
}

/** Albums that others share and this node does not. */
async function foreignTo(node) {
  const own = new Set((await albumsOf(node)).map((album) => album.leaf));
  const found = new Map();
  for (const other of demo.nodes) {
    if (other === node) continue;
    for (const album of await albumsOf(other)) if (!own.has(album.leaf) && !found.has(album.leaf)) found.set(album.leaf, album);
  }
  return [...found.values()];
}

async function enter(node, view) {
  const page = await (await chromium()).page(view);
  const url = demo.pageOf(node);
  await page.open(`${url}#login=${demo.loginSecret(node)}`);
  await page.wait("document.querySelector('.pill-good')", "the node to be logged in to Soulseek", kSlow);
  assert.equal(await page.evaluate("location.href"), `${url}#/search`);
  return { page, url };
}

async function searchFor(page, words) {
  await page.fill("#search-text", words);
  await page.press("Enter");
  await page.wait(`${fileRows}>=2`, `results for ${words}`, kSlow);
}

async function downloaded(node, leaf) {
  const groups = await demo.ask(node, "/transfers/downloads");
  return groups.flatMap((group) => group.directories.flatMap((folder) => folder.files)).filter((file) => file.filename.split("\\").slice(-2)[0] === leaf);
}

for (const view of [{ width: 1280, height: 800 }, { width: 360, height: 740, dark: true }]) {
  test(`at ${view.width} pixels: enter by link, search, download a folder, every file arrives byte for byte`, async () => {
    const nth = view.width === 360 ? 1 : 0;
    const node = demo.nodes[0];
    const album = (await foreignTo(node))[nth];
    const { page, url } = await enter(node, view);
    await searchFor(page, album.leaf.replace(/[^\p{L}\p{N} ]+/gu, " ").replace(/\s+/g, " ").trim());
    await page.picture(shot(`real-search-${view.width}`));
    await page.click(`.row-folder button|${album.leaf}`);
    await page.wait(shown("Added to downloads"), "the download to be taken", kSlow);
    await go(page, "#/downloads");
    await page.wait(`${fileRows}>=${album.files.length}`);
    await page.picture(shot(`real-downloads-${view.width}`));
    await page.wait(`document.querySelectorAll('.row-file .state-done').length===${fileRows}`, "all files to be done", kSlow);
    await page.picture(shot(`real-done-${view.width}`));
    const transfers = await downloaded(node, album.leaf);
    assert.ok(transfers.length >= album.files.length);
    for (const transfer of transfers) {
      assert.equal(transfer.state, "Completed, Succeeded");
      const name = transfer.filename.split("\\").pop();
      const source = demo.nodes.find((other) => other.username === transfer.username);
      const [ours] = demo.find(node, name).map((path) => readFileSync(path));
      assert.ok(ours, `${name} lies in the downloads`);
      assert.ok(demo.find(source, name).some((path) => readFileSync(path).equals(ours)), `${name} is the same on both sides`);
    }
    await page.click("button|Clear finished");
    await page.wait(shown("No downloads yet"));
    await holds(page, url);
  });
}

test("another node's folders are browsed, opened and downloaded from", async () => {
  const node = demo.nodes[2];
  const [album] = await albumsOf(demo.nodes[1]);
  const { page, url } = await enter(node, { width: 1280, height: 800 });
  const other = (await demo.ask(album.node, "/application")).user.username;
  await go(page, `#/browse/${encodeURIComponent(other)}`);
  let path = "";
  for (const part of album.folder.split("\\")) {
    path = path ? `${path}\\${part}` : part;
    await page.click(`.row-folder .main-cell[title=${JSON.stringify(path)}]`);
    await page.wait(`${find(`.row-folder .main-cell[title=${JSON.stringify(path)}]`)}?.closest('.row').getAttribute('aria-expanded')==='true'`, `${path} to open`);
  }
  const name = album.files[0].filename;
  await page.click(`.row-file button|Download ${name}`);
  await page.wait(shown("Added to downloads"), "the download to be taken", kSlow);
  await page.picture(shot("real-browse"));
  await go(page, "#/downloads");
  await page.wait("document.querySelectorAll('.row-file .state-done').length===1", "the file to be done", kSlow);
  await holds(page, url);
});

test("shares are counted and scanned again, every screen is whole at 360 pixels", async () => {
  const node = demo.nodes[1];
  const { page, url } = await enter(node, { width: 360, height: 740 });
  for (const screen of ["#/search", "#/downloads", "#/uploads", "#/browse", "#/chat", "#/shares", "#/pods", "#/mesh", "#/relay", "#/relay/content", "#/relay/tunnels", "#/guard"]) {
    await go(page, screen);
    await page.wait("document.querySelector('.screen')&&!document.querySelector('.screen .spinner')");
    assert.deepEqual(await page.evaluate(nameless), [], screen);
    assert.deepEqual(await page.evaluate(sticking), [], screen);
  }
  const files = (await demo.ask(node, "/application")).shares.files;
  await go(page, "#/shares");
  await page.wait(shown(`${files.toLocaleString("en")} files`));
  await page.click("button|Scan now");
  await page.wait("[...document.querySelectorAll('button')].some(e=>e.textContent==='Scan now')", "the scan to end", kSlow);
  await page.wait(shown(`${files.toLocaleString("en")} files`));
  await page.picture(shot("real-shares"));
  await holds(page, url);
});

test("messages go from one page to another", async () => {
  const [, one, two] = demo.nodes;
  const names = await Promise.all([one, two].map(async (node) => (await demo.ask(node, "/application")).user.username));
  const first = await enter(one, { width: 1280, height: 800 });
  const second = await enter(two, { width: 360, height: 740, dark: true });
  await go(first.page, `#/chat/${encodeURIComponent(names[1])}`);
  await first.page.fill("#message-text", "Is the <b>second</b> record yours?");
  await first.page.press("Enter");
  await first.page.wait(shown("Is the <b>second</b> record yours?"));
  await second.page.wait("document.querySelector('.nav').textContent.includes('1 unread')", "the message to arrive", kSlow);
  await go(second.page, `#/chat/${encodeURIComponent(names[0])}`);
  await second.page.wait(shown("Is the <b>second</b> record yours?"));
  await second.page.picture(shot("real-chat"));
  for (const { page, url } of [first, second]) await holds(page, url);
});

test("the demo's mesh: a link by id alone, a service found by its name, a pod joined and written to", async () => {
  const [one, , two] = demo.nodes;
  const first = await enter(one, { width: 1280, height: 1000 });
  await go(first.page, "#/mesh");
  await first.page.wait(shown(one.peerId), "this node's id", kSlow);
  assert.equal(await first.page.evaluate("document.querySelector('dialog[open]')"), null, "the configuration has answered the question");
  const row = `document.querySelector('[aria-label="Node ${two.peerId}"]')`;
  await first.page.fill("input[name=peer]", two.peerId);
  await first.page.press("Enter");
  await first.page.wait(row, "the link to stand", kSlow);
  await first.page.fill("input[name=service]", "mesh-introspect");
  await first.page.press("Enter");
  await first.page.wait(`[...document.querySelectorAll('.entry .peer')].some(e=>e.title===${JSON.stringify(two.peerId)})`, "the service to be found", kSlow);
  await first.page.wait("document.querySelectorAll('.dot-node').length>=1");
  await first.page.picture(shot("real-mesh"));

  await go(first.page, "#/pods");
  await first.page.fill("form[aria-labelledby=pod-new-title] input[name=name]", "Night <b>trains</b>");
  await first.page.press("Enter");
  await first.page.wait("document.querySelector('.thread h2')?.textContent==='Night <b>trains</b>'", "the pod to be made", kSlow);
  const pod = await first.page.evaluate("decodeURIComponent(location.hash.split('/')[2])");
  const second = await enter(two, { width: 360, height: 740, dark: true });
  await go(second.page, "#/pods");
  await second.page.fill("input[name=pod]", pod);
  await second.page.fill("input[name=host]", one.peerId);
  await second.page.press("Enter");
  await second.page.wait(shown("You have asked to join"), "the pod to be asked", kSlow);
  await first.page.click("summary|1 member");
  await first.page.click(`button|Let in ${two.peerId}`);
  await second.page.wait("document.querySelector('#pod-text')", "to be let in", kSlow);
  await second.page.fill("#pod-text", "Which <i>platform</i>?");
  await second.page.press("Enter");
  for (const { page } of [first, second]) await page.wait("[...document.querySelectorAll('.said p')].some(e=>e.textContent==='Which <i>platform</i>?')", "the message to be there", kSlow);
  await second.page.picture(shot("real-pod-360"));
  await first.page.picture(shot("real-pod-1280"));
  for (const { page, url } of [first, second]) await holds(page, url);
});

test("the demo's relays: a release is looked up, a file is fetched by what it is", async () => {
  const node = demo.nodes[0];
  const { page, url } = await enter(node, { width: 1280, height: 1000 });
  await go(page, "#/relay");
  await page.fill("input[name=mbid]", `https://musicbrainz.org/release/${demo.facts.releases[0]}`);
  await page.press("Enter");
  await page.wait("document.querySelector('.medium li')&&document.querySelector('#came-from')", "the release with its tracks", kSlow);
  await page.picture(shot("real-release"));
  await go(page, "#/relay/content");
  const [file] = demo.facts.genericFiles;
  await page.fill("input[name=content]", file.sha256);
  await page.fill("input[name=name]", "by-its-id.bin");
  await page.press("Enter");
  await page.wait("document.querySelector('.fetch .progress-done')", "the file to be whole", kSlow);
  const [fetched] = demo.find(node, "by-its-id.bin");
  assert.equal(createHash("sha256").update(readFileSync(fetched)).digest("hex"), file.sha256);
  await page.picture(shot("real-fetch"));
  await holds(page, url);
});

test("a wrong password is refused, the right one enters, log out ends it on every open page", async () => {
  const node = demo.nodes[0];
  const page = await (await chromium()).page({ width: 1280, height: 800 });
  await page.open(demo.pageOf(node));
  await page.fill("input[name=username]", node.username);
  await page.fill("input[name=password]", "certainly not this");
  await page.press("Enter");
  await page.wait(shown("That name and password do not fit"));
  await page.fill("input[name=password]", node.password);
  await page.press("Enter");
  await page.wait("document.querySelector('.pill-good')");
  await page.open(demo.pageOf(node));
  await page.wait("document.querySelector('.pill-good')", "the session to outlive a reload");
  await page.click("button|Log out");
  await page.wait("document.querySelector('.gate')");
  await page.open(demo.pageOf(node));
  await page.wait("document.querySelector('.gate')", "the sign-in page");
  page.problems = page.problems.filter((text) => !text.includes("401"));
  await holds(page, demo.pageOf(node));
});
