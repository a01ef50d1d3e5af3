// SPDX-License-Identifier: GPL-3.0-or-later
// One answer of the catalogue: title, artist, tracks and cover, and above all where it came from and how old it is.
import { useState } from "preact/hooks";
import { relayCalls } from "../app";
import type { CatalogueAnswer } from "../api/relay_types";
import { count, plain } from "../model/format";
import { ageWords, viaWords } from "../model/relay";
import { kindTitle, shownOf, type MediumLines } from "../model/release";
import { Icon } from "./icons";

function Cover({ mbid, title }: { mbid: string; title: string }) {
  const [state, set] = useState<"loading" | "here" | "missing">("loading");
  return (
    <div class="cover">
      {state !== "here" && <span class="cover-none"><Icon name="note" />{state === "missing" && <span class="dim">No cover to be had</span>}</span>}
      {state !== "missing" && <img src={relayCalls.coverAddress(mbid)} alt={`Cover of ${plain(title)}`} width="250" height="250" class={state === "here" ? undefined : "hidden"} onLoad={() => set("here")} onError={() => set("missing")} />}
    </div>
  );
}

function Medium({ medium }: { medium: MediumLines }) {
  return (
    <section class="medium" aria-label={plain(medium.title)}>
      <h3>{plain(medium.title)} <span class="dim">{count(medium.tracks.length, "track")}</span></h3>
      <ol>
        {medium.tracks.map((track, i) => (
          <li key={i}>
            <span class="number dim">{plain(track.number)}</span>
            <span class="grow wrap">{plain(track.title)}{track.artist && <span class="dim"> {plain(track.artist)}</span>}</span>
            <span class="number dim">{track.length}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function From({ answer }: { answer: CatalogueAnswer }) {
  return (
    <p class="state-line" id="came-from">
      <span class={answer.stale ? "tag" : "tag tag-good"}>{answer.stale ? "old" : "fresh"}</span>
      <span>{[viaWords(answer), ageWords(answer.fetched, Date.now())].filter(Boolean).join(", ")}</span>
    </p>
  );
}

export function Release({ answer, look }: { answer: CatalogueAnswer; look: (kind: string, mbid: string) => void }) {
  if (answer.status === 404) {
    return (
      <article class="release" aria-label="Answer">
        <p class="strong">MusicBrainz knows no {kindTitle(answer.kind).toLowerCase()} by this id.</p>
        <From answer={answer} />
      </article>
    );
  }
  const shown = shownOf(answer.kind, answer.body);
  return (
    <article class="release" aria-label="Answer">
      <div class="release-head">
        {shown.hasCover && <Cover key={answer.mbid} mbid={answer.mbid} title={shown.title} />}
        <div class="release-words">
          <p class="dim">{kindTitle(answer.kind)}</p>
          <h3 class="big wrap">{plain(shown.title)}</h3>
          {shown.artist && <p class="strong wrap">{plain(shown.artist)}</p>}
          {shown.facts.length > 0 && <p class="dim wrap">{shown.facts.map(plain).join(" · ")}</p>}
          <From answer={answer} />
          {answer.stale && <p class="hint">Past its time: the origin could not be reached.</p>}
        </div>
      </div>
      {shown.media.map((medium, i) => <Medium key={i} medium={medium} />)}
      {shown.releases.length > 0 && (
        <ul class="entries" aria-label="Releases">
          {shown.releases.map((release) => (
            <li key={release.mbid} class="entry">
              <span class="main-cell"><span class="wrap">{plain(release.title)}</span><span class="dim wrap">{plain(release.note)}</span></span>
              <button type="button" class="small" aria-label={`Look up ${plain(release.title)}`} onClick={() => look("release", release.mbid)}>Look up</button>
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}
