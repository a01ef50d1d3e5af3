// SPDX-License-Identifier: GPL-3.0-or-later
// Bundles the unit tests with esbuild and runs them with node's own runner.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { load, modules, top } from "./mock/modules.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const tests = readdirSync(join(here, "unit")).filter((name) => name.endsWith("_test.ts")).sort();
if (tests.length === 0) throw new Error("There is no unit test in tests/web/unit.");
const out = mkdtempSync(join(tmpdir(), "sf-unit-"));
try {
  await load("esbuild").build({
    entryPoints: tests.map((name) => join(here, "unit", name)),
    outdir: out, bundle: true, platform: "node", format: "esm", target: "node18", outExtension: { ".js": ".mjs" }, nodePaths: [modules], logLevel: "warning",
  });
  const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
  process.exitCode = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit", env: { ...process.env, SF_TEST_DATA: join(top, "tests/data") } }).status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
