// SPDX-License-Identifier: GPL-3.0-or-later
// The picture of links: this node in the middle, others the further out the longer their round trip. The table says the same in words.
import type { MeshLink } from "../api/mesh_types";
import { milliseconds, pictureOf, pictureWords, shortPeer, type Dot } from "../model/mesh";
import { count } from "../model/format";
import { useNarrow } from "./hooks";

const wide = { width: 720, height: 380, margin: { x: 84, y: 34 } };
const narrow = { width: 330, height: 330, margin: { x: 44, y: 34 } };

function Node({ dot, middle }: { dot: Dot; middle: number }) {
  const below = dot.y >= middle;
  const trip = milliseconds(dot.link.roundTripMs) || "not measured";
  return (
    <g>
      <title>{`${dot.link.peer}, ${trip}, ${dot.link.direction}`}</title>
      <circle class={dot.link.trusted ? "dot-node dot-trusted" : "dot-node"} cx={dot.x} cy={dot.y} r={6} />
      <text class="dot-name" x={dot.x} y={below ? dot.y + 19 : dot.y - 22} text-anchor="middle">{shortPeer(dot.link.peer).slice(0, 6)}</text>
      <text class="dot-trip" x={dot.x} y={below ? dot.y + 31 : dot.y - 11} text-anchor="middle">{trip}</text>
    </g>
  );
}

export function MeshPicture({ links }: { links: readonly MeshLink[] }) {
  const { width, height, margin } = useNarrow() ? narrow : wide;
  const picture = pictureOf(links, width, height, margin);
  return (
    <figure class="picture">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={pictureWords(links)}>
        {picture.rings.map((ring) => (
          <g key={ring.label}>
            <ellipse class="ring" cx={picture.x} cy={picture.y} rx={ring.rx} ry={ring.ry} />
            <text class="ring-label" x={picture.x} y={picture.y - ring.ry + 3} text-anchor="middle">{ring.label}</text>
          </g>
        ))}
        {picture.dots.map(({ link, x, y }) => (
          <line key={link.peer} class={link.direction === "inbound" ? "link-line link-inbound" : "link-line"} x1={picture.x} y1={picture.y} x2={x} y2={y} />
        ))}
        {picture.dots.map((dot) => <Node key={dot.link.peer} dot={dot} middle={picture.y} />)}
        <circle class="dot-me" cx={picture.x} cy={picture.y} r={11} />
        <text class="dot-name" x={picture.x} y={picture.y + 25} text-anchor="middle">you</text>
      </svg>
      <figcaption class="hint">
        Closer is faster. A solid line was dialled by this node, a dashed one by the other{picture.more > 0 ? `; ${count(picture.more, "slower link")} not drawn` : ""}.
      </figcaption>
    </figure>
  );
}
