import { button } from "../render/controls.ts";
import { element } from "../render/element.ts";
import type { Place } from "./matrixPicture.ts";
import { WINDOW_COLUMNS, WINDOW_ROWS, type WindowReply } from "./picture.ts";

type Part = Pick<WindowReply, "window" | "slices">;

/** Says which part of a large value is shown, and offers the parts beside it. */
export function createWindowsBar(onGo: (place: Place) => void): {
  readonly element: HTMLElement;
  draw(part: Part): void;
} {
  const host = element("div", { class: "vt-windows" });
  return {
    element: host,
    draw({ window, slices }) {
      const isWhole = window.rowCount === slices.nRows && window.columnCount === slices.nColumns;
      host.hidden = isWhole;
      if (isWhole) return;
      const go = (label: string, hint: string, rows: number, columns: number) => {
        const row = window.rowStart + rows * WINDOW_ROWS;
        const column = window.columnStart + columns * WINDOW_COLUMNS;
        const node = button(label, hint, () => onGo({ row, column }));
        node.disabled = row < 0 || column < 0 || row >= slices.nRows || column >= slices.nColumns;
        return node;
      };
      host.replaceChildren(
        element("span", {}, windowText({ window, slices })),
        ...(window.columnCount < slices.nColumns
          ? [go("‹ columns", "Columns before", 0, -1), go("columns ›", "Columns behind", 0, 1)]
          : []),
        ...(window.rowCount < slices.nRows
          ? [go("‹ tokens", "Tokens before", -1, 0), go("tokens ›", "Tokens behind", 1, 0)]
          : []),
      );
    },
  };
}

/** "columns 0 to 511 of 3072" */
export function windowText({ window, slices }: Part): string {
  const { rowStart, rowCount, columnStart, columnCount } = window;
  const rows =
    rowCount < slices.nRows
      ? `rows ${rowStart} to ${rowStart + rowCount - 1} of ${slices.nRows}, `
      : "";
  return `${rows}columns ${columnStart} to ${columnStart + columnCount - 1} of ${slices.nColumns}`;
}
