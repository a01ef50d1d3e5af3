// SPDX-License-Identifier: GPL-3.0-or-later
// Ways into a pod: make one, join one by id and host, see what a linked node shows.
import { useState } from "preact/hooks";
import { attempt, meshCalls, sentence } from "../app";
import type { MeshLink, Pod } from "../api/mesh_types";
import { count, plain } from "../model/format";
import { isPeerId, shortPeer } from "../model/mesh";
import { kLongestName, visibilities, visibilityWords } from "../model/pods";
import { routeTo } from "../model/route";

const open = (id: string) => {
  location.hash = routeTo("pods", id);
};

export function NewPodForm({ done }: { done: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const [visibility, setVisibility] = useState<string>("visible");
  const submit = async (event: Event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const name = String(data.get("name") ?? "").trim();
    if (name === "") return;
    setBusy(true);
    const went = await attempt(async () => {
      const pod = await meshCalls.makePod({ name, visibility, approval: data.get("approval") !== null, keep: data.get("keep") !== null });
      open(pod.id);
    });
    setBusy(false);
    if (went) form.reset();
    await done();
  };
  return (
    <form class="line-form" onSubmit={(event) => void submit(event)} aria-labelledby="pod-new-title">
      <h2 id="pod-new-title">New pod</h2>
      <label>Name<input name="name" required maxLength={kLongestName} autocomplete="off" /></label>
      <label>Who can find it
        <select value={visibility} onChange={(event) => setVisibility(event.currentTarget.value)} aria-describedby="pod-visibility">
          {visibilities.map((entry) => <option key={entry.value} value={entry.value}>{entry.title}</option>)}
        </select>
      </label>
      <p id="pod-visibility" class="hint">{visibilities.find((entry) => entry.value === visibility)?.hint}</p>
      <label class="check"><input type="checkbox" name="approval" defaultChecked />Let each member in by hand</label>
      <label class="check"><input type="checkbox" name="keep" defaultChecked />Keep messages on disk for a while</label>
      <button disabled={busy}>Create</button>
    </form>
  );
}

function Shown({ host, pods, mine, join }: { host: string; pods: readonly Pod[]; mine: ReadonlySet<string>; join: (pod: string, host: string) => Promise<void> }) {
  if (pods.length === 0) return <p class="hint">{shortPeer(host)} shows no pods.</p>;
  return (
    <ul class="entries" aria-label={`Pods of ${host}`}>
      {pods.map((pod) => (
        <li key={pod.id} class="entry">
          <span class="main-cell"><span class="line strong">{plain(pod.name)}</span><span class="line dim">{pod.memberCount !== undefined ? count(pod.memberCount, "member") : visibilityWords(pod)}{pod.approval ? ", let in by hand" : ""}</span></span>
          {mine.has(pod.id) ? <a class="button small" href={routeTo("pods", pod.id)}>Open</a> : <button type="button" class="small" aria-label={`Join ${plain(pod.name)}`} onClick={() => void join(pod.id, host)}>Join</button>}
        </li>
      ))}
    </ul>
  );
}

export function JoinPodForm({ links, mine, done }: { links: readonly MeshLink[]; mine: readonly Pod[]; done: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [shown, setShown] = useState<{ host: string; pods: Pod[] } | null>(null);
  const ids = new Set(mine.map((pod) => pod.id));
  const join = async (id: string, host: string) => {
    setBusy(true);
    const went = await attempt(async () => {
      const pod = await meshCalls.joinPod(id, host);
      open(pod.id);
    });
    setBusy(false);
    if (went) setProblem("");
    await done();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const pod = String(data.get("pod") ?? "").trim();
    const host = String(data.get("host") ?? "").trim();
    if (!/^pod:[0-9a-f]{32}$/.test(pod)) setProblem("A pod's id starts with pod: and has 32 digits and letters a to f after it.");
    else if (!isPeerId(host)) setProblem("A node's id has 32 letters a to z and digits 2 to 7.");
    else void join(pod, host);
  };
  const look = async (host: string) => {
    setShown(null);
    if (host === "") return;
    setBusy(true);
    try {
      setShown({ host, pods: (await meshCalls.podsOf(host)) ?? [] });
      setProblem("");
    } catch (error) {
      setProblem(sentence(error));
    }
    setBusy(false);
  };
  return (
    <div class="stack">
      <form class="line-form" onSubmit={submit} aria-labelledby="pod-join-title">
        <h2 id="pod-join-title">Join a pod</h2>
        {links.length > 0 && (
          <label>Pods that a linked node shows
            <select onChange={(event) => void look(event.currentTarget.value)} disabled={busy}>
              <option value="">Choose a node</option>
              {links.map((link) => <option key={link.peer} value={link.peer}>{shortPeer(link.peer)}</option>)}
            </select>
          </label>
        )}
        {shown && <Shown host={shown.host} pods={shown.pods} mine={ids} join={join} />}
        <label>Id of the pod<input name="pod" autocomplete="off" spellcheck={false} autocapitalize="none" maxLength={64} aria-describedby="pod-join-problem" /></label>
        <label>Id of its owner's node<input name="host" autocomplete="off" spellcheck={false} autocapitalize="none" maxLength={64} aria-describedby="pod-join-problem" /></label>
        <p id="pod-join-problem" class="problem" role="alert">{problem}</p>
        <button disabled={busy}>Join</button>
      </form>
    </div>
  );
}
