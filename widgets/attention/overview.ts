import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { rampColour, type Theme } from "../render/theme.ts";
import type { HeadGroup } from "./arrangeHeads.ts";
import { type Cells, largestWeight, METRIC_LABELS, type Metric, shadeTile } from "./data.ts";
import { type HeadBox, type HeadLayout, headLayout, neighbourOf } from "./headLayout.ts";
import type { HeadStore } from "./headStore.ts";
import type { HeadPlace, Looking } from "./looking.ts";
import { drawImage, mapImage } from "./paintMap.ts";

export interface OverviewOptions {
  readonly store: HeadStore;
  readonly nTokens: number;
  readonly nLayers: number;
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
    groups: readonly HeadGroup[],
    looking: Looking,
    theme: Theme,
    width: number,
    lit: HeadPlace | null,
  ): void;
  /** The head `dx`, `dy` cells away from another in the order drawn last. */
  neighbour(place: HeadPlace, dx: number, dy: number): HeadPlace;
  /** What the canvas says of a head. */
  describe(place: HeadPlace): string;
  /** Largest weight over the thumbnails drawn last, or the largest metric where heads are not maps. */
  readonly max: number;
}

/** All heads on one canvas, as small maps or as cells coloured by a metric. */
export function createOverview(options: OverviewOptions): Overview {
  const { store, nTokens, nLayers, nHeads, pool, signal } = options;
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
  let layout: HeadLayout = headLayout([], {
    ...{ nLayers: 1, nHeads: 1, width: 1, isByLayer: true, areMaps: true },
  });
  let metric: Metric = "previous";
  let max = 1;

  const placeAt = ({ offsetX, offsetY }: MouseEvent): HeadBox | null => {
    const { boxes, cell, gap, caption } = layout;
    return (
      boxes.find(
        ({ x, y }) =>
          offsetX >= x &&
          offsetX < x + cell + gap &&
          offsetY >= y &&
          offsetY < y + cell + caption + gap,
      ) ?? null
    );
  };
  const describe = (place: HeadPlace): string => {
    const box = layout.boxes.find((other) => same(other, place));
    const value = box === undefined || Number.isNaN(box.value) ? null : box.value;
    const measured = value === null ? "" : `, ${METRIC_LABELS[metric]} ${value.toFixed(3)}`;
    return `Layer ${place.layer}, head ${place.head}${measured}`;
  };
  canvas.addEventListener(
    "pointermove",
    (e) => {
      const place = placeAt(e);
      canvas.title = place ? describe(place) : "";
      options.onPoint(place && { layer: place.layer, head: place.head });
    },
    { signal },
  );
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
    describe,
    get max() {
      return max;
    },
    neighbour: (place, dx, dy) => neighbourOf(layout, place, dx, dy),
    draw(groups, looking, theme, width, lit) {
      const areMaps = looking.headsAs === "maps";
      metric = looking.sort === "layer" ? looking.metric : looking.sort;
      const isByLayer =
        looking.sort === "layer" && looking.group === "none" && looking.atLeast <= 0;
      layout = headLayout(groups, { nLayers, nHeads, width, isByLayer, areMaps });
      const context = fitCanvas(canvas, layout.width, layout.height);
      max = areMaps ? sharedMax(looking.nHidden) : largestMetric(metric);
      context.font = `11px ${theme.font}`;
      context.textBaseline = "middle";
      for (const box of layout.boxes) {
        if (areMaps) drawMap(context, box, looking, theme);
        else drawMetric(context, box, theme);
        frame(context, box, looking.place, lit, theme);
        if (layout.caption === 0) continue;
        context.fillStyle = theme.muted;
        context.textAlign = "left";
        context.fillText(caption(box), box.x, box.y + layout.cell + 9);
      }
      context.fillStyle = theme.muted;
      for (const { text, x, y, align } of layout.labels) {
        context.textAlign = align;
        context.fillText(text, x, y);
      }
    },
  };

  function frame(
    context: CanvasRenderingContext2D,
    box: HeadBox,
    place: HeadPlace,
    lit: HeadPlace | null,
    theme: Theme,
  ): void {
    const isPlace = same(box, place);
    const isMarked = isPlace || (lit !== null && same(box, lit));
    if (!isMarked && layout.gap < 8) return;
    context.strokeStyle = isMarked ? theme.selection : theme.faint;
    context.lineWidth = isPlace ? 2 : 1;
    context.strokeRect(box.x - 0.5, box.y - 0.5, layout.cell + 1, layout.cell + 1);
  }

  function drawMetric(context: CanvasRenderingContext2D, box: HeadBox, theme: Theme): void {
    const { cell } = layout;
    const isKnown = !Number.isNaN(box.value);
    context.fillStyle = isKnown ? rampColour(theme, box.value / max) : theme.mask;
    context.fillRect(box.x, box.y, cell, cell);
    if (isKnown && box.value / max >= 0.04) return;
    context.strokeStyle = theme.faint; // else it would look as if nothing were there
    context.lineWidth = 1;
    context.strokeRect(box.x + 0.5, box.y + 0.5, cell - 1, cell - 1);
  }

  function drawMap(
    context: CanvasRenderingContext2D,
    box: HeadBox,
    looking: Looking,
    theme: Theme,
  ): void {
    const weights = store.thumbnail(box, looking.poolKind);
    const [width, height] = [layout.cell, layout.cell];
    if (weights) {
      const { x, y } = box;
      drawImage(context, imageOf(box, weights, looking, theme), { x, y, width, height });
      return;
    }
    context.fillStyle = theme.mask;
    context.fillRect(box.x, box.y, width, height);
  }

  function imageOf(
    place: HeadPlace,
    weights: Float32Array,
    looking: Looking,
    theme: Theme,
  ): HTMLCanvasElement {
    const { scale, nHidden, poolKind } = looking;
    const style = `${scale} ${nHidden} ${poolKind} ${max} ${theme.ground} ${theme.isDark}`;
    if (style !== imageStyle) images.clear();
    imageStyle = style;
    const key = `${place.layer} ${place.head}`;
    const known = images.get(key);
    if (known) return known;
    const image = mapImage(shadeTile(cellsOf(weights), { scale, nHidden, max }), n, n, theme);
    images.set(key, image);
    return image;
  }

  function sharedMax(nHidden: number): number {
    if (nHidden === 0) return 1; // the first query has one key, whose weight is 1
    let largest = 0;
    for (const place of layout.boxes) {
      const weights = store.thumbnail(place, "max");
      if (weights) largest = Math.max(largest, largestWeight(cellsOf(weights), nHidden));
    }
    return largest || 1;
  }

  function largestMetric(of: Metric): number {
    const values = layout.boxes.map(({ value }) => value).filter((value) => !Number.isNaN(value));
    const largest = values.reduce((a, b) => Math.max(a, b), 0);
    return of === "entropy" ? largest || 1 : 1;
  }

  function cellsOf(weights: Float32Array): Cells {
    return { queryStart: 0, keyStart: 0, rows: n, columns: n, pool, weights };
  }
}

function caption(box: HeadBox): string {
  const value = Number.isNaN(box.value) ? "–" : box.value.toFixed(2);
  return `L${box.layer} H${box.head}  ${value}`;
}

function same(a: HeadPlace, b: HeadPlace): boolean {
  return a.layer === b.layer && a.head === b.head;
}
