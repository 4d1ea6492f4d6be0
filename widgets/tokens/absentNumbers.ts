import { element } from "../render/element.ts";

/** What a run has no number of, and why: folded, and not there where nothing is missing. */
export function absentNumbers(lines: readonly string[]): HTMLElement {
  const list = element("ul", {}, ...lines.map((line) => element("li", {}, line)));
  const summary = element(
    "summary",
    {},
    `${lines.length} ${lines.length === 1 ? "number is" : "numbers are"} unavailable for this run`,
  );
  const host = element("details", { class: "vt-absent" }, summary, list);
  host.hidden = lines.length === 0;
  return host;
}
