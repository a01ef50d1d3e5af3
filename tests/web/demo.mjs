// SPDX-License-Identifier: GPL-3.0-or-later
// A whole private network for browser tests: `soulfabric demo` in a folder of its own, asked with its own keys.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, watch } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const kReady = 120_000; // under sanitizers, on a busy machine
const kPorts = 60;

const isFree = (port) => new Promise((resolve) => {
  const probe = createServer().once("error", () => resolve(false)).once("listening", () => probe.close(() => resolve(true)));
  probe.listen(port, "127.0.0.1");
});

/** A stretch of ports below the range that the system hands out. */
export async function freeBase() {
  for (let base = 20_000 + (process.pid % 100) * 100; base < 32_000; base += 100) {
    const taken = [];
    for (let port = base; port < base + kPorts; port += 1) if (!(await isFree(port))) taken.push(port);
    if (taken.length === 0) return base;
  }
  throw new Error("No stretch of free ports was found below 32000.");
}

function* filesUnder(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

export class Demo {
  static async start(program) {
    const demo = new Demo();
    demo.program = program;
    demo.dir = mkdtempSync(join(tmpdir(), "sf-demo-"));
    demo.output = "";
    const file = join(demo.dir, "demo.json");
    demo.process = spawn(program, ["demo", "--dir", demo.dir, "--base-port", String(await freeBase())], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [demo.process.stdout, demo.process.stderr]) stream.on("data", (piece) => (demo.output += piece));
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`The demo was not ready in time: ${demo.output.slice(-2000)}`)), kReady);
      demo.process.once("exit", (code) => reject(new Error(`The demo ended with ${code}: ${demo.output.slice(-2000)}`)));
      const look = () => {
        if (!existsSync(file)) return;
        try {
          demo.facts = JSON.parse(readFileSync(file, "utf8"));
          demo.nodes = demo.facts.nodes;
        } catch {
          return; // still being written: its end will be told
        }
        watcher.close();
        clearTimeout(timer);
        resolve();
      };
      const watcher = watch(demo.dir, look);
      look();
    });
    return demo;
  }

  async ask(node, path) {
    const response = await fetch(`${node.url.replace(/\/$/, "")}/api/v0${path}`, { headers: { "X-API-Key": node.apiKey } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Where a browser meets this node: a host name of its own, so that no cookie is shared (hosts count for cookies, ports do not). */
  pageOf(node) {
    return `http://${node.name}.localhost:${new URL(node.url).port}/`;
  }

  loginSecret(node) {
    const text = execFileSync(this.program, ["login-link", "--app-dir", join(this.dir, node.name)], { encoding: "utf8" });
    return /#login=(\S+)/.exec(text)[1];
  }

  /** Files of one node with this name: its own and what it downloaded. */
  find(node, name) {
    return [...filesUnder(join(this.dir, node.name))].filter((path) => path.endsWith(`/${name}`));
  }

  async stop() {
    if (this.process.exitCode === null) {
      const over = new Promise((resolve) => this.process.once("exit", resolve));
      this.process.removeAllListeners("exit").once("exit", () => undefined);
      this.process.kill("SIGTERM");
      const timer = setTimeout(() => this.process.kill("SIGKILL"), 15_000);
      await Promise.race([over, new Promise((resolve) => this.process.once("exit", resolve))]);
      clearTimeout(timer);
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}
