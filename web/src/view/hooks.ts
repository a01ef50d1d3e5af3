// SPDX-License-Identifier: GPL-3.0-or-later
// Watching cells and the world from components, redrawn at most once per frame and not faster than eyes follow.
import { useCallback, useEffect, useReducer, useRef, useState } from "preact/hooks";
import { onEvent, resyncs, sentence, world } from "../app";
import type { ServerEvent } from "../api/types";
import type { Cell } from "../model/cell";
import type { Section } from "../model/world";

export function useCell<T>(cell: Cell<T>): T {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const value = cell.get();
  useEffect(() => {
    // Effects run after the frame: the value may have changed since it was drawn.
    if (!Object.is(value, cell.get())) redraw(undefined);
    return cell.watch(() => redraw(undefined));
  }, [cell]);
  return value;
}

const kRedrawMilliseconds = 100;

export function useSection(...wanted: Section[]): number {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const drawn = wanted.reduce((sum, section) => sum + world.versions[section], 0);
  useEffect(() => {
    let timer = 0;
    let last = 0;
    const soon = () => {
      if (timer) return;
      timer = window.setTimeout(() => {
        timer = 0;
        last = performance.now();
        redraw(undefined);
      }, Math.max(0, last + kRedrawMilliseconds - performance.now()));
    };
    const stops = wanted.map((section) => world.watch(section, soon));
    if (drawn !== wanted.reduce((sum, section) => sum + world.versions[section], 0)) soon();
    return () => {
      window.clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, wanted);
  return drawn;
}

export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => window.matchMedia(query).matches);
  useEffect(() => {
    const list = window.matchMedia(query);
    const change = () => setMatches(list.matches);
    list.addEventListener("change", change);
    change();
    return () => list.removeEventListener("change", change);
  }, [query]);
  return matches;
}

export const useNarrow = (): boolean => useMedia("(max-width: 719px)");

export interface Reading<T> {
  value: T | null;
  /** One sentence while the last reading failed; what was read before stays. */
  problem: string;
  again: () => Promise<void>;
}

const kWakeMilliseconds = 500; // events of a download come ten times a second; reading as often would cost more than it shows

/** What events do not tell whole: read when shown, again after each resync, at an event that says it changed and, while somebody
 * looks, in steady pauses. */
export function useReading<T>(read: () => Promise<T>, milliseconds: number, wakes: ServerEvent["type"] | "" = "", key = ""): Reading<T> {
  const synced = useCell(resyncs);
  const [state, set] = useState<{ key: string; value: T | null; problem: string }>({ key, value: null, problem: "" });
  const turn = useRef(0);
  const again = useCallback(async () => {
    turn.current += 1;
    const mine = turn.current;
    try {
      const value = await read();
      if (mine === turn.current) set({ key, value, problem: "" });
    } catch (error) {
      if (mine === turn.current) set((old) => ({ key, value: old.key === key ? old.value : null, problem: sentence(error) }));
    }
  }, [key]);
  useEffect(() => {
    void again();
    const timer = window.setInterval(() => {
      if (document.visibilityState === "visible") void again();
    }, milliseconds);
    let soon = 0;
    let last = -kWakeMilliseconds;
    const deaf = onEvent((event) => {
      if (event.type !== wakes || soon) return;
      soon = window.setTimeout(() => {
        soon = 0;
        last = performance.now();
        void again();
      }, Math.max(0, last + kWakeMilliseconds - performance.now()));
    });
    return () => {
      window.clearInterval(timer);
      window.clearTimeout(soon);
      deaf();
      turn.current += 1;
    };
  }, [again, synced, milliseconds, wakes]);
  return { value: state.key === key ? state.value : null, problem: state.key === key ? state.problem : "", again };
}
