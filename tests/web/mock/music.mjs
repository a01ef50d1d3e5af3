// SPDX-License-Identifier: GPL-3.0-or-later
// Invented users, albums and files; the same on every run.

export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const users = ["quiet_harbour", "vinyl.otter", "nightbus", "Tape Archive", "moss&lichen", "sol/fa", "copperwire", "østlyd", "paper_moon", "the-long-b-side", "radiator", "klangfarbe", "lowtide", "ünterholz"];
const albums = [
  { artist: "Aster Vale", album: "Paper Lanterns", year: 2009, tracks: ["Harbour Lights", "Second Snow", "Paper Lanterns", "Low Door", "The Ferryman's Daughter", "Salt", "Quiet Engines", "Home by Other Roads"] },
  { artist: "Aster Vale", album: "Small Hours", year: 2014, tracks: ["Small Hours", "Window Seat", "Amber", "Field Recording", "Nothing Moves", "Late Tram"] },
  { artist: "The Tin Meadow", album: "Weather Reports", year: 1998, tracks: ["Barometer", "Cold Front", "Isobars", "Fog Signal", "Clearing Later"] },
];

function filesOf(album, kind, random) {
  const root = `@@music\\${album.artist}\\${album.year} - ${album.album}${kind === "flac" ? " [FLAC]" : ""}`;
  const files = album.tracks.map((track, i) => {
    const length = 140 + Math.floor(random() * 240);
    const name = `${root}\\${String(i + 1).padStart(2, "0")} - ${track}.${kind}`;
    if (kind === "flac") return { filename: name, size: length * 110_000, code: 1, extension: "flac", isLocked: false, bitDepth: 16, sampleRate: 44100, length };
    const bitRate = kind === "ogg" ? 192 : random() < 0.5 ? 320 : 245;
    return { filename: name, size: length * bitRate * 125, code: 1, extension: "", isLocked: false, bitRate, isVariableBitRate: bitRate === 245, length };
  });
  files.push({ filename: `${root}\\cover.jpg`, size: 180_000 + Math.floor(random() * 90_000), code: 1, extension: "jpg", isLocked: false });
  return files;
}

/** Answers to any search, in the order in which they arrive. */
export function answers(text) {
  const random = seeded([...text].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7));
  if (text.includes("zzz")) return [];
  return users.map((username, i) => {
    const kinds = ["flac", "mp3", "ogg"];
    const files = albums.flatMap((album, n) => (n <= i % 3 ? filesOf(album, kinds[(i + n) % 3], random) : []));
    const hasFreeUploadSlot = random() < 0.55;
    return {
      username, token: 4711, hasFreeUploadSlot, uploadSpeed: Math.floor(random() * 6_000_000), queueLength: hasFreeUploadSlot ? 0 : 1 + Math.floor(random() * 120),
      fileCount: files.length, files, lockedFileCount: 0, lockedFiles: [],
    };
  });
}

/** A share of a million files: 1000 artists, 10 albums each, 100 files each; and one folder with many files at once. */
export const kArtists = 1000;
export function folderPage(parent, offset, limit) {
  const cut = (total, make) => ({ total, folders: Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, i) => make(offset + i)) });
  if (parent === "") return cut(2, (i) => ({ path: ["music", "everything"][i], name: ["music", "everything"][i], fileCount: [0, 20000][i], folderCount: [kArtists, 0][i] }));
  const depth = parent.split("\\").length;
  if (parent === "music") return cut(kArtists, (i) => ({ path: `music\\Artist ${i + 1}`, name: `Artist ${i + 1}`, fileCount: 0, folderCount: 10 }));
  if (depth === 2 && parent.startsWith("music\\")) return cut(10, (i) => ({ path: `${parent}\\Album ${i + 1}`, name: `Album ${i + 1}`, fileCount: 100, folderCount: 0 }));
  return { total: 0, folders: [] };
}
export function filePage(folder, offset, limit) {
  const total = folder === "everything" ? 20000 : folder.split("\\").length === 3 ? 100 : 0;
  const files = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, i) => {
    const n = offset + i + 1;
    return { filename: `${String(n).padStart(5, "0")} - Track ${n}.mp3`, size: 4_000_000 + n, code: 1, extension: "mp3", bitRate: 256, length: 125 };
  });
  return { total, files };
}
