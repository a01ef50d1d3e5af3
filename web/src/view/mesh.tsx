// SPDX-License-Identifier: GPL-3.0-or-later
// The mesh: this node, its links, what others offer, what this node offers and why, and how the table is.
import { useState } from "preact/hooks";
import { attempt, loadMesh, meshCalls, sentence } from "../app";
import type { LocalService, Mesh, Provider } from "../api/mesh_types";
import { count, plain } from "../model/format";
import { dhtWords, exposedWords, meshWords, milliseconds } from "../model/mesh";
import { Empty } from "./empty";
import { useReading } from "./hooks";
import { JoinForm, WhatOthersLearn } from "./join";
import { Given, LinkTable, NewLink } from "./mesh_links";
import { MeshPicture } from "./mesh_picture";
import { Confirm, CopyButton, Panel, PeerName, Stale, Unread, type Question } from "./parts";

const kReadAgain = 4000;

function Me({ mesh, ask, again }: { mesh: Mesh; ask: (question: Question) => void; again: () => Promise<void> }) {
  const words = meshWords(mesh);
  const leave: Question = {
    title: "Leave the mesh?", act: "Leave the mesh", words: "Links are ended, services are withdrawn, pods fall silent here. Nothing is deleted; joining again brings them back.",
    run: async () => {
      await attempt(() => meshCalls.choose(false, []), "This node has left the mesh");
      await again();
    },
  };
  return (
    <div class="card">
      <div class="card-head">
        <p class={`state-line strong tone-${words.tone}`}><span class="dot" aria-hidden="true" />{words.short}</p>
        {mesh.joined && !mesh.choice.fixed && <button type="button" onClick={() => ask(leave)}>Leave the mesh</button>}
      </div>
      <p class="sentence">{words.sentence}</p>
      {mesh.peerId && (
        <div>
          <p class="dim" id="own-id">Id of this node, its only name on the mesh</p>
          <div class="id-line"><code class="id" aria-labelledby="own-id">{mesh.peerId}</code><CopyButton text={mesh.peerId} what="the id of this node" /></div>
        </div>
      )}
      {mesh.joined && (
        <p class="dim">
          {mesh.listening ? `Listens on ${plain(mesh.listening)}. ` : "Takes no links from others; it can still dial them. "}
          {(mesh.endpoints ?? []).length > 0 ? `Others are told ${mesh.endpoints!.map(plain).join(", ")}.` : "Others are told no address."}
          {mesh.portMapping?.by ? ` The router opened the port by ${mesh.portMapping.by}.` : ""}
          {mesh.portMapping?.trouble ? ` The port is not opened by itself: ${mesh.portMapping.trouble}. Forward it at the router if others are to dial this node.` : ""}
        </p>
      )}
      {mesh.choice.fixed && <p class="hint">The configuration decides this (mesh.join); it cannot be changed here.</p>}
    </div>
  );
}

function Join({ again, failed }: { again: () => Promise<void>; failed: boolean }) {
  return (
    <Panel id="join-panel" title="Join the mesh" hint="soulfabric nodes find each other without a server, call each other's services and hold small group conversations.">
      <p class="strong">What others learn if you join:</p>
      <WhatOthersLearn />
      <JoinForm {...(failed ? { refuse: "Stay out" } : {})} done={() => void again()} />
    </Panel>
  );
}

function expiresIn(provider: Provider): string {
  const date = new Date(provider.expires ?? "");
  return Number.isNaN(date.getTime()) ? "" : `good until ${date.toLocaleTimeString(undefined, { timeStyle: "short" })}`;
}

function Find() {
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<{ name: string; providers: Provider[]; problem: string } | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    const name = String(new FormData(event.target as HTMLFormElement).get("service") ?? "").trim();
    if (name === "") return;
    setBusy(true);
    try {
      setFound({ name, providers: (await meshCalls.providers(name)) ?? [], problem: "" });
    } catch (error) {
      setFound({ name, providers: [], problem: sentence(error) });
    }
    setBusy(false);
  };
  return (
    <Panel id="find-title" title="Find a service" hint="By its name, at linked nodes and in the table. What is found is checked; nobody is called yet.">
      <form class="line-form" onSubmit={(event) => void submit(event)}>
        <label>Name of the service<input name="service" autocomplete="off" spellcheck={false} autocapitalize="none" placeholder="mesh-introspect" maxLength={32} /></label>
        <button disabled={busy}>{busy ? "Looking" : "Find"}</button>
      </form>
      <div role="status" class="found">
        {found?.problem && <p class="problem">{found.problem}</p>}
        {found && !found.problem && <p class="dim">{found.providers.length === 0 ? `Nobody was found who offers ${plain(found.name)}.` : `${count(found.providers.length, "node")} ${found.providers.length === 1 ? "offers" : "offer"} ${plain(found.name)}.`}</p>}
      </div>
      {found && found.providers.length > 0 && (
        <ul class="entries" aria-label={`Nodes that offer ${found.name}`}>
          {found.providers.map((provider) => (
            <li key={provider.peer} class="entry">
              <span class="main-cell"><PeerName peer={provider.peer} /><span class="line dim">{[`version ${plain(provider.version)}`, milliseconds(provider.roundTripMs), provider.reputation !== undefined ? `reputation ${provider.reputation}` : "", expiresIn(provider)].filter(Boolean).join(" · ")}</span></span>
              <span class={provider.linked ? "tag tag-good" : "tag"}>{provider.linked ? "linked" : provider.known ? "known" : "new"}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Offered({ services }: { services: readonly LocalService[] }) {
  return (
    <Panel id="offered-title" title="What this node offers" hint="A service that is not exposed does not exist for others.">
      {services.length === 0 ? <p class="hint">No service runs while this node is not part of the mesh.</p> : (
        <ul class="entries" aria-label="Services of this node">
          {services.map((service) => (
            <li key={service.name} class="entry">
              <span class="main-cell">
                <span class="line"><span class="strong">{plain(service.name)}</span> <span class="dim">{plain(service.version)} · {count(service.calls ?? 0, "call")}</span></span>
                <span class="dim wrap">{exposedWords(service)}</span>
                {(service.methods ?? []).length > 0 && <span class="dim wrap">{service.methods!.map(plain).join(", ")}</span>}
              </span>
              <span class={service.exposed ? "tag tag-good" : "tag"}>{service.exposed ? "exposed" : "not exposed"}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Table({ mesh }: { mesh: Mesh }) {
  const words = dhtWords(mesh.dht);
  const dht = mesh.dht;
  const figures: [string, number | undefined][] = [["Nodes that answer", dht?.nodesGood], ["Nodes in doubt", dht?.nodesDubious], ["Datagrams received", dht?.datagramsIn], ["Datagrams dropped", dht?.datagramsDropped], ["Records refused", dht?.valuesRefused]];
  return (
    <Panel id="table-title" title="The table" hint="A hash table that all nodes keep together: services and nodes are found in it by name.">
      <p class={`state-line strong tone-${words.tone}`}><span class="dot" aria-hidden="true" />{words.short}</p>
      <p class="sentence">{words.sentence}</p>
      {dht?.running && (
        <dl class="figures">
          {figures.filter(([, value]) => value !== undefined).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value!.toLocaleString("en")}</dd></div>)}
        </dl>
      )}
    </Panel>
  );
}

export function MeshScreen() {
  const { value: mesh, problem, again } = useReading(loadMesh, kReadAgain, "mesh");
  const [question, ask] = useState<Question | null>(null);
  const links = mesh?.links ?? [];
  return (
    <section class="screen screen-page" aria-labelledby="mesh-title">
      <h1 id="mesh-title" class="title">Mesh</h1>
      {!mesh ? <Unread icon="mesh" what="The mesh" problem={problem} again={again} /> : (
        <>
          <Stale problem={problem} />
          <Me mesh={mesh} ask={ask} again={again} />
          {!mesh.joined && !mesh.choice.fixed && <Join again={again} failed={Boolean(mesh.choice.trouble)} />}
          {mesh.joined && (
            <>
              <Panel id="links-title" title="Links" hint="Nodes that this one talks with right now. Each has proven its id.">
                {links.length === 0 ? <Empty icon="mesh" title="No links yet">Nodes are dialled when something is asked of them, and when they were named in the configuration. You can also make a link here.</Empty> : (
                  <>
                    <MeshPicture links={links} />
                    <LinkTable links={links} ask={ask} />
                  </>
                )}
                <NewLink done={again} />
              </Panel>
              <Panel id="given-title" title="Rights of nodes" hint="Given node by node in the configuration file, under mesh.peers. None implies another, and being trusted implies none.">
                {(mesh.configured ?? []).length === 0 ? <p class="hint">The configuration names no node, so none has a right here.</p> : <Given nodes={mesh.configured!} />}
              </Panel>
              <Find />
              <Offered services={mesh.services ?? []} />
              <Table mesh={mesh} />
            </>
          )}
        </>
      )}
      {question && <Confirm question={question} done={() => {
        ask(null);
        void again();
      }} />}
    </section>
  );
}
