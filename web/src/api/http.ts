// SPDX-License-Identifier: GPL-3.0-or-later
// Requests to the daemon: same origin, cookie, CSRF header, and every failure as one sentence.

import { asSentence } from "../model/format";

export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

type Fetch = typeof fetch;

const byStatus: Record<number, string> = {
  401: "You are signed out: sign in again.",
  403: "The daemon does not allow this.",
  404: "The daemon does not know this any more.",
  409: "The daemon is not ready for this yet.",
  429: "Too many requests at once: wait a moment and try again.",
};

async function sentenceOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "string" && body !== "") return asSentence(body);
  } catch {
    // not JSON: the status has to say it
  }
  return byStatus[response.status] ?? `The daemon answered with status ${response.status}.`;
}

export class Http {
  csrf = "";
  /** Called when the daemon no longer knows our cookie. */
  onSignedOut: () => void = () => {};

  /** `base` is the path that the page lies under, with its last slash. */
  constructor(private readonly doFetch: Fetch, private readonly base = "/") {}

  address(path: string): string {
    return `${this.base}api/v0${path}`;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const all: Record<string, string> = { Accept: "application/json", ...headers };
    if (method !== "GET" && this.csrf) all["X-CSRF-Token"] = this.csrf;
    const init: RequestInit = { method, headers: all, credentials: "same-origin", redirect: "error", cache: "no-store" };
    if (body !== undefined) {
      all["Content-Type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    let response: Response;
    try {
      response = await this.doFetch(this.address(path), init);
    } catch {
      throw new ApiError(0, "The daemon does not answer: see whether it is running.");
    }
    if (!response.ok) {
      const error = new ApiError(response.status, await sentenceOf(response));
      if (response.status === 401 && !path.startsWith("/session")) this.onSignedOut();
      throw error;
    }
    const token = response.headers.get("X-CSRF-Token");
    if (token) this.csrf = token;
    return response;
  }

  async json<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    const response = await this.call(method, path, body, headers);
    const text = await response.text();
    return (text === "" ? null : JSON.parse(text)) as T;
  }
}
