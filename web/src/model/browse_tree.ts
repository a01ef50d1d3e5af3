// SPDX-License-Identifier: GPL-3.0-or-later
// A remote user's folders as rows, with pages loaded only where someone looks: a million files cost what is open and seen.
import type { BrowseFolder, FilePage, FolderPage, RemoteFile } from "../api/types";

export const kFolderPage = 200;
export const kFilePage = 500;

export interface Node {
  /** null for the root, whose own row is not shown. */
  folder: BrowseFolder | null;
  path: string;
  level: number;
  open: boolean;
  folderTotal: number;
  fileTotal: number;
  folders: Map<number, Node>;
  files: Map<number, RemoteFile>;
  /** Open children by index, kept sorted; only these are walked to find a row. */
  openChildren: number[];
}

export type TreeRow =
  | { kind: "folder"; key: string; level: number; open: boolean; node: Node; position: number; siblings: number }
  | { kind: "file"; key: string; level: number; file: RemoteFile; parent: Node; position: number; siblings: number }
  | { kind: "wait"; key: string; level: number; position: number; siblings: number };

/** A page that a row needs. */
export interface Want {
  kind: "folders" | "files";
  node: Node;
  offset: number;
}

function makeNode(folder: BrowseFolder | null, level: number): Node {
  return {
    folder,
    path: folder?.path ?? "",
    level,
    open: folder === null,
    folderTotal: folder?.folderCount ?? 0,
    fileTotal: folder?.fileCount ?? 0,
    folders: new Map(),
    files: new Map(),
    openChildren: [],
  };
}

export class BrowseTree {
  readonly root = makeNode(null, 0);
  version = 0;

  /** Rows below this node, its own row not counted. */
  rowsBelow(node: Node): number {
    if (!node.open) return 0;
    let rows = node.folderTotal + node.fileTotal;
    for (const index of node.openChildren) rows += this.rowsBelow(node.folders.get(index)!);
    return rows;
  }

  get count(): number {
    return this.rowsBelow(this.root);
  }

  rowAt(index: number): { row: TreeRow; want: Want | null } {
    let node = this.root;
    let left = index;
    for (;;) {
      const found = this.childAt(node, left);
      if ("row" in found) return found;
      node = found.node;
      left = found.left;
    }
  }

  private childAt(node: Node, position: number): { row: TreeRow; want: Want | null } | { node: Node; left: number } {
    let left = position;
    let passed = 0; // folders before the place looked for
    for (const open of node.openChildren) {
      const before = open - passed;
      if (left <= before) break;
      const below = this.rowsBelow(node.folders.get(open)!);
      if (left <= before + below) return { node: node.folders.get(open)!, left: left - before - 1 };
      left -= before + 1 + below;
      passed = open + 1;
    }
    const at = passed + left;
    return at < node.folderTotal ? this.folderRow(node, at) : this.fileRow(node, at - node.folderTotal);
  }

  private folderRow(parent: Node, at: number): { row: TreeRow; want: Want | null } {
    const level = parent.level + 1;
    const place = { position: at + 1, siblings: parent.folderTotal + parent.fileTotal };
    const child = parent.folders.get(at);
    if (child) return { row: { kind: "folder", key: `d${child.path}`, level, open: child.open, node: child, ...place }, want: null };
    const offset = Math.floor(at / kFolderPage) * kFolderPage;
    return { row: { kind: "wait", key: `wd${parent.path}\n${at}`, level, ...place }, want: { kind: "folders", node: parent, offset } };
  }

  private fileRow(parent: Node, at: number): { row: TreeRow; want: Want | null } {
    const level = parent.level + 1;
    const place = { position: parent.folderTotal + at + 1, siblings: parent.folderTotal + parent.fileTotal };
    const file = parent.files.get(at);
    if (file) return { row: { kind: "file", key: `f${parent.path}\n${at}`, level, file, parent, ...place }, want: null };
    const offset = Math.floor(at / kFilePage) * kFilePage;
    return { row: { kind: "wait", key: `wf${parent.path}\n${at}`, level, ...place }, want: { kind: "files", node: parent, offset } };
  }

  addFolders(node: Node, offset: number, page: FolderPage): void {
    node.folderTotal = page.total;
    page.folders.forEach((folder, i) => {
      if (!node.folders.has(offset + i)) node.folders.set(offset + i, makeNode(folder, node.level + 1));
    });
    this.version += 1;
  }

  addFiles(node: Node, offset: number, page: FilePage): void {
    node.fileTotal = page.total;
    page.files.forEach((file, i) => node.files.set(offset + i, file));
    this.version += 1;
  }

  toggle(parent: Node, position: number): void {
    const at = position - 1;
    const child = parent.folders.get(at);
    if (!child) return;
    child.open = !child.open;
    parent.openChildren = child.open ? [...parent.openChildren, at].sort((a, b) => a - b) : parent.openChildren.filter((index) => index !== at);
    this.version += 1;
  }

  /** The chain of nodes that hold this row, root first. */
  parentOf(index: number): Node {
    let node = this.root;
    let left = index;
    for (;;) {
      const found = this.childAt(node, left);
      if ("row" in found) return node;
      node = found.node;
      left = found.left;
    }
  }

  /** Where the row of this open node is, -1 when it is not shown. */
  indexOf(wanted: Node): number {
    const walk = (node: Node, start: number): number => {
      let row = start;
      let passed = 0;
      for (const open of node.openChildren) {
        row += open - passed;
        const child = node.folders.get(open)!;
        if (child === wanted) return row;
        const below = walk(child, row + 1);
        if (below >= 0) return below;
        row += 1 + this.rowsBelow(child);
        passed = open + 1;
      }
      return -1;
    };
    return walk(this.root, 0);
  }
}
