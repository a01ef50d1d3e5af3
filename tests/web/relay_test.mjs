// SPDX-License-Identifier: GPL-3.0-or-later
// The relays in Chromium against the stand-in: looking things up, fetching by content id, tunnels and the pages of other nodes.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { kEvil, peerOf } from "./mock/mesh.mjs";
import { contentOf, groupId, kHostile, kRelease, kUnknown } from "./mock/relay.mjs";
import { chromium, close, forgive, go, narrow, shot, shown, visit, whole } from "./visit.mjs";

after(close);
const views = [{ width: 1280, height: 1000 }, narrow];
const look = async (page, text) => {
  await page.fill("input[name=mbid]", text);
  await page.press("Enter");
};
const unharmed = async (page, title) => {
  assert.equal(await page.evaluate("document.title"), title);
  assert.equal(await page.evaluate("document.querySelectorAll('script:not([src]),img:not(.cover img)').length"), 0);
};

/** The next tab whose address fits. */
async function newTab(protocol, fits) {
  const seen = new Promise((resolve) => {
    protocol.listeners.push(({ method, params }) => {
      if ((method === "Target.targetCreated" || method === "Target.targetInfoChanged") && fits(params.targetInfo.url)) resolve(params.targetInfo);
    });
  });
  await protocol.send("Target.setDiscoverTargets", { discover: true });
  return { async close() {
    const info = await seen;
    await protocol.send("Target.setDiscoverTargets", { discover: false });
    await protocol.send("Target.closeTarget", { targetId: info.targetId });
    return info;
  } };
}

for (const view of views) {
  test(`at ${view.width} pixels: a release is looked up by its link: title, artists, tracks, cover, who fetched it and how old it is`, async () => {
    await visit({ view }, async ({ page, gateway }) => {
      await go(page, "#/relay");
      await page.wait(shown("The node that owns an id sees that you look it up."));
      await whole(page);
      await page.picture(shot(`relay-catalogue-${view.width}`));
      await look(page, `https://musicbrainz.org/release/${kRelease.toUpperCase()}?tab=1`);
      await page.wait("document.querySelector('.release h3')?.textContent==='Night Trains'");
      assert.deepEqual(gateway.relay.asked, [`release/${kRelease}`]);
      for (const words of ["Ada Vale & The Sleepers", "1998-03-09", "Platform Nine", "CD 1", "CD 2: Return", "3:07", "5:01", "Somebody else"]) assert.ok(await page.evaluate(shown(words)), words);
      assert.match(await page.evaluate("document.querySelector('#came-from').textContent"), /^freshFrom node \w+…\w+, 1 min old$/);
      await page.wait("document.querySelector('.cover img')?.naturalWidth===4&&!document.querySelector('.cover .cover-none')", "the cover to be drawn");
      await page.wait("document.querySelector('#spoken').textContent==='Release: Night Trains'", "the answer to be said");
      await whole(page);
      await page.evaluate("document.querySelector('.release').scrollIntoView()");
      await page.picture(shot(`relay-release-${view.width}`));
      for (const words of ["Too many questions of one node", "Forged signature", "Fell silent", "No answer in time", "Host on no public address"]) assert.ok(await page.evaluate(shown(words)), words);
      for (const words of ["relay.catalogue.contact", "relay.exceptions", `mirror.lan, ${kEvil}`, "relay.ca_file", "relay.newer.setting"]) assert.ok(await page.evaluate(shown(words)), words);
      await page.evaluate("document.querySelector('#catalogue-refused').scrollIntoView()");
      await page.picture(shot(`relay-catalogue-refused-${view.width}`));
      await page.evaluate("document.querySelector('#catalogue-switches').scrollIntoView()");
      await page.picture(shot(`relay-catalogue-end-${view.width}`));
      await unharmed(page, "Relays · soulfabric");
    });
  });
}

test("answers that say no, fail or are full of nulls and markup are said or shown as text, never run", async () => {
  await visit({ view: narrow }, async ({ page, gateway }) => {
    await go(page, "#/relay/catalogue");
    await look(page, "not an id");
    await page.wait(shown("An id looks like"));
    assert.deepEqual(gateway.relay.asked, [], "nothing is asked for a wrong id");
    await look(page, kUnknown);
    await page.wait(shown("MusicBrainz knows no release by this id."));
    await look(page, "11111111-2222-4333-8444-555555555555");
    await page.wait(shown("either the origin nor another node answers"));
    assert.equal(await page.evaluate("document.querySelector('.release')"), null, "the answer before is gone");
    await look(page, kHostile);
    await page.wait(`document.querySelector('.release h3')?.textContent===${JSON.stringify(kEvil)}`);
    await page.wait(shown("No cover to be had"));
    await page.wait(shown("From disk, fetched by this node, 25 h old"));
    await page.wait(shown("Past its time: the origin could not be reached."));
    assert.ok(await page.evaluate(shown("\ufffdgnirts")), "text that turns direction is made harmless");
    assert.equal(await page.evaluate("document.querySelectorAll('.medium li').length"), 3);
    await whole(page);
    await page.picture(shot("relay-hostile-360"));
    await unharmed(page, "Relays · soulfabric");
    await look(page, `http://musicbrainz.org/release-group/${groupId}`);
    await page.wait(shown("Ada Vale"));
    await page.click("button|Look up Night Trains");
    await page.wait(shown("Platform Nine"), "a release of the group to be looked up");
    assert.equal(gateway.relay.asked.at(-1), `release/${kRelease}`);
    forgive(page, 404);
    forgive(page, 503);
  });
});

test("the cache is cleared after a question", async () => {
  await visit({}, async ({ page, gateway }) => {
    await go(page, "#/relay");
    await page.wait(shown("77 answers in memory, 5.4 MB. 900 answers on disk, 61.0 MB."));
    await page.click("button|Clear the cache");
    await page.wait("document.querySelector('dialog[open]')");
    await page.press("Escape");
    await page.wait("!document.querySelector('dialog[aria-labelledby=confirm-title]')");
    assert.equal(gateway.relay.cleared, 0);
    await page.click("button|Clear the cache");
    await page.click("dialog[open] button|Clear");
    await page.wait(shown("Nothing is in memory. Nothing is on disk."));
    assert.equal(gateway.relay.cleared, 1);
  });
});

for (const view of views) {
  test(`at ${view.width} pixels: downloads by content show each source by name and state, hashing is paused, refusals have reasons`, async () => {
    await visit({ view }, async ({ page, gateway }) => {
      await go(page, "#/relay/content");
      await page.wait(shown("Ada Vale - Departure.flac"));
      for (const words of ["lying", "Piece 12 does not fit the root that it stated.", "dead", "It fell silent while a piece was asked for.", "slow", "other root", "1 wrong piece refused", "18.0 MB of 41.9 MB", "1,200 of 4,100 files looked at", "Too many streams at once", "61, 16.0 MB", "Wrong bytes", "Nothing in time", "mesh.publish", "relay.content.records", "/srv/downloads/field-notes.pdf"]) {
        assert.ok(await page.evaluate(`document.body.innerText.toLowerCase().includes(${JSON.stringify(words.toLowerCase())})`), words);
      }
      assert.equal(await page.evaluate(`[...document.querySelectorAll('.fetch tbody th .peer')].map(e=>e.title).includes(${JSON.stringify(peerOf("node 2"))})`), true, "sources by name");
      assert.ok(await page.evaluate(shown(kEvil)), "a hostile name is text");
      await whole(page);
      await page.picture(shot(`relay-content-${view.width}`));
      await page.evaluate("document.querySelector('#fetches-title').scrollIntoView()");
      await page.picture(shot(`relay-fetches-${view.width}`));
      await page.evaluate("document.querySelector('#hashing-title').scrollIntoView()");
      await page.picture(shot(`relay-hashing-${view.width}`));
      await page.click("button|Pause");
      await page.wait(shown("You have paused it."));
      assert.equal(gateway.relay.hashing.paused, true);
      await page.click("button|Go on");
      await page.wait(shown("Verifying"));
      await unharmed(page, "Relays · soulfabric");
    });
  });
}

test("content is fetched by its id, asked for, cancelled and removed, by keyboard; wrong input is said at once", async () => {
  await visit({ options: { relay: { empty: true } } }, async ({ page, gateway }) => {
    await go(page, "#/relay/content");
    await page.wait(shown("No downloads by content"));
    await page.picture(shot("relay-content-empty"));
    await page.fill("input[name=content]", "abc");
    await page.press("Enter");
    await page.wait(shown("A content id has 64 digits"));
    await page.fill("input[name=content]", contentOf("departure").slice(7).toUpperCase());
    await page.fill("input[name=size]", "many");
    await page.press("Enter");
    await page.wait(shown("A size is a whole number of bytes."));
    await page.fill("input[name=size]", "41,943,040");
    await page.fill("input[name=name]", "../outside");
    await page.press("Enter");
    await page.wait(shown("A name is that of a file"));
    assert.deepEqual(gateway.relay.fetches, []);
    await page.fill("input[name=name]", "Departure.flac");
    await page.click("button|Who has it?");
    await page.wait(shown("2 nodes have"));
    await page.fill("input[name=name]", "Departure.flac");
    await page.press("Enter");
    await page.wait("document.querySelector('.fetch')?.textContent.includes('Waiting for sources')");
    const [fetch] = gateway.relay.fetches;
    assert.deepEqual([fetch.contentId, fetch.size, fetch.name], [contentOf("departure"), 41_943_040, "Departure.flac"]);
    Object.assign(fetch, { state: "running", bytes: 20_971_520, pieces: 160, piecesDone: 80, bytesPerSecond: 10_485_760, sources: [{ name: peerOf("node 0"), state: "fetching", bytes: 20_971_520, pieces: 80, bytesPerSecond: 10_485_760 }] });
    gateway.push({ type: "relay", data: {} });
    await page.wait("document.querySelector('.fetch')?.textContent.includes('Downloading · 21.0 MB of 41.9 MB · 10.5 MB/s · 2 s left')");
    assert.equal(await page.evaluate("document.querySelector('.fetch progress').value"), 50);
    await whole(page);
    await page.fill("input[name=content]", contentOf("departure"));
    await page.press("Enter");
    await page.wait(shown("This content is being downloaded already."));
    await page.click("button|Cancel Departure.flac");
    await page.wait("document.querySelector('.fetch')?.textContent.includes('Cancelled')");
    await page.click("button|Remove Departure.flac");
    await page.wait(shown("the part that is here already is deleted"));
    await page.click("dialog[open] button|Remove");
    await page.wait("!document.querySelector('.fetch')");
    assert.deepEqual(gateway.relay.fetches, []);
    await page.fill("input[name=content]", contentOf("nobody has it"));
    await page.click("button|Who has it?");
    await page.wait(shown("Nobody was found who has"));
    forgive(page, 409);
  });
});

for (const view of views) {
  test(`at ${view.width} pixels: tunnels and forwards are shown and closed, the page of a linked node opens in a tab that cannot reach back`, async () => {
    await visit({ view }, async ({ page, gateway }) => {
      await go(page, "#/relay/tunnels");
      await page.wait(shown("http://vps.localhost:40111/"));
      for (const words of ["from here", "to here", "through here", "one way closed", "Port 6600 is in use", "Without the right", "tunnel_targets", "relay_for", "believe_catalogue", "None of them implies another", "relay.trusted.enabled", "relay.trusted.targets", "Forwards to other nodes", "Targets of this node now: this page and its API, mpd."]) assert.ok(await page.evaluate(`document.body.innerText.toLowerCase().includes(${JSON.stringify(words.toLowerCase())})`), words);
      assert.equal(await page.evaluate("document.querySelector('a[target=_blank]').rel"), "noopener noreferrer");
      assert.equal(await page.evaluate(shown("You are looking at it from elsewhere.")), false);
      await whole(page);
      await page.picture(shot(`relay-tunnels-${view.width}`));
      await page.evaluate("document.querySelector('#forwards-title').scrollIntoView()");
      await page.picture(shot(`relay-forwards-${view.width}`));
      await page.evaluate("document.querySelector('#tunnel-switches').scrollIntoView()");
      await page.picture(shot(`relay-tunnels-end-${view.width}`));
      await page.click(`button|Close the tunnel with ${peerOf("node 3")}`);
      await page.wait("document.querySelectorAll('.table tbody tr').length===2");
      assert.deepEqual(gateway.relay.closed, [12]);
      const tab = await newTab((await chromium()).protocol, (url) => url.includes(".localhost") && !url.includes("stand-in"));
      await page.click(`button|Open the page of ${peerOf("node 1")}`);
      await page.wait("document.querySelectorAll('[aria-label=Forwards] .entry').length===3", "the forward to be there");
      const made = gateway.relay.forwards[2];
      assert.deepEqual([made.peer, made.via], [peerOf("node 1"), null]);
      const info = await tab.close();
      assert.ok(info.url.startsWith(made.url), info.url);
      assert.equal(info.canAccessOpener, false, "the tab cannot reach this page");
      await page.send("Page.bringToFront");
      await page.click(`button|Close the forward ${made.name}`);
      await page.click("dialog[open] button|Close");
      await page.wait("document.querySelectorAll('[aria-label=Forwards] .entry').length===2");
    });
  });
}

test("a node that does not let us in says why, and through a third node the form takes both ids", async () => {
  await visit({ options: { relay: { empty: true } } }, async ({ page, gateway }) => {
    await go(page, "#/relay/tunnels");
    await page.wait(shown("None is open."));
    await page.click("summary|A node that is not linked");
    await page.fill("input[name=peer]", "nobody");
    await page.press("Enter");
    await page.wait(shown("A node's id has 32 letters"));
    await page.fill("input[name=peer]", peerOf("nobody"));
    await page.fill("input[name=via]", peerOf("node 2"));
    await page.press("Enter");
    await page.wait(shown("give this node the right tunnel_targets there"));
    assert.deepEqual(gateway.relay.forwards, []);
    forgive(page, 403);
  });
});

for (const view of views) {
  test(`at ${view.width} pixels: a share says of each file whether it is verified and why not, and what is private`, async () => {
    await visit({ view }, async ({ page, gateway }) => {
      await go(page, "#/shares");
      await page.click(".share a|music");
      await page.click(".folder-link|Ada Vale");
      await page.wait("document.querySelectorAll('[aria-label=Folders] .entry').length===2");
      assert.equal(await page.evaluate("[...document.querySelectorAll('[aria-label=Folders] input')].map(e=>e.checked).join()"), "true,false", "Demos is private");
      await page.click(".folder-link|Night Trains");
      await page.wait(shown("1 Departure.flac"));
      assert.deepEqual(await page.evaluate("[...document.querySelectorAll('[aria-label=Files] .main-cell > .wrap:first-child')].map(e=>e.textContent)"), ["1 Departure.flac", "2 Guest.flac", "10 Arrival.flac", `${kEvil}.mp3`].sort((a, b) => a.localeCompare(b, "en", { numeric: true })));
      for (const words of ["verified", "The audio has errors at 1:07: rip it again.", "Its turn has not come yet.", `${kEvil} is no audio.`]) assert.ok(await page.evaluate(shown(words)), words);
      await whole(page);
      await page.picture(shot(`share-folder-${view.width}`));
      await page.click("input|Private: 1 Departure.flac");
      await page.wait("[...document.querySelectorAll('[aria-label=Files] .tag')].some(e=>e.textContent==='private')");
      assert.ok(gateway.relay.marked.some((path) => path.endsWith("1 Departure.flac")));
      await page.click("input|Private: Night Trains");
      await page.wait(shown("Private: nothing in this folder is served to the mesh."));
      assert.equal(await page.evaluate("[...document.querySelectorAll('[aria-label=Files] input')].every(e=>e.checked)"), true, "what lies in a private folder is private");
      await page.click(".crumbs a|Ada Vale");
      await page.click(".folder-link|Demos");
      await page.wait("document.querySelectorAll('[aria-label=Files] .entry').length===1");
      await unharmed(page, "Shares · soulfabric");
      await go(page, `#/shares/${encodeURIComponent("music\\gone")}`);
      await page.wait(shown("This folder is not shared"));
    });
  });
}

test("a folder of many files shows 500 at first, more when asked, and is narrowed by a word", async () => {
  await visit({ view: narrow, options: { relay: { many: 1234 } } }, async ({ page }) => {
    const files = "document.querySelectorAll('[aria-label=Files] .entry').length";
    await go(page, `#/shares/${encodeURIComponent("music\\Heap")}`);
    await page.wait(`${files}===500`);
    await page.wait(shown("500 of 1,234 files are shown."));
    await page.evaluate("document.querySelector('.more-line').scrollIntoView()");
    await whole(page);
    await page.picture(shot("share-many-360"));
    await page.click("button|Show 500 more");
    await page.wait(`${files}===1000`);
    await page.click("button|Show 234 more");
    await page.wait(`${files}===1234&&!document.querySelector('.more-line')`);
    await page.fill("input[type=search]", "TAKE 1234");
    await page.wait(`${files}===1`);
    await page.fill("input[type=search]", "nowhere");
    await page.wait(shown("None has this in its name."));
    await page.evaluate("scrollTo(0,0)");
    await page.picture(shot("share-narrowed-360"));
  });
});

test("without data, switched off, refused and failing, every part says so", async () => {
  await visit({ view: narrow, options: { relay: { empty: true, off: true } } }, async ({ page }) => {
    await go(page, "#/relay");
    await page.wait(shown("Looking things up is switched off"));
    await page.wait(shown("Nothing is in memory."));
    assert.equal(await page.evaluate("document.querySelector('form button').disabled"), true);
    await whole(page);
    await go(page, "#/relay/content");
    await page.wait(shown("Nothing is verified: set relay.content.hashing to true"));
    await page.wait(shown("Serving is switched off; fetching works all the same."));
    await whole(page);
    await go(page, "#/relay/tunnels");
    await page.wait(shown("None is open."));
    await whole(page);
  });
  await visit({ options: { mesh: { joined: false }, relay: { alone: true } } }, async ({ page }) => {
    await go(page, "#/relay/content");
    await page.wait(shown("This node is not on the mesh, so nothing is served and nothing can be fetched."));
    await page.wait(shown("1,200 of 4,100 files looked at"), "what is verified to be told all the same");
    await whole(page);
    await page.picture(shot("relay-content-alone"));
    await go(page, "#/relay/tunnels");
    await page.wait(shown("This node is not on the mesh, so there are no tunnels."));
    await whole(page);
  });
  await visit({}, async ({ page, gateway }) => {
    gateway.relay.fail = 503;
    for (const [hash, title] of [["#/relay", "The catalogue cannot be shown"], ["#/relay/content", "Content cannot be shown"], ["#/relay/tunnels", "Tunnels cannot be shown"], ["#/shares/music", "This folder cannot be shown"]]) {
      await go(page, hash);
      await page.wait(shown(title));
      await page.wait(shown("this node is not part of the mesh"));
      await whole(page);
    }
    gateway.relay.fail = 403;
    await go(page, "#/relay/content");
    await page.wait(shown("The daemon does not allow this."));
    await page.picture(shot("relay-refused"));
    gateway.relay.fail = null;
    await page.click("button|Try again");
    await page.wait(shown("Ada Vale - Departure.flac"));
    gateway.relay.fail = 503;
    await page.wait(shown("What you see may be old."), "a later failure to be told above what is there");
    gateway.relay.fail = null;
    forgive(page, 503);
    forgive(page, 403);
  });
});

test("the parts are reached by keyboard, and the address names them", async () => {
  await visit({ view: narrow }, async ({ page }) => {
    await go(page, "#/relay");
    await page.wait(shown("Look something up"));
    await page.evaluate("document.querySelector('.relay-parts a[href$=tunnels]').focus()");
    await page.press("Enter");
    await page.wait(shown("Your other nodes"));
    assert.equal(await page.evaluate("location.hash"), "#/relay/tunnels");
    assert.equal(await page.evaluate("document.querySelector('.relay-parts a[aria-current]').textContent"), "Tunnels");
  });
});
