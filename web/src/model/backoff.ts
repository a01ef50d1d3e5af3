// SPDX-License-Identifier: GPL-3.0-or-later
// How long to wait before the next try: doubling up to a bound, with jitter so that many pages do not come back at one instant.

export const kFirstDelay = 500;
export const kLongestDelay = 30_000;

/** `attempt` counts from 0, `random` is in [0, 1). Milliseconds, between half and the whole of the bound. */
export function delayFor(attempt: number, random: number): number {
  const bound = Math.min(kLongestDelay, kFirstDelay * 2 ** Math.min(attempt, 16));
  return Math.round(bound / 2 + (bound / 2) * random);
}
