// SPDX-License-Identifier: GPL-3.0-or-later
// One pod: what was said, a line to write, its members, the way out.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { attempt, countUnreadPods, meshCalls } from "../app";
import type { Pod, PodMessage } from "../api/mesh_types";
import { plain } from "../model/format";
import { shortPeer } from "../model/mesh";
import { byteLength, kLongestBody, mayRemove, merge, ourState, visibilityWords } from "../model/pods";
import { routeTo } from "../model/route";
import { useReading } from "./hooks";
import { Icon } from "./icons";
import { Confirm, CopyButton, PeerName, Stale, Unread, type Question } from "./parts";
import { PodMembers } from "./pod_members";

const kReadAgain = 3000;
const kPage = 50;

const timeOf = (text: string): string => {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
};

function Said({ message, me, remove }: { message: PodMessage; me: string; remove: (() => void) | null }) {
  const mine = message.sender === me;
  return (
    <div class={`said said-${mine ? "out" : "in"}`}>
      <p class="said-who dim"><PeerName peer={message.sender} me={mine} /></p>
      {message.removed ? <p class="dim">Removed</p> : <p>{plain(message.body)}</p>}
      <p class="said-foot">
        <time class="dim" dateTime={message.sent}>{timeOf(message.sent)}{message.pending ? " · on its way" : ""}</time>
        {remove && <button type="button" class="ghost small" aria-label={`Remove the message of ${timeOf(message.sent)}`} onClick={remove}>Remove</button>}
      </p>
    </div>
  );
}

function useMessages(id: string) {
  const latest = useReading(async () => (await meshCalls.podMessages(id, kPage)) ?? [], kReadAgain, "pod", id);
  const [all, setAll] = useState<PodMessage[]>([]);
  const [more, setMore] = useState(false);
  const looked = useRef(false);
  useEffect(() => {
    if (!latest.value) return;
    setAll((have) => merge(have, latest.value!));
    if (!looked.current) setMore(latest.value.length >= kPage);
    looked.current = true;
  }, [latest.value]);
  const earlier = () => attempt(async () => {
    const read = (await meshCalls.podMessages(id, kPage, all[0]?.sent)) ?? [];
    setAll((have) => merge(read, have));
    setMore(read.length >= kPage);
  });
  /** An old message is not among the latest that are read anew. */
  const strike = (message: string) => setAll((have) => have.map((entry) => (entry.id === message ? { ...entry, body: "", removed: true } : entry)));
  return { ...latest, all, more, earlier, strike };
}

function Write({ pod, done }: { pod: Pod; done: () => Promise<void> }) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const length = byteLength(text);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (text.trim() === "" || length > kLongestBody) return;
    setBusy(true);
    if (await attempt(() => meshCalls.post(pod.id, text))) setText("");
    setBusy(false);
    await done();
  };
  return (
    <form class="search-form" onSubmit={(event) => void submit(event)}>
      <label class="hidden" for="pod-text">Message to {plain(pod.name)}</label>
      <div class="field"><input id="pod-text" value={text} onInput={(event) => setText(event.currentTarget.value)} placeholder="Write to the pod" autocomplete="off" enterkeyhint="send" aria-describedby="pod-text-length" /></div>
      <span id="pod-text-length" class={length > kLongestBody ? "problem text-length" : "hidden"}>{length > kLongestBody ? `${length - kLongestBody} bytes too long` : ""}</span>
      <button class="primary" disabled={busy || length > kLongestBody}><Icon name="send" /><span class="wide-only">Send</span></button>
    </form>
  );
}

export function PodThread({ id, me, changed }: { id: string; me: string; changed: () => Promise<void> }) {
  const { value: pod, problem, again } = useReading(() => meshCalls.pod(id), kReadAgain, "pod", id);
  const messages = useMessages(id);
  const [question, ask] = useState<Question | null>(null);
  const talk = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const newest = messages.all[messages.all.length - 1]?.id ?? "";
  useLayoutEffect(() => {
    if (talk.current && atEnd.current) talk.current.scrollTop = talk.current.scrollHeight;
  }, [newest, pod !== null]);
  useEffect(() => {
    // What stands on the screen is read; a failure only leaves the badge.
    if (newest) void meshCalls.podRead(id).then(() => Promise.all([countUnreadPods(), changed()]), () => undefined);
  }, [newest, id]);
  if (!pod) return <section class="thread" aria-label="Pod"><a class="button ghost square narrow-only" href={routeTo("pods")} aria-label="All pods"><Icon name="back" /></a><Unread icon="pods" what="This pod" problem={problem} again={again} /></section>;
  const state = ourState(pod);
  const leave: Question = {
    title: `Leave ${plain(pod.name)}?`, act: "Leave the pod",
    words: pod.owner === me ? "You own this pod and your node keeps it: it ends for everybody." : "Its messages are removed here. To come back you have to join again.",
    run: async () => {
      if (await attempt(() => meshCalls.leavePod(id), "You have left the pod")) location.hash = routeTo("pods");
      await changed();
    },
  };
  const removal = (message: PodMessage) => () => ask({
    title: "Remove this message?", act: "Remove", words: `What ${shortPeer(message.sender)} wrote is taken away from all members.`,
    run: async () => {
      if (await attempt(() => meshCalls.removePodMessage(id, message.id), "The message was removed")) messages.strike(message.id);
    },
  });
  return (
    <section class="thread" aria-label={`Pod ${plain(pod.name)}`}>
      <div class="bar">
        <a class="button ghost square narrow-only" href={routeTo("pods")} aria-label="All pods"><Icon name="back" /></a>
        <h2 class="state-line strong"><span class="line">{plain(pod.name)}</span></h2>
        <span class="tag">{visibilityWords(pod)}</span>
        <button type="button" class="small" onClick={() => ask(leave)}>Leave</button>
      </div>
      <div class="bar pod-id"><span class="dim line grow">{pod.id}</span><CopyButton text={pod.id} what="the pod's id" /></div>
      <Stale problem={problem || messages.problem} />
      {state && <p class="hint">{state}</p>}
      <PodMembers pod={pod} me={me} ask={ask} again={again} />
      <div class="talk" tabIndex={0} role="log" aria-label="Messages of the pod" ref={talk} onScroll={(event) => {
        const box = event.currentTarget;
        atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
      }}>
        {messages.more && <button type="button" class="small" onClick={() => void messages.earlier()}>Earlier messages</button>}
        {messages.value && messages.all.length === 0 && <p class="hint">Nothing was said yet.</p>}
        {messages.all.map((message) => <Said key={message.id} message={message} me={me} remove={mayRemove(pod, me, message) ? removal(message) : null} />)}
      </div>
      {!state && <Write pod={pod} done={messages.again} />}
      {question && <Confirm question={question} done={() => ask(null)} />}
    </section>
  );
}
