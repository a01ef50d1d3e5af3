// SPDX-License-Identifier: GPL-3.0-or-later
// Sign-in or the house: which of the two is shown, and what stands around every screen.
import { useLayoutEffect, useRef } from "preact/hooks";
import { dismiss, link, notices, route, session, spoken, unread, world } from "../app";
import { routeTo, type Screen } from "../model/route";
import { totals } from "../model/transfers";
import { Browse } from "./browse";
import { Chat } from "./chat";
import { Header } from "./header";
import { useCell, useSection } from "./hooks";
import { Icon, type IconName } from "./icons";
import { SearchScreen } from "./search";
import { Shares } from "./shares";
import { SignIn } from "./sign_in";
import { Transfers } from "./transfers";

const screens: { screen: Screen; title: string; icon: IconName }[] = [
  { screen: "search", title: "Search", icon: "search" },
  { screen: "downloads", title: "Downloads", icon: "down" },
  { screen: "uploads", title: "Uploads", icon: "up" },
  { screen: "browse", title: "Browse", icon: "browse" },
  { screen: "chat", title: "Messages", icon: "chat" },
  { screen: "shares", title: "Shares", icon: "shares" },
];

function Badge({ screen }: { screen: Screen }) {
  useSection("downloads", "uploads");
  const fresh = useCell(unread);
  if (screen === "chat" && fresh > 0) return <span class="badge"><span class="hidden">, </span>{fresh}<span class="hidden"> unread</span></span>;
  if (screen !== "downloads" && screen !== "uploads") return null;
  const { active, waiting } = totals(world[screen].values());
  const busy = active + waiting;
  return busy > 0 ? <span class="badge"><span class="hidden">, </span>{busy > 999 ? "999+" : busy}<span class="hidden"> in progress</span></span> : null;
}

function Navigation() {
  const here = useCell(route);
  return (
    <nav class="nav" aria-label="Main">
      <ul>
        {screens.map(({ screen, title, icon }) => (
          <li key={screen}>
            <a href={routeTo(screen)} aria-current={here.screen === screen ? "page" : undefined}>
              <Icon name={icon} />
              <span class="nav-title">{title}</span>
              <Badge screen={screen} />
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Notices() {
  const all = useCell(notices);
  return (
    <div class="notices" role="region" aria-label="Notices">
      {all.map((notice) => (
        <div key={notice.id} class={`notice notice-${notice.tone}`} role={notice.tone === "bad" ? "alert" : "status"}>
          <span>{notice.text}</span>
          <button type="button" class="ghost square" aria-label="Dismiss" onClick={() => dismiss(notice.id)}><Icon name="close" /></button>
        </div>
      ))}
    </div>
  );
}

export function Spoken() {
  return <div class="hidden" role="status" aria-live="polite" id="spoken">{useCell(spoken)}</div>;
}

function Screens() {
  const here = useCell(route);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useLayoutEffect(() => {
    const title = screens.find((entry) => entry.screen === here.screen)?.title ?? "";
    document.title = `${title} · soulfabric`;
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [here.screen]);
  return (
    <main id="main" class="main" tabIndex={-1} ref={main}>
      {here.screen === "search" && <SearchScreen id={here.item} />}
      {here.screen === "downloads" && <Transfers key="downloads" direction="Download" />}
      {here.screen === "uploads" && <Transfers key="uploads" direction="Upload" />}
      {here.screen === "browse" && <Browse key={here.item} username={here.item} />}
      {here.screen === "chat" && <Chat username={here.item} />}
      {here.screen === "shares" && <Shares />}
    </main>
  );
}

function LinkBar() {
  const state = useCell(link);
  if (state !== "lost") return null;
  return <p class="linkbar" role="status">The connection to the daemon is lost. Trying again; what you see may be old.</p>;
}

function House() {
  return (
    <div class="house">
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.getElementById("main")?.focus();
      }}>Skip to content</a>
      <Header />
      <Navigation />
      <div class="stage">
        <LinkBar />
        <Screens />
        <Notices />
      </div>
    </div>
  );
}

export function Page() {
  const now = useCell(session);
  return (
    <>
      {now.at === "checking" && <div class="checking" role="status"><span class="spinner" aria-hidden="true" /><span class="hidden">Loading</span></div>}
      {now.at === "out" && <SignIn reason={now.reason} />}
      {now.at === "in" && <House />}
      <Spoken />
    </>
  );
}
