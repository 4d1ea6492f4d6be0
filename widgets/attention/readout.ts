import { element } from "../render/element.ts";
import { exactF32, percent } from "../render/formatNumber.ts";
import { shortToken } from "../render/visibleToken.ts";
import { type Direction, strongest } from "./data.ts";

const SHOWN = 8;

/** The strongest keys of one query (or queries of one key), largest first, with the mass of the rest. */
export function createReadout(tokenTexts: readonly string[]): {
  readonly element: HTMLElement;
  draw(
    token: number,
    direction: Direction,
    weights: Float32Array | null,
    nHidden: number,
    error: string | null,
  ): void;
} {
  const host = element("div", { class: "vt-readout" });
  return {
    element: host,
    draw(token, direction, weights, nHidden, error) {
      const name = shortToken(tokenTexts[token] ?? "", 18);
      const heading = element(
        "h4",
        {},
        element("span", { class: "vt-mono vt-lit" }, name),
        element(
          "span",
          { class: "vt-muted" },
          direction === "from" ? ` (${token}) attends to` : ` (${token}) is attended by`,
        ),
      );
      if (!weights) {
        host.replaceChildren(
          heading,
          element("p", { class: "vt-note" }, error ?? "reading the weights…"),
        );
        return;
      }
      const nLeftOut = direction === "from" ? Math.min(nHidden, weights.length) : 0;
      const drawn = nLeftOut > 0 ? Float32Array.from(weights).fill(0, 0, nLeftOut) : weights;
      const { top, nOthers, othersMass } = strongest(drawn, SHOWN);
      const largest = top[0]?.weight ?? 1;
      const rows = top.map(({ position, weight }) =>
        element(
          "tr",
          {},
          element("td", { class: "vt-muted vt-number" }, String(position)),
          element("td", { class: "vt-mono" }, shortToken(tokenTexts[position] ?? "", 14)),
          element(
            "td",
            { class: "vt-bar-cell" },
            element("span", {
              class: "vt-bar",
              style: `width:${((100 * weight) / largest).toFixed(1)}%`,
            }),
          ),
          element("td", { class: "vt-mono vt-number" }, exactF32(weight)),
        ),
      );
      const hidden = weights.subarray(0, nLeftOut).reduce((sum, weight) => sum + weight, 0);
      const rest = [
        nOthers > 0
          ? direction === "from"
            ? `${nOthers} more keys: ${percent(othersMass)} of the weight.`
            : `${nOthers} more queries.`
          : "",
        hidden > 0
          ? `${nLeftOut === 1 ? "First token" : `First ${nLeftOut} tokens`} (hidden): ${exactF32(Math.fround(hidden))}.`
          : "",
      ].filter(Boolean);
      host.replaceChildren(
        heading,
        element("table", { class: "vt-readout-table" }, element("tbody", {}, ...rows)),
        element("p", { class: "vt-note" }, rest.join(" ")),
      );
    },
  };
}
