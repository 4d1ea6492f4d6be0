import { element } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { type CachePart, matrixName, provenanceText, rowLength } from "./data.ts";

export interface ReadoutDrawing {
  readonly part: CachePart;
  readonly layer: number;
  readonly head: number;
  readonly nShown: number;
  /** Null where no token is lit. */
  readonly token: { readonly index: number; readonly text: string } | null;
  readonly column: number;
  /** The token's whole row; null while it is on its way. */
  readonly row: Float32Array | null;
  /** What stands there meanwhile. */
  readonly instead: string;
}

/** The chosen number with every digit, and where it comes from. */
export function createReadout(): {
  readonly element: HTMLElement;
  draw(drawing: ReadoutDrawing): void;
} {
  const host = element("div", { class: "vt-latent-readout" });
  return {
    element: host,
    draw({ part, layer, head, nShown, token, column, row, instead }) {
      const terms: (readonly [string, string])[] = [];
      if (token !== null) {
        const isThere = token.index < nShown;
        const number = !isThere
          ? "not in the cache yet"
          : row === null
            ? instead
            : exactF32(row[column] ?? Number.NaN);
        terms.push([`column ${column}`, number]);
        if (isThere && row !== null)
          terms.push(["length of the row", exactF32(Number(rowLength(row).toPrecision(5)))]);
      }
      const shared = part.rotaryFrom !== null && column >= part.rotaryFrom;
      terms.push(
        ["layer", String(layer)],
        ["numbers", `${matrixName(part, head)}, ${part.nColumns} a token`],
        ["provenance", provenanceText(part)],
        ["site", part.site],
        ...(shared ? [["this column", "rotary key, the same for all heads"] as const] : []),
      );
      host.replaceChildren(
        token === null
          ? element("h4", {}, "No token chosen")
          : element(
              "h4",
              {},
              element("span", { class: "vt-lit" }, visibleToken(token.text)),
              ` (${token.index})`,
            ),
        element(
          "dl",
          {},
          ...terms.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]),
        ),
      );
    },
  };
}
