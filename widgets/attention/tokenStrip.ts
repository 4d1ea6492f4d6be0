import { element } from "../render/element.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { inkOn, rampColour, type Theme } from "../render/theme.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { type Direction, type ScaleName, shade } from "./data.ts";

/** More tokens than this are shown as a window round the lit one. */
const WINDOW = 400;

export interface TokenStripOptions {
  readonly tokenTexts: readonly string[];
  readonly signal: AbortSignal;
  readonly onPoint: (token: number | null) => void;
  readonly onPin: (token: number) => void;
}

export interface StripPicture {
  readonly token: number;
  readonly isPinned: boolean;
  readonly direction: Direction;
  readonly weights: Float32Array | null;
  readonly scale: ScaleName;
  readonly nHidden: number;
  readonly max: number;
}

/** The prompt as running text, each token coloured by its weight from or to the lit one. */
export function createTokenStrip(options: TokenStripOptions): {
  readonly element: HTMLElement;
  draw(picture: StripPicture, theme: Theme): void;
} {
  const { tokenTexts, signal } = options;
  const nTokens = tokenTexts.length;
  const host = element("div", {
    class: "vt-strip",
    tabindex: 0,
    role: "application",
    "aria-roledescription": "token strip",
    "aria-label": "Tokens. Left and right choose a token, Enter pins it.",
  });
  let lit = nTokens - 1;
  let start = -1;
  let chips: HTMLElement[] = [];

  const tokenOf = (event: Event): number | null => {
    const chip = event.target instanceof HTMLElement ? event.target.dataset.token : undefined;
    return chip === undefined ? null : Number(chip);
  };
  host.addEventListener(
    "pointerover",
    (e) => {
      const token = tokenOf(e);
      if (token !== null) options.onPoint(token);
    },
    { signal },
  );
  host.addEventListener("pointerleave", () => options.onPoint(null), { signal });
  host.addEventListener(
    "click",
    (e) => {
      const token = tokenOf(e);
      if (token !== null) options.onPin(token);
    },
    { signal },
  );
  host.addEventListener(
    "keydown",
    (e) => {
      const step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
      if (step !== 0) options.onPoint(Math.min(nTokens - 1, Math.max(0, lit + step)));
      else if (e.key === "Enter") options.onPin(lit);
      else return;
      e.preventDefault();
    },
    { signal },
  );

  const fill = (from: number): void => {
    start = from;
    const end = Math.min(nTokens, from + WINDOW);
    chips = [];
    const nodes: Node[] = [];
    if (from > 0) nodes.push(element("span", { class: "vt-muted" }, `… ${from} tokens before `));
    for (let t = from; t < end; t++) {
      const text = tokenTexts[t] ?? "";
      const chip = element("span", { class: "vt-chip", "data-token": t }, visibleToken(text));
      chips.push(chip);
      nodes.push(chip);
      if (text.includes("\n")) nodes.push(document.createElement("br"));
    }
    if (end < nTokens)
      nodes.push(element("span", { class: "vt-muted" }, ` ${nTokens - end} tokens after …`));
    host.replaceChildren(...nodes);
  };

  return {
    element: host,
    draw(picture, theme) {
      lit = picture.token;
      const wanted =
        nTokens <= WINDOW
          ? 0
          : lit >= start && lit < start + WINDOW && start >= 0
            ? start
            : Math.max(0, Math.min(nTokens - WINDOW, lit - WINDOW / 2));
      if (wanted !== start) fill(wanted);
      const litChip = chips[lit - start];
      if (litChip && !host.matches(":hover")) scrollInto(host, litChip);
      const shades = stripShades(picture);
      chips.forEach((chip, i) => {
        const t = start + i;
        const strength = shades?.[t] ?? 0;
        const isMasked =
          picture.weights !== null && (picture.direction === "from" ? t > lit : t < lit);
        chip.style.background = isMasked ? "" : rampColour(theme, strength);
        chip.style.color = isMasked ? theme.muted : strength > 0 ? inkOn(theme, strength) : "";
        chip.classList.toggle("vt-masked", isMasked);
        chip.classList.toggle("vt-lit-chip", t === lit);
        chip.classList.toggle("vt-pinned-chip", t === lit && picture.isPinned);
        const weight = picture.weights?.[t];
        chip.title = `${t}: ${isMasked ? "masked" : weight === undefined ? "" : exactF32(weight)}`;
      });
    },
  };
}

/** Scrolls the strip alone, never the page. */
function scrollInto(host: HTMLElement, chip: HTMLElement): void {
  const top = chip.offsetTop;
  if (top < host.scrollTop || top + chip.offsetHeight > host.scrollTop + host.clientHeight)
    host.scrollTop = top - host.clientHeight / 2;
}

function stripShades(picture: StripPicture): Float32Array | null {
  const { weights, scale, nHidden, direction, max } = picture;
  if (!weights) return null;
  const skip = direction === "from" ? nHidden : 0;
  const shades = new Float32Array(weights.length);
  if (scale === "rank") {
    const order = Array.from(weights.keys())
      .slice(skip)
      .filter((i) => (weights[i] ?? 0) > 0)
      .sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
    order.forEach((position, rank) => {
      shades[position] = 1 - rank / order.length;
    });
  } else for (let i = skip; i < weights.length; i++) shades[i] = shade(weights[i] ?? 0, scale, max);
  return shades;
}
