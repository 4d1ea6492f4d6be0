import type { ClassCost } from "../../engine/trace/schema.ts";
import { element } from "../render/element.ts";
import { byteCount, flopCount, percent, siNumber } from "../render/formatNumber.ts";
import { CLASS_NAMES, type ClassRow, classRows } from "./data.ts";

interface Column {
  readonly label: string;
  readonly value: (row: ClassRow) => number;
  readonly format: (value: number) => string;
}

const COLUMNS: readonly Column[] = [
  { label: "parameters", value: (row) => row.parameters, format: siNumber },
  { label: "FLOPs", value: (row) => row.flops, format: flopCount },
  { label: "weights read", value: (row) => row.weightBytes, format: byteCount },
  { label: "KV cache", value: (row) => row.kvBytes, format: byteCount },
];

/** Where a run's cost goes, or a token's: a row for each part of the model, with its share of each quantity as a bar. */
export function createClassTable(options: {
  readonly classes: readonly ClassCost[];
  /** (T, classes, 4) f64 */
  readonly byClass: Float64Array;
}): {
  readonly element: HTMLElement;
  /** @param token null: all of them @param text how the token reads */
  show(token: number | null, text: string): void;
} {
  const caption = element("caption", { class: "vt-muted" });
  const body = element("tbody");
  const head = ["part of the model", ...COLUMNS.map(({ label }) => label)].map((label, i) =>
    element("th", { scope: "col", class: i === 0 ? "" : "vt-number" }, label),
  );
  const table = element(
    "table",
    { class: "vt-class-table" },
    caption,
    element("thead", {}, element("tr", {}, ...head)),
    body,
  );

  return {
    element: element("div", { class: "vt-class-host", tabindex: "0" }, table),
    show(token, text) {
      const rows = classRows(options.classes, options.byClass, token);
      caption.textContent =
        token === null
          ? "The whole run (derived). Point at a token for its own."
          : `Token ${token}, ${text} (derived).`;
      body.replaceChildren(...rows.map((row) => classRow(row, rows)));
    },
  };
}

function classRow(row: ClassRow, rows: readonly ClassRow[]): HTMLElement {
  const cells = COLUMNS.map(({ label, value, format }) => {
    const all = rows.reduce((sum, other) => sum + value(other), 0);
    const share = all === 0 ? 0 : value(row) / all;
    const bar = element("span", { class: "vt-share", style: `--vt-fraction: ${share}` });
    const number = value(row) === 0 ? "–" : format(value(row));
    const title = `${percent(share)} of ${format(all)}`;
    return element(
      "td",
      { class: "vt-number", "data-label": label, title },
      bar,
      element("span", { class: "vt-share-number" }, number),
      element("span", { class: "vt-muted vt-share-percent" }, share === 0 ? "" : percent(share)),
    );
  });
  return element("tr", {}, element("th", { scope: "row" }, CLASS_NAMES[row.costClass]), ...cells);
}
