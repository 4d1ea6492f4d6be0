import { element } from "../render/element.ts";
import { shortNumber } from "../render/formatNumber.ts";
import {
  type ErrorRow,
  errorAt,
  errorText,
  type PrecisionRecord,
  siteAt,
  tokenText,
} from "./data.ts";

/** What is looked at. */
export interface PrecisionPlace {
  readonly row: ErrorRow | null;
  readonly layer: number;
  readonly token: number | null;
}

/** The chosen error, to six digits (the table has all), and what becomes of the chosen token. */
export function createReadout(record: PrecisionRecord): {
  readonly element: HTMLElement;
  draw(place: PrecisionPlace): void;
} {
  const host = element("div", { class: "vt-precision-readout" });
  return {
    element: host,
    draw({ row, layer, token }) {
      host.replaceChildren(
        ...(row === null ? [] : siteTerms(row, layer)),
        ...(token === null ? [] : tokenTerms(record, layer, token)),
      );
    },
  };
}

function siteTerms(row: ErrorRow, layer: number): HTMLElement[] {
  const error = errorAt(row, layer);
  const site = siteAt(row, layer);
  if (error === null)
    return [
      element("h4", {}, site),
      element("p", { class: "vt-muted" }, "no such site in this layer"),
    ];
  return [
    element("h4", {}, site),
    terms([
      ["relative error", shortNumber(error.relative)],
      ["largest difference", shortNumber(error.largest)],
      ...(error.nNotFinite > 0 ? [["not finite", `${error.nNotFinite}, left out`] as const] : []),
      ["provenance", "derived, sums in float64"],
    ]),
  ];
}

function tokenTerms(record: PrecisionRecord, layer: number, token: number): HTMLElement[] {
  const { byToken, routes, tokens, rows } = record;
  const nTokens = tokens.length;
  const isBlock = rows.some(({ layers }) => layers?.includes(layer));
  const routed = routes?.layers.indexOf(layer) ?? -1;
  return [
    element("h4", {}, `Token ${token}`),
    element("p", {}, tokenText(record, token)),
    terms([
      ...(byToken !== null && isBlock
        ? [
            [
              `residual behind layer ${layer}`,
              errorText(byToken[layer * nTokens + token] ?? 0),
            ] as const,
          ]
        : []),
      ...(routes !== null && routed >= 0
        ? [
            [
              `routes changed in layer ${layer}`,
              `${routes.changed[routed * nTokens + token]} of ${routes.nExpertsPerToken}`,
            ] as const,
          ]
        : []),
    ]),
  ];
}

function terms(rows: readonly (readonly [string, string])[]): HTMLElement {
  return element(
    "dl",
    {},
    ...rows.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]),
  );
}
