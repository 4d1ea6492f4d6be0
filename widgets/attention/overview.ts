import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import type { Theme } from "../render/theme.ts";
import { largestWeight, type Metric, shadeTile } from "./data.ts";
import type { HeadStore } from "./headStore.ts";
import type { HeadPlace, Looking } from "./looking.ts";
import { drawImage, mapImage } from "./paintMap.ts";

interface OverviewHead extends HeadPlace {
  /** The sort metric's value; NaN in layer order. */
  readonly value: number;
}

export interface OverviewOptions {
  readonly store: HeadStore;
  readonly nTokens: number;
  readonly nHeads: number;
  readonly pool: number;
  readonly signal: AbortSignal;
  readonly onPoint: (place: HeadPlace | null) => void;
  readonly onOpen: (place: HeadPlace) => void;
}

export interface Overview {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  draw(
    heads: readonly OverviewHead[],
    looking: Looking,
    theme: Theme,
    width: number,
    lit: HeadPlace | null,
  ): void;
  /** The head `dx`, `dy` cells away from another in the order drawn last. */
  neighbour(place: HeadPlace, dx: number, dy: number): HeadPlace;
  /** Largest weight over the thumbnails drawn last. */
  readonly max: number;
}

const LEFT = 30;
const TOP = 20;
const BLOCK_GAP = 12;
/** Layers stand in several blocks side by side as long as a map keeps this size. */
const ROOMY_CELL = 76;

/** All heads as small maps on one canvas. */
export function createOverview(options: OverviewOptions): Overview {
  const { store, nTokens, nHeads, pool, signal } = options;
  const n = Math.ceil(nTokens / pool);
  const canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "grid of attention heads",
    "aria-label": "All heads. Arrows choose a head, Enter opens it.",
  });
  const host = element("div", { class: "vt-overview" }, canvas);
  /** Thumbnails in the style drawn last. */
  const images = new Map<string, HTMLCanvasElement>();
  let imageStyle = "";
  let heads: readonly OverviewHead[] = [];
  let columns = nHeads;
  let rows = 1;
  /** Layers per block and pixels from block to block; one block where heads are sorted. */
  let blockWidth = 0;
  let isSorted = false;
  let cell = 40;
  let gap = 8;
  let labelled = 0;
  let max = 1;

  /** Where a head of the list stands: one after the other where sorted, else in its layer's row. */
  const slotOf = ({ layer, head }: HeadPlace, i: number): number =>
    isSorted ? i : layer * nHeads + head;
  const boxOf = (i: number): { readonly x: number; readonly y: number } => {
    const row = Math.floor(i / columns);
    const block = Math.floor(row / rows);
    return {
      x: block * blockWidth + LEFT + (i % columns) * (cell + gap),
      y: TOP + (row % rows) * (cell + gap + labelled),
    };
  };
  const placeAt = (event: MouseEvent): HeadPlace | null =>
    heads.find((head, i) => {
      const { x, y } = boxOf(slotOf(head, i));
      return (
        event.offsetX >= x &&
        event.offsetX < x + cell + gap &&
        event.offsetY >= y &&
        event.offsetY < y + cell + labelled + gap
      );
    }) ?? null;
  canvas.addEventListener("pointermove", (e) => options.onPoint(placeAt(e)), { signal });
  canvas.addEventListener("pointerleave", () => options.onPoint(null), { signal });
  canvas.addEventListener(
    "click",
    (e) => {
      const place = placeAt(e);
      if (place) options.onOpen(place);
    },
    { signal },
  );

  return {
    element: host,
    canvas,
    get max() {
      return max;
    },
    neighbour(place, dx, dy) {
      const at = slotOf(place, indexOf(heads, place));
      const column = Math.min(columns - 1, Math.max(0, (at % columns) + dx));
      const row = Math.floor(at / columns) + dy;
      const inRow = heads.filter((head, i) => Math.floor(slotOf(head, i) / columns) === row);
      const next = isSorted ? inRow[column] : (inRow[column] ?? inRow.at(-1));
      return next ? { layer: next.layer, head: next.head } : place;
    },
    draw(drawnHeads, looking, theme, width, lit) {
      heads = drawnHeads;
      isSorted = looking.sort !== "layer";
      const nLayers = 1 + Math.max(...heads.map(({ layer }) => layer));
      const nFitting = Math.floor(width / (LEFT + BLOCK_GAP + nHeads * (ROOMY_CELL + 8)));
      const layersPerBlock = Math.ceil(nLayers / Math.max(1, nFitting));
      const nBlocks = isSorted ? 1 : Math.ceil(nLayers / layersPerBlock);
      blockWidth = Math.floor(width / nBlocks);
      const room = blockWidth - LEFT - (nBlocks > 1 ? BLOCK_GAP : 0);
      columns = isSorted ? Math.max(1, Math.min(heads.length, Math.floor(room / 92))) : nHeads;
      gap = room / columns < 30 ? 2 : 8;
      cell = Math.max(6, Math.min(150, Math.floor(room / columns) - gap));
      blockWidth = Math.min(blockWidth, LEFT + columns * (cell + gap) + BLOCK_GAP);
      labelled = isSorted && cell >= 48 ? 15 : 0;
      const nSlots = isSorted ? heads.length : nLayers * nHeads;
      rows = Math.ceil(Math.ceil(nSlots / columns) / nBlocks);
      const height = TOP + rows * (cell + gap + labelled);
      const context = fitCanvas(canvas, Math.max(width, LEFT + columns * (cell + gap)), height);
      max = sharedMax(heads, looking.hideFirst);
      context.font = `11px ${theme.font}`;
      context.textBaseline = "middle";
      heads.forEach((place, i) => {
        const { x, y } = boxOf(slotOf(place, i));
        const weights = store.thumbnail(place, looking.poolKind);
        if (weights) {
          drawImage(context, imageOf(place, weights, looking, theme), {
            x,
            y,
            width: cell,
            height: cell,
          });
        } else {
          context.fillStyle = theme.mask;
          context.fillRect(x, y, cell, cell);
        }
        const isPlace = same(place, looking.place);
        const isLit = lit !== null && same(place, lit);
        context.strokeStyle = isPlace || isLit ? theme.selection : theme.faint;
        context.lineWidth = isPlace ? 2 : 1;
        context.strokeRect(x - 0.5, y - 0.5, cell + 1, cell + 1);
        if (labelled > 0) {
          context.fillStyle = theme.muted;
          context.textAlign = "left";
          context.fillText(caption(place, looking.sort), x, y + cell + 9);
        }
      });
      if (!isSorted) labelGrid(context, theme, nLayers);
    },
  };

  function labelGrid(context: CanvasRenderingContext2D, theme: Theme, nLayers: number): void {
    context.fillStyle = theme.muted;
    const everyHead = Math.max(1, Math.ceil((nHeads > 100 ? 36 : 26) / (cell + gap)));
    const everyLayer = Math.max(1, Math.ceil(14 / (cell + gap)));
    for (let layer = 0; layer < nLayers; layer++) {
      const { x, y } = boxOf(layer * columns);
      context.textAlign = "center";
      if (layer % rows === 0)
        for (let head = 0; head < columns; head += everyHead)
          context.fillText(`H${head}`, x + head * (cell + gap) + cell / 2, 9);
      context.textAlign = "right";
      if (layer % everyLayer === 0) context.fillText(`L${layer}`, x - 7, y + cell / 2);
    }
  }

  function imageOf(
    place: HeadPlace,
    weights: Float32Array,
    looking: Looking,
    theme: Theme,
  ): HTMLCanvasElement {
    const { scale, hideFirst, poolKind } = looking;
    const style = `${scale} ${hideFirst} ${poolKind} ${max} ${theme.ground} ${theme.isDark}`;
    if (style !== imageStyle) images.clear();
    imageStyle = style;
    const key = `${place.layer} ${place.head}`;
    const known = images.get(key);
    if (known) return known;
    const image = mapImage(
      shadeTile(tileOf(place, weights), { scale, hideFirst, max }),
      n,
      n,
      theme,
    );
    images.set(key, image);
    return image;
  }

  function sharedMax(drawn: readonly OverviewHead[], hideFirst: boolean): number {
    if (!hideFirst) return 1; // the first query has one key, whose weight is 1
    let largest = 0;
    for (const place of drawn) {
      const weights = store.thumbnail(place, "max");
      if (weights) largest = Math.max(largest, largestWeight(tileOf(place, weights), true));
    }
    return largest || 1;
  }

  function tileOf(place: HeadPlace, weights: Float32Array) {
    return {
      ...place,
      queryStart: 0,
      keyStart: 0,
      rows: n,
      columns: n,
      pool,
      poolKind: "max" as const,
      weights,
    };
  }
}

function caption(place: OverviewHead, sort: Metric | "layer"): string {
  const value = Number.isNaN(place.value) ? "–" : place.value.toFixed(2);
  return sort === "layer" ? "" : `L${place.layer} H${place.head}  ${value}`;
}

function same(a: HeadPlace, b: HeadPlace): boolean {
  return a.layer === b.layer && a.head === b.head;
}

function indexOf(heads: readonly OverviewHead[], place: HeadPlace): number {
  return Math.max(
    0,
    heads.findIndex((head) => same(head, place)),
  );
}
