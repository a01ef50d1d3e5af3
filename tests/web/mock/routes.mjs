// SPDX-License-Identifier: GPL-3.0-or-later
// The routes of the stand-in: method, path, what to do.
import { answers, filePage, folderPage } from "./music.mjs";

function enter({ gateway, response }) {
  const { token, session } = gateway.openSession();
  gateway.answer(response, 200, { csrf: session.csrf, name: gateway.credentials.username }, { "Set-Cookie": `sf_mock=${token}; HttpOnly; SameSite=Strict; Path=/` });
}

function directory(gateway, username, name) {
  if (username !== "millions") {
    const found = answers("x").find((response) => response.username === username)?.files ?? [];
    const files = found.filter((file) => file.filename.startsWith(`${name}\\`)).map((file) => ({ ...file, filename: file.filename.slice(name.length + 1) }));
    return [{ name, fileCount: files.length, files }];
  }
  const { files } = filePage(name, 0, 1000);
  return [{ name, fileCount: files.length, files }];
}

function conversationOf(gateway, username) {
  if (!gateway.conversations.has(username)) gateway.conversations.set(username, []);
  return gateway.conversations.get(username);
}

export function say(gateway, username, direction, message) {
  const list = conversationOf(gateway, username);
  const entry = { timestamp: new Date().toISOString(), id: list.length + 1, username, direction, message, isAcknowledged: direction === "Out", wasReplayed: false };
  list.push(entry);
  gateway.push({ type: "message", data: entry });
}

function startBrowse({ gateway, response, part: [username] }) {
  if (username === "nobody") {
    gateway.answer(response, 404, "nobody is offline: try again when they are back.");
    return;
  }
  gateway.answer(response, 202);
  if (gateway.browses.has(username)) return;
  let step = 0;
  const timer = setInterval(() => {
    step += 1;
    if (username === "gone" && step === 2) {
      clearInterval(timer);
      gateway.push({ type: "browse", data: { username, bytesTransferred: 10, size: 4_000_000, percentComplete: 0, error: "gone has closed the connection" } });
      return;
    }
    if (step === 4) {
      clearInterval(timer);
      gateway.browses.add(username);
    }
    gateway.push({ type: "browse", data: { username, bytesTransferred: step * 1_000_000, size: 4_000_000, percentComplete: step * 25 } });
  }, 60);
}

const page = (query) => [Number(query.get("offset")), Number(query.get("limit"))];

export const routes = [
  ["GET", /^\/session\/enabled$/, ({ gateway, response }) => gateway.answer(response, 200, true)],
  ["GET", /^\/session$/, ({ gateway, response, session }) => gateway.answer(response, 200, undefined, { "X-CSRF-Token": session.csrf })],
  ["POST", /^\/session$/, (call) => {
    const { username, password } = call.gateway.credentials;
    if (call.body?.username === username && call.body?.password === password) enter(call);
    else call.gateway.answer(call.response, 401);
  }],
  ["POST", /^\/session\/link$/, (call) => {
    if (call.gateway.links.delete(call.body?.secret)) enter(call);
    else call.gateway.answer(call.response, 401);
  }],
  ["DELETE", /^\/session$/, ({ gateway, response, session }) => {
    for (const [token, other] of gateway.sessions) if (other === session) gateway.sessions.delete(token);
    gateway.answer(response, 204);
    gateway.dropSockets();
  }],
  ["GET", /^\/application$/, ({ gateway, response }) => gateway.answer(response, 200, gateway.application())],
  ["PUT", /^\/server$/, ({ gateway, response }) => {
    gateway.answer(response, 200);
    gateway.setServer({ state: "Connected, LoggedIn", isConnected: true, isLoggedIn: true, reason: undefined });
  }],
  ["DELETE", /^\/server$/, ({ gateway, response }) => {
    gateway.answer(response, 204);
    gateway.setServer({ state: "Disconnected", isConnected: false, isLoggedIn: false });
  }],
  ["POST", /^\/searches$/, ({ gateway, response, body }) => gateway.answer(response, 200, gateway.searches.add(body))],
  ["GET", /^\/searches\/([^/]+)\/responses$/, ({ gateway, response, part: [id] }) => {
    const list = gateway.searches.lists.get(id);
    gateway.answer(response, list ? 200 : 404, list?.sent);
  }],
  ["PUT", /^\/searches\/([^/]+)$/, ({ gateway, response, part: [id] }) => {
    gateway.searches.finish(gateway.searches.all.get(id), "Cancelled");
    gateway.answer(response, 200);
  }],
  ["DELETE", /^\/searches\/([^/]+)$/, ({ gateway, response, part: [id] }) => {
    gateway.searches.remove(id);
    gateway.answer(response, 204);
  }],
  ["POST", /^\/transfers\/downloads\/([^/]+)$/, ({ gateway, response, body, part: [username] }) => {
    const results = body.map((file) => gateway.transfers.add("Download", username, file));
    gateway.answer(response, 201, { enqueued: results.flatMap((r) => r.enqueued ?? []), failed: results.flatMap((r) => r.failed ?? []) });
  }],
  ["DELETE", /^\/transfers\/(downloads|uploads)\/all\/completed$/, ({ gateway, response, part: [kind] }) => {
    gateway.transfers.clearCompleted(kind === "uploads" ? "Upload" : "Download");
    gateway.answer(response, 204);
  }],
  ["DELETE", /^\/transfers\/(?:downloads|uploads)\/([^/]+)\/([^/]+)$/, ({ gateway, response, query, part: [, id] }) => {
    gateway.transfers.endById(id, query.get("remove") === "true");
    gateway.answer(response, 204);
  }],
  ["POST", /^\/users\/([^/]+)\/browse$/, startBrowse],
  ["GET", /^\/users\/([^/]+)\/browse\/folders$/, ({ gateway, response, query, part: [username] }) => {
    if (gateway.browses.has(username)) gateway.answer(response, 200, folderPage(query.get("parent"), ...page(query)));
    else gateway.answer(response, 429, "the list of this user is still on its way");
  }],
  ["GET", /^\/users\/([^/]+)\/browse\/files$/, ({ gateway, response, query, part: [username] }) => {
    if (gateway.browses.has(username) && query.get("folder")) gateway.answer(response, 200, filePage(query.get("folder"), ...page(query)));
    else gateway.answer(response, 404, "This user has not been browsed yet.");
  }],
  ["POST", /^\/users\/([^/]+)\/directory$/, ({ gateway, response, body, part: [username] }) => gateway.answer(response, 200, directory(gateway, username, body.directory))],
  ["GET", /^\/users\/([^/]+)\/info$/, ({ gateway, response }) => gateway.answer(response, 200, { description: "", hasFreeUploadSlot: true, hasPicture: false, queueLength: 0, uploadSlots: 2 })],
  ["GET", /^\/users\/([^/]+)\/status$/, ({ gateway, response }) => gateway.answer(response, 200, { isPrivileged: false, presence: "Online" })],
  ["GET", /^\/shares$/, ({ gateway, response }) => gateway.answer(response, 200, gateway.shares())],
  ["PUT", /^\/shares$/, ({ gateway, response }) => {
    gateway.startScan();
    gateway.answer(response, 200);
  }],
  ["DELETE", /^\/shares$/, ({ gateway, response }) => {
    gateway.stopScan();
    gateway.answer(response, 204);
  }],
  ["GET", /^\/conversations$/, async ({ gateway, response }) => {
    const list = [...gateway.conversations].map(([username, said]) => {
      const fresh = said.filter((entry) => !entry.isAcknowledged).length;
      return { username, isActive: true, unAcknowledgedMessageCount: fresh, hasUnAcknowledgedMessages: fresh > 0 };
    });
    await gateway.heldConversations?.turn(response);
    gateway.answer(response, 200, list);
  }],
  ["GET", /^\/conversations\/([^/]+)$/, ({ gateway, response, part: [username] }) => {
    const messages = gateway.conversations.get(username);
    if (messages) gateway.answer(response, 200, { username, isActive: true, messages, hasUnAcknowledgedMessages: messages.some((entry) => !entry.isAcknowledged) });
    else gateway.answer(response, 404);
  }],
  ["POST", /^\/conversations\/([^/]+)$/, ({ gateway, response, body, part: [username] }) => {
    say(gateway, username, "Out", body);
    gateway.answer(response, 201);
    say(gateway, username, "In", "Thank you <b>and</b> good night ‮");
  }],
  ["PUT", /^\/conversations\/([^/]+)$/, ({ gateway, response, part: [username] }) => {
    for (const entry of conversationOf(gateway, username)) entry.isAcknowledged = true;
    gateway.answer(response, 200);
  }],
];
