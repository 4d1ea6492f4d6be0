import { element } from "../render/element.ts";
import { percent } from "../render/formatNumber.ts";
import { visibleToken } from "../render/visibleToken.ts";
import type { Snapshot } from "./data.ts";

/** More tokens than this are shown as a part round the step. */
const PART = 300;

/** The tokens, those that go through the model in this step lit, and at the end the likeliest next one. */
export function createTokenLine(): {
  readonly element: HTMLElement;
  draw(tokenTexts: readonly string[], snapshot: Snapshot): void;
} {
  const host = element("p", { class: "vt-step-tokens", "aria-label": "Tokens", role: "group" });
  return {
    element: host,
    draw(tokenTexts, { start, end, likeliest }) {
      const from =
        tokenTexts.length <= PART ? 0 : Math.max(0, Math.min(start - 20, tokenTexts.length - PART));
      const part = tokenTexts.slice(from, from + PART);
      host.replaceChildren(
        ...(from > 0 ? [element("span", { class: "vt-muted" }, `${from} before … `)] : []),
        ...part.map((text, i) => {
          const at = from + i;
          const isLit = at >= start && at < end;
          return element(
            "span",
            { class: isLit ? "vt-step-token vt-step-lit" : "vt-step-token", title: `token ${at}` },
            visibleToken(text),
          );
        }),
        ...(from + PART < tokenTexts.length
          ? [element("span", { class: "vt-muted" }, ` … ${tokenTexts.length - from - PART} behind`)]
          : []),
        ...(likeliest === null
          ? []
          : [
              element("span", { class: "vt-muted" }, " likeliest next: "),
              element(
                "span",
                { class: "vt-step-token vt-likeliest" },
                visibleToken(likeliest.text),
              ),
              element("span", { class: "vt-muted" }, ` ${percent(likeliest.probability)}`),
            ]),
      );
    },
  };
}
