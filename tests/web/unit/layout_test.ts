// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of virtual lists: where they are, which are seen, and lists too high for a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kMaxPixels, positionOf, reveal, scrollFor, slice, uniform, variable } from "../../../web/src/model/layout";

test("rows of different heights are found at their offsets", () => {
  const heights = [60, 56, 40, 40, 60];
  const layout = variable(5, (i) => heights[i]!);
  assert.equal(layout.total, 256);
  for (let i = 0; i < 5; i += 1) {
    assert.equal(layout.indexAt(layout.offsetOf(i)), i);
    assert.equal(layout.indexAt(layout.offsetOf(i) + heights[i]! - 1), i);
  }
  assert.equal(layout.indexAt(-5), 0);
  assert.equal(layout.indexAt(9999), 4);
});

test("an empty list shows nothing", () => {
  assert.deepEqual(slice(uniform(0, 40), 0, 600, 100), { first: 0, last: -1, height: 0, shift: 0 });
  assert.equal(variable(0, () => 40).indexAt(10), 0);
});

test("only what is near the view is shown", () => {
  const { first, last, height } = slice(uniform(10_000, 40), 4000, 600, 200);
  assert.equal(first, 95);
  assert.equal(last, 120);
  assert.equal(height, 400_000);
});

test("a list higher than a browser can show reaches its first and its last row", () => {
  const layout = uniform(1_000_000, 40);
  const viewport = 700;
  assert.equal(slice(layout, 0, viewport, 0).first, 0);
  const end = slice(layout, kMaxPixels - viewport, viewport, 0);
  assert.equal(end.last, 999_999);
  assert.equal(end.height, kMaxPixels);
  assert.ok(layout.offsetOf(999_999) - end.shift + 40 <= kMaxPixels + 1);
});

test("scroll position and place in the list are inverse, in short and in endless lists", () => {
  for (const layout of [uniform(500, 40), uniform(1_000_000, 54)]) {
    for (const position of [0, 1234, layout.total / 2, layout.total - 700]) {
      assert.ok(Math.abs(positionOf(layout, scrollFor(layout, position, 700), 700) - position) < 1);
    }
  }
});

test("a row is revealed by the smallest move", () => {
  const layout = uniform(100, 40);
  assert.equal(reveal(layout, 5, 0, 600), null);
  assert.equal(reveal(layout, 20, 0, 600), 21 * 40 - 600);
  assert.equal(reveal(layout, 2, 400, 600), 80);
});
