import { createCellGrid, type GridCell } from "../precision/cellGrid.ts";
import type { AfmView, RenderContext } from "../render/afm.ts";
import { type AxisScale, axisScale, segmented } from "../render/controls.ts";
import { dataTable } from "../render/dataTable.ts";
import { divergingScale } from "../render/diverging.ts";
import { element } from "../render/element.ts";
import { litToken, selectionBus } from "../render/selection.ts";
import { createShell } from "../render/shell.ts";
import { inkOnColour, rampColour } from "../render/theme.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { createTokenText, type Look } from "../tokens/tokenText.ts";
import {
  featureText,
  isSigned,
  numberText,
  readState,
  rowOf,
  shortName,
  shortText,
  sizeOf,
  strengthOf,
} from "./data.ts";
import { createReadout } from "./readout.ts";
import { STYLES } from "./styles.ts";

type Sharing = "common" | "own";
const NAME_LETTERS = 28;
const HELP =
  "Features down, tokens across; the text has the colours of the chosen feature. Arrows move, Enter pins a token in the other pictures of the run, Esc lets go. What has no number is left empty, a dotted line in the text.";

function render({ model, el }: RenderContext): () => void {
  const state = readState((key) => model.get(key));
  const { names, units, tokenTexts } = state;
  const bus = selectionBus(state.runId);
  const signed = isSigned(state);
  const sizes = names.map((_, row) => sizeOf(rowOf(state, row)));
  const most = Math.max(...sizes);
  let sharing: Sharing = new Set(units).size === 1 ? "common" : "own";
  let scale: AxisScale = "linear";
  let place: GridCell = { row: 0, column: 0 };

  const shell = createShell({
    ...{ el, model },
    picture: "features",
    title: "Features",
    subtitle: state.subtitle,
    description: `${names.length} features over ${tokenTexts.length} tokens. ${featureText(state, 0)}`,
    styles: STYLES,
    redraw: () => repaint(),
  });
  const { signal } = shell;
  shell.toolbar.append(
    segmented<Sharing>(
      "Colours",
      [
        { value: "common", label: "one scale", title: "all features by the largest number of all" },
        { value: "own", label: "each its own", title: "each feature by its own largest number" },
      ],
      sharing,
      (value) => {
        sharing = value;
        repaint();
      },
    ).element,
    axisScale(scale, (value) => {
      scale = value;
      repaint();
    }).element,
  );

  const clear = (): void => {
    bus.hover(null);
    bus.pin(null);
  };
  const grid = createCellGrid({
    ...{ label: "Features down, tokens across", signal, onClear: clear },
    onPoint: (cell) => {
      if (cell) goTo(cell);
      bus.hover(cell && { token: cell.column });
    },
    onPin: (cell) => {
      goTo(cell);
      bus.pin({ token: cell.column });
    },
  });
  const text = createTokenText({
    ...{ texts: tokenTexts, blocks: [], signal, onClear: clear },
    onPoint: (token) => {
      bus.hover(token === null ? null : { token });
      if (token !== null) shell.announce(spoken({ ...place, column: token }));
    },
    onPin: (token) => bus.pin({ token }),
    onChange: () => repaint(),
    says: shell.announce,
  });
  const readout = createReadout(state);
  const key = element("p", { class: "vt-scale-line" });
  const title = element("h4", {});
  const table = dataTable({
    caption: () => `Features of each token, ${state.subtitle}`,
    columns: () => [
      { label: "position", isNumber: true },
      { label: "token", isNumber: false },
      ...names.map((name, row) => ({
        label: units[row] === "" ? name : `${name} [${units[row]}]`,
        isNumber: true,
      })),
    ],
    nRows: () => tokenTexts.length,
    row: (token) => [
      String(token),
      visibleToken(tokenTexts[token] ?? ""),
      ...names.map((_, row) => plain(rowOf(state, row)[token] ?? Number.NaN)),
    ],
  });
  shell.actions.append(table.toggle);
  shell.body.append(
    element(
      "div",
      { class: "vt-features" },
      element("div", {}, grid.element, key, title, text.element),
      readout.element,
    ),
    element("p", { class: "vt-note" }, HELP),
    table.element,
  );

  const fullOf = (row: number): number => (sharing === "common" ? most : (sizes[row] ?? 0));
  const strengthAt = ({ row, column }: GridCell): number =>
    strengthOf(rowOf(state, row)[column] ?? Number.NaN, fullOf(row), scale);

  function goTo(cell: GridCell): void {
    if (cell.row !== place.row || cell.column !== place.column) shell.announce(spoken(cell));
    const isOther = cell.row !== place.row;
    place = cell;
    if (isOther) repaint();
    else schedule();
  }

  function spoken({ row, column }: GridCell): string {
    const value = numberText(rowOf(state, row)[column] ?? Number.NaN, units[row] ?? "");
    return `${names[row]} at ${visibleToken(tokenTexts[column] ?? "")} (${column}): ${value}`;
  }

  let scheduled = 0;
  function schedule(): void {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => draw());
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(scheduled));
  bus.subscribe(() => schedule(), signal);

  /** Of a strength, -1 to 1. */
  function colourOf(t: number): string {
    return signed ? divergingScale(shell.theme)(t) : rampColour(shell.theme, t);
  }

  function lookOf(token: number): Look {
    const t = strengthAt({ row: place.row, column: token });
    if (Number.isNaN(t)) return { ground: "", ink: "", classes: "vt-none" };
    const ground = colourOf(t);
    return { ground, ink: inkOnColour(ground), classes: "" };
  }

  function repaint(): void {
    text.paint(lookOf);
    title.textContent = featureText(state, place.row);
    key.textContent = keyText();
    draw();
    table.refresh();
  }

  function draw(): void {
    const lit = litToken(bus.state);
    if (lit !== null && lit < tokenTexts.length) place = { ...place, column: lit };
    grid.draw(
      {
        rowLabels: names.map((name) => shortName(name, NAME_LETTERS)),
        columnLabels: tokenTexts.map((_, token) => String(token)),
        ...{ chosen: place, litColumn: lit, colour: colourOf },
        strength: (cell) => {
          const t = strengthAt(cell);
          return Number.isNaN(t) ? null : t;
        },
      },
      shell.theme,
      grid.element.clientWidth,
    );
    text.mark(lit, bus.state.pinned?.token ?? null);
    readout.draw({ row: place.row, token: lit });
  }

  function keyText(): string {
    const unit = new Set(units).size === 1 ? (units[0] ?? "") : "";
    const full =
      sharing === "common" ? shortText(most, unit) : "each feature's number farthest from 0";
    const how = scale === "linear" ? "linear" : "four decades below it told apart";
    return `${how}: full colour is ${full}${signed ? ", red above 0 and blue below" : ""}; grey is 0`;
  }

  return () => shell.destroy();
}

function plain(value: number): string {
  return Number.isNaN(value) ? "" : String(value);
}

export default { render } satisfies AfmView;
