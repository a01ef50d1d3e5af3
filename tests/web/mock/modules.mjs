// SPDX-License-Identifier: GPL-3.0-or-later
// Finds npm packages where the build found them: in web/node_modules, or where SF_WEB_MODULES says.
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const top = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
export const modules = process.env.SF_WEB_MODULES || join(top, "web/node_modules");
export const load = createRequire(join(modules, "resolve.js"));
