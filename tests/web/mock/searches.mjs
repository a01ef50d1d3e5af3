// SPDX-License-Identifier: GPL-3.0-or-later
// Searches whose answers trickle in; two run, the next wait for their turn and tell their place.
import { randomUUID } from "node:crypto";
import { answers } from "./music.mjs";

export class Searches {
  constructor(push, { tick = 120, running = 2 } = {}) {
    this.push = push;
    this.running = running;
    this.all = new Map();
    this.lists = new Map();
    this.timer = setInterval(() => this.advance(), tick);
  }

  stop() {
    clearInterval(this.timer);
  }

  add({ id, searchText }) {
    const search = { id: id || randomUUID(), searchText, state: "InProgress", isComplete: false, fileCount: 0, lockedFileCount: 0, responseCount: 0, responses: [], startedAt: new Date().toISOString(), token: 4711 };
    this.all.set(search.id, search);
    this.lists.set(search.id, { sent: [], rest: answers(searchText) });
    this.place();
    this.tell(search);
    return search;
  }

  place() {
    const open = [...this.all.values()].filter((search) => !search.isComplete);
    open.forEach((search, i) => {
      if (i >= this.running) search.queuePosition = i - this.running + 1;
      else delete search.queuePosition;
    });
  }

  tell(search) {
    this.push({ type: "search", data: { ...search } });
  }

  advance() {
    for (const search of this.all.values()) {
      if (search.isComplete || search.queuePosition) continue;
      const list = this.lists.get(search.id);
      const next = list.rest.splice(0, 2);
      if (next.length === 0) {
        this.finish(search, "TimedOut");
        continue;
      }
      const from = list.sent.length;
      list.sent.push(...next);
      search.responseCount = list.sent.length;
      search.fileCount += next.reduce((sum, response) => sum + response.fileCount, 0);
      this.push({ type: "search.responses", data: { searchId: search.id, from, responses: next } });
      this.tell(search);
    }
  }

  finish(search, how) {
    if (search.isComplete) return;
    search.isComplete = true;
    search.state = `Completed, ${how}`;
    search.endedAt = new Date().toISOString();
    delete search.queuePosition;
    this.place();
    for (const other of this.all.values()) this.tell(other);
  }

  remove(id) {
    this.finish(this.all.get(id), "Cancelled");
    this.all.delete(id);
    this.lists.delete(id);
    this.push({ type: "search.removed", data: { id } });
  }
}
