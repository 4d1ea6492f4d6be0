import { LabIcon } from "@jupyterlab/ui-components";
import { Widget } from "@lumino/widgets";
import { element } from "../render/element.ts";
import variablesSvg from "./variables.svg";

/** What the kernel tells of a name; see kernel/session/variableRows.ts. */
export interface VariableRow {
  readonly name: string;
  readonly type: string;
  readonly size: string;
  readonly value: string;
}

/** Rows, or the sentence that says why there are none. */
export type VariablesState = readonly VariableRow[] | string;

/** Most rows in the page at once; the filter finds the others. */
const MOST_ROWS = 500;

const COLUMNS = ["name", "type", "size", "value"] as const;

/** The side panel with what the notebook has defined. Arrow keys move through its rows. */
export class VariablesPanel extends Widget {
  readonly #onShown: () => void;
  readonly #filter = element("input", {
    type: "search",
    placeholder: "Filter by name or type",
    "aria-label": "Filter variables by name or type",
  });
  readonly #title = element("span", { class: "vitrine-variables-of" });
  readonly #body = element("tbody", { role: "rowgroup" });
  readonly #table = element(
    "table",
    { role: "table", "aria-label": "Variables" },
    element(
      "thead",
      { role: "rowgroup" },
      element(
        "tr",
        { role: "row" },
        ...COLUMNS.map((name) => element("th", { role: "columnheader", scope: "col" }, name)),
      ),
    ),
    this.#body,
  );
  readonly #note = element("p", { role: "status" });
  #state: VariablesState = "";

  constructor(onShown: () => void) {
    super();
    this.#onShown = onShown;
    this.id = "vitrine-variables";
    this.addClass("vitrine-variables");
    this.title.icon = new LabIcon({ name: "vitrine:variables", svgstr: variablesSvg });
    this.title.caption = "Variables";
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", "Variables");
    this.#filter.addEventListener("input", () => this.#draw());
    this.node.addEventListener("keydown", (event) => this.#move(event));
    this.node.append(
      element(
        "div",
        { class: "vitrine-variables-head" },
        element("h2", {}, "Variables"),
        this.#title,
      ),
      this.#filter,
      element("div", { class: "vitrine-variables-scroll" }, this.#table),
      this.#note,
    );
    this.tell("", "No notebook is open.");
  }

  /** Shows the variables of a notebook, or says why there are none. */
  tell(of: string, state: VariablesState): void {
    this.#title.textContent = of;
    this.#state = state;
    this.#draw();
  }

  protected override onAfterShow(): void {
    this.#onShown();
  }

  protected override onActivateRequest(): void {
    this.#filter.focus();
  }

  #draw(): void {
    const state = this.#state;
    const all = typeof state === "string" ? [] : state;
    const wanted = this.#filter.value.trim().toLowerCase();
    const found = all.filter(({ name, type }) => `${name} ${type}`.toLowerCase().includes(wanted));
    const focused = this.#focusedRow()?.dataset.name;
    const rows = found
      .slice(0, MOST_ROWS)
      .map((row) =>
        element(
          "tr",
          { role: "row", tabindex: -1, "data-name": row.name },
          ...COLUMNS.map((column) =>
            column === "name"
              ? element("th", { role: "rowheader", title: row.name }, row.name)
              : element("td", { role: "cell", title: row[column] }, row[column]),
          ),
        ),
      );
    this.#body.replaceChildren(...rows);
    const first = rows.find((row) => row.dataset.name === focused) ?? rows[0];
    if (first !== undefined) first.tabIndex = 0;
    if (focused !== undefined) first?.focus();
    this.#table.hidden = rows.length === 0;
    this.#filter.hidden = all.length === 0;
    this.#note.textContent =
      typeof state === "string" ? state : sentence(all.length, found.length, rows.length);
  }

  #focusedRow(): HTMLTableRowElement | null {
    const focused = document.activeElement;
    return focused instanceof HTMLTableRowElement && this.#body.contains(focused) ? focused : null;
  }

  /** Up, down, Home and End in the rows; down leads there from the filter. */
  #move(event: KeyboardEvent): void {
    const rows = [...this.#body.rows];
    const focused = this.#focusedRow();
    const at = focused === null ? -1 : rows.indexOf(focused);
    if (focused === null && event.target !== this.#filter) return;
    const to: Record<string, number> =
      focused === null
        ? { ArrowDown: 0 }
        : { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const row = rows[next];
    if (row === undefined) {
      if (next < 0) this.#filter.focus();
      return;
    }
    for (const other of rows) other.tabIndex = -1;
    row.tabIndex = 0;
    row.focus();
  }
}

function sentence(nAll: number, nFound: number, nShown: number): string {
  if (nAll === 0) return "Nothing is defined yet. Run a cell that declares something.";
  if (nFound === 0) return `None of ${nAll} variables matches.`;
  if (nShown < nFound) return `The first ${nShown} of ${nFound}; filter to find the others.`;
  return nFound < nAll ? `${nFound} of ${nAll} variables` : "";
}
