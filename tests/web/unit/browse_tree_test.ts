// SPDX-License-Identifier: GPL-3.0-or-later
// The lazily loaded tree against a plain one that holds everything.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BrowseTree, kFilePage, kFolderPage, type Node, type Want } from "../../../web/src/model/browse_tree";

interface Plain { path: string; name: string; folders: Plain[]; files: string[] }
const make = (path: string, folders: Plain[], files: number): Plain => ({ path, name: path.split("\\").pop()!, folders, files: Array.from({ length: files }, (_, i) => `${i}.mp3`) });
const world = make("", [make("a", [make("a\\x", [], 3), make("a\\y", [], 0)], 2), make("b", [], 700), make("c", Array.from({ length: 450 }, (_, i) => make(`c\\${i}`, [], 1)), 1)], 1);

function findPlain(path: string): Plain {
  let here = world;
  if (path === "") return here;
  const parts = path.split("\\");
  for (let i = 0; i < parts.length; i += 1) here = here.folders.find((f) => f.path === parts.slice(0, i + 1).join("\\"))!;
  return here;
}
function serve(tree: BrowseTree, { kind, node, offset }: Want): void {
  const plain = findPlain(node.path);
  if (kind === "folders") {
    const page = plain.folders.slice(offset, offset + kFolderPage).map((f) => ({ path: f.path, name: f.name, fileCount: f.files.length, folderCount: f.folders.length }));
    tree.addFolders(node, offset, { total: plain.folders.length, folders: page });
  } else {
    tree.addFiles(node, offset, { total: plain.files.length, files: plain.files.slice(offset, offset + kFilePage).map((filename) => ({ filename, size: 1 })) });
  }
}
function start(): BrowseTree {
  const tree = new BrowseTree();
  serve(tree, { kind: "folders", node: tree.root, offset: 0 });
  serve(tree, { kind: "files", node: tree.root, offset: 0 });
  return tree;
}
function label(tree: BrowseTree, index: number): string {
  for (let tries = 0; tries < 3; tries += 1) {
    const { row, want } = tree.rowAt(index);
    if (want) serve(tree, want);
    else return row.kind === "folder" ? row.node.path : row.kind === "file" ? `${row.parent.path}:${row.file.filename}` : "?";
  }
  return "never loaded";
}
function expected(plain: Plain, open: Set<string>): string[] {
  return [...plain.folders.flatMap((f) => [f.path, ...(open.has(f.path) ? expected(f, open) : [])]), ...plain.files.map((name) => `${plain.path}:${name}`)];
}
function check(tree: BrowseTree, open: Set<string>): void {
  const all = expected(world, open);
  assert.equal(tree.count, all.length);
  all.forEach((want, i) => assert.equal(label(tree, i), want));
}
function toggle(tree: BrowseTree, open: Set<string>, path: string): void {
  const index = expected(world, open).indexOf(path);
  label(tree, index);
  const { row } = tree.rowAt(index);
  assert.equal(row.kind, "folder");
  tree.toggle(tree.parentOf(index), row.position);
  if (!open.delete(path)) open.add(path);
}

test("the closed tree shows the top folders, then the files", () => check(start(), new Set()));

test("opening and closing in any order shows the same rows as the whole tree", () => {
  const tree = start();
  const open = new Set<string>();
  for (const path of ["c", "a", "a\\x", "b", "c\\7", "c\\449", "a\\y", "a", "c\\7", "a", "b"]) {
    toggle(tree, open, path);
    check(tree, open);
  }
});

test("a folder that was closed keeps what was open in it", () => {
  const tree = start();
  const open = new Set<string>();
  toggle(tree, open, "a");
  toggle(tree, open, "a\\x");
  toggle(tree, open, "a");
  assert.equal(tree.count, 4);
  toggle(tree, open, "a");
  check(tree, open);
});

test("every open node is found where its row is", () => {
  const tree = start();
  const open = new Set<string>();
  for (const path of ["c", "c\\3", "a"]) toggle(tree, open, path);
  const all = expected(world, open);
  for (const path of open) {
    const { row } = tree.rowAt(all.indexOf(path));
    assert.equal(tree.indexOf((row as { node: Node }).node), all.indexOf(path));
  }
});

test("a million files cost only the pages that are looked at", () => {
  const tree = new BrowseTree();
  tree.addFolders(tree.root, 0, { total: 1, folders: [{ path: "all", name: "all", fileCount: 1_000_000, folderCount: 0 }] });
  tree.addFiles(tree.root, 0, { total: 0, files: [] });
  tree.toggle(tree.root, 1);
  assert.equal(tree.count, 1_000_001);
  const { row, want } = tree.rowAt(777_777);
  assert.equal(row.kind, "wait");
  assert.equal(want!.offset, Math.floor(777_776 / kFilePage) * kFilePage);
  assert.equal(want!.node.files.size, 0);
});
