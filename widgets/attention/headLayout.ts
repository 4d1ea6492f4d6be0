import type { HeadGroup, MeasuredHead } from "./arrangeHeads.ts";

export interface HeadBox extends MeasuredHead {
  readonly x: number;
  readonly y: number;
  /** Row and place in it, for the keyboard. */
  readonly row: number;
  readonly column: number;
}

export interface HeadLayout {
  readonly boxes: readonly HeadBox[];
  /** Side of a box, and the gap and the caption below it. */
  readonly cell: number;
  readonly gap: number;
  readonly caption: number;
  readonly width: number;
  readonly height: number;
  readonly labels: readonly {
    readonly text: string;
    readonly x: number;
    readonly y: number;
    readonly align: "left" | "center" | "right";
  }[];
}

const LEFT = 30;
const TOP = 20;
const BLOCK_GAP = 12;
const GROUP_HEAD = 22;
/** Layers stand in several blocks side by side as long as a map keeps this size. */
const ROOMY_CELL = 76;
const SORTED_CELL = 84;
const SMALL_CELL = 12;

interface LayoutOptions {
  readonly nLayers: number;
  readonly nHeads: number;
  readonly width: number;
  /** One layer in a row, or heads one after the other. */
  readonly isByLayer: boolean;
  readonly areMaps: boolean;
}

/** Where each head is drawn. */
export function headLayout(groups: readonly HeadGroup[], options: LayoutOptions): HeadLayout {
  return options.isByLayer ? byLayer(groups[0]?.heads ?? [], options) : inGroups(groups, options);
}

function byLayer(heads: readonly MeasuredHead[], options: LayoutOptions): HeadLayout {
  const { nLayers, nHeads, width, areMaps } = options;
  const roomy = LEFT + BLOCK_GAP + nHeads * (ROOMY_CELL + 8);
  const nFitting = areMaps ? Math.max(1, Math.floor(width / roomy)) : 1;
  const perBlock = Math.ceil(nLayers / nFitting);
  const nBlocks = Math.ceil(nLayers / perBlock);
  const room = Math.floor(width / nBlocks) - LEFT - (nBlocks > 1 ? BLOCK_GAP : 0);
  const gap = room / nHeads < 30 ? 2 : 8;
  const cell = Math.max(6, Math.min(areMaps ? 150 : 26, Math.floor(room / nHeads) - gap));
  const pitch = cell + gap;
  const blockWidth = Math.min(Math.floor(width / nBlocks), LEFT + nHeads * pitch + BLOCK_GAP);
  const at = (layer: number, head: number) => ({
    x: Math.floor(layer / perBlock) * blockWidth + LEFT + head * pitch,
    y: TOP + (layer % perBlock) * pitch,
  });
  const everyHead = Math.max(1, Math.ceil((nHeads > 100 ? 36 : 26) / pitch));
  const everyLayer = Math.max(1, Math.ceil(14 / pitch));
  const labels: HeadLayout["labels"][number][] = [];
  for (let layer = 0; layer < nLayers; layer++) {
    if (layer % perBlock === 0)
      for (let head = 0; head < nHeads; head += everyHead)
        labels.push({ text: `H${head}`, x: at(layer, head).x + cell / 2, y: 9, align: "center" });
    const { x, y } = at(layer, 0);
    if (layer % everyLayer === 0)
      labels.push({ text: `L${layer}`, x: x - 7, y: y + cell / 2, align: "right" });
  }
  return {
    boxes: heads.map(({ layer, head, value }) => {
      const { x, y } = at(layer, head);
      return { layer, head, value, x, y, row: layer, column: head };
    }),
    ...{ cell, gap, caption: 0, labels },
    width: Math.max(width, (nBlocks - 1) * blockWidth + LEFT + nHeads * pitch),
    height: TOP + perBlock * pitch,
  };
}

function inGroups(groups: readonly HeadGroup[], { width, areMaps }: LayoutOptions): HeadLayout {
  const wanted = areMaps ? SORTED_CELL + 8 : SMALL_CELL + 2;
  const room = width - LEFT;
  const columns = Math.max(1, Math.floor(room / wanted));
  const gap = areMaps ? 8 : 2;
  const cell = Math.min(areMaps ? 150 : SMALL_CELL, Math.floor(room / columns) - gap);
  const caption = areMaps ? 15 : 0;
  const boxes: HeadBox[] = [];
  const labels: HeadLayout["labels"][number][] = [];
  let y = TOP - 14;
  let row = 0;
  for (const { label, heads } of groups) {
    if (label !== "") {
      const text = `${label}: ${heads.length} head${heads.length === 1 ? "" : "s"}`;
      labels.push({ text, x: LEFT, y: y + GROUP_HEAD / 2, align: "left" });
      y += GROUP_HEAD;
    }
    heads.forEach(({ layer, head, value }, i) => {
      const column = i % columns;
      const inGroup = Math.floor(i / columns);
      const place = { x: LEFT + column * (cell + gap), y: y + inGroup * (cell + gap + caption) };
      boxes.push({ layer, head, value, x: place.x, y: place.y, row: row + inGroup, column });
    });
    const nRows = Math.ceil(heads.length / columns);
    row += nRows;
    y += nRows * (cell + gap + caption) + (label === "" ? 0 : 8);
  }
  if (boxes.length === 0)
    labels.push({ text: "No head has that much of it.", x: LEFT, y: y + 20, align: "left" });
  return { boxes, cell, gap, caption, labels, width, height: Math.max(60, y + 4) };
}

/** The head `dx`, `dy` boxes away; the nearest in a row that is shorter. */
export function neighbourOf(
  { boxes }: HeadLayout,
  place: { readonly layer: number; readonly head: number },
  dx: number,
  dy: number,
): { readonly layer: number; readonly head: number } {
  const here =
    boxes.find((box) => box.layer === place.layer && box.head === place.head) ?? boxes[0];
  if (here === undefined) return place;
  const row = boxes.filter((box) => box.row === here.row + dy);
  const column = here.column + dx;
  const next = row.find((box) => box.column === column) ?? (dy === 0 ? undefined : row.at(-1));
  return next ? { layer: next.layer, head: next.head } : place;
}
