import { ticks } from "d3";
import { svgElement } from "../render/element.ts";
import { shortToken } from "../render/visibleToken.ts";
import type { Looking } from "./looking.ts";

/** Where the map's square is, in pixels. */
export interface MapGeometry {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

export const LABEL_LENGTH = 12;
/** Cells need this many pixels for a label of their own. */
const LABELLED_CELL = 11;

/** Labels of tokens and the crosshair, over the map's canvas. */
export function mapOverlay(
  looking: Looking,
  geometry: MapGeometry,
  tokenTexts: readonly string[],
  lit: number | null,
): SVGElement[] {
  return [...labels(looking, geometry, tokenTexts, lit), ...crosshair(looking, geometry, lit)];
}

function labels(
  { viewport, cell, direction }: Looking,
  { left, top, side }: MapGeometry,
  tokenTexts: readonly string[],
  lit: number | null,
): SVGElement[] {
  const nTokens = tokenTexts.length;
  const { queryStart, keyStart, span } = viewport;
  const size = side / span;
  const litQuery = cell?.query ?? (direction === "from" ? lit : null);
  const litKey = cell?.key ?? (direction === "to" ? lit : null);
  const nodes: SVGElement[] = [];
  const query = (at: number, text: string): void => {
    const isLit = at === litQuery;
    nodes.push(
      svgElement(
        "text",
        {
          x: left - 6,
          y: top + (at - queryStart + 0.5) * size,
          class: isLit ? "vt-label vt-lit" : "vt-label",
          "text-anchor": "end",
          "dominant-baseline": "central",
        },
        text,
      ),
    );
  };
  const key = (at: number, text: string): void => {
    const x = left + (at - keyStart + 0.5) * size;
    const y = top + side + 8;
    nodes.push(
      svgElement(
        "text",
        {
          x,
          y,
          class: at === litKey ? "vt-label vt-lit" : "vt-label",
          "text-anchor": "end",
          "dominant-baseline": "central",
          transform: `rotate(-50 ${x} ${y})`,
        },
        text,
      ),
    );
  };
  const label = (at: number): string => shortToken(tokenTexts[at] ?? "", LABEL_LENGTH);
  if (size >= LABELLED_CELL) {
    for (let i = 0; i < span; i++) {
      if (queryStart + i < nTokens) query(queryStart + i, label(queryStart + i));
      if (keyStart + i < nTokens) key(keyStart + i, label(keyStart + i));
    }
    return nodes;
  }
  const far = (at: number, from: number | null): boolean =>
    from === null || Math.abs(at - from) * size > 13;
  for (const at of ticks(queryStart, queryStart + span - 1, 6).filter(Number.isInteger))
    if (far(at, litQuery)) query(at, String(at));
  for (const at of ticks(keyStart, keyStart + span - 1, 6).filter(Number.isInteger))
    if (far(at, litKey)) key(at, String(at));
  if (litQuery !== null && litQuery >= queryStart && litQuery < queryStart + span)
    query(litQuery, label(litQuery));
  if (litKey !== null && litKey >= keyStart && litKey < keyStart + span) key(litKey, label(litKey));
  return nodes;
}

function crosshair(
  looking: Looking,
  { left, top, side }: MapGeometry,
  litToken: number | null,
): SVGElement[] {
  const { viewport, cell } = looking;
  const size = side / viewport.span;
  const litQuery = cell?.query ?? (looking.direction === "from" ? litToken : null);
  const litKey = cell?.key ?? (looking.direction === "to" ? litToken : null);
  const nodes: SVGElement[] = [];
  if (
    litQuery !== null &&
    litQuery >= viewport.queryStart &&
    litQuery < viewport.queryStart + viewport.span
  )
    nodes.push(
      svgElement("rect", {
        x: left,
        y: top + (litQuery - viewport.queryStart) * size,
        width: side,
        height: Math.max(size, 1.5),
        class: "vt-cross",
      }),
    );
  if (litKey !== null && litKey >= viewport.keyStart && litKey < viewport.keyStart + viewport.span)
    nodes.push(
      svgElement("rect", {
        x: left + (litKey - viewport.keyStart) * size,
        y: top,
        width: Math.max(size, 1.5),
        height: side,
        class: "vt-cross",
      }),
    );
  if (cell)
    nodes.push(
      svgElement("rect", {
        x: left + (cell.key - viewport.keyStart) * size - 0.5,
        y: top + (cell.query - viewport.queryStart) * size - 0.5,
        width: Math.max(size, 3) + 1,
        height: Math.max(size, 3) + 1,
        class: "vt-cell",
      }),
    );
  return nodes;
}
