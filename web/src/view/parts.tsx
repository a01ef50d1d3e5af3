// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces that the screens of mesh, guard and pods share: a node's name, a question before an act, what stands where nothing could be read.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { notify, say } from "../app";
import { shortPeer } from "../model/mesh";
import { Empty } from "./empty";
import { Icon, type IconName } from "./icons";

export function PeerName({ peer, me = false }: { peer: string; me?: boolean }) {
  return <span class="peer" title={peer}><span aria-hidden="true">{me ? "You" : shortPeer(peer)}</span><span class="hidden">{me ? "You" : peer}</span></span>;
}

/** Where the page lies on plain HTTP under a name of the house, browsers hide the clipboard: the old way works there. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "hidden";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const copy = async () => {
    if (await copyText(text)) {
      notify("good", `Copied: ${what}`);
      say(`Copied: ${what}`);
    } else {
      notify("bad", "The browser does not let this page copy: select the text and copy it.");
    }
  };
  return <button type="button" class="small" aria-label={`Copy ${what}`} onClick={() => void copy()}><Icon name="copy" />Copy</button>;
}

export interface Question {
  title: string;
  words: string;
  /** The name of the act, for the button. */
  act: string;
  run: () => Promise<unknown>;
}

/** One question at a time; the focus starts on the way back. */
export function Confirm({ question, done }: { question: Question; done: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const act = async () => {
    setBusy(true);
    await question.run();
    dialog.current?.close();
  };
  return (
    <dialog class="sheet" ref={dialog} aria-labelledby="confirm-title" onClose={done}>
      <div class="sheet-body">
        <h2 id="confirm-title">{question.title}</h2>
        <p class="sentence">{question.words}</p>
        <div class="actions">
          <button type="button" autofocus onClick={() => dialog.current?.close()}>Cancel</button>
          <button type="button" class="danger" disabled={busy} onClick={() => void act()}>{question.act}</button>
        </div>
      </div>
    </dialog>
  );
}

/** Instead of a screen's content while there is none: still loading, or the reason why not, with another try. */
export function Unread({ icon, what, problem, again }: { icon: IconName; what: string; problem: string; again: () => Promise<void> }) {
  if (!problem) return <p class="state-line" role="status"><span class="spinner" aria-hidden="true" />Loading</p>;
  return (
    <Empty icon={icon} title={`${what} cannot be shown`}>
      <p>{problem}</p>
      <button type="button" onClick={() => void again()}>Try again</button>
    </Empty>
  );
}

/** Above content that was read earlier, while reading it anew fails. */
export function Stale({ problem }: { problem: string }) {
  return problem ? <p class="problem" role="status">{problem} What you see may be old.</p> : null;
}

export function Panel({ title, hint, children, id, extra }: { title: string; hint?: string; children: ComponentChildren; id: string; extra?: ComponentChildren }) {
  return (
    <section class="panel" aria-labelledby={id}>
      <div class="panel-head"><h2 id={id}>{title}</h2>{extra}</div>
      {hint && <p class="hint">{hint}</p>}
      {children}
    </section>
  );
}
