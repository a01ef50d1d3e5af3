// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the stand-in by hand for work on the page: node tests/web/mock/main.mjs DIST [PORT]
import { join, resolve } from "node:path";
import { Gateway } from "./gateway.mjs";

const dist = resolve(process.argv[2] ?? "web/dist");
const gateway = await new Gateway(join(dist, "root"), { transfers: { seconds: 20 } }).start(Number(process.argv[3] ?? 5055));
console.log(`http://stand-in.localhost:${gateway.port}/#login=${gateway.newLink()}`);
