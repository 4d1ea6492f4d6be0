import type { Provenance } from "../../engine/trace/schema.ts";
import { element } from "../render/element.ts";
import { exactF32, percent } from "../render/formatNumber.ts";
import { shortToken } from "../render/visibleToken.ts";

/** What the kernel told of a token's place. */
export interface Alternatives {
  readonly ids: readonly number[];
  readonly texts: readonly string[];
  /** Natural logs. */
  readonly logprobs: readonly number[];
  readonly entropyBits: number;
  readonly rank: number;
  readonly provenance: Provenance;
}

export interface TokenReadoutPicture {
  readonly token: number;
  readonly id: number;
  readonly text: string;
  /** "generated, thinking" */
  readonly part: string;
  readonly rows: readonly {
    readonly label: string;
    readonly value: string;
    readonly provenance: Provenance | "";
  }[];
  /** A sentence where there are none, or they are on their way. */
  readonly alternatives: Alternatives | string;
}

/** One token's numbers, and what else could have stood in its place. */
export function createTokenReadout(): {
  readonly element: HTMLElement;
  draw(picture: TokenReadoutPicture | null): void;
} {
  const host = element("div", { class: "vt-token-readout" });
  return {
    element: host,
    draw(picture) {
      if (picture === null) {
        host.replaceChildren(
          element(
            "p",
            { class: "vt-muted" },
            "Point at a token, or use the arrows, to see its numbers and what else could have stood there. Click or Enter pins it in every picture of the run.",
          ),
        );
        return;
      }
      host.classList.add("vt-used"); // keeps its height from now on, so that nothing below moves from token to token
      const { token, id, text, part, rows, alternatives } = picture;
      host.replaceChildren(
        element(
          "h4",
          { class: "vt-token-head" },
          element("span", { class: "vt-mono" }, shortToken(text, 24)),
          element("span", { class: "vt-muted" }, ` (${token}) · id ${id} · ${part}`),
        ),
        numbersTable(rows),
        typeof alternatives === "string"
          ? element("p", { class: "vt-note vt-alternatives-note" }, alternatives)
          : alternativesTable(alternatives, id),
      );
    },
  };
}

function numbersTable(rows: TokenReadoutPicture["rows"]): HTMLElement {
  return element(
    "table",
    { class: "vt-token-table vt-numbers" },
    element(
      "tbody",
      {},
      ...rows.map(({ label, value, provenance }) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, label),
          element("td", { class: "vt-number" }, value),
          element("td", { class: "vt-muted" }, provenance),
        ),
      ),
    ),
  );
}

function alternativesTable(alternatives: Alternatives, own: number): HTMLElement {
  const { ids, texts, logprobs, entropyBits, rank, provenance } = alternatives;
  const head = ["rank", "token", "probability"].map((label) =>
    element("th", { scope: "col", colspan: label === "probability" ? 2 : 1 }, label),
  );
  const rest = 1 - logprobs.reduce((sum, logprob) => sum + Math.exp(logprob), 0);
  return element(
    "table",
    { class: "vt-token-table vt-alternatives" },
    element(
      "caption",
      {},
      `What could have stood there (${provenance}): this token is number ${rank}, entropy ${exactF32(entropyBits)} bits; ${percent(Math.max(0, rest))} on tokens not listed. Before temperature and other rules of sampling.`,
    ),
    element("thead", {}, element("tr", {}, ...head)),
    element(
      "tbody",
      {},
      ...ids.map((id, i) => {
        const probability = Math.exp(logprobs[i] ?? Number.NaN);
        const bar = element("span", { class: "vt-share-bar" });
        bar.style.width = `${100 * probability}%`;
        return element(
          "tr",
          { class: id === own ? "vt-own" : "", "data-id": id },
          element("td", {}, String(i + 1)),
          element("td", { class: "vt-mono" }, shortToken(texts[i] ?? "", 16)),
          element("td", { class: "vt-number" }, exactF32(probability)),
          element("td", { class: "vt-share-cell", "aria-hidden": "true" }, bar),
        );
      }),
    ),
  );
}
