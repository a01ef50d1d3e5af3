// SPDX-License-Identifier: GPL-3.0-or-later
// The one question of the first run: be part of the mesh, and with which shares. No is the default; the Mesh screen asks the same later.
import { useEffect, useRef, useState } from "preact/hooks";
import { attempt, loadMesh, mesh, meshCalls, world } from "../app";
import { leafOf, plain } from "../model/format";
import { useCell, useSection } from "./hooks";

/** The words that a share goes by, as the daemon takes them. */
export function shareNames(): string[] {
  const names = Object.values(world.shares).flat().filter((share) => !share.isExcluded).map((share) => share.alias || leafOf(share.localPath ?? share.remotePath ?? ""));
  return [...new Set(names.filter(Boolean))];
}

export function WhatOthersLearn() {
  return (
    <ul class="learn">
      <li>Nodes that yours is linked with, and those that keep the common table with it, learn your internet address.</li>
      <li>Your Soulseek name is never told. But anyone who sees your address on both networks can join the two names.</li>
      <li>Only shares that you choose here are offered to the mesh, and only services named in the configuration can be called.</li>
    </ul>
  );
}

export function JoinForm({ refuse, done }: { refuse?: string; done: () => void }) {
  useSection("shares");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [busy, setBusy] = useState(false);
  const names = shareNames();
  const turn = (name: string) => {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    setChosen(next);
  };
  const answer = async (join: boolean) => {
    setBusy(true);
    const went = await attempt(() => meshCalls.choose(join, join ? names.filter((name) => chosen.has(name)) : []), join ? "This node is part of the mesh now" : "This node stays out of the mesh");
    await loadMesh().catch(() => undefined);
    setBusy(false);
    if (went) done();
  };
  return (
    <>
      {names.length > 0 && (
        <fieldset class="choices">
          <legend>Offer to the mesh too (none by itself)</legend>
          {names.map((name) => (
            <label key={name} class="check"><input type="checkbox" checked={chosen.has(name)} onChange={() => turn(name)} /><span class="line">{plain(name)}</span></label>
          ))}
        </fieldset>
      )}
      <div class="actions">
        {refuse && <button type="button" class="primary" autofocus disabled={busy} onClick={() => void answer(false)}>{refuse}</button>}
        <button type="button" disabled={busy} onClick={() => void answer(true)}>Join the mesh</button>
      </div>
    </>
  );
}

export function FirstRun() {
  const known = useCell(mesh);
  const dialog = useRef<HTMLDialogElement>(null);
  const [put, setPut] = useState(false);
  const asks = known !== null && known.choice.open && !known.choice.fixed && !put;
  useEffect(() => {
    if (!asks || !dialog.current || dialog.current.open) return;
    dialog.current.showModal();
    dialog.current.scrollTop = 0; // the focus is on the last lines; reading starts at the first
  }, [asks]);
  if (!asks) return null;
  return (
    <dialog class="sheet" ref={dialog} aria-labelledby="join-title" onClose={() => setPut(true)}>
      <div class="sheet-body">
        <h2 id="join-title">Join the mesh?</h2>
        <p>soulfabric nodes can find each other without a server, call each other's services and hold group conversations. Soulseek works just as well without.</p>
        <p class="strong">What others learn if you join:</p>
        <WhatOthersLearn />
        <JoinForm refuse="No, stay out" done={() => dialog.current?.close()} />
        <p class="hint">You are asked once. The answer can be changed on the Mesh page.</p>
      </div>
    </dialog>
  );
}
