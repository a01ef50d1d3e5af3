// SPDX-License-Identifier: GPL-3.0-or-later
// Everything the daemon has told this page, kept current by its events. Sections are watched one by one, so a transfer's tick does not redraw a search.
import type {
  Application, BrowseProgress, PrivateMessage, Search, SearchResponse, ServerEvent, ShareMap, SharesState, Transfer,
} from "../api/types";
import { fromGroups } from "./transfers";

export type Section = "application" | "searches" | "responses" | "downloads" | "uploads" | "shares" | "messages" | "browse";
const sections: Section[] = ["application", "searches", "responses", "downloads", "uploads", "shares", "messages", "browse"];

/** What the page must ask for because events alone do not tell it. */
export type Need = { kind: "responses"; searchId: string };

export class World {
  application: Application | null = null;
  readonly searches = new Map<string, Search>();
  readonly responses = new Map<string, SearchResponse[]>();
  readonly downloads = new Map<string, Transfer>();
  readonly uploads = new Map<string, Transfer>();
  shares: ShareMap = {};
  scan: SharesState = {};
  messages: PrivateMessage[] = [];
  readonly browses = new Map<string, BrowseProgress>();
  readonly versions: Record<Section, number> = { application: 0, searches: 0, responses: 0, downloads: 0, uploads: 0, shares: 0, messages: 0, browse: 0 };
  private readonly watchers = new Map<Section, Set<() => void>>(sections.map((section) => [section, new Set()]));

  watch(section: Section, watcher: () => void): () => void {
    const set = this.watchers.get(section)!;
    set.add(watcher);
    return () => set.delete(watcher);
  }

  private touch(...changed: Section[]): void {
    for (const section of changed) {
      this.versions[section] += 1;
      for (const watcher of [...this.watchers.get(section)!]) watcher();
    }
  }

  apply(event: ServerEvent): Need | null {
    switch (event.type) {
      case "hello":
        this.resync(event.data);
        return null;
      case "application":
        this.application = event.data;
        this.scan = { ...event.data.shares };
        this.touch("application", "shares");
        return null;
      case "search":
        this.searches.set(event.data.id, event.data);
        this.touch("searches");
        return null;
      case "search.responses":
        return this.append(event.data.searchId, event.data.from, event.data.responses);
      case "search.removed":
        this.searches.delete(event.data.id);
        this.responses.delete(event.data.id);
        this.touch("searches", "responses");
        return null;
      case "transfer":
        this.transfer(event.data);
        return null;
      case "transfer.removed":
        if (this.downloads.delete(event.data.id)) this.touch("downloads");
        if (this.uploads.delete(event.data.id)) this.touch("uploads");
        return null;
      case "shares":
        this.scan = event.data; // whole each time: what is not told any more is over
        this.touch("shares");
        return null;
      case "message":
        this.messages = [...this.messages.slice(-499), event.data];
        this.touch("messages");
        return null;
      case "browse":
        this.browses.set(event.data.username, event.data);
        this.touch("browse");
        return null;
      default:
        return null; // a newer daemon may tell more than this page knows
    }
  }

  private resync(hello: Extract<ServerEvent, { type: "hello" }>["data"]): void {
    this.application = hello.application;
    this.scan = { ...hello.application.shares };
    this.shares = hello.shares ?? {};
    this.searches.clear();
    for (const search of hello.searches) this.searches.set(search.id, search);
    // Lists only ever grow, so what is held stays true; what came while the page was cut off is asked for when it is looked at.
    for (const [id, list] of this.responses) if ((this.searches.get(id)?.responseCount ?? -1) < list.length) this.responses.delete(id);
    this.downloads.clear();
    for (const transfer of fromGroups(hello.downloads)) if (!transfer.removed) this.downloads.set(transfer.id, transfer);
    this.uploads.clear();
    for (const transfer of fromGroups(hello.uploads)) if (!transfer.removed) this.uploads.set(transfer.id, transfer);
    this.touch(...sections);
  }

  private append(searchId: string, from: number, added: SearchResponse[]): Need | null {
    const have = this.responses.get(searchId) ?? [];
    if (from > have.length) return { kind: "responses", searchId };
    const fresh = added.slice(have.length - from);
    if (fresh.length > 0) {
      this.responses.set(searchId, [...have, ...fresh]);
      this.touch("responses");
    }
    return null;
  }

  /** The whole list as just read; never shortens what events have already brought. */
  setResponses(searchId: string, list: SearchResponse[]): void {
    const have = this.responses.get(searchId);
    if (have && have.length >= list.length) return;
    this.responses.set(searchId, list);
    this.touch("responses");
  }

  setShares(shares: ShareMap): void {
    this.shares = shares;
    this.touch("shares");
  }

  private transfer(transfer: Transfer): void {
    const section = transfer.direction === "Upload" ? "uploads" : "downloads";
    if (transfer.removed) this[section].delete(transfer.id);
    else this[section].set(transfer.id, transfer);
    this.touch(section);
  }

  clear(): void {
    this.application = null;
    this.searches.clear();
    this.responses.clear();
    this.downloads.clear();
    this.uploads.clear();
    this.browses.clear();
    this.shares = {};
    this.scan = {};
    this.messages = [];
    this.touch(...sections);
  }
}
