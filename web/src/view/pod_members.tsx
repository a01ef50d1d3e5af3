// SPDX-License-Identifier: GPL-3.0-or-later
// Who is in a pod, who asks to be, and what those who moderate it can do about it.
import { useState } from "preact/hooks";
import { attempt, meshCalls } from "../app";
import type { Pod, PodMember } from "../api/mesh_types";
import { count } from "../model/format";
import { isPeerId, shortPeer } from "../model/mesh";
import { hasAsked, isBanned, isMember, isModerator, isOwner, mayChange, mayModerate } from "../model/pods";
import { PeerName, type Question } from "./parts";

interface Given {
  pod: Pod;
  me: string;
  ask: (question: Question) => void;
  again: () => Promise<void>;
}

function Acts({ pod, me, member, ask, again }: Given & { member: PodMember }) {
  if (!mayChange(pod, me, member)) return null;
  const who = shortPeer(member.peer);
  const set = async (role: string, state: string, done: string) => {
    await attempt(() => meshCalls.setMember(pod.id, member.peer, role, state), done);
    await again();
  };
  const ban = (
    <button type="button" class="small" aria-label={`Shut out ${member.peer}`} onClick={() => ask({
      title: "Shut this node out?", act: "Shut out", words: `${who} can no longer read or write here. What it wrote stays; you can remove single messages.`, run: () => set("member", "banned", `${who} was shut out`),
    })}>Shut out</button>
  );
  if (hasAsked(member)) return <><button type="button" class="small primary" aria-label={`Let in ${member.peer}`} onClick={() => void set("member", "member", `${who} was let in`)}>Let in</button>{ban}</>;
  if (isBanned(member)) return <button type="button" class="small" aria-label={`Let in again ${member.peer}`} onClick={() => void set("member", "member", `${who} was let in again`)}>Let in again</button>;
  if (!isMember(member)) return null;
  return (
    <>
      {pod.owner === me && (isModerator(member)
        ? <button type="button" class="small" aria-label={`Make member: ${member.peer}`} onClick={() => void set("member", "member", `${who} no longer moderates`)}>Make member</button>
        : <button type="button" class="small" aria-label={`Make moderator: ${member.peer}`} onClick={() => void set("moderator", "member", `${who} moderates now`)}>Make moderator</button>)}
      {ban}
    </>
  );
}

/** The way into a private pod, and past the waiting of any other. */
function BringIn({ pod, again }: Given) {
  const [problem, setProblem] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const peer = String(new FormData(form).get("invited") ?? "").trim();
    if (!isPeerId(peer)) {
      setProblem("A node's id has 32 letters a to z and digits 2 to 7.");
      return;
    }
    setProblem("");
    if (await attempt(() => meshCalls.setMember(pod.id, peer, "member", "member"), `${shortPeer(peer)} may join now: tell them the pod's id and yours`)) form.reset();
    await again();
  };
  return (
    <form class="line-form" onSubmit={(event) => void submit(event)}>
      <label>Bring in a node by its id<input name="invited" autocomplete="off" spellcheck={false} autocapitalize="none" maxLength={64} aria-describedby="invite-problem" /></label>
      <button>Bring in</button>
      <p id="invite-problem" class="problem" role="alert">{problem}</p>
    </form>
  );
}

function roleWords(member: PodMember): string {
  if (hasAsked(member)) return "asks to join";
  if (isBanned(member)) return "shut out";
  if (!isMember(member)) return "left";
  return isOwner(member) ? "owner" : isModerator(member) ? "moderator" : "member";
}

export function PodMembers(given: Given) {
  const { pod, me } = given;
  const rank = (member: PodMember) => (hasAsked(member) ? 0 : isOwner(member) ? 1 : isMember(member) && isModerator(member) ? 2 : isMember(member) ? 3 : 4);
  const members = [...(pod.members ?? [])].sort((a, b) => rank(a) - rank(b) || (a.peer < b.peer ? -1 : 1));
  const asking = members.filter(hasAsked).length;
  const [open, setOpen] = useState(asking > 0 && mayModerate(pod, me));
  return (
    <details class="fold-out members" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{count(members.filter(isMember).length, "member")}{asking > 0 ? `, ${asking} ${asking === 1 ? "asks" : "ask"} to join` : ""}</summary>
      <ul class="entries" aria-label="Members">
        {members.map((member) => (
          <li key={member.peer} class="entry">
            <span class="main-cell"><PeerName peer={member.peer} me={member.peer === me} /> <span class="dim">{roleWords(member)}</span></span>
            <span class="entry-acts"><Acts {...given} member={member} /></span>
          </li>
        ))}
      </ul>
      {pod.owner === me && <BringIn {...given} />}
    </details>
  );
}
