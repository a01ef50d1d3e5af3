// SPDX-License-Identifier: GPL-3.0-or-later
// Which screen the fragment of the address names. Fragments never reach the server, so user names and searches stay out of its log.

export type Screen = "search" | "downloads" | "uploads" | "browse" | "chat" | "shares" | "pods" | "mesh" | "relay" | "guard";
export interface Route {
  screen: Screen;
  /** Search id, user name, pod id, part of the relays or shared folder. */
  item: string;
}

const screens = new Set<string>(["search", "downloads", "uploads", "browse", "chat", "shares", "pods", "mesh", "relay", "guard"]);

function decode(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? "");
  } catch {
    return "";
  }
}

export function parseRoute(hash: string): Route {
  const [screen, item] = hash.replace(/^#\/?/, "").split("/");
  if (!screen || !screens.has(screen)) return { screen: "search", item: "" };
  return { screen: screen as Screen, item: decode(item) };
}

export function routeTo(screen: Screen, item = ""): string {
  return item ? `#/${screen}/${encodeURIComponent(item)}` : `#/${screen}`;
}

/** The one-time secret of a login link, or null. */
export function loginSecret(hash: string): string | null {
  const match = /^#login=([A-Za-z0-9_\-.~=+/%]{1,512})$/.exec(hash);
  return match ? decode(match[1]) : null;
}
