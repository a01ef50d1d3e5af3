// SPDX-License-Identifier: GPL-3.0-or-later
// Tunnels: the pages of the user's other nodes, the forwards that lead there, and what is open now.
import { useState } from "preact/hooks";
import { attempt, loadMesh, relayCalls } from "../app";
import type { MeshLink } from "../api/mesh_types";
import type { Forward, Tunnel, TunnelState } from "../api/relay_types";
import { refusalsOf } from "../model/content";
import { asSentence, bytes, count, duration, plain } from "../model/format";
import { isPeerId, milliseconds } from "../model/mesh";
import { rights, switchesOf } from "../model/relay";
import { routeTo } from "../model/route";
import { forwardAddress, forwardName, forwardTo, isHere, refusalWords, roleWords, stateWords, targetWords } from "../model/tunnels";
import { useReading } from "./hooks";
import { Confirm, CopyButton, Panel, PeerName, Stale, Unread, type Question } from "./parts";
import { Figures, NotNow, Refusals, Switches } from "./relay_parts";

const kReadAgain = 3000;

async function readAll() {
  const [mesh, state, relay] = await Promise.all([loadMesh(), relayCalls.tunnels(), relayCalls.relay()]);
  return { links: mesh.links ?? [], state, relay };
}

/** A tab of its own that cannot reach back into this page. */
function openTab(address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.click();
}

async function openPageOf(peer: string, via: string, forwards: readonly Forward[]): Promise<void> {
  const present = via ? undefined : forwardTo(forwards, peer);
  await attempt(async () => {
    const forward = present ?? await relayCalls.openForward({ name: forwardName(peer, forwards.map((entry) => entry.name)), peer, ...(via ? { via } : {}) });
    const address = forwardAddress(forward);
    if (address) openTab(address);
  }, present ? "" : "A forward was made; if no tab opened, its address is below");
}

function OwnNodes({ links, forwards, again }: { links: readonly MeshLink[]; forwards: readonly Forward[]; again: () => Promise<void> }) {
  const [busy, setBusy] = useState("");
  const [problem, setProblem] = useState("");
  const open = async (peer: string, via: string) => {
    setBusy(peer);
    await openPageOf(peer, via, forwards);
    setBusy("");
    await again();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const peer = String(data.get("peer") ?? "").trim();
    const via = String(data.get("via") ?? "").trim();
    const wrong = !isPeerId(peer) || (via !== "" && !isPeerId(via));
    setProblem(wrong ? "A node's id has 32 letters a to z and digits 2 to 7: copy it from the other node's Mesh page." : "");
    if (!wrong) void open(peer, via);
  };
  const sorted = [...links].sort((a, b) => Number(b.trusted === true) - Number(a.trusted === true) || (a.peer < b.peer ? -1 : 1));
  return (
    <Panel id="own-title" title="Your other nodes" hint="Opens the page of another node in a tab of its own, through the link with it, with no port forwarded. You sign in there with the name and password of that node.">
      {sorted.length === 0 ? <p class="hint">No node is linked at the moment. <a href={routeTo("mesh")}>The Mesh page</a> makes a link.</p> : (
        <ul class="entries" aria-label="Linked nodes">
          {sorted.map((link) => (
            <li key={link.peer} class="entry">
              <span class="main-cell"><span class="line"><PeerName peer={link.peer} />{link.trusted && <> <span class="tag tag-good">trusted</span></>}</span><span class="line dim">{[milliseconds(link.roundTripMs), link.direction === "inbound" ? "dialled us" : "we dialled"].filter(Boolean).join(" · ")}</span></span>
              <button type="button" class="small" disabled={busy !== ""} aria-label={`Open the page of ${link.peer}`} onClick={() => void open(link.peer, "")}>{busy === link.peer ? "Opening" : "Open its page"}</button>
            </li>
          ))}
        </ul>
      )}
      {!isHere(location.hostname) && <p class="notice-line">These addresses work only in a browser on the machine that this node runs on. You are looking at it from elsewhere.</p>}
      <details class="fold-out">
        <summary>A node that is not linked, or through a third one</summary>
        <form class="line-form" onSubmit={submit}>
          <label>Id of the node<input name="peer" required autocomplete="off" spellcheck={false} autocapitalize="none" maxLength={64} aria-describedby="open-problem" /></label>
          <label>Through node, if it cannot be reached itself<input name="via" autocomplete="off" spellcheck={false} autocapitalize="none" maxLength={64} aria-describedby="open-problem" /></label>
          <button disabled={busy !== ""}>Open its page</button>
          <p id="open-problem" class="problem" role="alert">{problem}</p>
        </form>
      </details>
    </Panel>
  );
}

function Forwards({ forwards, ask }: { forwards: readonly Forward[]; ask: (question: Question) => void }) {
  return (
    <Panel id="forwards-title" title="Forwards" hint="Addresses on this machine that lead to other nodes. Each has a host of its own, so that no node gets the cookie of another. Those of the configuration file (forwards) stay; others end with this node.">
      {forwards.length === 0 ? <p class="hint">There are none.</p> : (
        <ul class="entries" aria-label="Forwards">
          {forwards.map((forward) => {
            const address = forwardAddress(forward);
            return (
              <li key={forward.name} class="entry">
                <span class="main-cell">
                  <span class="wrap">{address ? <a href={address} target="_blank" rel="noopener noreferrer">{address}</a> : <span class="strong">{plain(forward.socket || forward.url || forward.name)}</span>}</span>
                  <span class="dim wrap">{plain(forward.target ?? "")} of <PeerName peer={forward.peer} />{forward.via && <> through <PeerName peer={forward.via} /></>} · {count(forward.tunnels ?? 0, "tunnel")}</span>
                  {forward.trouble && <span class="problem wrap">{asSentence(plain(forward.trouble))}</span>}
                </span>
                <span class="entry-acts">
                  {address && <CopyButton text={address} what={`the address of ${plain(forward.name)}`} />}
                  {forward.configured ? <span class="tag">from the file</span> : <button type="button" class="small" aria-label={`Close the forward ${plain(forward.name)}`} onClick={() => ask({
                    title: "Close this forward?", act: "Close", words: `${plain(forward.name)} no longer leads anywhere; tabs that show the other node lose it.`,
                    run: () => attempt(() => relayCalls.closeForward(forward.name), "The forward was closed"),
                  })}>Close</button>}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </Panel>
  );
}

function Row({ tunnel, again }: { tunnel: Tunnel; again: () => Promise<void> }) {
  const close = async () => {
    await attempt(() => relayCalls.closeTunnel(tunnel.id), "The tunnel was closed");
    await again();
  };
  return (
    <tr>
      <th scope="row"><PeerName peer={tunnel.peer} /></th>
      <td data-head="Way">{roleWords(tunnel)}</td>
      <td data-head={tunnel.role.toLowerCase() === "middle" ? "To" : "Through"}>{tunnel.via ? <PeerName peer={tunnel.via} /> : "no other node"}</td>
      <td data-head="Target">{plain(targetWords(tunnel))}</td>
      <td data-head="State">{plain(stateWords(tunnel))}</td>
      <td data-head="Age" class="number">{duration(tunnel.ageSeconds ?? 0)}</td>
      <td data-head="In / out" class="number">{bytes(tunnel.bytesIn ?? 0)} / {bytes(tunnel.bytesOut ?? 0)}</td>
      <td class="row-act"><button type="button" class="small" aria-label={`Close the tunnel with ${tunnel.peer}`} onClick={() => void close()}>Close</button></td>
    </tr>
  );
}

function Open({ state, again }: { state: TunnelState; again: () => Promise<void> }) {
  const tunnels = state.tunnels ?? [];
  const metrics = state.metrics;
  return (
    <Panel id="open-title" title="Tunnels" hint={`Each is one connection.${state.idleSeconds ? ` Without a byte for ${duration(state.idleSeconds)} it is closed.` : ""}`}>
      {tunnels.length === 0 ? <p class="hint">None is open.</p> : (
        <table class="table">
          <caption class="hidden">Open tunnels</caption>
          <thead><tr><th scope="col">Node</th><th scope="col">Way</th><th scope="col">Through, or to</th><th scope="col">Target</th><th scope="col">State</th><th scope="col" class="number">Age</th><th scope="col" class="number">In / out</th><th scope="col"><span class="hidden">Actions</span></th></tr></thead>
          <tbody>{tunnels.map((tunnel) => <Row key={tunnel.id} tunnel={tunnel} again={again} />)}</tbody>
        </table>
      )}
      <Figures figures={[
        { name: "Open now", text: `${(metrics?.open ?? tunnels.length).toLocaleString("en")}${state.tunnelsMost ? ` of ${state.tunnelsMost}` : ""}` }, { name: "Opened since the start", text: (metrics?.opened ?? 0).toLocaleString("en") }, { name: "Bytes", text: bytes(metrics?.bytes ?? 0) },
      ]} />
      <h3 class="sub">Refused</h3>
      <Refusals label="Tunnels refused, by reason" list={refusalsOf(metrics?.refused, refusalWords)} />
    </Panel>
  );
}

function Rights({ state }: { state: TunnelState }) {
  const own = [...(state.gateway ? ["this page and its API"] : []), ...(state.targets ?? []).map(plain)];
  return (
    <>
      {state.enabled && own.length > 0 && <p class="hint">Targets of this node now: {own.join(", ")}.</p>}
      <h3 class="sub">Rights of other nodes</h3>
      <p class="hint">Given node by node in the configuration file, under mesh.peers and the id of the node. None of them implies another, and being trusted implies none.</p>
      <p class="hint"><a href={routeTo("mesh")}>The Mesh page</a> says which node has which.</p>
      <dl class="rights">{rights.map((right) => <div key={right.name}><dt><code>{right.name}</code></dt><dd>{right.gives}</dd></div>)}</dl>
    </>
  );
}

export function TunnelsPart() {
  const { value, problem, again } = useReading(readAll, kReadAgain, "relay");
  const [question, ask] = useState<Question | null>(null);
  if (!value) return <Unread icon="relay" what="Tunnels" problem={problem} again={again} />;
  const forwards = value.state.forwards ?? [];
  return (
    <>
      <Stale problem={problem} />
      {value.state.trouble ? <NotNow words={value.state.trouble} /> : (
        <>
          <OwnNodes links={value.links} forwards={forwards} again={again} />
          <Forwards forwards={forwards} ask={ask} />
          <Open state={value.state} again={again} />
        </>
      )}
      <Switches id="tunnel-switches" switches={switchesOf(value.relay.switches, "tunnels")}><Rights state={value.state} /></Switches>
      {question && <Confirm question={question} done={() => {
        ask(null);
        void again();
      }} />}
    </>
  );
}
