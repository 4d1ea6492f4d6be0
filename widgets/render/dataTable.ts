import { button } from "./controls.ts";
import { element } from "./element.ts";

export interface DataTableOptions {
  readonly caption: () => string;
  readonly columns: () => readonly { readonly label: string; readonly isNumber: boolean }[];
  readonly nRows: () => number;
  readonly row: (index: number) => readonly string[];
}

export interface DataTable {
  readonly toggle: HTMLButtonElement;
  readonly element: HTMLElement;
  /** Rebuilds the rows if the table is open. */
  refresh(): void;
}

const PAGE = 100;

/** The numbers behind a picture as a real table, closed at first, 100 rows at a time. */
export function dataTable(options: DataTableOptions): DataTable {
  let isOpen = false;
  let start = 0;
  const host = element("div", { class: "vt-table-host", hidden: true });
  const toggle = button("Table", "Show the numbers behind this picture as a table", () => {
    isOpen = !isOpen;
    host.hidden = !isOpen;
    toggle.setAttribute("aria-expanded", String(isOpen));
    refresh();
  });
  toggle.setAttribute("aria-expanded", "false");

  function refresh(): void {
    if (!isOpen) return;
    const nRows = options.nRows();
    start = Math.min(start, Math.max(0, Math.floor((nRows - 1) / PAGE) * PAGE));
    const end = Math.min(nRows, start + PAGE);
    const columns = options.columns();
    const rows = Array.from({ length: end - start }, (_, i) =>
      element(
        "tr",
        {},
        ...options
          .row(start + i)
          .map((text, c) =>
            element("td", { class: columns[c]?.isNumber ? "vt-number" : "" }, text),
          ),
      ),
    );
    const move = (by: number) => (): void => {
      start = Math.max(0, start + by);
      refresh();
    };
    const pager =
      nRows > PAGE
        ? element(
            "div",
            { class: "vt-pager" },
            disabled(button("‹ Previous", "Previous rows", move(-PAGE)), start === 0),
            `rows ${start + 1} to ${end} of ${nRows}`,
            disabled(button("Next ›", "Next rows", move(PAGE)), end === nRows),
          )
        : null;
    host.replaceChildren(
      element(
        "div",
        { class: "vt-table-scroll", tabindex: 0, role: "region", "aria-label": options.caption() },
        element(
          "table",
          { class: "vt-table" },
          element("caption", {}, options.caption()),
          element(
            "thead",
            {},
            element(
              "tr",
              {},
              ...columns.map((column) =>
                element(
                  "th",
                  { scope: "col", class: column.isNumber ? "vt-number" : "" },
                  column.label,
                ),
              ),
            ),
          ),
          element("tbody", {}, ...rows),
        ),
      ),
    );
    if (pager) host.append(pager);
  }
  return { toggle, element: host, refresh };
}

function disabled(node: HTMLButtonElement, isDisabled: boolean): HTMLButtonElement {
  node.disabled = isDisabled;
  return node;
}
