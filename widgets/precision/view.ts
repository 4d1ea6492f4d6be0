import type { AfmView, RenderContext } from "../render/afm.ts";
import { type AxisScale, axisScale, segmented } from "../render/controls.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { litToken, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { inkOn, rampColour } from "../render/theme.ts";
import { createTokenText, type Look } from "../tokens/tokenText.ts";
import { type CellGrid, createCellGrid, type GridCell } from "./cellGrid.ts";
import {
  errorAt,
  errorText,
  type Measure,
  rangeText,
  readState,
  siteAt,
  strengths,
  summaryText,
  tokenText,
} from "./data.ts";
import { type CellMap, routeMap, siteMap, tokenMap } from "./maps.ts";
import { createReadout } from "./readout.ts";
import { STYLES } from "./styles.ts";
import { errorTable } from "./tables.ts";

const HELP =
  "Errors are those of the first run beside the second, its reference. Relative: root of the squared differences over that of the squared reference. Arrows move, Enter pins, Esc lets go; what is pinned is pinned in the pictures of both runs. A wavy line: another token is likeliest. Maps of attention and what single experts say are left out.";
const NAMES: Readonly<Record<Measure, string>> = {
  relative: "relative error",
  largest: "largest difference",
};

function render({ model, el }: RenderContext): () => void {
  const record = readState((key) => model.get(key));
  const { rows, tokens, tokenTexts, nLayers } = record;
  const buses = [selectionBus(record.runId), selectionBus(record.referenceId)] as const;
  const [bus] = buses;
  let measure: Measure = "relative";
  let scale: AxisScale = "log";
  let place: GridCell = { row: 0, column: nLayers - 1 };

  const shell = createShell({
    ...{ el, model },
    picture: "precision",
    title: "Precision",
    subtitle: `${record.name} beside ${record.referenceName} · ${tokens.length} tokens`,
    description: summaryText(record),
    styles: STYLES,
    redraw: () => repaint(),
  });
  const { signal } = shell;
  shell.toolbar.append(
    segmented<Measure>(
      "Error",
      [
        {
          value: "relative",
          label: "relative",
          title: "of the whole tensor, by the reference's size",
        },
        { value: "largest", label: "largest", title: "the largest difference of two numbers" },
      ],
      measure,
      (value) => {
        measure = value;
        draw();
      },
    ).element,
    axisScale(scale, (value) => {
      scale = value;
      draw();
    }).element,
  );

  type Pointed = Readonly<Partial<Record<"token" | "layer", number>>>;
  const both = (kind: "hover" | "pin", selection: Pointed | null): void => {
    for (const one of new Set(buses)) one[kind](selection);
  };
  const clear = (): void => {
    both("hover", null);
    both("pin", null);
  };
  const grid = (label: string, selectionAt: (cell: GridCell) => Pointed): CellGrid =>
    createCellGrid({
      ...{ label, signal, onClear: clear },
      onPoint: (cell) => both("hover", cell && selectionAt(cell)),
      onPin: (cell) => both("pin", selectionAt(cell)),
    });
  const sites = createCellGrid({
    ...{ label: "Errors of sites down, layers across", signal, onClear: clear },
    onPoint: (cell) => {
      if (cell) {
        place = cell;
        says(cell);
      }
      both("hover", cell && layerOf(cell));
      schedule();
    },
    onPin: (cell) => {
      place = cell;
      both("pin", layerOf(cell));
      schedule();
    },
  });
  const perToken = grid("Error of the residual, layers down, tokens across", (cell) => ({
    token: cell.column,
    layer: cell.row,
  }));
  const routes = grid("Experts that changed, layers down, tokens across", (cell) => ({
    token: cell.column,
    layer: record.routes?.layers[cell.row] ?? 0,
  }));
  const text = createTokenText({
    ...{ texts: tokenTexts, blocks: [], signal, onClear: clear },
    onPoint: (token) => {
      both("hover", token === null ? null : { token });
      if (token !== null) shell.announce(tokenText(record, token));
    },
    onPin: (token) => both("pin", { token }),
    onChange: () => repaint(),
    says: shell.announce,
  });
  const readout = createReadout(record);
  const key = element("p", { class: "vt-scale-line" });
  const table = dataTable({
    caption: () =>
      `Errors of ${record.name} beside ${record.referenceName} (derived, sums in float64)`,
    columns: () =>
      errorTable(record).columns.map(({ name, values }) => ({
        label: name,
        isNumber: ArrayBuffer.isView(values),
      })),
    nRows: () => errorTable(record).columns[0]?.values.length ?? 0,
    row: (i) => errorTable(record).columns.map(({ values }) => String(values[i])),
  });
  shell.actions.append(table.toggle);
  const bits = tokens.map(({ klBits }) => klBits);
  const tokenErrors = tokenMap(record, "log");
  const changes = routeMap(record);
  shell.body.append(
    element("p", { class: "vt-precision-summary" }, summaryText(record)),
    element(
      "div",
      { class: "vt-precision" },
      element(
        "div",
        {},
        sites.element,
        key,
        element(
          "h4",
          {},
          `Tokens, by the divergence of what follows them: ${rangeText(bits, "linear", " bits")}`,
        ),
        text.element,
        tokenErrors &&
          element(
            "h4",
            {},
            `Error of the residual stream, token by token: ${rangeText([...(record.byToken ?? [])], "log")}`,
          ),
        tokenErrors && perToken.element,
        changes &&
          element(
            "h4",
            {},
            `Experts that changed, token by token: full colour is all ${record.routes?.nExpertsPerToken}`,
          ),
        changes && routes.element,
      ),
      readout.element,
    ),
    element("p", { class: "vt-note" }, HELP),
    table.element,
  );

  function layerOf({ row, column }: GridCell): Pointed | null {
    return rows[row]?.layers?.includes(column) === true ? { layer: column } : null;
  }

  function says({ row, column }: GridCell): void {
    const found = rows[row];
    const error = found && errorAt(found, column);
    if (found)
      shell.announce(`${siteAt(found, column)}: ${error ? errorText(error[measure]) : "none"}`);
  }

  let scheduled = 0;
  function schedule(): void {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => draw());
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));
  for (const one of new Set(buses)) one.subscribe(() => schedule(), signal);

  const shades = strengths(bits, "linear");
  function lookOf(token: number): Look {
    const t = shades[token] ?? 0;
    return {
      ground: rampColour(shell.theme, t),
      ink: inkOn(shell.theme, t),
      classes: tokens[token]?.isMoved === true ? "vt-moved" : "",
    };
  }

  function repaint(): void {
    text.paint(lookOf);
    draw();
  }

  function draw(): void {
    const { hovered, pinned } = bus.state;
    const lit = litToken(bus.state);
    const layer = hovered?.layer ?? pinned?.layer ?? null;
    if (layer !== null && layer !== place.column && layer < nLayers)
      place = { ...place, column: layer };
    const width = sites.element.clientWidth;
    const drawMap = (one: CellGrid, map: CellMap, chosen: GridCell | null, column: number | null) =>
      one.draw(
        {
          ...{ rowLabels: map.rowLabels, columnLabels: map.columnLabels, chosen },
          strength: (cell) => map.strengthAt(cell.row, cell.column),
          litColumn: column,
        },
        shell.theme,
        width,
      );
    const map = siteMap(record, measure, scale);
    drawMap(sites, map, place, layer);
    const at = lit === null || layer === null ? null : { row: layer, column: lit };
    if (tokenErrors) drawMap(perToken, tokenErrors, at, lit);
    const routed = record.routes?.layers.indexOf(layer ?? -1) ?? -1;
    if (changes)
      drawMap(
        routes,
        changes,
        lit === null || routed < 0 ? null : { row: routed, column: lit },
        lit,
      );
    text.mark(lit, pinned?.token ?? null);
    key.textContent = keyText();
    readout.draw({ row: rows[place.row] ?? null, layer: place.column, token: lit });
    table.refresh();
  }

  function keyText(): string {
    const errors = rows.flatMap((row) => row.errors.map((error) => error[measure]));
    return `${NAMES[measure]}: ${rangeText(errors, scale)}`;
  }

  return () => shell.destroy();
}

export default { render } satisfies AfmView;
