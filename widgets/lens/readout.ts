import { element } from "../render/element.ts";
import { exactF32, percent } from "../render/formatNumber.ts";
import { shortToken } from "../render/visibleToken.ts";
import type { LensCells, Likeliest } from "./data.ts";
import type { LensPlace } from "./lensGrid.ts";

/** One cell with every digit: the target's numbers, and the tokens that are likeliest there. */
export function createReadout(cells: LensCells): {
  readonly element: HTMLElement;
  /** @param likeliest a sentence where they are not known */
  draw(place: LensPlace, likeliest: Likeliest | string): void;
} {
  const host = element("div", { class: "vt-lens-readout" });
  return {
    element: host,
    draw(place, likeliest) {
      const { row, column } = place;
      host.replaceChildren(
        element("h4", { class: "vt-token-head" }, cells.sites[row] ?? ""),
        element(
          "p",
          { class: "vt-muted" },
          `at ${shortToken(cells.tokenTexts[column] ?? "", 24)} (${cells.positions[column]}), recomputed`,
        ),
        numbers(cells, place),
        typeof likeliest === "string"
          ? element("p", { class: "vt-note" }, likeliest)
          : likeliestTable(likeliest, cells.targets[column] ?? -1),
      );
    },
  };
}

function numbers(cells: LensCells, { row, column }: LensPlace): HTMLElement {
  const cell = row * cells.positions.length + column;
  const target = cells.targetTexts[column] ?? null;
  const logProb = cells.logProbs[cell] ?? Number.NaN;
  const rows: readonly (readonly [string, string])[] = [
    ["entropy", `${exactF32(cells.entropyBits[cell] ?? Number.NaN)} bits`],
    ...(target === null
      ? [["target", "none: no token follows"] as const]
      : [
          ["target", shortToken(target, 24)] as const,
          ["its rank", String((cells.ranks[cell] ?? 0) + 1)] as const,
          ["its log probability", `${exactF32(logProb)} nats`] as const,
          ["its probability", percent(Math.exp(logProb))] as const,
        ]),
  ];
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

function likeliestTable({ ids, texts, probabilities }: Likeliest, target: number): HTMLElement {
  const rest = 1 - probabilities.reduce((sum, p) => sum + p, 0);
  const head = ["rank", "token", "probability"].map((label) =>
    element("th", { scope: "col", colspan: label === "probability" ? 2 : 1 }, label),
  );
  return element(
    "table",
    { class: "vt-token-table vt-likeliest" },
    element(
      "caption",
      {},
      `The ${ids.length} likeliest next tokens; ${percent(Math.max(0, rest))} on others. The target's row is marked.`,
    ),
    element("thead", {}, element("tr", {}, ...head)),
    element(
      "tbody",
      {},
      ...ids.map((id, i) => {
        const probability = probabilities[i] ?? Number.NaN;
        const bar = element("span", { class: "vt-share-bar" });
        bar.style.width = `${100 * probability}%`;
        return element(
          "tr",
          { class: id === target ? "vt-own" : "", "data-id": id },
          element("td", {}, id === target ? `${i + 1} ◂` : String(i + 1)),
          element("td", { class: "vt-mono" }, shortToken(texts[i] ?? "", 16)),
          element("td", { class: "vt-number" }, exactF32(probability)),
          element("td", { class: "vt-share-cell", "aria-hidden": "true" }, bar),
        );
      }),
    ),
  );
}
