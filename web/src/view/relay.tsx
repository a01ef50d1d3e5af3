// SPDX-License-Identifier: GPL-3.0-or-later
// The relays: shared lookups, verified content, tunnels to the user's own nodes; one part at a time.
import { relayPart, relayParts } from "../model/relay";
import { routeTo } from "../model/route";
import { CataloguePart } from "./relay_catalogue";
import { ContentPart } from "./relay_content";
import { TunnelsPart } from "./relay_tunnels";

export function RelayScreen({ item }: { item: string }) {
  const part = relayPart(item);
  return (
    <section class="screen screen-page" aria-labelledby="relay-title">
      <h1 id="relay-title" class="title">Relays</h1>
      <nav class="relay-parts" aria-label="Relays">
        {relayParts.map((entry) => <a key={entry.id} href={routeTo("relay", entry.id)} aria-current={entry.id === part ? "page" : undefined}>{entry.title}</a>)}
      </nav>
      {part === "catalogue" && <CataloguePart />}
      {part === "content" && <ContentPart />}
      {part === "tunnels" && <TunnelsPart />}
    </section>
  );
}
