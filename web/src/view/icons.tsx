// SPDX-License-Identifier: GPL-3.0-or-later
// Line icons on a 24 grid; decoration only, the words beside them carry the meaning.

const paths = {
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M16.2 16.2L21 21",
  down: "M12 4v11M7 11l5 5l5-5M5 20h14",
  up: "M12 16V5M7 9l5-5l5 5M5 20h14",
  browse: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
  chat: "M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z",
  shares: "M4 6h4v13H4zM10 4h4v15h-4zM16.5 6.3l3.8-.9l2.9 12.6l-3.8.9z",
  close: "M6 6l12 12M18 6L6 18",
  retry: "M20 12a8 8 0 1 1-2.5-5.8M20 4v5h-5",
  chevron: "M9 6l6 6l-6 6",
  user: "M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8M4.5 20c.8-4 3.8-6 7.5-6s6.7 2 7.5 6",
  folder: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
  note: "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0a2.5 2.5 0 0 1 5 0M19 16a2.5 2.5 0 1 1-5 0a2.5 2.5 0 0 1 5 0",
  file: "M7 3h7l5 5v13H7zM14 3v5h5",
  filter: "M4 6h16M7 12h10M10 18h4",
  sun: "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5",
  moon: "M20 14.5A8 8 0 1 1 9.5 4a6.5 6.5 0 0 0 10.5 10.5z",
  auto: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M12 3v18M12 7h5M12 11h8M12 15h7.5",
  out: "M10 5H5v14h5M14 8l4 4l-4 4M18 12H9",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  back: "M15 6l-6 6l6 6",
  pods: "M8 4a3 3 0 1 0 0 6a3 3 0 0 0 0-6M2.5 19c.5-3.5 2.5-5.5 5.5-5.5s5 2 5.5 5.5M16 5.5a2.5 2.5 0 1 1 0 5M16.5 13.5c2.7 0 4.5 1.8 5 5",
  mesh: "M12 3.5a2 2 0 1 0 0 4a2 2 0 0 0 0-4M5 16.5a2 2 0 1 0 0 4a2 2 0 0 0 0-4M19 16.5a2 2 0 1 0 0 4a2 2 0 0 0 0-4M11 7.3L6 16.7M13 7.3l5 9.400M7 18.5h10",
  relay: "M4 8h13M13 4l4 4l-4 4M20 16H7M11 12l-4 4l4 4",
  guard: "M12 3l8 3v6c0 4.5-3.3 7.8-8 9c-4.7-1.200-8-4.5-8-9V6z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  send: "M4 12l16-8l-5 16l-3-7z",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={paths[name]} fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
