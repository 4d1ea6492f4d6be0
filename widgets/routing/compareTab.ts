import { element } from "../render/element.ts";
import { shortToken, visibleToken } from "../render/visibleToken.ts";
import { createCellMap } from "./cellMap.ts";
import type { MapCell } from "./cellMapDrawing.ts";
import {
  type AlignedColumn,
  alignedColumns,
  alignedCounts,
  countsText,
  nDifferent,
  poolOf,
} from "./comparedRoutes.ts";
import { routeOf } from "./data.ts";
import { createMapKey } from "./mapKey.ts";
import { layerLabel, pinnedCell, type RoutingPage, type RoutingTab } from "./page.ts";
import { LEFT_OUT } from "./strengths.ts";

/** All layers by the tokens of two texts beside each other: how many experts of each pair differ. */
export function compareTab(page: RoutingPage): RoutingTab {
  const { shell, store, layers, k, tokenTexts, comparedTexts } = page;
  const columns = alignedColumns(page.partners, comparedTexts.length);
  const pool = poolOf(columns.length);
  const nCells = Math.ceil(columns.length / pool);
  const columnOf = new Map(columns.map(({ own }, i) => [own, i]));
  /** A token of the compared run alone that is looked at, and the own token at that time. */
  let inserted: { readonly cell: number; readonly token: number } | null = null;
  const map = createCellMap({
    description: "choices of two runs",
    label: "Experts that differ between two runs, layers down, aligned tokens across.",
    signal: shell.signal,
    onPoint: (cell) => {
      if (cell) look(cell);
      else page.point(null);
      if (cell) shell.announce(lineOf(cell));
    },
    onPin: ({ row, column }) => {
      const own = columns[column * pool]?.own ?? -1;
      page.pin(own < 0 ? { row } : { row, token: own });
    },
    onClear: () => page.clear(),
  });
  const key = createMapKey();
  const line = element("p", { class: "vt-cell-line" });
  const counts = `${countsText(alignedCounts(columns))}.`;
  const stage = element(
    "div",
    { class: "vt-map-column" },
    ...[map.element, line, key.element, element("p", { class: "vt-note" }, counts)],
  );

  function look({ row, column }: MapCell): void {
    const own = columns[column * pool]?.own ?? -1;
    page.point(own < 0 ? { row } : { row, token: own });
    inserted = own < 0 ? { cell: column, token: page.place.token } : null;
    page.schedule(); // a token of the compared run is this picture's alone
  }

  function cellNow(): MapCell {
    const { row, token } = page.place;
    if (inserted !== null && inserted.token === token) return { row, column: inserted.cell };
    return { row, column: Math.floor((columnOf.get(token) ?? 0) / pool) };
  }

  function expertsOf({ own, other }: AlignedColumn, row: number) {
    const block = own < 0 ? null : store.blockOf(own);
    const route = block && routeOf(block, k, row, own);
    const others = other < 0 ? null : store.routeIn(page.compared, other);
    return {
      own: route && Int32Array.from(route.experts),
      other: others?.subarray(row * k, (row + 1) * k).filter((expert) => expert >= 0) ?? null,
    };
  }

  /** "·key (4), in the compared run 7": the name of one column. */
  function nameOf({ own, other }: AlignedColumn): string {
    const text = visibleToken((own < 0 ? comparedTexts[other] : tokenTexts[own]) ?? "");
    if (own < 0) return `${text}, inserted: ${other} of the compared run, which this run lacks`;
    if (other < 0) return `${text} (${own}), removed: the compared run lacks it`;
    return `${text} (${own}), ${other} in the compared run`;
  }

  function lineOf({ row, column: cell }: MapCell): string {
    const first = columns[cell * pool];
    if (first === undefined) return "";
    const layer = `layer ${layers[row]}`;
    if (pool > 1) {
      const most = store.different(pool)?.[row * nCells + cell];
      const last = Math.min(columns.length, (cell + 1) * pool) - 1;
      const said =
        most === undefined
          ? "reading"
          : Number.isNaN(most)
            ? "no token of both"
            : `at most ${most} of ${k} experts differ`;
      return `From ${nameOf(first)} to ${nameOf(columns[last] ?? first)}; ${layer}: ${said}`;
    }
    const { own, other } = expertsOf(first, row);
    const list = (experts: Int32Array | null): string => experts?.join(", ") ?? "reading";
    if (first.own < 0) return `${nameOf(first)}; ${layer}: experts ${list(other)} there`;
    if (first.other < 0) return `${nameOf(first)}; ${layer}: experts ${list(own)} here`;
    const apart = own && other ? `, ${nDifferent(own, other)} of ${k} differ` : "";
    return `${nameOf(first)}; ${layer}: experts ${list(own)} here, ${list(other)} there${apart}`;
  }

  let made: { readonly of: Float32Array; readonly strengths: Float32Array } | null = null;
  function strengthsNow(): Float32Array {
    const of = store.different(pool);
    if (of === null) return new Float32Array(layers.length * nCells);
    if (made?.of !== of)
      made = { of, strengths: of.map((n) => (Number.isNaN(n) ? LEFT_OUT : n / k)) };
    return made.strengths;
  }

  return {
    element: stage,
    help: "Left and right move along the tokens of both texts, up and down through the layers; Enter pins a token of this run, Esc clears.",
    table: {
      caption: () =>
        `Experts of aligned tokens, and of those that one run lacks${columns.length > 0 ? `; ${countsText(alignedCounts(columns))}` : ""}`,
      columns: () => [
        { label: "token", isNumber: false },
        { label: "position", isNumber: true },
        { label: "in the compared run", isNumber: true },
        { label: "layer", isNumber: true },
        { label: "experts here", isNumber: false },
        { label: "experts there", isNumber: false },
        { label: "differ", isNumber: true },
      ],
      nRows: () => columns.length * layers.length,
      row: (i) => {
        const column = columns[Math.floor(i / layers.length)] ?? { own: -1, other: -1 };
        const row = i % layers.length;
        const { own, other } = expertsOf(column, row);
        const place = (position: number, none: string): string =>
          position < 0 ? none : String(position);
        return [
          visibleToken(
            (column.own < 0 ? comparedTexts[column.other] : tokenTexts[column.own]) ?? "",
          ),
          place(column.own, "inserted"),
          place(column.other, "removed"),
          String(layers[row]),
          column.own < 0 ? "" : (own?.join(", ") ?? "…"),
          column.other < 0 ? "" : (other?.join(", ") ?? "…"),
          column.own < 0 || column.other < 0
            ? ""
            : own && other
              ? String(nDifferent(own, other))
              : "…",
        ];
      },
    },
    draw() {
      const cell = cellNow();
      const at = pinnedCell(page, "token");
      const pinned = at && { ...at, column: Math.floor((columnOf.get(at.column) ?? 0) / pool) };
      map.draw(
        {
          ...{ nRows: layers.length, nColumns: nCells, isSigned: false, strengths: strengthsNow() },
          rowLabel: (row) => layerLabel(page, row),
          columnLabel: (column) => labelOf(columns[column * pool], column * pool),
          ...{ rowTitle: "layer", columnTitle: "tokens of both texts" },
          areColumnsTexts: nCells <= 40,
          ...{ cell, pinned, marks: [], columnsPerGroup: 0 },
        },
        shell.theme,
        stage.clientWidth,
      );
      line.textContent = lineOf(cell);
      key.draw(
        {
          isSigned: false,
          low: "the same experts",
          high: `${k} of ${k} differ, linear; grey: a token of one text alone, − of this run, + of the compared one${pool === 1 ? "" : `; a cell is the most of ${pool} tokens`}`,
        },
        shell.theme,
      );
    },
  };

  function labelOf(column: AlignedColumn | undefined, place: number): string {
    if (nCells > 40 || column === undefined) return String(place);
    const { own, other } = column;
    const text = shortToken((own < 0 ? comparedTexts[other] : tokenTexts[own]) ?? "", 10);
    return own < 0 ? `+${text}` : other < 0 ? `−${text}` : text;
  }
}
