import { button } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { visibleToken } from "../render/visibleToken.ts";
import type { BreakpointRow, OperatorMark } from "./data.ts";
import { createField, type Field } from "./field.ts";

const NAMES = ["site", "operator", "layer", "token", "when"] as const;
type Name = (typeof NAMES)[number];

export interface BreakpointsPanelOptions {
  /** @returns what is wrong with which field, or null */
  readonly onAdd: (
    typed: Readonly<Record<Name, string>>,
  ) => Promise<{ readonly field: string; readonly problem: string } | null>;
  readonly onRemove: (id: number) => void;
}

/** The breakpoints, and a form for one more. */
export function createBreakpointsPanel({ onAdd, onRemove }: BreakpointsPanelOptions): {
  readonly element: HTMLElement;
  draw(
    breakpoints: readonly BreakpointRow[],
    operators: readonly OperatorMark[],
    tokenTexts: readonly string[],
  ): void;
} {
  const lists = { site: suggestions(), operator: suggestions(), token: suggestions() };
  const text = (label: string, placeholder: string, list?: HTMLDataListElement): Field =>
    createField(label, { type: "text", placeholder, size: 23, ...(list && { list: list.id }) });
  const fields: Readonly<Record<Name, Field>> = {
    site: text("site or glob", "blocks.*.hook_resid_mid", lists.site),
    operator: text("operator", "route", lists.operator),
    layer: createField("layer", { type: "text", inputmode: "numeric", size: 4 }),
    token: text("token", "·key", lists.token),
    when: text("condition", "token.index > 0 && Math.max(...value.data) < 0.6"),
  };
  fields.when.element.classList.add("vt-wide-field");
  const add = async (): Promise<void> => {
    for (const name of NAMES) fields[name].refuse("");
    const typed = Object.fromEntries(NAMES.map((name) => [name, fields[name].input.value]));
    const known = shownTokens.get(typed.token ?? "");
    const problem = await onAdd({ ...typed, token: known ?? typed.token ?? "" } as Record<
      Name,
      string
    >);
    if (problem === null) for (const name of NAMES) fields[name].input.value = "";
    else {
      const field = fields[problem.field as Name] ?? fields.site;
      field.refuse(problem.problem);
      field.input.focus();
    }
  };
  for (const name of NAMES)
    fields[name].input.addEventListener("keydown", (e) => {
      if (e.key === "Enter") void add();
    });
  let shownTokens = new Map<string, string>();
  let marks: readonly OperatorMark[] | null = null;
  const list = element("ul", { class: "vt-list" });
  const host = element(
    "section",
    { class: "vt-panel vt-breakpoints", "aria-label": "Breakpoints" },
    element("h4", {}, "Breakpoints"),
    list,
    element(
      "div",
      { class: "vt-breakpoint-form", role: "group", "aria-label": "A new breakpoint" },
      ...NAMES.flatMap((name) => [fields[name].element, fields[name].message]),
      button("Add breakpoint", "Stop where all that is filled in holds", () => void add()),
      ...Object.values(lists),
    ),
  );
  return {
    element: host,
    draw(breakpoints, operators, tokenTexts) {
      list.replaceChildren(
        ...breakpoints.map(({ id, text: said }) =>
          element(
            "li",
            {},
            element("span", { class: "vt-muted" }, `${id}`),
            element("code", {}, said),
            button("Remove", `Remove breakpoint ${id}`, () => onRemove(id)),
          ),
        ),
      );
      if (breakpoints.length === 0) list.append(element("li", { class: "vt-muted" }, "None yet."));
      const shown = new Map(tokenTexts.map((each) => [visibleToken(each), each]));
      if ([...shown.keys()].join() !== [...shownTokens.keys()].join())
        lists.token.replaceChildren(
          ...[...shown.keys()].map((value) => element("option", { value })),
        );
      shownTokens = shown;
      if (marks === operators) return;
      marks = operators;
      const options = (of: readonly string[]): HTMLElement[] =>
        [...new Set(of)].map((value) => element("option", { value }));
      const sites = operators.flatMap((each) => each.sites);
      const globs = sites.map((site) => site.replace(/^blocks\.\d+\./, "blocks.*."));
      lists.site.replaceChildren(...options([...globs, ...sites]));
      lists.operator.replaceChildren(...options(operators.map(({ kind }) => kind)));
    },
  };
}

const suggestions = (): HTMLDataListElement =>
  element("datalist", { id: `vt-list-${Math.random().toString(36).slice(2)}` });
