import { ticks } from "d3";
import { element, svgElement } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { exactF32 } from "../render/formatNumber.ts";
import type { Theme } from "../render/theme.ts";
import { shortToken } from "../render/visibleToken.ts";
import { shadeTile } from "./data.ts";
import type { HeadStore } from "./headStore.ts";
import type { Cell, Looking } from "./looking.ts";
import { paintMap } from "./paintMap.ts";

export interface HeadMapOptions {
  readonly store: HeadStore;
  readonly tokenTexts: readonly string[];
  readonly signal: AbortSignal;
  readonly onPoint: (cell: Cell | null) => void;
  readonly onPin: (cell: Cell) => void;
}

export interface HeadMap {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  draw(looking: Looking, theme: Theme, width: number, max: number, litToken: number | null): void;
}

const LABEL_LENGTH = 12;
/** Cells need this many pixels for a label of their own. */
const LABELLED_CELL = 11;

/** One head's map: queries down, keys across, labels and crosshair in SVG over the canvas. */
export function createHeadMap(options: HeadMapOptions): HeadMap {
  const { store, tokenTexts, signal } = options;
  const nTokens = tokenTexts.length;
  const canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "attention map",
    "aria-label":
      "Attention map of one head. Arrows move the cell, Enter pins the query, Escape goes back, brackets change the head, Page Up and Page Down the layer.",
  });
  const overlay = svgElement("svg", { class: "vt-map-overlay", "aria-hidden": "true" });
  const tip = element("div", { class: "vt-tip", hidden: true });
  const host = element("div", { class: "vt-map" }, canvas, overlay, tip);
  let geometry = { left: 0, top: 0, side: 1, queryStart: 0, keyStart: 0, span: 1 };

  const cellAt = (event: MouseEvent): Cell | null => {
    const { left, top, side, queryStart, keyStart, span } = geometry;
    const key = Math.floor(((event.offsetX - left) / side) * span);
    const query = Math.floor(((event.offsetY - top) / side) * span);
    if (key < 0 || query < 0 || key >= span || query >= span) return null;
    const cell = { query: queryStart + query, key: keyStart + key };
    return cell.query < nTokens && cell.key < nTokens ? cell : null;
  };
  canvas.addEventListener("pointermove", (e) => options.onPoint(cellAt(e)), { signal });
  canvas.addEventListener("pointerleave", () => options.onPoint(null), { signal });
  canvas.addEventListener(
    "click",
    (e) => {
      const cell = cellAt(e);
      if (cell) options.onPin(cell);
    },
    { signal },
  );

  return {
    element: host,
    canvas,
    draw(looking, theme, width, max, litToken) {
      const { viewport } = looking;
      const { span } = viewport;
      const labelWidth = Math.min(96, 18 + 7 * longestLabel(tokenTexts, viewport.queryStart, span));
      const left = labelWidth;
      const bottom = Math.min(72, 0.8 * labelWidth + 8);
      const tallest = Math.max(300, window.innerHeight * 0.6);
      const side = Math.max(120, Math.min(width - left - 8, 660, tallest, 36 * span));
      const top = 4;
      geometry = { left, top, side, ...viewport };
      host.style.height = `${top + side + bottom}px`;
      const context = fitCanvas(canvas, left + side + 8, top + side + bottom);
      const tile = store.tile(looking.place, viewport, looking.poolKind);
      const box = { x: left, y: top, width: side, height: side };
      if (tile) {
        const shades = shadeTile(tile, { ...looking, max });
        paintMap(context, shades, tile.rows, tile.columns, box, theme);
      } else {
        context.fillStyle = theme.mask;
        context.fillRect(left, top, side, side);
        context.fillStyle = theme.muted;
        context.font = `12px ${theme.font}`;
        context.textAlign = "center";
        context.fillText(
          store.error ?? "reading the weights…",
          left + side / 2,
          top + side / 2,
          side - 20,
        );
      }
      overlay.setAttribute("width", String(left + side + 8));
      overlay.setAttribute("height", String(top + side + bottom));
      overlay.replaceChildren(...labels(looking, litToken), ...crosshair(looking, litToken));
      placeTip(looking);
    },
  };

  function labels({ viewport, cell, direction }: Looking, lit: number | null): SVGElement[] {
    const { left, top, side } = geometry;
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
    if (litKey !== null && litKey >= keyStart && litKey < keyStart + span)
      key(litKey, label(litKey));
    return nodes;
  }

  function crosshair(looking: Looking, litToken: number | null): SVGElement[] {
    const { viewport, cell } = looking;
    const { left, top, side } = geometry;
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
    if (
      litKey !== null &&
      litKey >= viewport.keyStart &&
      litKey < viewport.keyStart + viewport.span
    )
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

  function placeTip({ cell, place, viewport }: Looking): void {
    tip.hidden = cell === null;
    if (!cell) return;
    const { left, top, side } = geometry;
    const size = side / viewport.span;
    tip.replaceChildren(
      element("strong", {}, cellText(cell, place)),
      element(
        "span",
        {},
        `${shortToken(tokenTexts[cell.query] ?? "", 20)} → ${shortToken(tokenTexts[cell.key] ?? "", 20)}`,
      ),
    );
    const x = left + (cell.key - viewport.keyStart + 1) * size + 10;
    const y = top + (cell.query - viewport.queryStart) * size;
    const toLeft = x > left + side * 0.62;
    tip.style.left = toLeft ? "" : `${x}px`;
    tip.style.right = toLeft ? `calc(100% - ${x - size - 20}px)` : "";
    tip.style.top = `${Math.max(0, y - 44)}px`;
  }

  function cellText(cell: Cell, place: Looking["place"]): string {
    if (cell.key > cell.query) return "masked: the future";
    const weight = store.row(place, cell.query)?.[cell.key];
    return weight === undefined ? "reading…" : exactF32(weight);
  }
}

function longestLabel(texts: readonly string[], start: number, span: number): number {
  let longest = 3;
  for (let i = start; i < Math.min(texts.length, start + span); i++)
    longest = Math.max(longest, Math.min(LABEL_LENGTH, Array.from(texts[i] ?? "").length));
  return longest;
}
