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
      await page.evaluate("document.querySelector('#catalogue-switches').scrollIntoView()");
      await page.picture(shot(`relay-catalogue-end-${view.width}`));
    });
  });
}
