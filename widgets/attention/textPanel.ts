import { element } from "../render/element.ts";
import type { Theme } from "../render/theme.ts";
import { createBands } from "./bands.ts";
import type { Looking } from "./looking.ts";
import { directionControl } from "./scaleControls.ts";
import { createTokenStrip } from "./tokenStrip.ts";
import { whenChanged } from "./whenChanged.ts";

interface TextPanelOptions {
  readonly tokenTexts: readonly string[];
  readonly initial: Looking;
  readonly signal: AbortSignal;
  readonly set: (changes: Partial<Looking>) => void;
  readonly onPoint: (token: number | null) => void;
  readonly onPin: (token: number) => void;
  readonly onLeave: () => void;
}

interface LitToken {
  readonly token: number;
  readonly isPinned: boolean;
  /** Its weights to the tokens before it, and theirs to it; null while they are read, or where no map is open. */
  readonly from: Float32Array | null;
  readonly to: Float32Array | null;
  /** What full colour is. */
  readonly max: number;
}

/** The text below the maps: two bands over all of it, and its tokens in the colours of the lit token's weights. */
export function createTextPanel(options: TextPanelOptions): {
  readonly elements: readonly HTMLElement[];
  draw(looking: Looking, lit: LitToken, theme: Theme): void;
} {
  const { tokenTexts, initial, signal, set, onPoint, onPin, onLeave } = options;
  const bands = createBands({ tokenTexts, signal, onPoint, onPin });
  const strip = createTokenStrip({ tokenTexts, signal, onPoint, onPin });
  const head = element("div", { class: "vt-strip-head" }, directionControl(initial, set));
  const [areNewBands, isNewStrip] = [whenChanged(), whenChanged()];
  strip.element.addEventListener(
    "keydown",
    (e) => {
      if (e.key === "Escape") onLeave();
    },
    { signal },
  );

  function drawBands({ scale, nHidden }: Looking, { token, from, to }: LitToken, theme: Theme) {
    const width = bands.element.clientWidth;
    const shown = { token, scale, nHidden, from, to };
    if (areNewBands(...Object.values(shown), theme, width)) bands.draw(shown, theme, width);
  }

  return {
    elements: [bands.element, head, strip.element],
    draw(looking, lit, theme) {
      const { isOpen, direction, scale, nHidden } = looking;
      bands.element.hidden = !isOpen;
      head.hidden = !isOpen;
      if (isOpen) drawBands(looking, lit, theme);
      const { token, isPinned, max } = lit;
      const weights = direction === "from" ? lit.from : lit.to;
      const shown = { token, isPinned, direction, weights, scale, nHidden, max };
      if (isNewStrip(...Object.values(shown), theme)) strip.draw(shown, theme);
    },
  };
}
