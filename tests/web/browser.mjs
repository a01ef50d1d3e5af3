// SPDX-License-Identifier: GPL-3.0-or-later
// Drives Chromium over its DevTools protocol: starts it with a fresh profile, opens pages, waits for conditions, types, takes pictures.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "./mock/modules.mjs";

const WebSocket = load("ws");
const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage", "--no-default-browser-check", "--hide-scrollbars", "--remote-debugging-port=0", "--host-resolver-rules=MAP *.localhost 127.0.0.1"];
const kDeadline = 45_000;

class Protocol {
  constructor(socket) {
    this.socket = socket;
    this.last = 0;
    this.waiting = new Map();
    this.listeners = [];
    socket.on("message", (data) => {
      const message = JSON.parse(data);
      const entry = this.waiting.get(message.id);
      if (!entry) {
        for (const listen of this.listeners) listen(message);
        return;
      }
      this.waiting.delete(message.id);
      if (message.error) entry.reject(new Error(message.error.message));
      else entry.resolve(message.result);
    });
  }
  send(method, params = {}, sessionId = undefined) {
    this.last += 1;
    const id = this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) }));
    });
  }
}

export class Browser {
  static async start() {
    const browser = new Browser();
    browser.profile = mkdtempSync(join(tmpdir(), "sf-web-"));
    browser.process = spawn(process.env.SF_CHROMIUM || "chromium", [...flags, `--user-data-dir=${browser.profile}`, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
    const address = await new Promise((resolve, reject) => {
      let text = "";
      const timer = setTimeout(() => reject(new Error(`Chromium did not start: ${text}`)), kDeadline);
      browser.process.on("error", reject);
      browser.process.on("exit", () => reject(new Error(`Chromium ended: ${text}`)));
      browser.process.stderr.on("data", (piece) => {
        text += piece;
        const match = /DevTools listening on (ws:\S+)/.exec(text);
        if (!match) return;
        clearTimeout(timer);
        resolve(match[1]);
      });
    });
    const socket = new WebSocket(address, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    browser.protocol = new Protocol(socket);
    return browser;
  }

  /** Each page has cookies and storage of its own, unless it is opened beside another. */
  async page({ width = 1280, height = 800, dark = false, beside = undefined } = {}) {
    const browserContextId = beside?.context ?? (await this.protocol.send("Target.createBrowserContext")).browserContextId;
    const { targetId } = await this.protocol.send("Target.createTarget", { url: "about:blank", browserContextId, newWindow: true, width, height });
    const { sessionId } = await this.protocol.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this.protocol, sessionId, browserContextId);
    await page.prepare({ width, height, dark });
    return page;
  }
  cookies(page) {
    return this.protocol.send("Storage.getCookies", { browserContextId: page.context }).then((answer) => answer.cookies);
  }

  async stop() {
    const over = new Promise((resolve) => this.process.once("exit", resolve));
    this.protocol.send("Browser.close").catch(() => undefined);
    const timer = setTimeout(() => this.process.kill("SIGKILL"), 5000);
    await over;
    clearTimeout(timer);
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

const keys = {
  Enter: { code: "Enter", windowsVirtualKeyCode: 13, text: "\r" }, Tab: { code: "Tab", windowsVirtualKeyCode: 9 }, Escape: { code: "Escape", windowsVirtualKeyCode: 27 },
  ArrowDown: { code: "ArrowDown", windowsVirtualKeyCode: 40 }, ArrowUp: { code: "ArrowUp", windowsVirtualKeyCode: 38 }, ArrowLeft: { code: "ArrowLeft", windowsVirtualKeyCode: 37 },
  ArrowRight: { code: "ArrowRight", windowsVirtualKeyCode: 39 }, Home: { code: "Home", windowsVirtualKeyCode: 36 }, End: { code: "End", windowsVirtualKeyCode: 35 },
  Delete: { code: "Delete", windowsVirtualKeyCode: 46 }, PageDown: { code: "PageDown", windowsVirtualKeyCode: 34 }, " ": { code: "Space", windowsVirtualKeyCode: 32, text: " " },
};

export class Page {
  constructor(protocol, sessionId, context) {
    this.protocol = protocol;
    this.sessionId = sessionId;
    this.context = context;
    this.requests = [];
    this.sent = []; // headers as they left the browser, cookies among them
    this.problems = [];
    protocol.listeners.push((message) => {
      if (message.sessionId !== sessionId) return;
      const { method, params } = message;
      if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
      if (method === "Network.requestWillBeSentExtraInfo") this.sent.push(params.headers);
      if (method === "Network.webSocketWillSendHandshakeRequest") this.sent.push(params.request.headers);
      if (method === "Network.webSocketCreated") this.requests.push(params.url);
      if (method === "Runtime.exceptionThrown") this.problems.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
      if (method === "Audits.issueAdded" && params.issue.code === "ContentSecurityPolicyIssue") this.problems.push(JSON.stringify(params.issue.details));
      if (method === "Log.entryAdded" && params.entry.source === "security") this.problems.push(params.entry.text);
      if (method === "Runtime.consoleAPICalled" && params.type === "error") this.problems.push(params.args.map((a) => a.value ?? a.description).join(" "));
    });
  }

  send(method, params) {
    return this.protocol.send(method, params, this.sessionId);
  }

  async prepare({ width, height, dark }) {
    for (const domain of ["Page", "Runtime", "Network", "Log", "Audits"]) await this.send(`${domain}.enable`);
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
    // Counted by the page itself as well: reports of the policy do not depend on the DevTools then.
    await this.send("Page.addScriptToEvaluateOnNewDocument", { source: "window.__violations=[];document.addEventListener('securitypolicyviolation',e=>window.__violations.push(e.violatedDirective+' '+e.blockedURI))" });
  }

  async open(url) {
    await this.send("Page.navigate", { url });
    await this.wait("document.readyState === 'complete'", "the page to load");
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }

  /** Waits inside the page, frame by frame, until the expression is true; gives its value. */
  async wait(expression, what = expression, milliseconds = kDeadline) {
    const end = Date.now() + milliseconds;
    for (;;) {
      const left = end - Date.now();
      if (left <= 0) throw new Error(`waited in vain for ${what}; the page shows: ${(await this.evaluate("document.body.innerText")).slice(0, 600)}`);
      const loop = `new Promise(done=>{const end=performance.now()+${Math.min(left, 2000)};const look=()=>{let value;try{value=(${expression})}catch{value=false}if(value||performance.now()>end)done(value);else setTimeout(look,20)};look()})`;
      try {
        const value = await this.evaluate(loop);
        if (value) return value;
      } catch (error) {
        if (!/context|navigat|Inspected/i.test(error.message)) throw error; // the document changed while it was asked
      }
    }
  }

  async click(selector) {
    const place = await this.wait(`(()=>{const e=${find(selector)};if(!e||e.disabled)return null;e.scrollIntoView({block:'nearest',inline:'nearest'});const r=e.getBoundingClientRect();return r.width?{x:r.x+r.width/2,y:r.y+r.height/2}:null})()`, `something to click: ${selector}`);
    for (const type of ["mousePressed", "mouseReleased"]) await this.send("Input.dispatchMouseEvent", { type, ...place, button: "left", clickCount: 1 });
  }

  async press(key, times = 1, modifiers = 0) {
    for (let i = 0; i < times; i += 1) {
      const { text, ...rest } = keys[key];
      await this.send("Input.dispatchKeyEvent", { type: text ? "keyDown" : "rawKeyDown", key, modifiers, ...rest, ...(text ? { text } : {}) });
      await this.send("Input.dispatchKeyEvent", { type: "keyUp", key, modifiers, ...rest });
    }
  }

  type(text) {
    return this.send("Input.insertText", { text });
  }

  async fill(selector, text) {
    await this.wait(`(()=>{const e=${find(selector)};if(!e)return false;e.focus();e.select?.();return document.activeElement===e})()`, `a field: ${selector}`);
    await this.type(text);
  }

  text() {
    return this.evaluate("document.body.innerText");
  }

  async picture(file) {
    // Transitions of colours and rotation end within a fifth of a second.
    await this.evaluate("Promise.all(document.getAnimations().filter(a=>a.effect.getTiming().iterations!==Infinity).map(a=>a.finished.catch(()=>0)))");
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    writeFileSync(file, Buffer.from(data, "base64"));
  }
}

/** "css" or "css|text": the first element that matches and whose text or label contains it. */
export function find(selector) {
  const [css, text] = selector.split("|");
  const list = `[...document.querySelectorAll(${JSON.stringify(css)})]`;
  return text === undefined ? `${list}[0]` : `${list}.find(e=>((e.getAttribute('aria-label')||'')+' '+e.textContent).includes(${JSON.stringify(text)}))`;
}
