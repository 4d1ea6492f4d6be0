import { segmented } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { shortToken, visibleToken } from "../render/visibleToken.ts";
import { createCellMap } from "./cellMap.ts";
import type { MapCell } from "./cellMapDrawing.ts";
import { createMapKey } from "./mapKey.ts";
import { layerLabel, pinnedCell, type RoutingPage, type RoutingTab } from "./page.ts";
import { routerText } from "./routerText.ts";
import { amountStrengths, endsOf, NOTHING, type ScaleName } from "./strengths.ts";

/** All layers by all tokens: by how much the last chosen expert won against the next. Near ties are strong. */
export function marginsTab(page: RoutingPage): RoutingTab {
  const { shell, store, layers, tokenTexts } = page;
  const nTokens = tokenTexts.length;
  let scale: ScaleName = "log";
  const scales = segmented<ScaleName>(
    "scale",
    (["linear", "log", "rank"] as const).map((value) => ({ value, label: value })),
    scale,
    (value) => {
      scale = value;
      page.schedule();
    },
  );
  const pool = Math.ceil(nTokens / 1024);
  const nCells = Math.ceil(nTokens / pool);
  const map = createCellMap({
    description: "margins of the routers",
    label: "Margin between the last expert chosen and the next, layers down, tokens across.",
    signal: shell.signal,
    onPoint: (cell) => {
      page.point(cell && { row: cell.row, token: cell.column * pool });
      if (cell) shell.announce(lineOf(cell));
    },
    onPin: ({ row, column }) => page.pin({ row, token: column * pool }),
    onClear: () => page.clear(),
  });
  const key = createMapKey();
  const line = element("p", { class: "vt-cell-line" });
  const rule = element("p", { class: "vt-note" });
  const stage = element(
    "div",
    { class: "vt-cells-column" },
    element("div", { class: "vt-toolbar" }, scales.element),
    ...[map.element, line, key.element, rule],
  );

  function lineOf({ row, column }: MapCell): string {
    const token = column * pool;
    const margins = store.margins();
    const place =
      pool === 1
        ? `${visibleToken(tokenTexts[token] ?? "")} (${token}), layer ${layers[row]}`
        : `Tokens ${token} to ${Math.min(nTokens, token + pool) - 1}, layer ${layers[row]}`;
    if (margins === null) return `${place}: reading`;
    const margin = margins.least[row * nCells + column] ?? Number.NaN;
    if (margin === Number.POSITIVE_INFINITY) return `${place}: no other expert could be chosen`;
    return `${place}: ${pool === 1 ? "margin" : "least margin"} ${exactF32(margin)}${margin < 0 ? ", edits chose otherwise" : ""}`;
  }

  let made = "";
  let strengths: Float32Array = new Float32Array(0);
  return {
    element: stage,
    help: "Left and right move along the tokens, up and down through the layers; Enter pins the token, Esc clears. The smaller a margin is, the nearer the token was to another expert.",
    table: {
      caption: () =>
        `Margins, derived from the scores: the lowest score chosen less the highest that was not${pool === 1 ? "" : `; the least of every ${pool} tokens`}`,
      columns: () => [
        { label: "position", isNumber: true },
        { label: "token", isNumber: false },
        { label: "layer", isNumber: true },
        { label: "margin", isNumber: true },
      ],
      nRows: () => nCells * layers.length,
      row: (i) => {
        const [column, row] = [Math.floor(i / layers.length), i % layers.length];
        const margin = store.margins()?.least[row * nCells + column];
        return [
          String(column * pool),
          visibleToken(tokenTexts[column * pool] ?? ""),
          String(layers[row]),
          margin === undefined ? "…" : exactF32(margin),
        ];
      },
    },
    draw() {
      const margins = store.margins();
      const now = `${scale} ${margins !== null}`;
      if (margins !== null && made !== now) {
        made = now;
        strengths = nearnessOf(margins.least, scale);
      }
      const cell = { row: page.place.row, column: Math.floor(page.place.token / pool) };
      const at = pinnedCell(page, "token");
      const pinned = at && { ...at, column: Math.floor(at.column / pool) };
      map.draw(
        {
          ...{ nRows: layers.length, nColumns: nCells, isSigned: false, strengths },
          rowLabel: (row) => layerLabel(page, row),
          columnLabel: (column) =>
            nCells <= 40 ? shortToken(tokenTexts[column * pool] ?? "", 10) : String(column * pool),
          ...{ rowTitle: "layer", columnTitle: "token" },
          areColumnsTexts: nCells <= 40,
          ...{ cell, pinned, marks: [], columnsPerGroup: 0 },
        },
        shell.theme,
        stage.clientWidth,
      );
      line.textContent = lineOf(cell);
      rule.textContent =
        margins === null ? (store.error ?? "") : routerText(margins.routers, layers);
      const { least, most } = endsOf(margins?.least ?? new Float32Array(0));
      key.draw(
        {
          isSigned: false,
          low: `margin ${exactF32(Number(most.toPrecision(3)))}`,
          high: `${exactF32(Number(least.toPrecision(3)))}, ${scale === "rank" ? "by rank" : scale}${pool === 1 ? "" : `; a cell is the least of ${pool} tokens`}`,
        },
        shell.theme,
      );
    },
  };
}

/** Strong where the margin is small: the colours of amounts turned round; no colour where nothing else could be chosen. */
function nearnessOf(margins: Float32Array, scale: ScaleName): Float32Array {
  const positive = margins.map((margin) =>
    Number.isFinite(margin) ? Math.max(0, margin) : NOTHING,
  );
  return amountStrengths(positive, scale).map((strength) =>
    Number.isNaN(strength) ? NOTHING : Math.max(0.02, 1 - strength),
  );
}
