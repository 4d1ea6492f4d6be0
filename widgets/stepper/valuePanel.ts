import { alignedBuffer } from "../render/afm.ts";
import type { AskKernel } from "../render/askKernel.ts";
import { checkbox } from "../render/controls.ts";
import { type DataTable, dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import type { Theme } from "../render/theme.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { newestSite, type OperatorMark, type Snapshot } from "./data.ts";
import { createMatrixPicture, type Matrix, type Place } from "./matrixPicture.ts";
import { createNumbersPanel, number } from "./numbersPanel.ts";
import type { ThumbnailsReply, WindowReply } from "./picture.ts";
import { createSitesList } from "./sitesList.ts";
import { createSlicesStrip, type SlicesPicture } from "./slicesStrip.ts";
import { createWindowsBar, windowText } from "./windowsBar.ts";
import { createWriteForm } from "./writeForm.ts";

export interface ValuePanelOptions {
  readonly ask: AskKernel;
  readonly signal: AbortSignal;
  readonly announce: (text: string) => void;
  /** Something that is drawn has come, or was chosen. */
  readonly onChange: () => void;
  readonly onError: (message: string) => void;
}

export interface ValuePanel {
  readonly element: HTMLElement;
  readonly table: DataTable;
  /** Takes the state over, and asks for what it makes old. */
  take(operators: readonly OperatorMark[], tokenTexts: readonly string[], snapshot: Snapshot): void;
  draw(theme: Theme): void;
}

/** What slices are called, by the letter of their axis. */
const NOUNS: Readonly<Record<string, string>> = { H: "head", K: "head", k: "expert" };

/** The sites that are there, and the numbers of one of them. */
export function createValuePanel(options: ValuePanelOptions): ValuePanel {
  const { ask, signal, announce, onChange, onError } = options;
  let state: {
    readonly operators: readonly OperatorMark[];
    readonly tokenTexts: readonly string[];
    readonly snapshot: Snapshot;
  } | null = null;
  let site: string | null = null;
  let slice = 0;
  let chosen: Place = { row: 0, column: 0 };
  let pointed: Place | null = null;
  let loaded: {
    readonly site: string;
    readonly reply: WindowReply;
    readonly numbers: Float64Array;
    readonly norms: Float64Array;
  } | null = null;
  let thumbnails: SlicesPicture | null = null;
  let asked = 0;

  const list = createSitesList((name) => {
    follow.value = false;
    show(name);
  });
  const follow = checkbox(
    "follow the newest",
    "Show the site that was computed last",
    true,
    () => state && take(state.operators, state.tokenTexts, state.snapshot),
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
  const title = element("h4", { class: "vt-value-title" });
  const readout = element("p", { class: "vt-value-readout" });
  const scale = element("p", { class: "vt-scale" });
  const windows = createWindowsBar((place) => choose(place));
  const empty = element("p", { class: "vt-muted" }, "No site is there yet. Go on by one operator.");
  const stage = element(
    "div",
    { class: "vt-value-stage" },
    title,
    strip.element,
    windows.element,
    matrix.element,
    scale,
    readout,
    form.element,
  );
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
    stage,
    numbers.element,
  );
  const table = dataTable({
    caption: () =>
      loaded === null
        ? "Numbers of a site"
        : `${loaded.site}${sliceText()}, ${windowText(loaded.reply)}`,
    columns: () => [
      { label: "position", isNumber: true },
      { label: "token", isNumber: false },
      { label: "column", isNumber: true },
      { label: "number", isNumber: true },
    ],
    nRows: () => loaded?.numbers.length ?? 0,
    row: (i) => {
      const picture = drawnMatrix();
      if (picture === null) return [];
      const { rowStart, columnStart, columnCount } = picture.window;
      const row = rowStart + Math.floor(i / columnCount);
      return [
        String(position(row)),
        visibleToken(picture.rowTexts[row] ?? ""),
        String(columnStart + (i % columnCount)),
        number(picture.numbers[i] ?? Number.NaN, picture.isF64),
      ];
    },
  });

  const position = (row: number): number => (state?.snapshot.start ?? 0) + row;
  const noun = (): string => NOUNS[loaded?.reply.slices.sliceDim ?? ""] ?? "slice";
  const sliceText = (): string =>
    (loaded?.reply.slices.nSlices ?? 1) > 1 ? `, ${noun()} ${loaded?.reply.slice}` : "";

  function show(name: string | null): void {
    if (name !== site) slice = 0;
    site = name;
    void load();
  }

  function choose({ row, column }: Place): void {
    if (loaded === null) return;
    const { nRows, nColumns } = loaded.reply.slices;
    chosen = { row: Math.min(row, nRows - 1), column: Math.min(column, nColumns - 1) };
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
    const name = site;
    if (name === null) {
      loaded = null;
      onChange();
      return;
    }
    try {
      const { content, buffers } = await ask("window", { site: name, slice, ...chosen });
      const { content: smallContent, buffers: smallBuffers } =
        (content.reply as WindowReply).slices.nSlices > 1
          ? await ask("thumbnails", { site: name })
          : { content: { reply: NO_THUMBNAILS }, buffers: [] };
      if (question !== asked || signal.aborted) return;
      const reply = content.reply as WindowReply;
      loaded = {
        site: name,
        reply,
        numbers: new Float64Array(alignedBuffer(buffers[0])),
        norms: new Float64Array(alignedBuffer(buffers[1])),
      };
      slice = reply.slice;
      thumbnails = {
        ...(smallContent.reply as ThumbnailsReply),
        cells: new Float32Array(alignedBuffer(smallBuffers[0])),
        largest: reply.largest,
        noun: noun(),
      };
      const { nRows, nColumns } = reply.slices;
      chosen = {
        row: Math.min(chosen.row, nRows - 1),
        column: Math.min(chosen.column, nColumns - 1),
      };
      readNumber(chosen, false);
      onChange();
    } catch (error) {
      if (question === asked && !signal.aborted) onError((error as Error).message);
    }
  }

  async function write(value: number): Promise<string | null> {
    if (loaded === null) return "There is no number to write yet.";
    try {
      const { row, column } = chosen;
      await ask("write", {
        site: loaded.site,
        slice: loaded.reply.slice,
        position: position(row),
        column,
        number: value,
      });
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  function readNumber({ row, column }: Place, isSpoken: boolean): void {
    const picture = drawnMatrix();
    if (picture === null) return;
    const { rowStart, columnStart, columnCount } = picture.window;
    const x = picture.numbers[(row - rowStart) * columnCount + column - columnStart] ?? Number.NaN;
    const key =
      picture.dims.at(-1) === "S" ? ` ${visibleToken(state?.tokenTexts[column] ?? "")}` : "";
    const where = `token ${position(row)} ${visibleToken(picture.rowTexts[row] ?? "")}, column ${column}${key}`;
    const text = number(x, picture.isF64);
    readout.replaceChildren(`${where}: `, element("strong", {}, text));
    if (isSpoken) announce(`${where}: ${text}`);
  }

  function drawnMatrix(): Matrix | null {
    if (loaded === null || state === null) return null;
    const { start, end, cells } = state.snapshot;
    const { reply, numbers: values } = loaded;
    return {
      ...reply,
      numbers: values,
      rowTexts: state.tokenTexts.slice(start, end),
      edited: cells
        .filter((cell) => cell.site === loaded?.site && cell.slice === reply.slice)
        .map((cell) => ({ row: cell.position - start, column: cell.column })),
    };
  }

  function take(
    operators: readonly OperatorMark[],
    tokenTexts: readonly string[],
    snapshot: Snapshot,
  ): void {
    const isNew = snapshot.version !== state?.snapshot.version || state.operators !== operators;
    state = { operators, tokenTexts, snapshot };
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
      const picture = drawnMatrix();
      empty.hidden = picture !== null;
      stage.hidden = picture === null;
      numbers.element.hidden = picture === null;
      if (picture === null || loaded === null) return;
      const { shape, dims } = picture;
      title.replaceChildren(
        element("code", {}, loaded.site),
        element(
          "span",
          { class: "vt-muted" },
          ` (${dims.map((dim, i) => `${dim} ${shape[i]}`).join(", ")})${sliceText()}`,
        ),
      );
      strip.draw(thumbnails, picture.slice, theme);
      const { isF64, largest, slices, statistics, edited } = picture;
      scale.textContent = `Blue below zero, red above; full colour at ±${number(largest, isF64)}${slices.nSlices > 1 ? ` in every ${noun()}` : ""}${statistics.nNotFinite > 0 ? "; grey is not finite" : ""}${edited.length > 0 ? "; framed is written by hand" : ""}.`;
      windows.draw(picture);
      matrix.draw(picture, chosen, theme, stage.clientWidth);
      form.show({ ...chosen, position: position(chosen.row) });
      numbers.draw(picture, loaded.norms, (pointed ?? chosen).row);
      table.refresh();
    },
  };
}

const NO_THUMBNAILS: ThumbnailsReply = { nSlices: 0, rows: 0, columns: 0 };
