// SPDX-License-Identifier: GPL-3.0-or-later
// The links one by one, ending one, and making one by hand.
import { useState } from "preact/hooks";
import { attempt, meshCalls } from "../app";
import type { ConfiguredNode, MeshLink } from "../api/mesh_types";
import { bytes, duration, plain } from "../model/format";
import { givenWords, isPeerId, milliseconds, shortPeer } from "../model/mesh";
import { CopyButton, PeerName, type Question } from "./parts";

function Row({ link, ask }: { link: MeshLink; ask: (question: Question) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <tr>
        <th scope="row"><button type="button" class="ghost small peer-button" aria-expanded={open} aria-label={`Node ${link.peer}`} onClick={() => setOpen(!open)}><PeerName peer={link.peer} /></button>{link.trusted && <span class="tag tag-good">trusted</span>}</th>
        <td data-head="Direction">{link.direction === "inbound" ? "dialled us" : "we dialled"}</td>
        <td data-head="Round trip" class="number">{milliseconds(link.roundTripMs) || "not measured"}</td>
        <td data-head="Age" class="number">{duration(link.ageSeconds ?? 0)}</td>
        <td data-head="In / out" class="number">{bytes(link.bytesIn ?? 0)} / {bytes(link.bytesOut ?? 0)}</td>
        <td data-head="Streams" class="number">{link.streams ?? 0}</td>
        <td data-head="Reputation" class="number">{link.reputation ?? "–"}</td>
        <td class="row-act">
          <button type="button" class="small" aria-label={`End the link with ${link.peer}`} onClick={() => ask({
            title: "End this link?", act: "End the link",
            words: `The link with ${shortPeer(link.peer)} is closed with a goodbye. It may be made anew by either side; to keep a node out, ban it on the Guard page.`,
            run: () => attempt(() => meshCalls.unlink(link.peer), "The link was ended"),
          })}>End</button>
        </td>
      </tr>
      {open && (
        <tr class="row-more">
          <td colSpan={8}><div class="id-line"><code class="id">{link.peer}</code><CopyButton text={link.peer} what="the node's id" /></div>{link.endpoint && <p class="dim">seen at {plain(link.endpoint)}</p>}</td>
        </tr>
      )}
    </>
  );
}

export function LinkTable({ links, ask }: { links: readonly MeshLink[]; ask: (question: Question) => void }) {
  const sorted = [...links].sort((a, b) => (a.roundTripMs ?? 1e9) - (b.roundTripMs ?? 1e9) || (a.peer < b.peer ? -1 : 1));
  return (
    <table class="table">
      <caption class="hidden">Links</caption>
      <thead><tr><th scope="col">Node</th><th scope="col">Direction</th><th scope="col" class="number">Round trip</th><th scope="col" class="number">Age</th><th scope="col" class="number">In / out</th><th scope="col" class="number">Streams</th><th scope="col" class="number">Reputation</th><th scope="col"><span class="hidden">Actions</span></th></tr></thead>
      <tbody>{sorted.map((link) => <Row key={link.peer} link={link} ask={ask} />)}</tbody>
    </table>
  );
}

/** Read only: the configuration file alone gives and takes rights. */
export function Given({ nodes }: { nodes: readonly ConfiguredNode[] }) {
  return (
    <ul class="entries" aria-label="Nodes of the configuration">
      {nodes.map((node) => (
        <li key={node.peer} class="entry entry-top">
          <span class="main-cell">
            <span class="line"><PeerName peer={node.peer} />{node.trusted && <> <span class="tag tag-good">trusted</span></>}</span>
            {givenWords(node).map((words) => <span key={words} class="wrap">{words}</span>)}
          </span>
          <span class={node.linked ? "tag tag-good" : "tag"}>{node.linked ? "linked" : "not linked"}</span>
        </li>
      ))}
    </ul>
  );
}

export function NewLink({ done }: { done: () => Promise<void> }) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const peer = String(data.get("peer") ?? "").trim();
    const endpoint = String(data.get("endpoint") ?? "").trim();
    if (!isPeerId(peer)) {
      setProblem("A node's id has 32 letters a to z and digits 2 to 7: copy it from the other node's Mesh page.");
      return;
    }
    setProblem("");
    setBusy(true);
    if (await attempt(() => meshCalls.link(peer, endpoint), "The link stands")) form.reset();
    setBusy(false);
    await done();
  };
  return (
    <form class="line-form" onSubmit={(event) => void submit(event)}>
      <label>Id of a node<input name="peer" autocomplete="off" spellcheck={false} autocapitalize="none" aria-describedby="link-problem" maxLength={64} /></label>
      <label>Address and port, if you know it<input name="endpoint" autocomplete="off" spellcheck={false} autocapitalize="none" placeholder="192.0.2.7:50305" maxLength={80} /></label>
      <button disabled={busy}>{busy ? "Linking" : "Link"}</button>
      <p id="link-problem" class="problem" role="alert">{problem}</p>
    </form>
  );
}
