// SPDX-License-Identifier: GPL-3.0-or-later
// Bundles the page: hashed names, gzip and brotli beside each file and, for the daemon, an assembly file with the bytes and a C++ table.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { emitAssembly, emitTable } from "./embed.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

function argument(name, fallback) {
  const at = process.argv.indexOf(name);
  return at > 0 && process.argv[at + 1] ? process.argv[at + 1] : fallback;
}

const modules = resolve(argument("--modules", join(here, "node_modules")));
const { build } = createRequire(join(modules, "resolve.js"))("esbuild");

const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 20);

/** Compressed forms are kept only where they are smaller than the file itself. */
function compressed(bytes) {
  const gzip = gzipSync(bytes, { level: 9 });
  gzip[9] = 255; // the system byte of the header: the same output on every machine
  const brotli = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  return { gzip: gzip.length < bytes.length ? gzip : null, brotli: brotli.length < bytes.length ? brotli : null };
}

async function bundle() {
  const result = await build({
    entryPoints: [{ in: join(here, "src/main.tsx"), out: "app" }],
    outdir: "/assets",
    bundle: true,
    nodePaths: [modules],
    write: false,
    minify: true,
    format: "esm",
    target: ["es2021", "chrome109", "firefox115", "safari16"],
    entryNames: "[name]-[hash]",
    jsx: "automatic",
    jsxImportSource: "preact",
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
  return result.outputFiles.map((file) => ({ path: file.path.replace(/\\/g, "/").replace(/^[A-Za-z]:/, ""), bytes: Buffer.from(file.contents) }));
}

async function main() {
  const out = resolve(argument("--out", join(here, "dist")));
  const files = await bundle();
  for (const name of readdirSync(join(here, "public")).sort()) {
    files.push({ path: `/${name}`, bytes: readFileSync(join(here, "public", name)) });
  }
  // Relative, so that the page also lives under the prefix of a reverse proxy.
  const relative = (extension) => files.find((file) => file.path.endsWith(extension)).path.slice(1);
  const html = readFileSync(join(here, "src/index.html"), "utf8").replace("{{script}}", relative(".js")).replace("{{sheet}}", relative(".css"));
  files.push({ path: "/index.html", bytes: Buffer.from(html) });
  files.sort((a, b) => (a.path < b.path ? -1 : 1));

  const root = join(out, "root");
  rmSync(root, { recursive: true, force: true });
  const assets = files.map((file) => {
    const type = types[extname(file.path)];
    if (!type) throw new Error(`${file.path} has no content type: add its extension to build.mjs.`);
    const target = join(root, file.path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, file.bytes);
    const { gzip, brotli } = compressed(file.bytes);
    if (gzip) writeFileSync(`${target}.gz`, gzip);
    if (brotli) writeFileSync(`${target}.br`, brotli);
    return { path: file.path, type, hash: hashOf(file.bytes), target, gzip: gzip && `${target}.gz`, brotli: brotli && `${target}.br` };
  });
  writeFileSync(join(out, "assets.S"), emitAssembly(assets));
  writeFileSync(join(out, "assets_table.cpp"), emitTable(assets));
}

main().catch((error) => {
  console.error(`The web page could not be built: ${error.message}`);
  process.exit(1);
});
