import type { AttributionPart } from "../../engine/trace/schema.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { type AttributionSum, bySize, headRow, partInLayer, partName, wholeName } from "./data.ts";

/** Where a row stands in the model and in the text; null where it stands nowhere. */
interface RowPlace {
  readonly layer: number | null;
  readonly head: number | null;
  readonly expert: number | null;
  readonly token: number | null;
}

/** A bar. */
export interface BarRow {
  /** The same for the same part, whatever is shown. */
  readonly id: string;
  readonly kind: "logit" | "part" | "layer" | "source" | "rest" | "remainder" | "note";
  readonly label: string;
  /** From 1 for the whole. */
  readonly level: number;
  /** Logits; NaN of a note. */
  readonly value: number;
  /** The sum of all rows down to this one; null in the tree. */
  readonly running: number | null;
  /** Null: nothing is below it. */
  readonly isOpen: boolean | null;
  /** Index of its part; null of what is none, or of several. */
  readonly part: number | null;
  readonly place: RowPlace;
}

const NOWHERE: RowPlace = { layer: null, head: null, expert: null, token: null };
const LEAF = { running: null, isOpen: null, part: null, place: NOWHERE };

function placeOf({ kind, layer, index }: AttributionPart): RowPlace {
  const isExpert = kind === "expert";
  return { ...NOWHERE, layer, ...(isExpert ? { expert: index } : { head: index }) };
}

/** The strongest parts, the sum of the others, the remainder, and what they sum to. @param limit rows of single parts */
export function rowsBySize(sum: AttributionSum, limit: number): BarRow[] {
  const { parts, logit, remainder } = sum;
  const order = bySize(parts.map(({ value }) => value));
  let running = 0;
  const add = (value: number): number => {
    running += value;
    return running;
  };
  const rows: BarRow[] = order.slice(0, limit).map((at) => {
    const part = parts[at] as AttributionPart;
    return {
      ...{ id: `part ${at}`, kind: "part", label: partName(part), level: 1, value: part.value },
      ...{ running: add(part.value), isOpen: null, part: at, place: placeOf(part) },
    };
  });
  const rest = order.slice(limit);
  if (rest.length > 0) {
    const value = rest.reduce((all, at) => all + (parts[at]?.value ?? 0), 0);
    const label = `${rest.length} weaker ${rest.length === 1 ? "part" : "parts"}`;
    rows.push({ ...LEAF, id: "rest", kind: "rest", label, level: 1, value, running: add(value) });
  }
  return [
    ...rows,
    { ...remainderRow(remainder, 1), running: add(remainder) },
    {
      ...{ ...LEAF, id: "logit", kind: "logit", label: wholeName(sum), level: 1 },
      ...{ value: logit, running: logit },
    },
  ];
}

/** What a head brings from each position; a sentence where that is not known; undefined while it is on its way. */
export type SourcesOf = (head: number) => ArrayLike<number> | string | undefined;

/** Logit, layers in the order of the forward pass, their parts by size, of a head the positions by size. */
export function rowsOfTree(
  sum: AttributionSum,
  isOpen: (id: string) => boolean,
  sourcesOf: SourcesOf,
  limit: number,
): BarRow[] {
  const { parts, logit, remainder } = sum;
  const isWholeOpen = isOpen("logit");
  const root: BarRow = {
    ...{ ...LEAF, id: "logit", kind: "logit", label: wholeName(sum), level: 1, value: logit },
    isOpen: isWholeOpen,
  };
  if (!isWholeOpen) return [root];
  const rows: BarRow[] = [root];
  for (let at = 0; at < parts.length; ) {
    const part = parts[at] as AttributionPart;
    const { layer } = part;
    if (layer === null) {
      rows.push({
        ...{ ...LEAF, id: `part ${at}`, kind: "part", label: partName(part), level: 2 },
        ...{ value: part.value, part: at, place: placeOf(part) },
      });
      at++;
      continue;
    }
    const end = parts.findIndex((one, i) => i > at && one.layer !== layer);
    const own = Array.from({ length: (end < 0 ? parts.length : end) - at }, (_, i) => at + i);
    const id = `layer ${layer}`;
    rows.push({
      ...{ ...LEAF, id, kind: "layer", label: id, level: 2, isOpen: isOpen(id) },
      value: own.reduce((all, i) => all + (parts[i]?.value ?? 0), 0),
      place: { ...NOWHERE, layer },
    });
    if (isOpen(id)) rows.push(...layerRows(sum, own, isOpen, sourcesOf, limit));
    at += own.length;
  }
  return [...rows, remainderRow(remainder, 2)];
}

function layerRows(
  sum: AttributionSum,
  own: readonly number[],
  isOpen: (id: string) => boolean,
  sourcesOf: SourcesOf,
  limit: number,
): BarRow[] {
  const { parts, bySource } = sum;
  const values = own.map((at) => parts[at]?.value ?? 0);
  const order = bySize(values);
  const rows = order.slice(0, limit).flatMap((i): BarRow[] => {
    const at = own[i] as number;
    const part = parts[at] as AttributionPart;
    const id = `part ${at}`;
    const opens = part.kind === "head" && bySource !== null;
    const row: BarRow = {
      ...{ ...LEAF, id, kind: "part", label: partInLayer(part), level: 3, value: part.value },
      ...{ isOpen: opens ? isOpen(id) : null, part: at, place: placeOf(part) },
    };
    return row.isOpen === true ? [row, ...sourceRows(sum, at, sourcesOf, limit)] : [row];
  });
  const rest = order.slice(limit);
  if (rest.length === 0) return rows;
  const value = rest.reduce((all, i) => all + (values[i] ?? 0), 0);
  const label = `${rest.length} weaker ${rest.length === 1 ? "part" : "parts"}`;
  const layer = parts[own[0] as number]?.layer ?? null;
  return [
    ...rows,
    {
      ...{ ...LEAF, id: `rest of layer ${layer}`, kind: "rest", label, level: 3, value },
      place: { ...NOWHERE, layer },
    },
  ];
}

function sourceRows(
  { parts, tokenTexts }: AttributionSum,
  at: number,
  sourcesOf: SourcesOf,
  limit: number,
): BarRow[] {
  const part = parts[at] as AttributionPart;
  const place = placeOf(part);
  const sources = sourcesOf(headRow(parts, at));
  if (sources === undefined || typeof sources === "string") {
    const label = sources ?? "reading what it brings from each position…";
    return [{ ...LEAF, id: `note ${at}`, kind: "note", label, level: 4, value: Number.NaN, place }];
  }
  const order = bySize(sources);
  const rows = order.slice(0, limit).map(
    (token): BarRow => ({
      ...{ ...LEAF, id: `source ${at} ${token}`, kind: "source", level: 4, part: at },
      label: `from ${visibleToken(tokenTexts[token] ?? "")} (${token})`,
      ...{ value: sources[token] as number, place: { ...place, token } },
    }),
  );
  const rest = order.slice(limit);
  if (rest.length === 0) return rows;
  const value = rest.reduce((all, token) => all + (sources[token] as number), 0);
  const label = `from ${rest.length} other ${rest.length === 1 ? "position" : "positions"}`;
  return [...rows, { ...LEAF, id: `rest of ${at}`, kind: "rest", label, level: 4, value, place }];
}

function remainderRow(value: number, level: number): BarRow {
  return {
    ...LEAF,
    id: "remainder",
    kind: "remainder",
    label: "remainder (rounding)",
    level,
    value,
  };
}
