/**
 * Rows that sharing has to save before a prefix is worth a step of its own: a step of few rows reads all weights, as a step
 * of many does.
 */
const LEAST_SAVED_ROWS = 64;

/** Rows that several prompts begin with. */
export interface CommonPrefix {
  /** Positions [0, nTokens). */
  readonly nTokens: number;
  /** The longest shorter one, whose rows it begins with. */
  readonly parent: CommonPrefix | null;
  /** The prompts that begin with it, ascending. */
  readonly prompts: readonly number[];
}

/** As it is found: prompts whose rows are the same up to a position, and not all further. */
interface Node {
  readonly nTokens: number;
  readonly prompts: readonly number[];
  readonly parent: Node | null;
  /** Prefixes and prompts that would begin with it. */
  users: number;
  isShared: boolean;
}

export interface PrefixLimits {
  /** Prefixes that may wait at the same time for prompts that begin with them. */
  readonly most: number;
}

/**
 * Finds what prompts have in common at their beginnings, and which of it is worth sharing.
 * @param rows of each prompt numbers: prompts whose first K + 2 numbers are equal have rows with the same bits at positions
 * [0, K)
 * @param limits prompts are taken in their order, so that a prefix waits from the first to the last of its prompts
 * @returns of each prompt the longest of the prefixes that it begins with; null: none
 */
export function commonPrefixes(
  rows: readonly Int32Array[],
  { most }: PrefixLimits,
): (CommonPrefix | null)[] {
  const nodes = findNodes(rows);
  prune(nodes);
  limit(nodes, rows.length, most);
  const shared = new Map<Node, CommonPrefix>();
  const found = rows.map((): CommonPrefix | null => null);
  for (const node of nodes) {
    if (!node.isShared) continue;
    const { nTokens, prompts } = node;
    const above = sharedAbove(node);
    const prefix = { nTokens, prompts, parent: (above && shared.get(above)) ?? null };
    shared.set(node, prefix);
    for (const prompt of prompts) found[prompt] = prefix;
  }
  return found;
}

/** All places where prompts part, from the shortest prefixes on: parents stand before their children. */
function findNodes(rows: readonly Int32Array[]): Node[] {
  const nodes: Node[] = [];
  const open: { prompts: readonly number[]; from: number; parent: Node | null }[] = [
    ...partAt(rows, [...rows.keys()], 0).map((prompts) => ({ prompts, from: 1, parent: null })),
  ];
  for (let group = open.pop(); group !== undefined; group = open.pop()) {
    const { prompts, from, parent } = group;
    const end = sameUntil(rows, prompts, from);
    const node = { nTokens: Math.max(0, end - 2), prompts, parent, users: 0, isShared: true };
    nodes.push(node);
    const parts = partAt(rows, prompts, end);
    open.push(...parts.map((part) => ({ prompts: part, from: end + 1, parent: node })));
  }
  return nodes;
}

/** @returns groups of two prompts or more with equal numbers at a place; prompts that end there are left out */
function partAt(
  rows: readonly Int32Array[],
  prompts: readonly number[],
  at: number,
): readonly (readonly number[])[] {
  const parts = new Map<number, number[]>();
  for (const prompt of prompts) {
    const value = rows[prompt]?.[at];
    if (value === undefined) continue;
    const part = parts.get(value) ?? [];
    part.push(prompt);
    parts.set(value, part);
  }
  return [...parts.values()].filter(({ length }) => length > 1);
}

/** @returns the first place from `from` on where not all have the same number */
function sameUntil(rows: readonly Int32Array[], prompts: readonly number[], from: number): number {
  const [first, ...others] = prompts.map((prompt) => rows[prompt] as Int32Array);
  let end = first?.length ?? from;
  for (const other of others) {
    let at = from;
    while (at < end && other[at] === first?.[at]) at++;
    end = at;
  }
  return end;
}

/** Takes out what would save too little, from the longest prefixes on: their prompts then begin with shorter ones. */
function prune(nodes: readonly Node[]): void {
  for (const node of nodes) node.users = node.prompts.length;
  for (const { parent, prompts } of nodes) if (parent) parent.users -= prompts.length - 1;
  for (const node of nodes.toReversed()) {
    if (savedRows(node) >= LEAST_SAVED_ROWS) continue;
    node.isShared = false;
    if (node.parent) node.parent.users += node.users - 1;
  }
}

function savedRows({ users, nTokens, parent }: Node): number {
  return (users - 1) * (nTokens - (parent?.nTokens ?? 0));
}

/** Takes out what saves least where more than `most` would wait at a time. */
function limit(nodes: readonly Node[], nPrompts: number, most: number): void {
  const waiting = new Uint32Array(nPrompts);
  const shared = nodes.filter(({ isShared }) => isShared);
  for (const node of shared.sort((a, b) => savedRows(b) - savedRows(a))) {
    const [first = 0, last = 0] = [node.prompts[0], node.prompts.at(-1)];
    const during = waiting.subarray(first, last + 1);
    node.isShared = during.every((count) => count < most);
    if (!node.isShared) continue;
    for (let at = 0; at < during.length; at++) during[at] = (during[at] ?? 0) + 1;
  }
}

function sharedAbove({ parent }: Node): Node | null {
  let above = parent;
  while (above !== null && !above.isShared) above = above.parent;
  return above;
}
