import { button } from "./controls.ts";
import { element } from "./element.ts";
import { createPager } from "./pager.ts";

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
  const content = element("div", {});
  const pager = createPager({
    titles: ["Previous rows", "Next rows"],
    onTurn(by) {
      start = Math.max(0, start + by * PAGE);
      refresh();
    },
  });
  const host = element("div", { class: "vt-table-host", hidden: true }, content, pager.element);
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
    content.replaceChildren(
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
    const where = nRows > PAGE ? `rows ${start + 1} to ${end} of ${nRows}` : null;
    pager.draw(where, { isFirst: start === 0, isLast: end === nRows });
  }
  return { toggle, element: host, refresh };
}
