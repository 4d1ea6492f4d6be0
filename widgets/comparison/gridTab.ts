import { element } from "../render/element.ts";
import { shortToken, visibleToken } from "../render/visibleToken.ts";
import { createCellMap } from "../routing/cellMap.ts";
import type { MapCell } from "../routing/cellMapDrawing.ts";
import { poolOf } from "../routing/comparedRoutes.ts";
import { columnName, type PairInfo, pairText } from "./data.ts";
import type { ComparisonPage, ComparisonPlace, ComparisonTab } from "./page.ts";
import { type Pair, pooledPair, shadesOf } from "./pairs.ts";
import { createShadesKey } from "./shadesKey.ts";

/** Rows by columns of a quantity: layers by heads, by experts or by tokens, parts of the model by tokens. */
export function gridTab(page: ComparisonPage): ComparisonTab {
  const { shell, state, columns, store } = page;
  const key = createShadesKey();
  const line = element("p", { class: "vt-cell-line" });
  const map = createCellMap({
    description: "numbers of two runs",
    label: "Numbers of both runs.",
    signal: shell.signal,
    onPoint: (cell) => {
      page.point(cell && placeOf(cell));
      if (cell) shell.announce(lineOf(cell));
    },
    onPin: (cell) => page.pin(placeOf(cell)),
    onClear: () => page.clear(),
  });
  const poolNow = ({ info }: ComparisonPage): number =>
    info.columns === "tokens" ? poolOf(info.nColumns) : 1;

  function placeOf({ row, column }: MapCell): Partial<ComparisonPlace> {
    const { info } = page;
    const at = column * poolNow(page);
    return {
      ...(info.tab === "cost" ? { part: row } : { layer: layerOf(row) }),
      ...(info.columns === "tokens" && { column: at }),
      ...(info.columns === "heads" && { head: at }),
      ...(info.columns === "experts" && { expert: at }),
    };
  }

  function layerOf(row: number): number {
    return page.info.tab === "routes" ? (state.moeLayers[row] ?? 0) : row;
  }

  function cellOf(place: ComparisonPlace): MapCell {
    const { info } = page;
    const row =
      info.tab === "cost"
        ? place.part
        : info.tab === "routes"
          ? Math.max(0, state.moeLayers.indexOf(place.layer))
          : place.layer;
    const column =
      info.columns === "tokens"
        ? place.column
        : info.columns === "heads"
          ? place.head
          : place.expert;
    return {
      row: Math.min(row, info.rows.length - 1),
      column: Math.floor(Math.min(column, info.nColumns - 1) / poolNow(page)),
    };
  }

  function rowName(info: PairInfo, row: number): string {
    return info.tab === "cost" ? (info.rows[row] ?? "") : `layer ${info.rows[row]}`;
  }

  function lineOf({ row, column }: MapCell): string {
    const { info } = page;
    const pool = poolNow(page);
    const at = column * pool;
    const aligned = columns[at];
    const where =
      info.columns !== "tokens"
        ? `${info.columns.replace(/s$/, "")} ${at}`
        : aligned === undefined
          ? ""
          : `${columnName(state.texts, aligned, at, visibleToken)}${pool > 1 ? ` and ${pool - 1} more, their mean` : ""}`;
    const pair = pooledNow();
    if (pair === null) return `${rowName(info, row)}, ${where}: reading`;
    const i = row * Math.ceil(info.nColumns / pool) + column;
    const value = (values: Float64Array | null) => values?.[i] ?? Number.NaN;
    return `${rowName(info, row)}, ${where}: ${pairText(info, { a: value(pair.a), b: value(pair.b), difference: value(pair.difference) })}`;
  }

  let pooled: { readonly of: Pair; readonly pair: Pair } | null = null;
  function pooledNow(): Pair | null {
    const of = store.pair(page.info.key);
    if (of === null) return null;
    if (pooled?.of !== of) pooled = { of, pair: pooledPair(of, page.info.nColumns, poolNow(page)) };
    return pooled.pair;
  }

  const areTexts = (info: PairInfo): boolean => info.columns === "tokens" && info.nColumns <= 40;

  function columnLabel(column: number): string {
    const { info } = page;
    if (info.columns !== "tokens") return String(column);
    const at = column * poolNow(page);
    return areTexts(info) ? shortToken(state.texts[at] ?? "", 10) : String(at);
  }

  const stage = element("div", { class: "vt-map-column" }, map.element, line, key.element);
  return {
    element: stage,
    help: "Arrows move the cell, Home and End go to the ends of the row, Enter pins it in the pictures of both runs, Esc clears.",
    draw() {
      const { info, side, scale } = page;
      const pair = pooledNow();
      map.element.hidden = key.element.hidden = pair === null;
      const cell = cellOf(page.place);
      line.textContent = lineOf(cell);
      if (pair === null) return;
      const shades = shadesOf(pair, side, scale);
      const nColumns = Math.ceil(info.nColumns / poolNow(page));
      map.draw(
        {
          ...{ nRows: info.rows.length, nColumns, isSigned: shades.isSigned },
          strengths: shades.strengths,
          rowLabel: (row) => (info.tab === "cost" ? (info.rows[row] ?? "") : `L${info.rows[row]}`),
          ...{ columnLabel, areColumnsTexts: areTexts(info) },
          rowTitle: info.tab === "cost" ? "part" : "layer",
          columnTitle: info.columns === "tokens" ? "tokens of both texts" : info.columns,
          ...{ cell, pinned: pinnedCell(), marks: [], columnsPerGroup: 0 },
        },
        shell.theme,
        stage.clientWidth,
      );
      const cells = `${info.meaning}; grey: no number`;
      key.draw({ ...{ shades, info, side, scale, cells } }, shell.theme);
    },
  };

  function pinnedCell(): MapCell | null {
    const { pinned, info } = page;
    if (pinned === null) return null;
    const across =
      info.columns === "tokens" ? "column" : info.columns === "heads" ? "head" : "expert";
    const [row, column] = [info.tab === "cost" ? pinned.part : pinned.layer, pinned[across]];
    if (row === null || column === null) return null;
    return cellOf({
      ...page.place,
      [across]: column,
      ...(info.tab === "cost" ? { part: row } : { layer: row }),
    });
  }
}
