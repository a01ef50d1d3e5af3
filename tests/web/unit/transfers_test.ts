// SPDX-License-Identifier: GPL-3.0-or-later
// Transfers in groups, their states in words, and what may be done to them.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Transfer } from "../../../web/src/api/types";
import { canCancel, canRetry, flatten, group, phaseOf, progressOf, secondsLeft, stateText, totals } from "../../../web/src/model/transfers";

const transfer = (id: string, state: string, more: Partial<Transfer> = {}): Transfer => ({
  id, username: "u", direction: "Download", filename: `m\\A\\${id}.mp3`, size: 100, state, bytesTransferred: 0, averageSpeed: 0, ...more,
});

test("every state of the interface has a phase and words of its own", () => {
  const states = ["Requested", "Queued, Locally", "Queued, Remotely", "Initializing", "InProgress", ...["Succeeded", "Cancelled", "TimedOut", "Errored", "Rejected", "Aborted"].map((end) => `Completed, ${end}`)];
  const texts = states.map((state) => stateText(transfer("1", state)));
  assert.equal(new Set(texts).size, states.length);
  assert.deepEqual(states.map((state) => phaseOf(transfer("1", state))), ["waiting", "waiting", "waiting", "active", "active", "done", "cancelled", "failed", "failed", "failed", "failed"]);
  for (const state of states) assert.notEqual(canCancel(transfer("1", state)), state.startsWith("Completed"));
});

test("only downloads that ended without success can be tried again", () => {
  assert.equal(canRetry(transfer("1", "Completed, Errored")), true);
  assert.equal(canRetry(transfer("1", "Completed, Cancelled")), true);
  assert.equal(canRetry(transfer("1", "Completed, Succeeded")), false);
  assert.equal(canRetry(transfer("1", "InProgress")), false);
  assert.equal(canRetry(transfer("1", "Completed, Errored", { direction: "Upload" })), false);
});

test("a place in the queue is told", () => {
  assert.equal(stateText(transfer("1", "Queued, Remotely", { placeInQueue: 1200 })), "Place 1,200 in their queue");
  assert.equal(stateText(transfer("1", "Queued, Locally", { direction: "Upload", placeInQueue: 2 })), "Waiting, place 2");
});

test("groups are one per user and folder, unfinished ones first, with sums that count finished files whole", () => {
  const groups = group([
    transfer("1", "Completed, Succeeded", { filename: "m\\B\\1.mp3", bytesTransferred: 40 }),
    transfer("2", "InProgress", { bytesTransferred: 30, averageSpeed: 5 }),
    transfer("3", "Completed, Succeeded", { bytesTransferred: 0 }),
    transfer("4", "Queued, Remotely", { username: "v" }),
  ]);
  assert.deepEqual(groups.map((g) => `${g.username} ${g.folder}`), ["u m\\A", "v m\\A", "u m\\B"]);
  assert.deepEqual([groups[0]!.size, groups[0]!.done, groups[0]!.speed], [200, 130, 5]);
  assert.deepEqual(flatten(groups, new Set([groups[0]!.key])).map((row) => row.kind), ["group", "group", "file", "group", "file"]);
});

test("time left is told only while bytes move", () => {
  assert.equal(secondsLeft(transfer("1", "InProgress", { bytesTransferred: 50, averageSpeed: 10 })), 5);
  assert.equal(secondsLeft(transfer("1", "InProgress")), null);
  assert.equal(secondsLeft(transfer("1", "Queued, Remotely", { averageSpeed: 10 })), null);
});

test("progress of an empty file is whole when it is done and nothing before", () => {
  assert.equal(progressOf(transfer("1", "Completed, Succeeded", { size: 0 })), 100);
  assert.equal(progressOf(transfer("1", "InProgress", { size: 0 })), 0);
  assert.equal(progressOf(transfer("1", "InProgress", { size: 100, bytesTransferred: 250 })), 100);
});

test("totals add speeds of what is active", () => {
  assert.deepEqual(totals([transfer("1", "InProgress", { averageSpeed: 7 }), transfer("2", "Completed, Errored", { averageSpeed: 9 }), transfer("3", "Requested")]), { active: 1, waiting: 1, over: 1, failed: 1, speed: 7 });
});
