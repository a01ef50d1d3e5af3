// SPDX-License-Identifier: GPL-3.0-or-later
// The state of the Soulseek connection in words a person acts on.
import type { Application } from "../api/types";
import { asSentence } from "./format";

export type Tone = "good" | "busy" | "bad" | "off";
export interface Connection {
  tone: Tone;
  short: string;
  sentence: string;
  canConnect: boolean;
  canDisconnect: boolean;
}

function nextTry(application: Application): string {
  const at = new Date(application.connectionWatchdog?.nextAttemptAt ?? "");
  return Number.isNaN(at.getTime()) ? "" : ` The next try is at ${at.toLocaleTimeString()}.`;
}

export function connectionOf(application: Application | null): Connection {
  const server = application?.server;
  const reason = server?.reason ? asSentence(server.reason) : "";
  if (!server) return { tone: "busy", short: "Loading", sentence: "Waiting for the daemon to tell its state.", canConnect: false, canDisconnect: false };
  const name = application?.user?.username || server.username || "";
  if (server.isLoggedIn) {
    return { tone: "good", short: "Connected", sentence: name ? `Logged in to Soulseek as ${name}.` : "Logged in to Soulseek.", canConnect: false, canDisconnect: true };
  }
  const words = server.state.split(", ");
  if (server.isConnecting || server.isLoggingIn || words.some((word) => word === "Connecting" || word === "LoggingIn")) {
    return { tone: "busy", short: "Connecting", sentence: reason || "Connecting to the Soulseek server.", canConnect: false, canDisconnect: true };
  }
  if (server.isConnected) {
    return { tone: "busy", short: "Logging in", sentence: reason || "Connected; waiting for the login to be accepted.", canConnect: false, canDisconnect: true };
  }
  if (reason) return { tone: "bad", short: "Not connected", sentence: reason + nextTry(application), canConnect: true, canDisconnect: false };
  return { tone: "off", short: "Not connected", sentence: "Not connected to Soulseek. Connect to search, download and share.", canConnect: true, canDisconnect: false };
}
