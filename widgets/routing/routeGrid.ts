import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { rampColour, type Theme } from "../render/theme.ts";
import { shortToken } from "../render/visibleToken.ts";
import { meanEntropyBits, type RouteBlock, routeOf, uniformLoad } from "./data.ts";

interface RoutePlace {
  readonly token: number;
  /** Index among the MoE layers. */
  readonly row: number;
  /** The expert slot under the pointer, null on the keyboard. */
  readonly expert: number | null;
}

export interface RouteGridOptions {
  readonly tokenTexts: readonly string[];
  readonly layers: readonly number[];
  readonly nExperts: number;
  readonly nExpertsPerToken: number;
  readonly load: Float32Array;
  readonly blockOf: (token: number) => RouteBlock | null;
  readonly signal: AbortSignal;
  readonly onPoint: (place: RoutePlace | null) => void;
  readonly onPin: (place: RoutePlace) => void;
  readonly onScroll: () => void;
}

export interface RouteGridPicture {
  readonly place: { readonly token: number; readonly row: number | null } | null;
  readonly pinnedToken: number | null;
  readonly expert: number | null;
}

const ROW = 19;
const LEFT = 116;
const ENTROPY = 124;
const GAP = 14;
const LOAD_HEIGHT = 46;
const HEAD = LOAD_HEIGHT + 26;

/**
 * Tokens down, MoE layers across. Within a cell an expert is a place: expert 0 left, the last one right, the same places
 * as in the load bars above; weight is strength of colour. At the right each token's router entropy.
 */
export function createRouteGrid(options: RouteGridOptions): {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  draw(picture: RouteGridPicture, theme: Theme, width: number): void;
  scrollTo(token: number): void;
} {
  const { tokenTexts, layers, nExperts, nExpertsPerToken: k, load, blockOf, signal } = options;
  const nTokens = tokenTexts.length;
  const head = element("canvas", { "aria-hidden": "true" });
  const canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "grid of expert routes",
    "aria-label":
      "Routes. Up and down choose a token, left and right a layer, Enter pins the token, Escape clears.",
  });
  const spacer = element("div", { class: "vt-grid-spacer" });
  const rows = element("div", { class: "vt-grid-rows" }, canvas, spacer);
  const host = element("div", { class: "vt-grid-scroll" }, head, rows);
  let cell = 100;
  let viewHeight = 100;

  const placeAt = (event: MouseEvent): RoutePlace | null => {
    const token = Math.floor((event.offsetY + rows.scrollTop) / ROW);
    if (token < 0 || token >= nTokens) return null;
    const x = event.offsetX - LEFT;
    const row = Math.min(layers.length - 1, Math.max(0, Math.floor(x / (cell + GAP))));
    const within = x - row * (cell + GAP);
    const expert = within >= 0 && within < cell ? Math.floor((within / cell) * nExperts) : null;
    return { token, row, expert };
  };
  canvas.addEventListener("pointermove", (e) => options.onPoint(placeAt(e)), { signal });
  canvas.addEventListener("pointerleave", () => options.onPoint(null), { signal });
  canvas.addEventListener(
    "click",
    (e) => {
      const place = placeAt(e);
      if (place) options.onPin(place);
    },
    { signal },
  );
  rows.addEventListener("scroll", () => options.onScroll(), { signal });

  const cellX = (row: number): number => LEFT + row * (cell + GAP);

  function drawHead(picture: RouteGridPicture, theme: Theme, width: number): void {
    const context = fitCanvas(head, width, HEAD);
    const uniform = uniformLoad(nTokens, k, nExperts);
    let most = uniform;
    for (const n of load) most = Math.max(most, n);
    context.font = `11px ${theme.font}`;
    context.textBaseline = "alphabetic";
    context.fillStyle = theme.muted;
    context.textAlign = "right";
    context.fillText("tokens per", LEFT - 12, HEAD - 28);
    context.fillText("expert", LEFT - 12, HEAD - 14);
    const slot = cell / nExperts;
    layers.forEach((layer, row) => {
      const x = cellX(row);
      const isLit = picture.place?.row === row;
      context.textAlign = "left";
      context.font = `${isLit ? "600 " : ""}11px ${theme.font}`;
      context.fillStyle = isLit ? theme.selection : theme.ink;
      const counts = load.subarray(row * nExperts, (row + 1) * nExperts);
      const peak = Math.max(...counts) / uniform;
      context.fillText(cell > 44 ? `Layer ${layer}` : `${layer}`, x, 11);
      if (cell > 90) {
        context.font = `11px ${theme.font}`;
        context.fillStyle = theme.muted;
        context.textAlign = "right";
        context.fillText(`${cell > 150 ? "busiest " : ""}${peak.toFixed(1)}×`, x + cell, 11);
      }
      const base = HEAD - 8;
      for (let e = 0; e < nExperts; e++) {
        const height = (LOAD_HEIGHT * (counts[e] ?? 0)) / most;
        const isExpert = isLit && picture.expert === e;
        context.fillStyle = isExpert ? theme.selection : theme.data;
        context.globalAlpha = isExpert ? 1 : 0.8;
        context.fillRect(
          x + e * slot,
          base - height,
          Math.max(0.5, slot - (slot > 3 ? 1 : 0)),
          height,
        );
      }
      context.globalAlpha = 1;
      context.strokeStyle = theme.faint;
      context.beginPath();
      context.moveTo(x, base + 0.5);
      context.lineTo(x + cell, base + 0.5);
      context.stroke();
      const y = Math.round(base - (LOAD_HEIGHT * uniform) / most) + 0.5;
      context.strokeStyle = theme.ink;
      context.setLineDash([3, 3]);
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + cell, y);
      context.stroke();
      context.setLineDash([]);
    });
    const x = cellX(layers.length) + 6;
    context.textAlign = "left";
    context.fillStyle = theme.ink;
    context.font = `11px ${theme.font}`;
    context.fillText("Router entropy", x, 11);
    context.fillStyle = theme.muted;
    context.fillText("mean; ticks: layers", x, 25);
    context.fillText(`0 to ${Math.log2(nExperts).toFixed(1)} bits`, x, HEAD - 14);
  }

  function drawRows(picture: RouteGridPicture, theme: Theme, width: number): void {
    const context = fitCanvas(canvas, width, viewHeight);
    const top = rows.scrollTop;
    const first = Math.floor(top / ROW);
    const last = Math.min(nTokens - 1, Math.ceil((top + viewHeight) / ROW));
    const slot = cell / nExperts;
    context.textBaseline = "middle";
    layers.forEach((_, row) => {
      const x = cellX(row);
      context.fillStyle = theme.mask;
      context.fillRect(x, 0, cell, Math.min(viewHeight, nTokens * ROW - top));
      if (slot < 4) return;
      context.strokeStyle = theme.ground;
      context.lineWidth = 1;
      context.beginPath();
      for (let e = 1; e < nExperts; e++) {
        context.moveTo(Math.round(x + e * slot) + 0.5, 0);
        context.lineTo(Math.round(x + e * slot) + 0.5, viewHeight);
      }
      context.stroke();
    });
    for (let token = first; token <= last; token++) {
      const y = token * ROW - top;
      const isLit = picture.place?.token === token;
      const isPinned = picture.pinnedToken === token;
      context.fillStyle = isLit || isPinned ? theme.selection : theme.ink;
      context.font = `${isLit || isPinned ? "600 " : ""}12px ${theme.monospace}`;
      context.textAlign = "right";
      context.fillText(shortToken(tokenTexts[token] ?? "", 12), LEFT - 12, y + ROW / 2, LEFT - 16);
      if (isPinned) context.fillRect(LEFT - 8, y + 2, 3, ROW - 4);
      const block = blockOf(token);
      if (block) drawToken(context, block, token, y, theme);
      if (isLit) {
        context.strokeStyle = theme.selection;
        context.lineWidth = 1;
        context.strokeRect(LEFT - 3.5, y + 0.5, width - LEFT - 6, ROW - 1);
        if (picture.place?.row !== null && picture.place !== null) {
          context.lineWidth = 2;
          context.strokeRect(cellX(picture.place.row) - 1, y + 0.5, cell + 2, ROW - 1);
        }
      }
    }
  }

  function drawToken(
    context: CanvasRenderingContext2D,
    block: RouteBlock,
    token: number,
    y: number,
    theme: Theme,
  ): void {
    const slot = cell / nExperts;
    layers.forEach((_, row) => {
      const route = routeOf(block, k, row, token);
      route?.experts.forEach((expert, j) => {
        const weight = route.weights[j] ?? 0;
        context.fillStyle = rampColour(theme, 0.25 + 0.75 * Math.min(1, weight));
        const width = Math.max(2, slot - (slot > 5 ? 1 : 0));
        context.fillRect(cellX(row) + expert * slot, y + 1.5, width, ROW - 3);
      });
    });
    const x = cellX(layers.length) + 6;
    const scale = (ENTROPY - 12) / Math.log2(nExperts);
    context.fillStyle = theme.dataSoft;
    context.fillRect(x, y + 6, meanEntropyBits(block, layers.length, token) * scale, ROW - 12);
    context.fillStyle = theme.ink;
    layers.forEach((_, row) => {
      const bits = block.entropyBits[row * block.nTokens + token - block.start] ?? 0;
      context.globalAlpha = 0.55;
      context.fillRect(x + bits * scale - 0.75, y + 4, 1.5, ROW - 8);
    });
    context.globalAlpha = 1;
  }

  return {
    element: host,
    canvas,
    draw(picture, theme, width) {
      const least = nExperts <= 64 ? Math.max(40, nExperts * 2) : 64;
      const room = (width - LEFT - ENTROPY - 14) / layers.length - GAP;
      cell = Math.max(least, Math.min(room, nExperts * 14));
      const full = LEFT + layers.length * (cell + GAP) + ENTROPY + 6;
      viewHeight = Math.min(520, nTokens * ROW);
      rows.style.width = `${full + 14}px`;
      rows.style.height = `${viewHeight}px`;
      spacer.style.height = `${Math.max(0, nTokens * ROW - viewHeight)}px`;
      drawHead(picture, theme, full);
      drawRows(picture, theme, full);
    },
    scrollTo(token) {
      const y = token * ROW;
      if (y < rows.scrollTop) rows.scrollTop = y;
      else if (y + ROW > rows.scrollTop + viewHeight) rows.scrollTop = y + ROW - viewHeight;
    },
  };
}
