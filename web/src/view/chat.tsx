// SPDX-License-Identifier: GPL-3.0-or-later
// Private messages: who wrote, what was said, and a line to answer.
import { useEffect, useRef, useState } from "preact/hooks";
import { attempt, calls, countUnread, onEvent, resyncs, sentence, say } from "../app";
import { ApiError } from "../api/http";
import type { Conversation, PrivateMessage } from "../api/types";
import { plain } from "../model/format";
import { routeTo } from "../model/route";
import { Empty } from "./empty";
import { useCell } from "./hooks";
import { Icon } from "./icons";

function useConversations(open: string): Conversation[] | null {
  const synced = useCell(resyncs);
  const [list, setList] = useState<Conversation[] | null>(null);
  useEffect(() => {
    let here = true;
    const read = () => calls.conversations().then((all) => here && setList(all), () => here && setList((old) => old ?? []));
    void read();
    const stop = onEvent((event) => {
      if (event.type === "message") void read();
    });
    return () => {
      here = false;
      stop();
    };
  }, [synced, open]);
  return list;
}

const timeOf = (message: PrivateMessage): string => {
  const date = new Date(message.timestamp);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
};

function Thread({ username }: { username: string }) {
  const synced = useCell(resyncs);
  const [messages, setMessages] = useState<PrivateMessage[]>([]);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const end = useRef<HTMLDivElement>(null);
  const read = async () => {
    try {
      const conversation = await calls.conversation(username);
      setMessages(conversation.messages ?? []);
      setProblem("");
      if (conversation.hasUnAcknowledgedMessages) await calls.acknowledge(username).then(countUnread, () => undefined);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) setMessages([]);
      else setProblem(sentence(error));
    }
  };
  useEffect(() => {
    setMessages([]);
    void read();
    return onEvent((event) => {
      if (event.type !== "message" || event.data.username !== username) return;
      if (event.data.direction === "In") say(`${username}: ${event.data.message}`);
      void read();
    });
  }, [username, synced]);
  useEffect(() => end.current?.scrollIntoView({ block: "end" }), [messages]);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (text.trim() === "") return;
    setBusy(true);
    if (await attempt(() => calls.send(username, text))) {
      setText("");
      await read();
    }
    setBusy(false);
  };
  return (
    <section class="thread" aria-label={`Messages with ${username}`}>
      <div class="bar">
        <a class="button ghost square narrow-only" href={routeTo("chat")} aria-label="All messages"><Icon name="back" /></a>
        <h2 class="state-line strong">{plain(username)}</h2>
        <a class="button small" href={routeTo("browse", username)}>Browse</a>
      </div>
      <div class="talk" tabIndex={0} role="log" aria-label="Messages">
        {problem && <p class="problem">{problem}</p>}
        {messages.length === 0 && !problem && <p class="hint">No messages yet. Say hello below.</p>}
        {messages.map((message) => (
          <div key={`${message.direction}${message.id}${message.timestamp}`} class={`said said-${message.direction === "Out" ? "out" : "in"}`}>
            <p><span class="hidden">{message.direction === "Out" ? "You" : username}: </span>{plain(message.message)}</p>
            <time class="dim" dateTime={message.timestamp}>{timeOf(message)}</time>
          </div>
        ))}
        <div ref={end} />
      </div>
      <form class="search-form" onSubmit={(event) => void submit(event)}>
        <label class="hidden" for="message-text">Message to {username}</label>
        <div class="field"><input id="message-text" value={text} onInput={(event) => setText(event.currentTarget.value)} placeholder="Write a message" autocomplete="off" enterkeyhint="send" /></div>
        <button class="primary" disabled={busy}><Icon name="send" /><span class="wide-only">Send</span></button>
      </form>
    </section>
  );
}

export function Chat({ username }: { username: string }) {
  const conversations = useConversations(username);
  const start = (event: Event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const name = String(new FormData(form).get("username") ?? "").trim();
    if (name) location.hash = routeTo("chat", name);
    form.reset();
  };
  return (
    <section class={username ? "screen chat chat-open" : "screen chat"} aria-labelledby="chat-title">
      <div class="people">
        <h1 id="chat-title" class="title">Messages</h1>
        <form class="search-form" onSubmit={start}>
          <label class="hidden" for="chat-name">User to write to</label>
          <div class="field"><Icon name="user" /><input id="chat-name" name="username" placeholder="Write to a user" autocomplete="off" spellcheck={false} autocapitalize="none" enterkeyhint="go" /></div>
          <button>Open</button>
        </form>
        <ul>
          {(conversations ?? []).map((entry) => (
            <li key={entry.username}>
              <a href={routeTo("chat", entry.username)} aria-current={entry.username === username ? "true" : undefined}>
                <Icon name="user" /><span class="grow line">{plain(entry.username)}</span>
                {(entry.unAcknowledgedMessageCount ?? 0) > 0 && <span class="badge">{entry.unAcknowledgedMessageCount}<span class="hidden"> unread</span></span>}
              </a>
            </li>
          ))}
        </ul>
        {conversations?.length === 0 && !username && <Empty icon="chat" title="No messages">Messages that other users send you appear here, and stay on this machine.</Empty>}
      </div>
      {username && <Thread key={username} username={username} />}
    </section>
  );
}
