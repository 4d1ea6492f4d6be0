import { divergingScale } from "../render/diverging.ts";
import { element } from "../render/element.ts";
import { inkOnColour, type Theme } from "../render/theme.ts";
import { createTokenText, type TokenTextOptions } from "../tokens/tokenText.ts";
import { signedText } from "./data.ts";

/** What is shown on the text. */
export interface ShownSources {
  readonly title: string;
  /** Logits from each token; a sentence where they are not known. */
  readonly values: ArrayLike<number> | string;
}

/** The text, each token coloured by what is read from it: blue below zero, red above. */
export function createSourceText(options: Omit<TokenTextOptions, "blocks" | "onChange">): {
  readonly element: HTMLElement;
  draw(shown: ShownSources, theme: Theme): void;
  mark(lit: number | null, pinned: number | null): void;
} {
  const text = createTokenText({ ...options, blocks: [], onChange: () => {} });
  const title = element("h4", {});
  const scale = element("p", { class: "vt-scale-line" });
  let last: { readonly shown: ShownSources; readonly theme: Theme } | null = null;
  return {
    element: element("div", {}, title, text.element, scale),
    draw(shown, theme) {
      const { title: said, values } = shown;
      const isSame = last?.shown.values === values && last.shown.title === said;
      if (isSame && last?.theme === theme) return;
      last = { shown, theme };
      title.textContent = said;
      const numbers = Float64Array.from(typeof values === "string" ? [] : values);
      const most = numbers.reduce((all, value) => Math.max(all, Math.abs(value)), 0);
      scale.textContent =
        typeof values === "string"
          ? values
          : `linear: full colour is ${signedText(most)} logits in red, as far below zero in blue`;
      const colourAt = divergingScale(theme);
      text.paint((token) => {
        const value = numbers[token];
        if (value === undefined) return { ground: "", ink: "", classes: "vt-none" };
        const ground = colourAt(most === 0 ? 0 : value / most);
        return { ground, ink: inkOnColour(ground), classes: "" };
      });
    },
    mark: text.mark,
  };
}
