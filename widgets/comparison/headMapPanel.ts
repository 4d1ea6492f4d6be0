import { element } from "../render/element.ts";
import { shortToken, visibleToken } from "../render/visibleToken.ts";
import { createCellMap } from "../routing/cellMap.ts";
import type { MapCell } from "../routing/cellMapDrawing.ts";
import { columnName, pairText } from "./data.ts";
import type { ComparisonPage } from "./page.ts";
import { shadesOf } from "./pairs.ts";
import { createShadesKey } from "./shadesKey.ts";

const WEIGHT = { label: "attention", unit: "", isDifference: false } as const;
/** Cells of more tokens are labelled with their positions. */
const MOST_TEXTS = 40;
/** Characters of a label. */
const LABEL = 10;

/** One head's map in both runs, over the aligned tokens: queries down, keys across. */
export function createHeadMapPanel(page: ComparisonPage): {
  readonly element: HTMLElement;
  /** @param isOpened false: which head it opens on is not known yet */
  draw(isOpened: boolean): void;
} {
  const { shell, state, columns, store } = page;
  const { mapPool: pool, mapStep: step, texts } = state;
  const n = Math.ceil(columns.length / pool);
  const title = element("h4", {});
  const line = element("p", { class: "vt-cell-line" });
  const key = createShadesKey();
  let cell: MapCell = { row: n - 1, column: 0 };
  const map = createCellMap({
    description: "attention map of two runs",
    label: "Attention of a head in both runs, queries down, keys across.",
    signal: shell.signal,
    onPoint: (at) => {
      if (at) cell = at;
      page.point(at && { column: at.row * pool });
      if (at) shell.announce(lineOf(at));
    },
    onPin: (at) => page.pin({ column: at.row * pool }),
    onClear: () => page.clear(),
  });

  function nameOf(at: number): string {
    const column = at * pool;
    const aligned = columns[column];
    if (aligned === undefined) return "";
    const more = pool > 1 ? ` and the ${pool - 1} behind it` : "";
    return `${columnName(texts, aligned, column, visibleToken)}${more}`;
  }

  function lineOf({ row, column }: MapCell): string {
    const { layer, head } = page.place;
    const pair = store.map(layer, head);
    const at = row * n + column;
    if (column > row) return `${nameOf(row)} sees nothing of what stands behind it`;
    const numbers = pair && {
      a: pair.a?.[at] ?? Number.NaN,
      b: pair.b?.[at] ?? Number.NaN,
      difference: pair.difference[at] ?? Number.NaN,
    };
    return `${nameOf(row)} to ${nameOf(column)}: ${numbers === null ? "reading" : pairText(WEIGHT, numbers)}`;
  }

  const stage = element("div", { class: "vt-map-column" }, title, map.element, line, key.element);
  return {
    element: stage,
    draw(isOpened) {
      const { layer, head } = page.place;
      if (!isOpened) {
        map.element.hidden = key.element.hidden = true;
        title.textContent = "Looking for the head that moved most";
        line.textContent = "";
        return;
      }
      if ((state.headsByLayer[layer] ?? 0) <= head) {
        map.element.hidden = key.element.hidden = true;
        title.textContent = `Layer ${layer} has no head ${head}`;
        line.textContent = "";
        return;
      }
      title.textContent = `Layer ${layer}, head ${head}`;
      const pair = store.map(layer, head);
      map.element.hidden = key.element.hidden = pair === null;
      const query = Math.floor(page.place.column / pool);
      if (query !== cell.row) cell = { row: query, column: Math.min(cell.column, query) };
      line.textContent = lineOf(cell);
      if (pair === null) return;
      const { side, scale } = page;
      const shades = shadesOf(pair, side, scale);
      const labelOf = (at: number): string =>
        n > MOST_TEXTS ? String(at * pool) : shortToken(texts[at * pool] ?? "", LABEL);
      map.draw(
        {
          ...{ nRows: n, nColumns: n, isSigned: shades.isSigned, strengths: shades.strengths },
          ...{ rowLabel: labelOf, columnLabel: labelOf, rowTitle: "query", columnTitle: "key" },
          areColumnsTexts: n <= MOST_TEXTS,
          ...{ cell, pinned: null, marks: [], columnsPerGroup: 0 },
        },
        shell.theme,
        Math.min(640, stage.clientWidth),
      );
      const sampled = step > 1 ? `, of every ${step}th query` : "";
      const cells =
        pool === 1
          ? "a cell is a pair of tokens; grey: no number"
          : `a cell is the mean of ${pool} × ${pool} tokens${sampled}; grey: no number`;
      key.draw({ ...{ shades, info: WEIGHT, side, scale, cells } }, shell.theme);
    },
  };
}
