// SPDX-License-Identifier: GPL-3.0-or-later
// The page in Chromium against the stand-in: entering, searching, downloading, browsing, sharing, talking, losing the link.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { say } from "./mock/routes.mjs";
import { close, go, shot, visit } from "./visit.mjs";

after(close);
const shown = (text) => `document.body.innerText.includes(${JSON.stringify(text)})`;
const rows = "document.querySelectorAll('.row').length";
const search = async (page, text) => {
  await page.fill("#search-text", text);
  await page.press("Enter");
};

test("a wrong password is said so, the right one enters, a reload keeps the session, log out ends it", async () => {
  await visit({ signedIn: false }, async ({ page, gateway, url }) => {
    await page.open(url);
    await page.fill("input[name=username]", "listener");
    await page.fill("input[name=password]", "wrong");
    await page.press("Enter");
    await page.wait(shown("That name and password do not fit"));
    await page.fill("input[name=password]", "a quiet place");
    await page.press("Enter");
    await page.wait("document.querySelector('.pill-good')");
    assert.equal(await page.evaluate("document.cookie"), "", "no script can read the cookie");
    await page.open(url);
    await page.wait("document.querySelector('.pill-good')");
    await page.click("button|Log out");
    await page.wait("document.querySelector('.gate')");
    assert.equal(gateway.sessions.size, 0);
    assert.equal(gateway.sockets.size, 0);
    // 401 answers are the daemon's word here, not faults of the page.
    page.problems = page.problems.filter((text) => !text.includes("401"));
  });
});

test("the page lives under the prefix of a reverse proxy as well", async () => {
  await visit({ signedIn: false, options: { base: "/music/soulfabric/" } }, async ({ page, gateway, url }) => {
    await page.open(`${url}music/soulfabric/#login=${gateway.newLink()}`);
    await page.wait("document.querySelector('.pill-good')");
    assert.equal(await page.evaluate("location.pathname"), "/music/soulfabric/");
    await search(page, "aster vale");
    await page.wait(`${rows}>3`);
  });
});

test("a login link enters once and leaves neither address bar nor history", async () => {
  await visit({ signedIn: false }, async ({ page, gateway, url }) => {
    const secret = gateway.newLink();
    await page.open(`${url}#login=${secret}`);
    await page.wait("document.querySelector('.pill-good')");
    assert.equal(await page.evaluate("location.href"), `${url}#/search`);
    const { entries } = await page.send("Page.getNavigationHistory");
    assert.equal(entries.some((entry) => entry.url.includes(secret)), false);
    assert.equal(gateway.log.some((entry) => entry.path.includes(secret)), false);
    await page.click("button|Log out");
    await page.wait("document.querySelector('.gate')");
    await page.evaluate(`location.hash='#login=${secret}'`);
    await page.wait(shown("has been used or is too old"));
    assert.equal(await page.evaluate("location.href.includes('login=')"), false);
  });
});

test("results appear while the search runs, are announced, and can be filtered, sorted and folded", async () => {
  await visit({ options: { searches: { tick: 600 } } }, async ({ page, gateway }) => {
    await search(page, "aster vale");
    await page.wait(`${rows}>3 && ${shown("Searching")}`, "rows while searching");
    await page.wait("/^\\d+ files from \\d+ users$/.test(document.getElementById('spoken').textContent)&&document.body.innerText.includes('Searching')", "an announcement while results stream in");
    await page.wait(shown("Finished · 213 files from 14 users"));
    await page.wait("document.getElementById('spoken').textContent==='213 files from 14 users'", "the announcement");
    await page.picture(shot("search"));
    await page.fill("#filter-text", "lanterns -cover");
    await page.wait("[...document.querySelectorAll('.row-file')].length>0 && [...document.querySelectorAll('.row-file')].every(e=>!e.textContent.includes('cover'))");
    await page.click(".check|Lossless");
    await page.wait("[...document.querySelectorAll('.row-file')].every(e=>e.textContent.includes('.flac'))");
    await page.click(".check|Free slot");
    await page.wait("[...document.querySelectorAll('.row-user')].every(e=>e.textContent.includes('Free slot'))");
    await page.wait("document.getElementById('spoken').textContent.includes('after filtering')");
    await page.fill("#filter-text", "nothing has this name");
    await page.wait(shown("Everything is filtered out"));
    await page.click("button|Clear the filter");
    await page.wait(`${rows}>10`);
    await page.evaluate("(()=>{const e=[...document.querySelectorAll('.choice select')][1];e.value='name';e.dispatchEvent(new Event('change',{bubbles:true}))})()");
    await page.wait("document.querySelector('.row-user .strong').textContent==='copperwire'");
    await page.click("button|Fold all");
    await page.wait("document.querySelectorAll('.row-file').length===0 && document.querySelectorAll('.row-folder').length>5");
    await page.click("button|Remove search aster vale");
    await page.wait(shown("What would you like to hear?"));
    assert.equal(gateway.searches.all.size, 0);
  });
});

test("a search that waits shows its place, a stopped one says so, one without answers says what to do", async () => {
  await visit({ options: { searches: { tick: 400 } } }, async ({ page }) => {
    for (const text of ["first", "second", "third"]) {
      await search(page, text);
      await page.wait(`document.querySelector('.tab-open .tab-text')?.textContent===${JSON.stringify(text)}`);
    }
    await page.wait(shown("place 1 in line"));
    await page.click(".tab a|second");
    await page.wait("document.querySelector('.tab-open .tab-text').textContent==='second'");
    await page.click("button|Stop");
    await page.wait(shown("Stopped ·"));
    await page.click(".tab a|third");
    await page.wait("document.querySelector('.tab-open .tab-text').textContent==='third'");
    await page.wait(shown("Searching"));
    await search(page, "zzz nobody");
    await page.wait(shown("Nobody had this"), "the empty result", 30_000);
  });
});

test("files and folders download with progress, can be cancelled, retried and cleared", async () => {
  await visit({ options: { transfers: { seconds: 1.5, slots: 3 } } }, async ({ page, gateway }) => {
    await search(page, "aster vale");
    await page.wait(shown("Finished"));
    await page.click(".row-file button|Harbour Lights");
    await page.wait(shown("Added to downloads: 01 - Harbour Lights"));
    await page.click(".row-folder button");
    await page.wait(shown("Added to downloads: "));
    await go(page, "#/downloads");
    await page.wait("document.querySelectorAll('.row-transfer.row-file').length===9");
    const value = "[...document.querySelectorAll('.row-file progress')].find(e=>e.value>0)?.value||0";
    const first = await page.wait(value, "progress to begin");
    await page.wait(`(${value})>${first}`, "progress to grow");
    await page.wait("[...document.querySelectorAll('.row-file')].some(e=>/\\/s · .* left/.test(e.textContent))", "speed and time left");
    await page.click(".row-file button|Cancel 08");
    await page.wait("[...document.querySelectorAll('.row-file')].some(e=>e.textContent.includes('08 -')&&e.textContent.includes('Cancelled'))");
    await page.click(".row-file button|Retry 08");
    await page.wait("[...document.querySelectorAll('.row-file')].some(e=>e.textContent.includes('08 -')&&e.textContent.includes('queue'))");
    await page.picture(shot("downloads"));
    await page.wait("document.querySelectorAll('.row-file .state-done').length===9", "all to be done", 40_000);
    await page.wait(shown("9 of 9 done"));
    await page.click("button|Clear finished");
    await page.wait(shown("No downloads yet"));
    const polled = gateway.log.filter((entry) => entry.method === "GET" && entry.path.startsWith("/api/v0/transfers"));
    assert.deepEqual(polled, [], "transfers are pushed, never asked for");
    assert.ok(gateway.log.filter((entry) => entry.path.endsWith("/responses")).length <= 1);
  });
});

test("a failed download tells why, and whole groups can be cancelled and removed", async () => {
  await visit({ options: { transfers: { seconds: 1 } } }, async ({ page, gateway }) => {
    gateway.transfers.add("Download", "nightbus", { filename: "m\\Set\\1 fail.mp3", size: 500_000 });
    gateway.transfers.add("Upload", "lowtide", { filename: "music\\A\\1.flac", size: 9_000_000_000 });
    await go(page, "#/downloads");
    await page.wait(shown("Failed: The other side closed the connection"));
    await page.click(".row-user button|Remove Set from the list");
    await page.wait(shown("No downloads yet"));
    await go(page, "#/uploads");
    await page.wait("document.querySelector('.row-file progress')");
    await page.click(".row-user button|Cancel 1 file of A");
    await page.wait("document.querySelector('.state-cancelled')||document.body.innerText.includes('1 cancelled')");
  });
});

test("a share of a million files is browsed with a handful of rows in the document", async () => {
  await visit({}, async ({ page, gateway }) => {
    await go(page, "#/browse/millions");
    await page.click(".row-folder|everything");
    await page.wait("document.querySelector('[role=treegrid]').getAttribute('aria-rowcount')==='20002'");
    await page.evaluate("document.querySelector('.rows').scrollTop=1e9");
    await page.wait(shown("20000 - Track 20000.mp3"));
    assert.ok((await page.evaluate(rows)) < 80);
    assert.ok(gateway.log.filter((entry) => entry.path.endsWith("/browse/files")).length < 12);
    await page.click(".row-file button|Track 20000.");
    await page.wait(shown("Added to downloads: 20000"));
    assert.deepEqual([...gateway.transfers.all.values()].map((transfer) => transfer.filename), ["everything\\20000 - Track 20000.mp3"]);
    await page.picture(shot("browse"));
  });
});

test("a browsed folder downloads with all that is below it, unless that is too much", async () => {
  await visit({}, async ({ page, gateway }) => {
    await go(page, "#/browse/millions");
    await page.click(".row-folder|music");
    await page.click(".row-folder button|Download folder Artist 2");
    await page.wait(shown("Added to downloads: 1,000 files"));
    const names = new Set([...gateway.transfers.all.values()].map((transfer) => transfer.filename));
    assert.equal(names.size, 1000);
    assert.ok(names.has("music\\Artist 2\\Album 10\\00100 - Track 100.mp3"));
    await page.click(".row-folder button|Download folder music");
    await page.wait(shown("music holds more than 10,000 files: open it and download its parts."), "the refusal", 40_000);
    assert.equal(gateway.transfers.all.size, 1000);
  });
});

test("a user who is offline cannot be browsed and it says so", async () => {
  await visit({}, async ({ page }) => {
    await go(page, "#/browse");
    await page.fill("#browse-name", "nobody");
    await page.press("Enter");
    await page.wait(shown("nobody is offline: try again when they are back."));
    await page.click("button|Try again");
    await page.wait(shown("nobody is offline"));
    await page.fill("#browse-name", "gone");
    await page.press("Enter");
    await page.wait(shown("gone has closed the connection."));
  });
});

test("the scan of the shares shows files per second and time left, and can be stopped", async () => {
  await visit({}, async ({ page }) => {
    await go(page, "#/shares");
    await page.wait(shown("4,210 files"));
    await page.click("button|Scan now");
    await page.wait(shown("700 files/s"));
    await page.wait("/\\d+ s left/.test(document.body.innerText)");
    await page.wait("document.querySelector('.scan progress').value>10");
    await page.picture(shot("shares"));
    await page.click("button|Stop scan");
    await page.wait(shown("The last scan was stopped"));
  });
});

test("messages are sent and come in, strangers' markup stays text, what is unread is counted", async () => {
  await visit({}, async ({ page, gateway }) => {
    await go(page, "#/chat/nightbus");
    await page.fill("#message-text", "Hello <script>alert(1)</script>");
    await page.press("Enter");
    await page.wait("document.querySelectorAll('.said').length===2");
    await page.wait(shown("Thank you <b>and</b> good night"));
    assert.equal(await page.evaluate("document.querySelectorAll('.said b, .said script').length"), 0);
    await page.wait("[...document.querySelectorAll('.people li')].some(e=>e.textContent.includes('nightbus'))");
    await go(page, "#/shares");
    say(gateway, "lowtide", "In", "Are you there?");
    await page.wait("[...document.querySelectorAll('.nav a')].find(e=>e.textContent.includes('Messages')).textContent.includes('1 unread')");
    await page.click(".nav a|Messages");
    await page.click(".people a|lowtide");
    await page.wait(shown("Are you there?"));
    await page.wait("!document.querySelector('.nav').textContent.includes('unread')");
  });
});

test("who signs out takes the count of unread messages along, also one that was on its way", async () => {
  await visit({}, async ({ page, gateway }) => {
    const messages = "[...document.querySelectorAll('.nav a')].find(e=>e.textContent.includes('Messages')).textContent";
    say(gateway, "lowtide", "In", "Are you there?");
    await page.wait(`${messages}.includes('1 unread')`);
    const first = gateway.holdConversations();
    say(gateway, "lowtide", "In", "Hello?");
    await first.asked;
    const second = gateway.holdConversations();
    await page.click("button|Log out");
    await page.wait("document.querySelector('.gate')");
    await go(page, `#login=${gateway.newLink()}`);
    await page.wait("document.querySelector('.pill-good')");
    await second.asked;
    assert.equal(await page.evaluate(`${messages}.includes('unread')`), false, "the count of the earlier visit is shown");
    await first.release();
    await page.evaluate("fetch(location.pathname).then((answer) => answer.text())");
    assert.equal(await page.evaluate(`${messages}.includes('unread')`), false, "an answer to the earlier visit is shown");
    await second.release();
    await page.wait(`${messages}.includes('2 unread')`);
  });
});

test("names made to break the page are shown as they are", async () => {
  await visit({}, async ({ page, gateway }) => {
    const evil = `<img src=x onerror=alert(1)>"'&amp;{{x}}`;
    gateway.transfers.add("Download", evil, { filename: `@@m\\${evil}\\${evil}.mp3`, size: 10 });
    await go(page, "#/downloads");
    await page.wait(`document.querySelector('.row-user .strong').textContent===${JSON.stringify(evil)}`);
    await page.click(`.row-user a`);
    await page.wait(`document.querySelector('#browse-name').value===${JSON.stringify(evil)}`);
    assert.equal(await page.evaluate("document.querySelectorAll('img').length"), 0);
  });
});

test("the connection shows why it is down, and can be made and ended", async () => {
  await visit({}, async ({ page, gateway }) => {
    gateway.setServer({ state: "Disconnected", isConnected: false, isLoggedIn: false, reason: "Another client logged in with this name: connect again when it has stopped." });
    await page.wait("document.querySelector('.pill-bad')");
    await page.click(".pill");
    await page.wait("document.querySelector('dialog[open] .sentence').textContent.startsWith('Another client')");
    await page.picture(shot("connection"));
    await page.click("dialog[open] button|Connect");
    await page.wait("document.querySelector('.pill-good')");
    await page.click("dialog[open] button|Disconnect");
    await page.wait("document.querySelector('.pill-off')");
    await page.press("Escape");
    await page.wait("!document.querySelector('dialog[open]')");
    await page.wait(shown("Not connected to Soulseek. Connect to search"));
  });
});

test("a lost link is told, comes back by itself, and what happened meanwhile is there", async () => {
  await visit({}, async ({ page, gateway }) => {
    const hello = gateway.hello;
    await search(page, "aster vale");
    await page.wait(shown("Finished"));
    await go(page, "#/downloads");
    // The stand-in keeps silent until the page has said that the link is lost.
    gateway.hello = () => ({ type: "pong", data: null });
    gateway.dropSockets();
    await page.wait(shown("The connection to the daemon is lost"));
    gateway.transfers.add("Download", "nightbus", { filename: "m\\Late\\1.mp3", size: 1_000_000 });
    gateway.hello = hello;
    gateway.dropSockets();
    await page.wait(`!(${shown("is lost")}) && ${shown("Late")}`, "the page to be current again");
    await go(page, "#/search");
    await page.click(".tab a");
    await page.wait(shown("213 files from 14 users"));
    page.problems = page.problems.filter((text) => !text.includes("WebSocket"));
  });
});
