import { element, svgElement } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { exactF32 } from "../render/formatNumber.ts";
import type { Theme } from "../render/theme.ts";
import { shortToken } from "../render/visibleToken.ts";
import type { HeadStore, MapName } from "./headStore.ts";
import type { Cell, Looking } from "./looking.ts";
import { type MapCells, type MapSums, mapSums } from "./mapCells.ts";
import { LABEL_LENGTH, mapOverlay } from "./mapOverlay.ts";
import { MapPicture, type MapState } from "./mapPicture.ts";
import { drawSums, sumText } from "./sumBars.ts";

export interface HeadMapOptions {
  readonly store: HeadStore;
  readonly tokenTexts: readonly string[];
  readonly nMeaned: (map: MapName) => number;
  readonly signal: AbortSignal;
  readonly onPoint: (cell: Cell | null) => void;
  readonly onPin: (cell: Cell) => void;
  /** Moves the view by tokens. */
  readonly onPan: (queries: number, keys: number) => void;
  readonly onZoom: (at: Cell, factor: number) => void;
}

export interface HeadMap {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  draw(looking: Looking, theme: Theme, width: number, litToken: number | null): MapState;
}

/** A pointer that moved less has clicked. */
const DRAG_PIXELS = 4;
/** Room for the bars of sums. */
const SUMS = 44;

/** One head's map: queries down, keys across, labels and crosshair in SVG over the canvas. */
export function createHeadMap(options: HeadMapOptions): HeadMap {
  const { store, tokenTexts, signal } = options;
  const nTokens = tokenTexts.length;
  const picture = new MapPicture(store, nTokens, options.nMeaned);
  const canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "attention map",
    "aria-label":
      "Attention map of one head. Arrows move the cell, plus and minus zoom, Enter pins the query, Escape goes back, brackets change the head, Page Up and Page Down the layer.",
  });
  const overlay = svgElement("svg", { class: "vt-map-overlay", "aria-hidden": "true" });
  const tip = element("div", { class: "vt-tip", hidden: true });
  const host = element("div", { class: "vt-map" }, canvas, overlay, tip);
  let geometry = { left: 0, top: 0, side: 1, queryStart: 0, keyStart: 0, span: 1 };
  let dragged: { x: number; y: number; isDrag: boolean } | null = null;
  let sums: { readonly of: MapCells; readonly values: MapSums } | null = null;

  const cellAt = (event: MouseEvent): Cell | null => {
    const { left, top, side, queryStart, keyStart, span } = geometry;
    const key = Math.floor(((event.offsetX - left) / side) * span);
    const query = Math.floor(((event.offsetY - top) / side) * span);
    if (key < 0 || query < 0 || key >= span || query >= span) return null;
    const cell = { query: queryStart + query, key: keyStart + key };
    return cell.query < nTokens && cell.key < nTokens ? cell : null;
  };
  canvas.addEventListener(
    "pointerdown",
    (e) => {
      if (e.button !== 0) return;
      dragged = { x: e.clientX, y: e.clientY, isDrag: false };
      canvas.setPointerCapture(e.pointerId);
    },
    { signal },
  );
  canvas.addEventListener(
    "pointermove",
    (e) => {
      if (dragged === null) return options.onPoint(cellAt(e));
      const [dx, dy] = [e.clientX - dragged.x, e.clientY - dragged.y];
      if (!dragged.isDrag && Math.hypot(dx, dy) < DRAG_PIXELS) return;
      const tokens = geometry.span / geometry.side;
      const [queries, keys] = [Math.round(-dy * tokens), Math.round(-dx * tokens)];
      const rest = { x: dx + keys / tokens, y: dy + queries / tokens };
      dragged = { x: e.clientX - rest.x, y: e.clientY - rest.y, isDrag: true };
      canvas.classList.add("vt-dragging");
      if (queries !== 0 || keys !== 0) options.onPan(queries, keys);
    },
    { signal },
  );
  const release = (e: PointerEvent): void => {
    const wasDrag = dragged?.isDrag ?? true;
    dragged = null;
    canvas.classList.remove("vt-dragging");
    const cell = cellAt(e);
    if (e.type === "pointerup" && !wasDrag && cell) options.onPin(cell);
  };
  canvas.addEventListener("pointerup", release, { signal });
  canvas.addEventListener("pointercancel", release, { signal });
  canvas.addEventListener(
    "pointerleave",
    () => {
      if (dragged === null) options.onPoint(null);
    },
    { signal },
  );
  // A wheel scrolls the page unless the map has been chosen; a pinch comes as a wheel with Ctrl.
  canvas.addEventListener(
    "wheel",
    (e) => {
      const cell = cellAt(e);
      if (!cell || !(e.ctrlKey || document.activeElement === canvas)) return;
      e.preventDefault();
      options.onZoom(cell, 2 ** (e.deltaY / (e.ctrlKey ? 60 : 240)));
    },
    { signal, passive: false },
  );

  return {
    element: host,
    canvas,
    draw(looking, theme, width, litToken) {
      const { viewport, hasSums } = looking;
      const { span } = viewport;
      const labelWidth = Math.min(96, 18 + 7 * longestLabel(tokenTexts, viewport.queryStart, span));
      const left = labelWidth;
      const bottom = Math.min(72, 0.8 * labelWidth + 8);
      const tallest = Math.max(300, window.innerHeight * 0.6);
      const right = hasSums ? SUMS : 8;
      const side = Math.max(120, Math.min(width - left - right, 660, tallest, 36 * span));
      const top = hasSums ? SUMS : 4;
      geometry = { left, top, side, ...viewport };
      host.style.height = `${top + side + bottom}px`;
      const context = fitCanvas(canvas, left + side + right, top + side + bottom);
      let state = picture.draw(context, looking, theme, {
        ...{ x: left, y: top, width: side, height: side },
      });
      sums = null;
      if (hasSums) {
        const of = picture.cells(looking, state.cells.pool > 1 ? "mean" : looking.poolKind);
        sums = { of, values: mapSums(of, nTokens) };
        drawSums(context, sums.of, sums.values, { ...geometry }, theme);
        if (sums.of.nMissing > state.cells.nMissing)
          state = { ...state, cells: { ...state.cells, nMissing: sums.of.nMissing } };
      }
      if (state.cells.nMissing === state.cells.nTiles && state.sampledOneIn === null) {
        context.fillStyle = theme.muted;
        context.font = `12px ${theme.font}`;
        context.textAlign = "center";
        const text = store.error ?? "reading the weights…";
        context.fillText(text, left + side / 2, top + side / 2, side - 20);
      }
      overlay.setAttribute("width", String(left + side + right));
      overlay.setAttribute("height", String(top + side + bottom));
      overlay.replaceChildren(...mapOverlay(looking, geometry, tokenTexts, litToken));
      placeTip(looking);
      return state;
    },
  };

  function placeTip(looking: Looking): void {
    const { cell, viewport } = looking;
    tip.hidden = cell === null;
    if (!cell) return;
    const { left, top, side } = geometry;
    const size = side / viewport.span;
    tip.replaceChildren(
      element("strong", {}, cellText(cell, looking)),
      element(
        "span",
        {},
        `${shortToken(tokenTexts[cell.query] ?? "", 20)} → ${shortToken(tokenTexts[cell.key] ?? "", 20)}`,
      ),
      ...(sums ? [element("span", { class: "vt-sums" }, sumText(cell, sums.of, sums.values))] : []),
    );
    const x = left + (cell.key - viewport.keyStart + 1) * size + 10;
    const y = top + (cell.query - viewport.queryStart) * size;
    const toLeft = x > left + side * 0.62;
    tip.style.left = toLeft ? "" : `${x}px`;
    tip.style.right = toLeft ? `calc(100% - ${x - size - 20}px)` : "";
    tip.style.top = `${Math.max(0, y - 44)}px`;
  }

  function cellText(cell: Cell, looking: Looking): string {
    if (cell.key > cell.query) return "masked: the future";
    const weight = store.row(looking, cell.query)?.[cell.key];
    return weight === undefined ? "reading…" : exactF32(weight);
  }
}

function longestLabel(texts: readonly string[], start: number, span: number): number {
  let longest = 3;
  for (let i = start; i < Math.min(texts.length, start + span); i++)
    longest = Math.max(longest, Math.min(LABEL_LENGTH, Array.from(texts[i] ?? "").length));
  return longest;
}
