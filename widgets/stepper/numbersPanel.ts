import { element, svgElement } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { shortToken } from "../render/visibleToken.ts";
import type { Matrix } from "./matrixPicture.ts";

const [WIDTH, HEIGHT] = [220, 54];

/** Statistics of the slice that is shown: five numbers, a histogram, and the norm of each token's row. */
export function createNumbersPanel(): {
  readonly element: HTMLElement;
  draw(matrix: Matrix, norms: Float64Array, litRow: number): void;
} {
  const host = element("div", { class: "vt-numbers" });
  return {
    element: host,
    draw(matrix, norms, litRow) {
      const { min, max, mean, std, nNotFinite } = matrix.statistics;
      const rounded = (x: number): string => exactF32(Number(x.toPrecision(5)));
      const terms: readonly (readonly [string, string])[] = [
        ["min", number(min, matrix.isF64)],
        ["max", number(max, matrix.isF64)],
        ["mean", rounded(mean)],
        ["std", rounded(std)],
        ...(nNotFinite > 0 ? [["not finite", String(nNotFinite)] as const] : []),
      ];
      const largest = Math.max(...norms, Number.MIN_VALUE);
      host.replaceChildren(
        element(
          "dl",
          { class: "vt-statistics" },
          ...terms.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]),
        ),
        histogram(matrix),
        element(
          "div",
          { class: "vt-norms", tabindex: 0, role: "region", "aria-label": "Norm of each token" },
          element(
            "table",
            { class: "vt-norm-table" },
            element("caption", {}, "norm of each token"),
            element(
              "tbody",
              {},
              ...Array.from(norms, (norm, r) => {
                const row = matrix.window.rowStart + r;
                const bar = element("span", { class: "vt-bar" });
                bar.style.width = `${(100 * norm) / largest}%`;
                return element(
                  "tr",
                  { class: row === litRow ? "vt-lit-row" : "" },
                  element("th", { scope: "row" }, shortToken(matrix.rowTexts[row] ?? "", 10)),
                  element("td", { class: "vt-bar-cell" }, bar),
                  element("td", { class: "vt-number" }, rounded(norm)),
                );
              }),
            ),
          ),
        ),
      );
    },
  };
}

/** A number with every digit that it has. */
export const number = (value: number, isF64: boolean): string =>
  isF64 && Number.isFinite(value) ? String(value) : exactF32(value);

function histogram({ statistics, isF64 }: Matrix): SVGElement {
  const { histogram: counts, min, max } = statistics;
  const most = Math.max(1, ...counts);
  const width = WIDTH / counts.length;
  const bars = counts.map((count, i) => {
    const height = count === 0 ? 0 : Math.max(1, (HEIGHT * count) / most);
    return svgElement("rect", {
      ...{ x: i * width, y: HEIGHT - height, width: width - 1, height, class: "vt-histogram-bar" },
    });
  });
  const label = `Histogram from ${number(min, isF64)} to ${number(max, isF64)}; the fullest of ${counts.length} bins has ${most} numbers`;
  return svgElement(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "vt-histogram", role: "img", "aria-label": label },
    ...bars,
  );
}
