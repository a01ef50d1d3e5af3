// SPDX-License-Identifier: GPL-3.0-or-later
// Where rows of a virtual list lie. Browsers cannot show elements higher than some 17 million pixels, so a longer list is scrolled in proportion.

export interface Layout {
  readonly count: number;
  readonly total: number;
  offsetOf(index: number): number;
  heightOf(index: number): number;
  /** The row at this height; within bounds for any y. */
  indexAt(y: number): number;
}

export function uniform(count: number, height: number): Layout {
  return {
    count,
    total: count * height,
    offsetOf: (index) => index * height,
    heightOf: () => height,
    indexAt: (y) => Math.max(0, Math.min(count - 1, Math.floor(y / height))),
  };
}

export function variable(count: number, heightOf: (index: number) => number): Layout {
  const offsets = new Float64Array(count + 1);
  for (let i = 0; i < count; i += 1) offsets[i + 1] = offsets[i]! + heightOf(i);
  return {
    count,
    total: offsets[count]!,
    offsetOf: (index) => offsets[index]!,
    heightOf: (index) => offsets[index + 1]! - offsets[index]!,
    indexAt(y) {
      let low = 0;
      let high = count - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (offsets[middle]! <= y) low = middle;
        else high = middle - 1;
      }
      return Math.max(0, low);
    },
  };
}

export const kMaxPixels = 8_000_000;

/** The visible slice of a layout for a scroll position, and the pixels between real and shown offsets. */
export interface Slice {
  first: number;
  last: number;
  /** Height of the scrolled element. */
  height: number;
  /** Subtract from a row's offset to get its place inside the scrolled element. */
  shift: number;
}

/** Position inside the whole list that a scroll position stands for. */
export function positionOf(layout: Layout, scrollTop: number, viewport: number): number {
  if (layout.total <= kMaxPixels) return scrollTop;
  const range = kMaxPixels - viewport;
  return range > 0 ? (scrollTop / range) * (layout.total - viewport) : 0;
}

/** The scroll position that shows this position at the top: the inverse of positionOf. */
export function scrollFor(layout: Layout, position: number, viewport: number): number {
  if (layout.total <= kMaxPixels) return Math.max(0, Math.min(position, Math.max(0, layout.total - viewport)));
  const bounded = Math.max(0, Math.min(position, layout.total - viewport));
  return (bounded / (layout.total - viewport)) * (kMaxPixels - viewport);
}

export function slice(layout: Layout, scrollTop: number, viewport: number, overscan: number): Slice {
  const height = Math.min(layout.total, kMaxPixels);
  if (layout.count === 0) return { first: 0, last: -1, height: 0, shift: 0 };
  const position = positionOf(layout, scrollTop, viewport);
  const first = layout.indexAt(position - overscan);
  const last = layout.indexAt(position + viewport + overscan);
  return { first, last, height, shift: position - scrollTop };
}

/** The position to scroll to so that a row is seen whole, or null when it is already. */
export function reveal(layout: Layout, index: number, position: number, viewport: number): number | null {
  const top = layout.offsetOf(index);
  const bottom = top + layout.heightOf(index);
  if (top < position) return top;
  if (bottom > position + viewport) return bottom - viewport;
  return null;
}
