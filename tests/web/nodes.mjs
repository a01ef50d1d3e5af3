// SPDX-License-Identifier: GPL-3.0-or-later
// Daemons one by one, each in a folder of its own on loopback, for tests of how two nodes' pages live in one browser.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const kReady = 90_000; // under sanitizers, on a busy machine
const kLook = 100;

export class Node {
  constructor(program, name, port) {
    Object.assign(this, { program, name, port, meshPort: port + 1, key: `key-of-${name}-0123456789`, password: `a password of ${name}`, output: "" });
    this.dir = mkdtempSync(join(tmpdir(), `sf-${name}-`));
    this.config = join(this.dir, "soulfabric.yml");
  }

  /** `peers`: what the node knows of others, lines beneath mesh.peers; `more`: further sections; `join` "ask": its user is asked. */
  write({ network, peers = "", more = "", join: joins = "yes" }) {
    const lines = [
      "flags:", "  no_connect: true", "web:", `  port: ${this.port}`, "  ip_address: 127.0.0.1", "  authentication:", `    username: ${this.name}`, `    password: "${this.password}"`, "    api_keys:", "      test:", `        key: ${this.key}`,
      "        role: administrator", "        scopes: [mesh, relay]", "mesh:", `  join: "${joins}"`, "  ip_address: 127.0.0.1", `  port: ${this.meshPort}`, "  port_mapping: false", "  private_addresses: true", "  publish: linked", `  network: ${network}`, "  bootstrap: []",
      ...(peers ? ["  peers:", peers] : []), more,
    ];
    writeFileSync(this.config, `${lines.join("\n")}\n`);
  }

  /** `on`: until it is on the mesh; else until its API answers. */
  async start({ on = true } = {}) {
    this.process = spawn(this.program, ["daemon", "--app-dir", this.dir, "--config", this.config], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on("data", (piece) => (this.output += piece));
    if (on) await this.onTheMesh();
    else await this.until("the node to answer", async () => (await this.ask("/mesh")).choice);
    return this;
  }

  async onTheMesh() {
    this.peer = (await this.until("the node to be on the mesh", async () => {
      const mesh = await this.ask("/mesh");
      return mesh.joined && mesh.peerId ? mesh : null;
    })).peerId;
  }

  async ask(path, init = {}) {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/v0${path}`, { ...init, headers: { "X-API-Key": this.key, ...init.headers } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return text === "" ? null : JSON.parse(text);
  }

  async until(what, condition) {
    for (const end = Date.now() + kReady; Date.now() < end && this.process.exitCode === null; ) {
      const found = await condition().catch(() => null);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, kLook));
    }
    throw new Error(`${this.name}: waited in vain for ${what}: ${this.output.slice(-2000)}`);
  }

  loginSecret() {
    return /#login=(\S+)/.exec(execFileSync(this.program, ["login-link", "--app-dir", this.dir], { encoding: "utf8" }))[1];
  }

  async stop() {
    if (!this.process || this.process.exitCode !== null) return;
    const over = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    const timer = setTimeout(() => this.process.kill("SIGKILL"), 15_000);
    await over;
    clearTimeout(timer);
  }
  async remove() {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
