// SPDX-License-Identifier: GPL-3.0-or-later
// What every browser test shares: one Chromium, a stand-in gateway of its own, and what must hold of any page at its end.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Browser } from "./browser.mjs";
import { Gateway } from "./mock/gateway.mjs";
import { top } from "./mock/modules.mjs";

const dist = process.env.SF_WEB_DIST || join(top, "web/dist");
const shots = process.env.SF_WEB_SHOTS || join(dist, "shots");
mkdirSync(shots, { recursive: true });
export const shot = (name) => join(shots, `${name}.png`);

let browser;
export async function chromium() {
  browser ??= await Browser.start();
  return browser;
}
export async function close() {
  await browser?.stop();
  browser = undefined;
}

/** Runs `steps` with a page and a stand-in, and checks what must hold however the visit went: policy kept, nothing from elsewhere, no error. */
export async function visit({ view = {}, options = {}, signedIn = true }, steps) {
  const gateway = await new Gateway(join(dist, "root"), options).start();
  const page = await (await chromium()).page(view);
  const url = `http://stand-in.localhost:${gateway.port}/`;
  try {
    if (signedIn) {
      await page.open(`${url}#login=${gateway.newLink()}`);
      await page.wait("document.querySelector('.pill-good')", "the connection to be shown");
    }
    await steps({ page, gateway, url });
    await holds(page, url);
  } finally {
    await gateway.stop();
  }
}

export async function holds(page, url) {
  assert.deepEqual(await page.evaluate("window.__violations"), []);
  assert.deepEqual(page.problems, []);
  const host = new URL(url).host;
  const foreign = page.requests.filter((address) => address !== "about:blank" && new URL(address).host !== host);
  assert.deepEqual(foreign, []);
}

export const go = (page, hash) => page.evaluate(`location.hash=${JSON.stringify(hash)}`);

/** Visible (not folded away) controls without a name, and whatever sticks out to the right. */
export const nameless = "[...document.querySelectorAll('button,a,input,select,progress,[role=treegrid],[role=row]')].filter(e=>e.offsetParent&&e.checkVisibility()&&!(e.getAttribute('aria-label')||e.getAttribute('aria-labelledby')||e.textContent.trim()||e.labels?.length)).map(e=>e.outerHTML.slice(0,120))";
export const sticking = "[...document.querySelectorAll('body *')].filter(e=>{if(!e.offsetParent||!e.checkVisibility()||e.closest('.hidden,.tabs,.indent'))return false;const r=e.getBoundingClientRect();return r.width>0&&(r.right>innerWidth+1||r.left<-1)}).map(e=>e.outerHTML.slice(0,120))";

export const shown = (text) => `document.body.innerText.includes(${JSON.stringify(text)})`;
export const narrow = { width: 360, height: 740, dark: true };
/** Answers that a test asked for are no faults of the page. */
export function forgive(page, status) {
  page.problems = page.problems.filter((text) => !text.includes(String(status)));
}
export async function whole(page) {
  assert.deepEqual(await page.evaluate(nameless), []);
  assert.deepEqual(await page.evaluate(sticking), []);
}
