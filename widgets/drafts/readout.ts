import { element } from "../render/element.ts";
import { percent, shortNumber } from "../render/formatNumber.ts";
import { visibleToken } from "../render/visibleToken.ts";
import type { DraftedToken } from "./data.ts";

const VERDICTS: Readonly<Record<DraftedToken["verdict"], string>> = {
  accepted: "accepted: the token is the draft",
  rejected: "rejected: the model drew another",
  bonus: "bonus: behind accepted drafts, from the same step",
  plain: "plain: nothing was drafted here",
};

/** A probability to six digits, and the percentage. */
const probability = (value: number | null): string =>
  value === null ? "none" : `${shortNumber(value)} (${percent(value)})`;

/** The chosen token and its draft; the table has every digit. */
export function createReadout(): {
  readonly element: HTMLElement;
  draw(token: DraftedToken | null): void;
} {
  const host = element("div", { class: "vt-drafts-readout" });
  return {
    element: host,
    draw(token) {
      if (token === null) {
        host.replaceChildren(
          element("h4", {}, "No token chosen"),
          element("p", { class: "vt-muted" }, "Point at a token or a dot, or use the arrows."),
        );
        return;
      }
      const { text, index, draftText } = token;
      const terms: readonly (readonly [string, string])[] = [
        ["verdict", VERDICTS[token.verdict]],
        ["place in its step", String(token.position + 1)],
        ["draft", draftText === null ? "none" : visibleToken(draftText)],
        ["under the draft module", probability(token.draftProbability)],
        ["under the model", probability(token.modelProbability)],
        ["provenance", "measured, raw logits of both"],
      ];
      host.replaceChildren(
        element("h4", {}, element("span", { class: "vt-lit" }, visibleToken(text)), ` (${index})`),
        element(
          "dl",
          {},
          ...terms.flatMap(([term, said]) => [element("dt", {}, term), element("dd", {}, said)]),
        ),
      );
    },
  };
}
