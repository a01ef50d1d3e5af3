// SPDX-License-Identifier: GPL-3.0-or-later
// The page by keyboard alone, at 360 pixels, in the dark, and with a name on every control.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, go, nameless, shot, sticking, visit } from "./visit.mjs";

after(close);
const shown = (text) => `document.body.innerText.includes(${JSON.stringify(text)})`;
const focus = "(document.activeElement?.getAttribute('aria-label')||document.activeElement?.textContent||document.activeElement?.id||'').trim()";

/** Tabs on until the focus is where the expression says; fails when it comes round without. */
async function tabTo(page, expression, what) {
  for (let i = 0; i < 60; i += 1) {
    await page.press("Tab");
    if (await page.evaluate(expression)) return;
  }
  assert.fail(`Tab never reaches ${what}`);
}

test("by keyboard alone: sign in, search, walk the results, download, cancel, remove", async () => {
  await visit({ signedIn: false, options: { transfers: { seconds: 60 } } }, async ({ page, gateway, url }) => {
    await page.open(url);
    await page.wait("document.activeElement?.name==='username'", "the first field to have the focus");
    await page.type("listener");
    await page.press("Tab");
    await page.type("a quiet place");
    await page.press("Enter");
    await page.wait("document.querySelector('.pill-good')");

    await page.press("Tab");
    assert.equal(await page.evaluate(focus), "Skip to content");
    assert.ok(await page.evaluate("document.activeElement.getBoundingClientRect().top>=0"), "the skip link is seen when it has the focus");
    await page.press("Enter");
    assert.equal(await page.evaluate("document.activeElement.id"), "main");
    await page.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.id"), "search-text");
    await page.type("aster vale");
    await page.press("Enter");
    await page.wait(shown("Finished"));

    await tabTo(page, "document.activeElement?.getAttribute('role')==='row'", "the results");
    const level = "Number(document.activeElement.getAttribute('aria-level'))";
    assert.equal(await page.evaluate(level), 1);
    assert.notEqual(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none", "focus is seen");
    await page.press("ArrowDown", 2);
    assert.equal(await page.evaluate(level), 3);
    await page.press("Enter");
    await page.wait(shown("Added to downloads: 01"));
    await page.press("ArrowLeft");
    assert.equal(await page.evaluate(level), 2);
    await page.press("ArrowLeft");
    await page.wait("document.activeElement.getAttribute('aria-expanded')==='false'");
    await page.press("ArrowRight");
    await page.wait("document.activeElement.getAttribute('aria-expanded')==='true'");
    await page.press("End");
    await page.wait("Number(document.activeElement.getAttribute('aria-rowindex'))===Number(document.querySelector('.rows').getAttribute('aria-rowcount'))", "the last row");
    assert.equal(await page.evaluate("document.querySelectorAll('[role=row][tabindex=\"0\"]').length"), 1, "one row is in the tab order");
    await page.press("Home");
    await page.wait("document.activeElement.getAttribute('aria-rowindex')==='1'");
    await page.press("Tab");
    assert.match(await page.evaluate(focus), /^Browse/);

    await go(page, "#/downloads");
    await page.wait("document.querySelectorAll('.row-transfer').length===2");
    await tabTo(page, "document.activeElement?.getAttribute('role')==='row'", "the downloads");
    await page.press("ArrowDown");
    await page.press("Delete");
    await page.wait(shown("Cancelled"));
    await page.press("Delete");
    await page.wait(shown("No downloads yet"));
    assert.equal(gateway.transfers.all.size, 0);
    page.problems = page.problems.filter((text) => !text.includes("401"));
  });
});

test("the connection sheet is opened and closed by keys and gives the focus back", async () => {
  await visit({}, async ({ page }) => {
    await tabTo(page, "document.activeElement?.classList.contains('pill')", "the connection button");
    await page.press("Enter");
    await page.wait("document.querySelector('dialog[open]')");
    await page.press("Escape");
    await page.wait("!document.querySelector('dialog[open]')");
    assert.ok(await page.evaluate("document.activeElement.classList.contains('pill')"));
  });
});

const screens = ["#/search", "#/downloads", "#/uploads", "#/browse/millions", "#/chat", "#/chat/nightbus", "#/shares", "#/pods", "#/mesh", "#/guard"];

for (const dark of [false, true]) {
  for (const width of [360, 820, 1280]) {
    test(`every screen at ${width} pixels, ${dark ? "dark" : "light"}: nothing sticks out, every control has a name`, async () => {
      await visit({ view: { width, height: 740, dark }, options: { transfers: { seconds: 30 } } }, async ({ page, gateway }) => {
        const long = "An Album Title That Goes On And On Because Its Maker Could Not Stop Naming Things (Deluxe Anniversary Edition)";
        for (const direction of ["Download", "Upload"]) {
          for (let i = 1; i <= 3; i += 1) gateway.transfers.add(direction, "a_user_with_quite_a_long_name_here", { filename: `m\\${long}\\0${i} - ${long}.flac`, size: 40_000_000 });
        }
        await page.fill("#search-text", "aster vale");
        await page.press("Enter");
        await page.wait(shown("Finished"));
        const search = await page.evaluate("location.hash");
        for (const screen of [...screens, search]) {
          await go(page, screen);
          if (screen === "#/browse/millions") await page.click(".row-folder|music");
          if (screen === "#/downloads") await page.wait("document.querySelector('.row-file progress')");
          await page.wait("document.querySelector('.screen')");
          if (screen === search) {
            await page.wait("document.querySelectorAll('.row').length>5");
            if (width === 360) await page.click("button|More");
          }
          assert.deepEqual(await page.evaluate(nameless), [], screen);
          assert.deepEqual(await page.evaluate(sticking), [], screen);
          assert.ok((await page.evaluate("document.documentElement.scrollWidth")) <= width, screen);
          await page.picture(shot(`${screen === search ? "results" : screen.split("/").slice(1, 3).join("-")}-${width}-${dark ? "dark" : "light"}`));
        }
        const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)");
        assert.equal(ground[0] < 128, dark);
      });
    });
  }
}

test("text keeps a contrast of 4.5 to its ground in both themes", async () => {
  const pairs = [["--ink", "--ground"], ["--ink", "--surface"], ["--dim", "--ground"], ["--dim", "--surface"], ["--dim", "--sunken"], ["--on-accent", "--accent"], ["--on-tint", "--tint"], ["--good", "--ground"], ["--good", "--good-tint"], ["--bad", "--ground"], ["--bad", "--bad-tint"], ["--accent", "--ground"]];
  const light = (hex) => {
    const [r, g, b] = hex.match(/[0-9a-f]{2}/gi).map((two) => parseInt(two, 16) / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const dark of [false, true]) {
    await visit({ view: { dark } }, async ({ page }) => {
      for (const [text, ground] of pairs) {
        const [a, b] = await page.evaluate(`${JSON.stringify([text, ground])}.map(n=>getComputedStyle(document.documentElement).getPropertyValue(n).trim())`);
        const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
        assert.ok((high + 0.05) / (low + 0.05) >= 4.5, `${text} ${a} on ${ground} ${b} (${dark ? "dark" : "light"}): ${((high + 0.05) / (low + 0.05)).toFixed(2)}`);
      }
    });
  }
});

test("the theme can be chosen against the system and the choice is kept", async () => {
  await visit({ view: { dark: false } }, async ({ page, url }) => {
    const ground = "getComputedStyle(document.body).backgroundColor";
    const before = await page.evaluate(ground);
    await page.click("button|Theme: as the system");
    await page.click("button|Theme: light");
    await page.wait("document.documentElement.dataset.theme==='dark'");
    assert.notEqual(await page.evaluate(ground), before);
    await page.open(`${url}#/shares`);
    await page.wait("document.querySelector('.share')");
    assert.equal(await page.evaluate("document.documentElement.dataset.theme"), "dark");
  });
});
