// SPDX-License-Identifier: GPL-3.0-or-later
// Transfers that run by themselves: two at a time, the rest wait with a place; names with "fail" fail.
import { randomUUID } from "node:crypto";

const folderOf = (path) => path.slice(0, Math.max(0, path.lastIndexOf("\\")));
const stamp = () => `${new Date().toISOString().slice(0, -1)}0000`;
const isOver = (transfer) => transfer.state.startsWith("Completed");

export class Transfers {
  constructor(push, { tick = 100, seconds = 3, slots = 2 } = {}) {
    this.push = push;
    this.all = new Map();
    this.seconds = seconds;
    this.slots = slots;
    this.tick = tick;
    this.timer = setInterval(() => this.advance(), tick);
  }

  stop() {
    clearInterval(this.timer);
  }

  add(direction, username, { filename, size }) {
    for (const other of this.all.values()) {
      if (other.username !== username || other.filename !== filename || other.direction !== direction) continue;
      if (!isOver(other)) return { failed: { filename, message: "Skipped: Already in progress" } };
      this.remove(other);
    }
    const transfer = {
      id: randomUUID(), username, direction, filename, size: Number(size), state: "Queued, Remotely", requestedAt: stamp(), bytesTransferred: 0,
      averageSpeed: 0, placeInQueue: 3, attempts: 1, removed: false, bytesRemaining: Number(size), percentComplete: 0,
    };
    this.all.set(transfer.id, transfer);
    this.tell(transfer);
    return { enqueued: transfer };
  }

  tell(transfer) {
    this.push({ type: "transfer", data: { ...transfer } });
  }

  remove(transfer) {
    this.all.delete(transfer.id);
    this.push({ type: "transfer.removed", data: { id: transfer.id } });
  }

  end(transfer, state, exception) {
    transfer.state = `Completed, ${state}`;
    if (exception) transfer.exception = exception;
    delete transfer.placeInQueue;
    this.tell(transfer);
  }

  advance() {
    for (const direction of ["Download", "Upload"]) {
      const open = [...this.all.values()].filter((transfer) => transfer.direction === direction && !isOver(transfer) && !transfer.held);
      open.forEach((transfer, i) => {
        if (i >= this.slots) {
          if (transfer.placeInQueue === i - this.slots + 1) return;
          transfer.placeInQueue = i - this.slots + 1;
          this.tell(transfer);
          return;
        }
        delete transfer.placeInQueue;
        transfer.state = "InProgress";
        transfer.averageSpeed = transfer.size / this.seconds;
        transfer.bytesTransferred = Math.min(transfer.size, transfer.bytesTransferred + Math.ceil((transfer.averageSpeed * this.tick) / 1000));
        transfer.bytesRemaining = transfer.size - transfer.bytesTransferred;
        transfer.percentComplete = (transfer.bytesTransferred / Math.max(1, transfer.size)) * 100;
        if (transfer.filename.includes("fail") && transfer.percentComplete > 40) this.end(transfer, "Errored", "The other side closed the connection at 40 %: it will be asked again in a minute.");
        else if (transfer.bytesTransferred >= transfer.size) this.end(transfer, "Succeeded");
        else this.tell(transfer);
      });
    }
  }

  clearCompleted(direction) {
    for (const transfer of [...this.all.values()]) if (transfer.direction === direction && isOver(transfer)) this.remove(transfer);
  }

  endById(id, remove) {
    const transfer = this.all.get(id);
    if (!transfer) return;
    if (!isOver(transfer)) this.end(transfer, "Cancelled");
    if (remove) this.remove(transfer);
  }

  groups(direction) {
    const users = new Map();
    for (const transfer of this.all.values()) {
      if (transfer.direction !== direction) continue;
      const directories = users.get(transfer.username) ?? new Map();
      users.set(transfer.username, directories);
      const folder = folderOf(transfer.filename);
      directories.set(folder, [...(directories.get(folder) ?? []), transfer]);
    }
    return [...users].map(([username, directories]) => ({
      username, directories: [...directories].map(([directory, files]) => ({ directory, fileCount: files.length, files })),
    }));
  }
}
