import { element } from "../render/element.ts";
import { percent, shortNumber } from "../render/formatNumber.ts";
import { type AttributionSum, partName } from "./data.ts";
import type { BarRow } from "./rows.ts";

/** The chosen row, to six digits: the table has all. */
export function createReadout({ parts }: AttributionSum): {
  readonly element: HTMLElement;
  draw(row: BarRow): void;
} {
  const host = element("div", { class: "vt-attribution-readout" });
  const size = parts.reduce((sum, { value }) => sum + Math.abs(value), 0);
  return {
    element: host,
    draw(row) {
      const { kind, label, value, running } = row;
      const part = row.part === null ? undefined : parts[row.part];
      const name = part === undefined ? label : partName(part);
      const rows: readonly (readonly [string, string])[] = [
        ["adds", `${shortNumber(value)} logits`],
        ...(kind === "part"
          ? [["of all parts' sizes", percent(Math.abs(value) / size)] as const]
          : []),
        ...(running === null || kind === "logit"
          ? []
          : [["sum down to it", shortNumber(running)] as const]),
        ["provenance", kind === "logit" ? "the run's own logits" : "recomputed, sums in float64"],
      ];
      host.replaceChildren(
        element("h4", {}, kind === "source" ? `${name} ${label}` : name),
        ...(kind === "note" ? [] : [terms(rows)]),
      );
    },
  };
}

function terms(rows: readonly (readonly [string, string])[]): HTMLElement {
  return element(
    "table",
    { class: "vt-token-table" },
    element(
      "tbody",
      {},
      ...rows.map(([name, value]) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, name),
          element("td", { class: "vt-number" }, value),
        ),
      ),
    ),
  );
}
