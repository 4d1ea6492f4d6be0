import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { rampColours, type Theme } from "../render/theme.ts";
import type { HeadGroup } from "./arrangeHeads.ts";
import {
  type Cells,
  largestWeight,
  METRIC_LABELS,
  METRIC_UNITS,
  type Metric,
  shadeTile,
} from "./data.ts";
import { type HeadBox, type HeadLayout, headLayout, neighbourOf } from "./headLayout.ts";
import type { HeadStore } from "./headStore.ts";
import type { HeadPlace, Looking } from "./looking.ts";
import { drawImage, mapImage } from "./paintMap.ts";
import { whenChanged } from "./whenChanged.ts";

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
  const [placeMark, litMark] = [headMark("vt-head-place"), headMark("vt-head-lit")];
  const cells = element("div", { class: "vt-head-cells" }, canvas, litMark, placeMark);
  const host = element("div", { class: "vt-overview" }, cells);
  /** Thumbnails in the style drawn last. */
  const images = new Map<string, HTMLCanvasElement>();
  let imageStyle = "";
  let layout: HeadLayout = headLayout([], {
    ...{ nLayers: 1, nHeads: 1, width: 1, isByLayer: true, areMaps: true },
  });
  let metric: Metric = "previous";
  let max = 1;
  const areNewCells = whenChanged();

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
      // What is pointed at lies above the cells, so that thousands of them are not drawn again for it.
      const drawn = [groups, metric, isByLayer, areMaps, width, theme, devicePixelRatio];
      if (areNewCells(...drawn) || areMaps) {
        layout = headLayout(groups, { nLayers, nHeads, width, isByLayer, areMaps });
        drawCells(looking, theme);
      }
      mark(placeMark, looking.place);
      mark(litMark, lit);
    },
  };

  function drawCells(looking: Looking, theme: Theme): void {
    const areMaps = looking.headsAs === "maps";
    const context = fitCanvas(canvas, layout.width, layout.height);
    max = areMaps ? sharedMax(looking.nHidden) : largestMetric(metric);
    context.font = `11px ${theme.font}`;
    context.textBaseline = "middle";
    const colours = areMaps ? [] : rampColours(theme);
    const { cell, gap } = layout;
    context.lineWidth = 1;
    for (const box of layout.boxes) {
      if (areMaps) drawMap(context, box, looking, theme);
      else drawMetric(context, box, colours, theme);
      if (gap >= 8) {
        context.strokeStyle = theme.faint;
        context.strokeRect(box.x - 0.5, box.y - 0.5, cell + 1, cell + 1);
      }
      if (layout.caption === 0) continue;
      context.fillStyle = theme.muted;
      context.textAlign = "left";
      context.fillText(caption(box), box.x, box.y + cell + 9);
    }
    context.fillStyle = theme.muted;
    for (const { text, x, y, align } of layout.labels) {
      context.textAlign = align;
      context.fillText(text, x, y);
    }
  }

  function mark(frame: HTMLElement, place: HeadPlace | null): void {
    const box = place && layout.boxes.find((other) => same(other, place));
    frame.hidden = !box;
    if (!box) return;
    Object.assign(frame.style, {
      ...{ left: `${box.x}px`, top: `${box.y}px` },
      ...{ width: `${layout.cell}px`, height: `${layout.cell}px` },
    });
  }

  function drawMetric(
    context: CanvasRenderingContext2D,
    { x, y, value }: HeadBox,
    colours: readonly string[],
    theme: Theme,
  ): void {
    const { cell } = layout;
    const share = value / max;
    const colour = colours[Math.round(255 * Math.min(1, Math.max(0, share)))] ?? theme.mask; // NaN: not known
    const isFramed = !(share >= 0.04); // else it would look as if nothing were there
    if (isFramed) {
      context.fillStyle = theme.faint;
      context.fillRect(x, y, cell, cell);
    }
    const frame = isFramed ? 1 : 0;
    context.fillStyle = colour;
    context.fillRect(x + frame, y + frame, cell - 2 * frame, cell - 2 * frame);
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
    if (METRIC_UNITS[of] === undefined) return 1;
    let largest = 0;
    for (const { value } of layout.boxes) if (value > largest) largest = value;
    return largest || 1;
  }

  function cellsOf(weights: Float32Array): Cells {
    return { queryStart: 0, keyStart: 0, rows: n, columns: n, pool, weights };
  }
}

function headMark(name: string): HTMLElement {
  return element("div", { class: `vt-head-mark ${name}`, "aria-hidden": "true", hidden: true });
}

function caption(box: HeadBox): string {
  const value = Number.isNaN(box.value) ? "–" : box.value.toFixed(2);
  return `L${box.layer} H${box.head}  ${value}`;
}

function same(a: HeadPlace, b: HeadPlace): boolean {
  return a.layer === b.layer && a.head === b.head;
}
