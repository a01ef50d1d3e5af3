// SPDX-License-Identifier: GPL-3.0-or-later
// A list of any length as a tree grid: only what is seen is in the document, one row is in the tab order, arrows move it.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { positionOf, reveal, scrollFor, slice, type Layout } from "../model/layout";

export interface RowView {
  key: string;
  level: number;
  /** Only for rows that can be opened. */
  open?: boolean;
  class: string;
  content: ComponentChildren;
}

export interface VirtualRowsProps {
  label: string;
  layout: Layout;
  /** Changes whenever rows may have moved. */
  version: unknown;
  view(index: number, active: boolean): RowView;
  keyAt(index: number): string;
  indexOf?(key: string): number;
  toggle?(index: number): void;
  /** Where ArrowLeft goes from a row that cannot be closed; -1 for nowhere. */
  parentOf?(index: number): number;
  /** Enter on a row. */
  primary?(index: number): void;
  /** Delete on a row. */
  discard?(index: number): void;
}

const kOverscan = 400;

export function VirtualRows(props: VirtualRowsProps) {
  const { layout } = props;
  const box = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState({ top: 0, height: 800 });
  const [active, setActive] = useState({ index: 0, key: "" });
  const focusWanted = useRef(false);
  // A click may remove the very row that has the focus; then the focus must not fall out of the list.
  const clicked = useRef(false);
  const anchor = useRef<{ key: string; offset: number } | null>(null);
  const last = layout.count - 1;

  const measure = () => {
    const element = box.current;
    if (element) setScroll((old) => (old.top === element.scrollTop && old.height === element.clientHeight ? old : { top: element.scrollTop, height: element.clientHeight }));
  };
  useEffect(() => {
    const observer = new ResizeObserver(measure);
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);

  // Rows that arrive above must not push away what is being read.
  useLayoutEffect(() => {
    const element = box.current!;
    const held = anchor.current;
    if (held && props.indexOf && element.scrollTop > 0) {
      const index = props.indexOf(held.key);
      if (index >= 0) element.scrollTop = scrollFor(layout, layout.offsetOf(index) + held.offset, element.clientHeight);
    }
    measure();
  }, [props.version, layout]);

  const found = active.key && props.indexOf ? props.indexOf(active.key) : active.index;
  const current = Math.max(0, Math.min(last, found >= 0 ? found : active.index));

  useLayoutEffect(() => {
    const element = box.current!;
    const position = positionOf(layout, element.scrollTop, element.clientHeight);
    const top = layout.count > 0 ? layout.indexAt(position) : -1;
    anchor.current = top >= 0 ? { key: props.keyAt(top), offset: position - layout.offsetOf(top) } : null;
    const fallen = document.activeElement === document.body && (focusWanted.current || clicked.current);
    const moved = focusWanted.current && element.contains(document.activeElement);
    if (layout.count > 0 && (fallen || moved)) {
      element.querySelector<HTMLElement>(`[data-row="${current}"]`)?.focus({ preventScroll: true });
      focusWanted.current = false;
      clicked.current = false;
    }
  });

  const go = (index: number) => {
    const target = Math.max(0, Math.min(last, index));
    const element = box.current!;
    const position = positionOf(layout, element.scrollTop, element.clientHeight);
    const wanted = reveal(layout, target, position, element.clientHeight);
    if (wanted !== null) element.scrollTop = scrollFor(layout, wanted, element.clientHeight);
    focusWanted.current = true;
    setActive({ index: target, key: props.keyAt(target) });
    measure();
  };

  const horizontal = (right: boolean) => {
    const row = props.view(current, true);
    if (row.open === !right) props.toggle?.(current);
    else if (right && row.open) go(current + 1);
    else if (!right) {
      const parent = props.parentOf?.(current) ?? -1;
      if (parent >= 0) go(parent);
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (layout.count === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    const onRow = target.dataset.row !== undefined;
    const page = Math.max(1, Math.floor(scroll.height / Math.max(1, layout.heightOf(current))) - 1);
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(current + 1),
      ArrowUp: () => go(current - 1),
      PageDown: () => go(current + page),
      PageUp: () => go(current - page),
      Home: () => go(0),
      End: () => go(last),
      ArrowRight: () => horizontal(true),
      ArrowLeft: () => horizontal(false),
    };
    const acts: Record<string, () => void> = {
      Enter: () => props.primary?.(current),
      " ": () => props.toggle?.(current),
      Delete: () => props.discard?.(current),
    };
    const run = moves[event.key] ?? (onRow ? acts[event.key] : undefined);
    if (!run) return;
    event.preventDefault();
    focusWanted.current = true;
    run();
  };

  const onFocusIn = (event: FocusEvent) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-row]");
    if (!row) return;
    const index = Number(row.dataset.row);
    if (index !== current) setActive({ index, key: props.keyAt(index) });
  };

  const onClick = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    clicked.current = true;
    if (target.closest("button, a, input")) return;
    const row = target.closest<HTMLElement>("[data-row]");
    if (row && row.getAttribute("aria-expanded") !== null) props.toggle?.(Number(row.dataset.row));
  };

  const { first, last: until, height, shift } = slice(layout, scroll.top, scroll.height, kOverscan);
  const shown: number[] = [];
  for (let i = first; i <= until; i += 1) shown.push(i);
  if (layout.count > 0 && (current < first || current > until)) shown.push(current);

  return (
    <div class="rows" role="treegrid" aria-label={props.label} aria-rowcount={layout.count} ref={box} tabIndex={-1}
      onScroll={measure} onKeyDown={onKeyDown} onFocusIn={onFocusIn} onClick={onClick}>
      <div class="rows-inner" role="presentation" style={{ height: `${height}px` }}>
        {shown.map((index) => {
          const row = props.view(index, index === current);
          return (
            <div key={row.key} role="row" data-row={index} class={`row ${row.class}`} tabIndex={index === current ? 0 : -1}
              aria-level={row.level} aria-rowindex={index + 1} {...(row.open === undefined ? {} : { "aria-expanded": row.open })}
              style={{ transform: `translateY(${layout.offsetOf(index) - shift}px)`, height: `${layout.heightOf(index)}px` }}>
              {row.content}
            </div>
          );
        })}
      </div>
    </div>
  );
}
