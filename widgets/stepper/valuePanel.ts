import type { AskKernel } from "../render/askKernel.ts";
import { checkbox } from "../render/controls.ts";
import type { DataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import type { Theme } from "../render/theme.ts";
import { newestSite, type OperatorMark, type Snapshot } from "./data.ts";
import { type LoadedValue, loadValue } from "./loadValue.ts";
import { createMatrixPicture, type Matrix, type Place } from "./matrixPicture.ts";
import { createNumbersPanel } from "./numbersPanel.ts";
import { createSitesList } from "./sitesList.ts";
import { createSlicesStrip } from "./slicesStrip.ts";
import { valueStage } from "./valueStage.ts";
import { createValueTable } from "./valueTable.ts";
import { numberTexts, scaleText, shapeText, sliceText } from "./valueTexts.ts";
import { createWindowsBar } from "./windowsBar.ts";
import { createWriteForm } from "./writeForm.ts";

export interface ValuePanelOptions {
  readonly ask: AskKernel;
  readonly signal: AbortSignal;
  readonly announce: (text: string) => void;
  /** Something that is drawn has come, or was chosen. */
  readonly onChange: () => void;
  readonly onError: (message: string) => void;
}

/** What the kernel tells of the stepper that is shown. */
interface Told {
  readonly operators: readonly OperatorMark[];
  readonly tokenTexts: readonly string[];
  readonly snapshot: Snapshot;
}

export interface ValuePanel {
  readonly element: HTMLElement;
  readonly table: DataTable;
  /** Takes the state over, and asks for what it makes old. */
  take(told: Told): void;
  draw(theme: Theme): void;
}

/** The sites that are there, and the numbers of one of them. */
export function createValuePanel(options: ValuePanelOptions): ValuePanel {
  const { ask, signal, announce, onChange, onError } = options;
  let told: Told | null = null;
  let site: string | null = null;
  let slice = 0;
  let chosen: Place = { row: 0, column: 0 };
  let pointed: Place | null = null;
  let loaded: LoadedValue | null = null;
  let asked = 0;

  const list = createSitesList((name) => {
    follow.value = false;
    show(name);
  });
  const follow = checkbox(
    "follow the newest",
    "Show the site that was computed last",
    true,
    () => told && take(told),
  );
  const matrix = createMatrixPicture({
    signal,
    onPoint: (place) => {
      pointed = place;
      readNumber(place ?? chosen, false);
    },
    onChoose: (place) => choose(place),
    onWrite: () => form.focus(),
  });
  const form = createWriteForm({
    onChoose: (place) => choose({ ...chosen, ...place }),
    onWrite: write,
  });
  const numbers = createNumbersPanel();
  const strip = createSlicesStrip((index) => {
    slice = index;
    void load();
  });
  const windows = createWindowsBar((place) => choose(place));
  const stage = valueStage({
    strip: strip.element,
    windows: windows.element,
    matrix: matrix.element,
    form: form.element,
  });
  const empty = element("p", { class: "vt-muted" }, "No site is there yet. Go on by one operator.");
  const host = element(
    "section",
    { class: "vt-value", "aria-label": "Values" },
    element(
      "div",
      { class: "vt-sites" },
      element("h4", {}, "Sites that are there"),
      follow.element,
      list.element,
    ),
    empty,
    stage.element,
    numbers.element,
  );
  const start = (): number => told?.snapshot.start ?? 0;
  const table = createValueTable(() => {
    const drawn = drawnMatrix();
    return drawn === null || loaded === null ? null : { loaded, matrix: drawn, start: start() };
  });

  function show(name: string | null): void {
    if (name !== site) slice = 0;
    site = name;
    void load();
  }

  function choose(place: Place): void {
    if (loaded === null) return;
    chosen = within(place, loaded);
    const { rowStart, rowCount, columnStart, columnCount } = loaded.reply.window;
    const isSeen =
      chosen.row >= rowStart &&
      chosen.row < rowStart + rowCount &&
      chosen.column >= columnStart &&
      chosen.column < columnStart + columnCount;
    if (!isSeen) void load();
    else readNumber(chosen, true);
    onChange();
  }

  /** Asks for the window that the chosen number is in; the answer to an older question is left out. */
  async function load(): Promise<void> {
    asked += 1;
    const question = asked;
    if (site === null) {
      loaded = null;
      onChange();
      return;
    }
    try {
      const answer = await loadValue(ask, { site, slice, ...chosen });
      if (question !== asked || signal.aborted) return;
      loaded = answer;
      slice = answer.reply.slice;
      chosen = within(chosen, answer);
      readNumber(chosen, false);
      onChange();
    } catch (error) {
      if (question === asked && !signal.aborted) onError((error as Error).message);
    }
  }

  async function write(value: number): Promise<string | null> {
    if (loaded === null) return "There is no number to write yet.";
    const { row, column } = chosen;
    const place = { slice: loaded.reply.slice, position: start() + row, column };
    try {
      await ask("write", { site: loaded.site, ...place, number: value });
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  function readNumber(place: Place, isSpoken: boolean): void {
    const drawn = drawnMatrix();
    if (drawn === null) return;
    const { where, text } = numberTexts(drawn, place, start(), told?.tokenTexts ?? []);
    stage.readout.replaceChildren(`${where}: `, element("strong", {}, text));
    if (isSpoken) announce(`${where}: ${text}`);
  }

  function drawnMatrix(): Matrix | null {
    return loaded === null || told === null ? null : matrixOf(loaded, told);
  }

  function take(next: Told): void {
    const { operators, snapshot } = next;
    const isNew = snapshot.version !== told?.snapshot.version || told.operators !== operators;
    told = next;
    const there = operators.slice(0, snapshot.executed).flatMap(({ sites }) => sites);
    list.take(there);
    const newest = snapshot.stopSite ?? newestSite(operators, snapshot.executed);
    const isThere = site !== null && there.includes(site);
    if (follow.value || !isThere) show(newest);
    else if (isNew) void load();
    else onChange();
  }

  return {
    element: host,
    table,
    take,
    draw(theme) {
      list.draw(site);
      const drawn = drawnMatrix();
      empty.hidden = drawn !== null;
      stage.element.hidden = drawn === null;
      numbers.element.hidden = drawn === null;
      if (drawn === null || loaded === null) return;
      stage.title.replaceChildren(
        element("code", {}, loaded.site),
        element("span", { class: "vt-muted" }, ` ${shapeText(drawn)}${sliceText(drawn)}`),
      );
      strip.draw(loaded.thumbnails, drawn.slice, theme);
      stage.scale.textContent = scaleText(drawn);
      windows.draw(drawn);
      matrix.draw(drawn, chosen, theme, stage.element.clientWidth);
      form.show({ ...chosen, position: start() + chosen.row });
      numbers.draw(drawn, loaded.norms, (pointed ?? chosen).row);
      table.refresh();
    },
  };
}

/** The place itself, or the nearest that the value has. */
function within({ row, column }: Place, { reply }: LoadedValue): Place {
  const { nRows, nColumns } = reply.slices;
  return { row: Math.min(row, nRows - 1), column: Math.min(column, nColumns - 1) };
}

/** What is drawn of a window: its numbers, the texts of the step's tokens, and what was written by hand. */
function matrixOf(
  { site, reply, numbers }: LoadedValue,
  { tokenTexts, snapshot: { start, end, cells } }: Told,
): Matrix {
  return {
    ...reply,
    numbers,
    rowTexts: tokenTexts.slice(start, end),
    edited: cells
      .filter((cell) => cell.site === site && cell.slice === reply.slice)
      .map((cell) => ({ row: cell.position - start, column: cell.column })),
  };
}
