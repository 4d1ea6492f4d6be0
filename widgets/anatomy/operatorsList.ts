import type { AnatomyOperator, AnatomyPart } from "../../engine/trace/schema.ts";
import { toneOf } from "../cost/classGroups.ts";
import { element } from "../render/element.ts";
import { siNumber } from "../render/formatNumber.ts";
import { formulaOf, operatorName, operatorParameters, SECTION_NAMES } from "./data.ts";

/** A part's operators in their order, a row each; arrows move, and what is moved to is shown. */
export function createOperatorsList(onChoose: (index: number) => void): {
  readonly element: HTMLElement;
  draw(part: AnatomyPart, chosen: number): void;
} {
  const host = element("div", { role: "listbox", class: "vt-op-list", "aria-label": "Operators" });
  let rows: HTMLElement[] = [];
  let shown: AnatomyPart | null = null;
  host.addEventListener("keydown", (e) => {
    const at = rows.findIndex((row) => row.matches(":focus"));
    const by = MOVES[e.key];
    if (at < 0 || by === undefined) return;
    const next = Math.max(0, Math.min(rows.length - 1, at + by));
    e.preventDefault();
    onChoose(next);
    rows[next]?.focus();
  });
  return {
    element: host,
    draw(part, chosen) {
      if (part !== shown) {
        shown = part;
        rows = part.operators.map((operator) => createRow(part, operator));
        rows.forEach((row, i) => {
          row.addEventListener("click", () => onChoose(i));
        });
        host.replaceChildren(...sections(part, rows));
      }
      rows.forEach((row, i) => {
        row.setAttribute("aria-selected", String(i === chosen));
        row.tabIndex = i === chosen ? 0 : -1;
      });
    },
  };
}

const MOVES: Readonly<Record<string, number>> = {
  ArrowUp: -1,
  ArrowDown: 1,
  PageUp: -8,
  PageDown: 8,
  Home: -1e6,
  End: 1e6,
};

/** Rows under what they belong to; outside of blocks there is one section, which needs no name. */
function sections({ kind, operators }: AnatomyPart, rows: readonly HTMLElement[]): HTMLElement[] {
  const groups: { readonly name: string; readonly rows: HTMLElement[] }[] = [];
  operators.forEach(({ section }, i) => {
    const name = SECTION_NAMES[section];
    if (groups.at(-1)?.name !== name) groups.push({ name, rows: [] });
    const row = rows[i];
    if (row) groups.at(-1)?.rows.push(row);
  });
  const isNamed = kind === "block" || kind === "drafts";
  return groups.map((group) =>
    element(
      "div",
      { role: "group", "aria-label": group.name },
      isNamed ? element("div", { class: "vt-section", "aria-hidden": "true" }, group.name) : null,
      ...group.rows,
    ),
  );
}

function createRow(part: AnatomyPart, operator: AnatomyOperator): HTMLElement {
  const { parameters, active } = operatorParameters(operator);
  const tone = toneOf(operator.costClass);
  const share = (count: number): string =>
    `width:${(100 * count) / Math.max(1, part.parameters)}%;min-width:${count > 0 ? 1 : 0}px`;
  const isSite = operator.sites.length > 0;
  return element(
    "div",
    { role: "option", class: "vt-op", title: operator.does },
    element("span", { class: `vt-swatch ${tone}`, "aria-hidden": "true" }),
    element("span", { class: isSite ? "" : "vt-muted" }, operatorName(operator)),
    element("span", { class: "vt-formula" }, formulaOf(operator)),
    element(
      "span",
      { class: `vt-bar ${tone}`, "aria-hidden": "true" },
      element("i", { style: share(parameters) }),
      element("i", { style: share(active) }),
    ),
    element("span", { class: "vt-count" }, parameters === 0 ? "" : siNumber(parameters)),
  );
}
