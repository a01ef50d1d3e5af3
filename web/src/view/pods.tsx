// SPDX-License-Identifier: GPL-3.0-or-later
// Pods: small group conversations between nodes. The list, ways in, and the open one.
import { useState } from "preact/hooks";
import { loadMesh, meshCalls, unreadPods } from "../app";
import type { MeshLink, Pod } from "../api/mesh_types";
import { plain } from "../model/format";
import { ourState, visibilityWords } from "../model/pods";
import { routeTo } from "../model/route";
import { Empty } from "./empty";
import { useReading } from "./hooks";
import { Icon } from "./icons";
import { Stale, Unread } from "./parts";
import { JoinPodForm, NewPodForm } from "./pod_new";
import { PodThread } from "./pod_thread";

const kReadAgain = 5000;

async function readAll() {
  const mesh = await loadMesh();
  const pods = mesh.joined ? ((await meshCalls.pods()) ?? []) : [];
  unreadPods.set(pods.reduce((sum, pod) => sum + (pod.unread ?? 0), 0));
  return { mesh, pods };
}

function WaysIn({ pods, links, done }: { pods: readonly Pod[]; links: readonly MeshLink[]; done: () => Promise<void> }) {
  const [open, setOpen] = useState(pods.length === 0);
  return (
    <details class="fold-out" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Create or join a pod</summary>
      <NewPodForm done={done} />
      <JoinPodForm links={links} mine={pods} done={done} />
    </details>
  );
}

export function PodsScreen({ id }: { id: string }) {
  const { value, problem, again } = useReading(readAll, kReadAgain, "pod");
  if (!value) return <section class="screen" aria-labelledby="pods-title"><h1 id="pods-title" class="title">Pods</h1><Unread icon="pods" what="Pods" problem={problem} again={again} /></section>;
  if (!value.mesh.joined) {
    return (
      <section class="screen" aria-labelledby="pods-title">
        <h1 id="pods-title" class="title">Pods</h1>
        <Empty icon="pods" title="This node is not part of the mesh"><p>Pods are group conversations between nodes of the mesh. <a href={routeTo("mesh")}>The Mesh page</a> says what joining means.</p></Empty>
      </section>
    );
  }
  return (
    <section class={id ? "screen chat chat-open" : "screen chat"} aria-labelledby="pods-title">
      <div class="people pods-side">
        <h1 id="pods-title" class="title">Pods</h1>
        <Stale problem={problem} />
        {value.pods.length === 0 && <p class="hint">You are in no pod yet. Create one, or join one that somebody told you of.</p>}
        <ul aria-label="Your pods">
          {value.pods.map((pod) => (
            <li key={pod.id}>
              <a href={routeTo("pods", pod.id)} aria-current={pod.id === id ? "true" : undefined}>
                <Icon name="pods" /><span class="grow"><span class="line">{plain(pod.name)}</span><span class="line dim">{ourState(pod) ? "waiting or left" : visibilityWords(pod)}</span></span>
                {(pod.unread ?? 0) > 0 && <span class="badge">{pod.unread}<span class="hidden"> unread</span></span>}
              </a>
            </li>
          ))}
        </ul>
        <WaysIn pods={value.pods} links={value.mesh.links ?? []} done={again} />
      </div>
      {id && <PodThread key={id} id={id} me={value.mesh.peerId ?? ""} changed={again} />}
    </section>
  );
}
