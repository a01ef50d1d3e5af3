// SPDX-License-Identifier: GPL-3.0-or-later
// The way in: name and password, and what to do when there is neither.
import { useRef, useState } from "preact/hooks";
import { sentence, signIn } from "../app";
import { ApiError } from "../api/http";
import { Mark, ThemeButton } from "./header";

export function SignIn({ reason }: { reason: string }) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const password = useRef<HTMLInputElement>(null);

  const submit = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    setBusy(true);
    setProblem("");
    try {
      await signIn(String(form.get("username") ?? "").trim(), String(form.get("password") ?? ""));
    } catch (error) {
      setProblem(error instanceof ApiError && error.status === 401 ? "That name and password do not fit: try again." : sentence(error));
      setBusy(false);
      password.current?.select();
    }
  };

  return (
    <main class="gate">
      <div class="gate-card">
        <div class="gate-head"><Mark /><h1>soulfabric</h1><ThemeButton /></div>
        {reason && <p class="gate-reason" role="status">{reason}</p>}
        <form onSubmit={(event) => void submit(event)}>
          <label>
            <span>Name</span>
            <input name="username" autocomplete="username" required autofocus spellcheck={false} autocapitalize="none" />
          </label>
          <label>
            <span>Password</span>
            <input name="password" type="password" autocomplete="current-password" required ref={password} aria-describedby="gate-problem" />
          </label>
          <p id="gate-problem" class="problem" role="alert">{problem}</p>
          <button class="primary wide" disabled={busy}>{busy ? "Signing in" : "Sign in"}</button>
        </form>
        <p class="hint">No password at hand? On the machine that runs soulfabric, <code>soulfabric login-link</code> makes a link that signs you in once.</p>
      </div>
    </main>
  );
}
