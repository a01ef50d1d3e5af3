// SPDX-License-Identifier: GPL-3.0-or-later
// What MusicBrainz says of a release, recording, artist or release group, as far as it is shown. Any member may be missing, null or something
// else: the answer comes from strangers.
import { clock } from "./format";

export const kinds = [
  { kind: "release", title: "Release" },
  { kind: "release-group", title: "Release group" },
  { kind: "recording", title: "Recording" },
  { kind: "artist", title: "Artist" },
] as const;
export const kindTitle = (kind: string): string => kinds.find((entry) => entry.kind === kind)?.title ?? kind;

export interface Wanted {
  /** From a link; empty: the user says it. */
  kind: string;
  mbid: string;
}
const guid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

/** An id, or a link to musicbrainz.org or a mirror of it that ends in one; null where there is none. */
export function parseWanted(text: string): Wanted | null {
  const lower = text.trim().toLowerCase();
  if (new RegExp(`^${guid.source}$`).test(lower)) return { kind: "", mbid: lower };
  const link = new RegExp(`^(?:https?://)?[a-z0-9.:-]+/(release-group|release|recording|artist)/(${guid.source})(?:[/?#].*)?$`).exec(lower);
  return link ? { kind: link[1]!, mbid: link[2]! } : null;
}

export interface TrackLine {
  number: string;
  title: string;
  /** Only where it is another than that of the release. */
  artist: string;
  length: string;
}
export interface MediumLines {
  title: string;
  tracks: TrackLine[];
}
export interface Shown {
  title: string;
  artist: string;
  /** Date, country, label and the like; what is not known is left out. */
  facts: string[];
  media: MediumLines[];
  /** Of a release group, or an artist's: what else it names. */
  releases: { mbid: string; title: string; note: string }[];
  hasCover: boolean;
}

type Fields = Record<string, unknown>;
export const kMostTracks = 2000;

const fields = (value: unknown): Fields => (value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);

/** "A feat. B", by the words that the release itself puts between. */
export function creditWords(credit: unknown): string {
  return list(credit).map((entry) => {
    const one = fields(entry);
    return (text(one["name"]) || text(fields(one["artist"])["name"])) + text(one["joinphrase"]);
  }).join("").trim();
}

const lengthWords = (milliseconds: unknown): string => (number(milliseconds) > 0 ? clock(number(milliseconds) / 1000) : "");

function trackOf(value: unknown, artist: string): TrackLine {
  const track = fields(value);
  const recording = fields(track["recording"]);
  const by = creditWords(track["artist-credit"]) || creditWords(recording["artist-credit"]);
  return {
    number: text(track["number"]) || (number(track["position"]) > 0 ? String(track["position"]) : ""),
    title: text(track["title"]) || text(recording["title"]) || "Without a title",
    artist: by === artist ? "" : by,
    length: lengthWords(track["length"]) || lengthWords(recording["length"]),
  };
}

function mediaOf(release: Fields, artist: string): MediumLines[] {
  let left = kMostTracks;
  const media = list(release["media"]).map((value, i, all) => {
    const medium = fields(value);
    const pregap = medium["pregap"] ? [medium["pregap"]] : [];
    const tracks = [...pregap, ...list(medium["tracks"]), ...list(medium["data-tracks"])].slice(0, left).map((track) => trackOf(track, artist));
    left -= tracks.length;
    const name = [text(medium["format"]) || "Medium", all.length > 1 ? String(number(medium["position"]) || i + 1) : ""].filter(Boolean).join(" ");
    return { title: text(medium["title"]) ? `${name}: ${text(medium["title"])}` : name, tracks };
  });
  return media.filter((medium) => medium.tracks.length > 0);
}

function labels(release: Fields): string {
  const names = list(release["label-info"]).map((value) => text(fields(fields(value)["label"])["name"])).filter(Boolean);
  return [...new Set(names)].join(", ");
}

function releasesOf(value: unknown): Shown["releases"] {
  return list(value).map(fields).filter((release) => guid.test(text(release["id"]))).slice(0, 100).map((release) => ({
    mbid: text(release["id"]), title: text(release["title"]) || "Without a title", note: [text(release["date"]), text(release["country"]), text(release["status"])].filter(Boolean).join(" · "),
  }));
}

export function shownOf(kind: string, body: unknown): Shown {
  const it = fields(body);
  const artist = creditWords(it["artist-credit"]);
  const life = fields(it["life-span"]);
  const years = [text(life["begin"]), text(life["end"])];
  const facts = [
    text(it["disambiguation"]), text(it["date"]) || text(it["first-release-date"]), kind === "artist" ? text(it["type"]) : text(it["primary-type"]) || text(fields(it["release-group"])["primary-type"]),
    text(it["country"]) || text(fields(it["area"])["name"]), labels(it), kind === "recording" ? lengthWords(it["length"]) : "", text(it["status"]), years.some(Boolean) ? years.join(" to ").trim() : "",
  ];
  return {
    title: text(it["title"]) || text(it["name"]) || "Without a title", artist, facts: facts.filter(Boolean), media: mediaOf(it, artist), releases: releasesOf(it["releases"]),
    hasCover: kind === "release" && fields(it["cover-art-archive"])["front"] === true,
  };
}
