import { element } from "../render/element.ts";
import { shortToken } from "../render/visibleToken.ts";
import { type FeatureRows, largestTokens, numberText, rowOf } from "./data.ts";

const MOST = 10;

/** What is looked at. */
export interface FeaturePlace {
  readonly row: number;
  readonly token: number | null;
}

/** The chosen feature's largest tokens, and the chosen token's largest features, to six digits: the table has all. */
export function createReadout(rows: FeatureRows): {
  readonly element: HTMLElement;
  draw(place: FeaturePlace): void;
} {
  const host = element("div", { class: "vt-features-readout" });
  return {
    element: host,
    draw({ row, token }) {
      const { names, units, provenance, tokenTexts } = rows;
      const values = rowOf(rows, row);
      const largest = largestTokens(values, MOST);
      host.replaceChildren(
        element("h4", {}, names[row] ?? ""),
        element("p", { class: "vt-muted" }, `its largest tokens, ${provenance[row]}`),
        table(
          largest.map((at) => ({
            name: `${shortToken(tokenTexts[at] ?? "", 20)} (${at})`,
            value: numberText(values[at] ?? Number.NaN, units[row] ?? ""),
            isOwn: at === token,
          })),
        ),
        ...(token === null ? [] : tokenParts(rows, token, row)),
      );
    },
  };
}

function tokenParts(rows: FeatureRows, token: number, own: number): HTMLElement[] {
  const { names, units, tokenTexts } = rows;
  const column = names.map((_, row) => rowOf(rows, row)[token] ?? Number.NaN);
  return [
    element("h4", {}, `Token ${token}: ${shortToken(tokenTexts[token] ?? "", 20)}`),
    table(
      largestTokens(column, MOST).map((row) => ({
        name: names[row] ?? "",
        value: numberText(column[row] ?? Number.NaN, units[row] ?? ""),
        isOwn: row === own,
      })),
    ),
  ];
}

function table(
  lines: readonly { readonly name: string; readonly value: string; readonly isOwn: boolean }[],
): HTMLElement {
  return element(
    "table",
    { class: "vt-token-table" },
    element(
      "tbody",
      {},
      ...lines.map(({ name, value, isOwn }) =>
        element(
          "tr",
          { class: isOwn ? "vt-own" : "" },
          element("th", { scope: "row" }, name),
          element("td", { class: "vt-number" }, value),
        ),
      ),
    ),
  );
}
