import type { Theme } from "../render/theme.ts";
import { type Cells, largestWeight, shadeTile } from "./data.ts";
import { type HeadStore, type MapName, mapKey } from "./headStore.ts";
import { levelOf, windowOf } from "./levels.ts";
import type { Looking } from "./looking.ts";
import { type MapCells, mapCells } from "./mapCells.ts";
import { drawImage, mapImage, paintMap } from "./paintMap.ts";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An image of cells, and the tokens that it covers. */
interface MapImage {
  readonly canvas: HTMLCanvasElement;
  readonly cells: Cells;
}

/** How far a view is. */
export interface MapState {
  readonly cells: MapCells;
  /** Full strength of the linear scale. */
  readonly max: number;
  /** Of a sample below what is missing, one query in so many is known; null where there is none. */
  readonly sampledOneIn: number | null;
}

/** Cells of this many pixels are drawn apart. */
const LARGE_CELL = 9;
/** A sample is drawn paler than what is whole. */
const SAMPLE_ALPHA = 0.5;

/**
 * The cells of one view on a canvas: what is there, over the view that was whole before, over a sample of the map. Images are kept
 * from frame to frame while nothing of theirs changes.
 */
export class MapPicture {
  readonly #store: HeadStore;
  readonly #nTokens: number;
  readonly #nMeaned: (map: MapName) => number;
  #now: { readonly key: string; readonly image: MapImage } | null = null;
  #sample: { readonly key: string; readonly image: MapImage } | null = null;
  /** The last view that was whole, of which map. */
  #before: { readonly of: string; readonly image: MapImage } | null = null;

  constructor(store: HeadStore, nTokens: number, nMeaned: (map: MapName) => number) {
    this.#store = store;
    this.#nTokens = nTokens;
    this.#nMeaned = nMeaned;
  }

  cells(looking: Looking, poolKind: "mean" | "max"): MapCells {
    const map: MapName = looking;
    const level = levelOf(looking.viewport, this.#nTokens, this.#nMeaned(map), looking.nHidden);
    const window = windowOf(looking.viewport, level, this.#nTokens);
    return mapCells(window, level, this.#nTokens, (place) =>
      this.#store.tile(map, level, place, poolKind),
    );
  }

  draw(context: CanvasRenderingContext2D, looking: Looking, theme: Theme, box: Box): MapState {
    const { viewport, poolKind, nHidden, scale } = looking;
    const sample = this.#store.sample(looking, viewport, nHidden, poolKind);
    const cells = this.cells(looking, poolKind);
    const isOfMeans = poolKind === "mean" && cells.pool > 1;
    const largest = largestWeight(cells, nHidden);
    const max =
      nHidden === 0 && !isOfMeans ? 1 : largest || (sample ? largestOf(sample.weights) : 1);
    const style = `${scale} ${max} ${theme.ground} ${theme.isDark}`;
    const of = `${mapKey(looking)} ${poolKind} ${nHidden}`;

    context.fillStyle = theme.mask;
    context.fillRect(box.x, box.y, box.width, box.height);
    const isLarge = box.width / viewport.span >= LARGE_CELL;
    if (isLarge && cells.pool === 1) {
      const shades = shadeTile(cells, { scale, nHidden, max });
      paintMap(context, shades, cells.rows, cells.columns, box, theme);
      return { cells, max, sampledOneIn: null };
    }
    context.save();
    context.beginPath();
    context.rect(box.x, box.y, box.width, box.height);
    context.clip();
    if (cells.nMissing > 0) {
      if (sample) {
        context.globalAlpha = SAMPLE_ALPHA;
        this.#put(
          context,
          this.#sampleImage(sample, `${of} ${style}`, looking, max, theme),
          looking,
          box,
        );
        context.globalAlpha = 1;
      }
      if (this.#before?.of === of) this.#put(context, this.#before.image, looking, box);
    }
    const { queryStart, keyStart, pool, rows, columns } = cells;
    const key = `${of} ${style} ${queryStart} ${keyStart} ${pool} ${rows} ${columns} ${this.#store.version}`;
    if (this.#now?.key !== key)
      this.#now = { key, image: imageOf(cells, { scale, nHidden, max }, theme) };
    this.#put(context, this.#now.image, looking, box);
    context.restore();
    if (cells.nMissing === 0) this.#before = { of, image: this.#now.image };
    return { cells, max, sampledOneIn: sample && cells.nMissing > 0 ? sample.pool : null };
  }

  #sampleImage(
    { pool, keyOrigin, weights }: { pool: number; keyOrigin: number; weights: Float32Array },
    key: string,
    { scale, nHidden }: Looking,
    max: number,
    theme: Theme,
  ): MapImage {
    if (this.#sample?.key !== key) {
      const rows = Math.ceil(this.#nTokens / pool);
      const columns = weights.length / rows;
      const cells = { queryStart: 0, keyStart: keyOrigin, rows, columns, pool, weights };
      this.#sample = { key, image: imageOf(cells, { scale, nHidden, max }, theme) };
    }
    return this.#sample.image;
  }

  #put(
    context: CanvasRenderingContext2D,
    { canvas, cells }: MapImage,
    { viewport }: Looking,
    box: Box,
  ): void {
    const size = box.width / viewport.span;
    drawImage(context, canvas, {
      x: box.x + (cells.keyStart - viewport.keyStart) * size,
      y: box.y + (cells.queryStart - viewport.queryStart) * size,
      width: cells.columns * cells.pool * size,
      height: cells.rows * cells.pool * size,
    });
  }
}

function imageOf(cells: Cells, options: Parameters<typeof shadeTile>[1], theme: Theme): MapImage {
  const shades = shadeTile(cells, options);
  const { queryStart, keyStart, rows, columns, pool } = cells;
  const canvas = mapImage(shades, rows, columns, theme);
  return { canvas, cells: { queryStart, keyStart, rows, columns, pool, weights: NOTHING } };
}

const NOTHING = new Float32Array(0);

function largestOf(weights: Float32Array): number {
  return weights.reduce((a, b) => Math.max(a, b), 0) || 1;
}
