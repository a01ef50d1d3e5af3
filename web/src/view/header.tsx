// SPDX-License-Identifier: GPL-3.0-or-later
// Name, state of the Soulseek connection, theme and the way out.
import { useEffect, useRef, useState } from "preact/hooks";
import { attempt, calls, readTheme, say, session, setTheme, signOut, world, type Theme } from "../app";
import { connectionOf } from "../model/connection";
import { asSentence } from "../model/format";
import { useCell, useSection } from "./hooks";
import { Icon } from "./icons";

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" class="mark-ground" />
      <path d="M7 12c6 0 6 8 12 8 3 0 5-1.5 6-3.5" class="mark-thread" />
      <path d="M7 20c6 0 6-8 12-8 3 0 5 1.5 6 3.5" class="mark-thread mark-second" />
    </svg>
  );
}

const nextTheme: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const themeIcon = { auto: "auto", light: "sun", dark: "moon" } as const;

export function ThemeButton() {
  const [theme, change] = useState(readTheme);
  const turn = () => {
    const next = nextTheme[theme];
    setTheme(next);
    change(next);
    say(`Theme: ${next === "auto" ? "as the system" : next}`);
  };
  return (
    <button type="button" class="ghost square" onClick={turn} aria-label={`Theme: ${theme === "auto" ? "as the system" : theme}`} title="Theme">
      <Icon name={themeIcon[theme]} />
    </button>
  );
}

function ConnectionButton() {
  useSection("application");
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const connection = connectionOf(world.application);
  const address = world.application?.server.address || world.application?.server.ipEndPoint;
  const listen = world.application?.server.listenProblem;
  useEffect(() => {
    if (world.application) say(connection.sentence);
  }, [connection.sentence]);
  const act = async (action: () => Promise<unknown>) => {
    setBusy(true);
    await attempt(action);
    setBusy(false);
  };
  return (
    <>
      <button type="button" class={`pill pill-${connection.tone}`} aria-haspopup="dialog" onClick={() => dialog.current?.showModal()}>
        <span class="dot" aria-hidden="true" />
        <span class="pill-text"><span class="hidden">Soulseek: </span>{connection.short}</span>
      </button>
      <dialog class="sheet" ref={dialog} aria-labelledby="connection-title" onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}>
        <div class="sheet-body">
          <h2 id="connection-title">Soulseek connection</h2>
          <p class={`state-line tone-${connection.tone}`}><span class="dot" aria-hidden="true" />{connection.short}</p>
          <p class="sentence">{connection.sentence}</p>
          {listen && <p class="problem">{asSentence(listen)}</p>}
          {address && <p class="hint">Server: {address}</p>}
          <div class="actions">
            {connection.canConnect && <button type="button" class="primary" disabled={busy} onClick={() => void act(() => calls.connect())}>Connect</button>}
            {connection.canDisconnect && <button type="button" disabled={busy} onClick={() => void act(() => calls.disconnect())}>Disconnect</button>}
            <button type="button" class="ghost" onClick={() => dialog.current?.close()}>Close</button>
          </div>
        </div>
      </dialog>
    </>
  );
}

export function Header() {
  const now = useCell(session);
  const name = now.at === "in" ? now.name : "";
  return (
    <header class="header">
      <a class="brand" href="#/search" aria-label="soulfabric, go to search"><Mark /><span class="brand-name">soulfabric</span></a>
      <span class="grow" />
      <ConnectionButton />
      <ThemeButton />
      <button type="button" class="ghost square" onClick={() => void signOut()} aria-label={name ? `Log out ${name}` : "Log out"} title="Log out"><Icon name="out" /></button>
    </header>
  );
}
