// SPDX-License-Identifier: GPL-3.0-or-later
// The one WebSocket: opens, hands each event on, comes back after a loss with growing pauses.
import { delayFor } from "../model/backoff";
import type { ServerEvent } from "./types";

export type Link = "closed" | "opening" | "open" | "lost";

/** The parts of the browser that this uses; tests bring their own. */
export interface Surroundings {
  open(): SocketLike;
  after(milliseconds: number, run: () => void): () => void;
  random(): number;
  /** Says whether the daemon still knows us; a lost socket may mean that the session ended. */
  stillSignedIn(): Promise<boolean>;
}
export interface SocketLike {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

export class EventStream {
  onEvent: (event: ServerEvent) => void = () => {};
  onLink: (link: Link) => void = () => {};
  private socket: SocketLike | null = null;
  private attempt = 0;
  private cancelTimer: (() => void) | null = null;
  private wanted = false;
  private link: Link = "closed";

  constructor(private readonly around: Surroundings) {}

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.attempt = 0;
    this.connect();
  }

  stop(): void {
    this.wanted = false;
    this.cancelTimer?.();
    this.cancelTimer = null;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.tell("closed");
  }

  /** The network came back or the page is looked at again: do not wait out the pause, and find out whether an open link still lives. */
  wake(): void {
    if (!this.wanted) return;
    if (this.socket && this.link === "open") {
      this.socket.send('{"type":"ping"}');
    } else if (this.cancelTimer) {
      this.cancelTimer();
      this.cancelTimer = null;
      this.attempt = 0;
      this.connect();
    }
  }

  private tell(link: Link): void {
    if (link === this.link) return;
    this.link = link;
    this.onLink(link);
  }

  private connect(): void {
    if (this.link !== "lost") this.tell("opening");
    const socket = this.around.open();
    this.socket = socket;
    socket.onmessage = (message) => this.receive(socket, message.data);
    socket.onclose = () => {
      if (this.socket === socket) void this.lost();
    };
  }

  private receive(socket: SocketLike, data: unknown): void {
    if (this.socket !== socket || typeof data !== "string") return;
    let event: ServerEvent;
    try {
      event = JSON.parse(data) as ServerEvent;
    } catch {
      return;
    }
    if (event.type === "hello") {
      this.attempt = 0;
      this.onEvent(event);
      this.tell("open");
    } else {
      this.onEvent(event);
    }
  }

  private async lost(): Promise<void> {
    this.socket = null;
    this.tell("lost");
    const known = await this.around.stillSignedIn();
    if (!this.wanted || this.socket || this.cancelTimer) return;
    if (!known) {
      this.stop();
      return;
    }
    this.cancelTimer = this.around.after(delayFor(this.attempt, this.around.random()), () => {
      this.cancelTimer = null;
      this.connect();
    });
    this.attempt += 1;
  }
}
