// SPDX-License-Identifier: GPL-3.0-or-later
// Sign-in or the house: which of the two is shown, and what stands around every screen.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { dismiss, link, notices, route, session, spoken, unread, unreadPods, world } from "../app";
import { routeTo, type Screen } from "../model/route";
import { totals } from "../model/transfers";
import { Browse } from "./browse";
import { Chat } from "./chat";
import { GuardScreen } from "./guard";
import { Header } from "./header";
import { useCell, useSection } from "./hooks";
import { Icon, type IconName } from "./icons";
import { FirstRun } from "./join";
import { MeshScreen } from "./mesh";
import { PodsScreen } from "./pods";
import { RelayScreen } from "./relay";
import { SearchScreen } from "./search";
import { SharesScreen } from "./shares";
import { SignIn } from "./sign_in";
import { Transfers } from "./transfers";

const screens: { screen: Screen; title: string; icon: IconName }[] = [
  { screen: "search", title: "Search", icon: "search" },
  { screen: "downloads", title: "Downloads", icon: "down" },
  { screen: "uploads", title: "Uploads", icon: "up" },
  { screen: "browse", title: "Browse", icon: "browse" },
  { screen: "chat", title: "Messages", icon: "chat" },
  { screen: "shares", title: "Shares", icon: "shares" },
  { screen: "pods", title: "Pods", icon: "pods" },
  { screen: "mesh", title: "Mesh", icon: "mesh" },
  { screen: "relay", title: "Relays", icon: "relay" },
  { screen: "guard", title: "Guard", icon: "guard" },
];
const kBesideMore = 5; // a narrow screen has room for these and a way to the others

function Badge({ screen }: { screen: Screen }) {
  useSection("downloads", "uploads");
  const fresh = useCell(unread);
  const said = useCell(unreadPods);
  if (screen === "chat" && fresh > 0) return <span class="badge"><span class="hidden">, </span>{fresh}<span class="hidden"> unread</span></span>;
  if (screen === "pods" && said > 0) return <span class="badge"><span class="hidden">, </span>{said > 999 ? "999+" : said}<span class="hidden"> unread</span></span>;
  if (screen !== "downloads" && screen !== "uploads") return null;
  const { active, waiting } = totals(world[screen].values());
  const busy = active + waiting;
  return busy > 0 ? <span class="badge"><span class="hidden">, </span>{busy > 999 ? "999+" : busy}<span class="hidden"> in progress</span></span> : null;
}

function Entry({ entry }: { entry: (typeof screens)[number] }) {
  const here = useCell(route);
  return (
    <a href={routeTo(entry.screen)} aria-current={here.screen === entry.screen ? "page" : undefined}>
      <Icon name={entry.icon} />
      <span class="nav-title">{entry.title}</span>
      <Badge screen={entry.screen} />
    </a>
  );
}

function More() {
  const here = useCell(route);
  const said = useCell(unreadPods);
  const dialog = useRef<HTMLDialogElement>(null);
  const late = screens.slice(kBesideMore);
  useEffect(() => dialog.current?.close(), [here]);
  return (
    <>
      <button type="button" class="ghost" aria-haspopup="dialog" aria-current={late.some((entry) => entry.screen === here.screen) ? "page" : undefined} onClick={() => dialog.current?.showModal()}>
        <Icon name="more" />
        <span class="nav-title">More</span>
        {said > 0 && <span class="badge"><span class="hidden">, </span>{said > 999 ? "999+" : said}<span class="hidden"> unread</span></span>}
      </button>
      <dialog class="sheet" ref={dialog} aria-label="More pages" onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}>
        <div class="sheet-body nav-sheet">
          {late.map((entry) => <Entry key={entry.screen} entry={entry} />)}
          <button type="button" class="ghost" onClick={() => dialog.current?.close()}>Close</button>
        </div>
      </dialog>
    </>
  );
}

function Navigation() {
  return (
    <nav class="nav" aria-label="Main">
      <ul>
        {screens.map((entry, i) => <li key={entry.screen} class={i < kBesideMore ? undefined : "nav-late"}><Entry entry={entry} /></li>)}
        <li class="nav-more"><More /></li>
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
      {here.screen === "shares" && <SharesScreen folder={here.item} />}
      {here.screen === "pods" && <PodsScreen id={here.item} />}
      {here.screen === "mesh" && <MeshScreen />}
      {here.screen === "relay" && <RelayScreen item={here.item} />}
      {here.screen === "guard" && <GuardScreen />}
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
      <FirstRun />
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
