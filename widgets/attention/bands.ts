import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { rampColour, type Theme } from "../render/theme.ts";
import { shortToken } from "../render/visibleToken.ts";
import { type ScaleName, shade } from "./data.ts";

export interface BandsOptions {
  readonly tokenTexts: readonly string[];
  readonly signal: AbortSignal;
  readonly onPin: (token: number) => void;
  readonly onPoint: (token: number) => void;
}

export interface BandsPicture {
  readonly token: number;
  /** (token + 1), or null while they are read. */
  readonly from: Float32Array | null;
  /** (T), or null while they are read. */
  readonly to: Float32Array | null;
  readonly scale: ScaleName;
  readonly nHidden: number;
}

const LABEL = 34;
const BAND = 14;
const GAP = 3;
const HEIGHT = 2 * BAND + GAP;

/** The strongest weight of each of `nBins` equal stretches of T tokens, and where it is. */
export function strongestOfBins(
  weights: Float32Array,
  nTokens: number,
  nBins: number,
  nHidden: number,
) {
  const values = new Float32Array(nBins);
  const positions = new Int32Array(nBins).fill(-1);
  for (let i = nHidden; i < weights.length; i++) {
    const bin = Math.floor((i * nBins) / nTokens);
    const weight = weights[i] ?? 0;
    if (positions[bin] !== -1 && weight <= (values[bin] ?? 0)) continue;
    values[bin] = weight;
    positions[bin] = i;
  }
  return { values, positions };
}

/** Two bands over the whole text, however long: what the lit token attends to, and what attends to it. */
export function createBands(options: BandsOptions): {
  readonly element: HTMLElement;
  draw(picture: BandsPicture, theme: Theme, width: number): void;
} {
  const { tokenTexts, signal } = options;
  const nTokens = tokenTexts.length;
  const canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "bands over the text",
    "aria-label":
      "The whole text as two bands: weights from the lit token, and to it. Left and right move it, Enter pins it.",
  });
  const host = element("div", { class: "vt-bands" }, canvas);
  let last: BandsPicture | null = null;
  let room = 1;
  let nBins = 1;

  /** The token of a place: the strongest of its stretch in the band that it is in. */
  const tokenAt = ({
    offsetX,
    offsetY,
  }: MouseEvent): { token: number; weight: number | null } | null => {
    const bin = Math.floor(((offsetX - LABEL) / room) * nBins);
    if (bin < 0 || bin >= nBins || !last) return null;
    const isFrom = offsetY < BAND + GAP / 2;
    const weights = isFrom ? last.from : last.to;
    const middle = Math.min(nTokens - 1, Math.floor(((bin + 0.5) * nTokens) / nBins));
    if (!weights) return { token: middle, weight: null };
    const { positions, values } = strongestOfBins(
      weights,
      nTokens,
      nBins,
      isFrom ? last.nHidden : 0,
    );
    const at = positions[bin] ?? -1;
    return at < 0 ? { token: middle, weight: null } : { token: at, weight: values[bin] ?? null };
  };
  canvas.addEventListener(
    "pointermove",
    (e) => {
      const found = tokenAt(e);
      canvas.title = found
        ? `${found.token} ${shortToken(tokenTexts[found.token] ?? "", 20)}${found.weight === null ? "" : `: ${exactF32(found.weight)}`}`
        : "";
    },
    { signal },
  );
  canvas.addEventListener(
    "click",
    (e) => {
      const found = tokenAt(e);
      if (found) options.onPin(found.token);
    },
    { signal },
  );
  canvas.addEventListener(
    "keydown",
    (e) => {
      const step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
      const token = last?.token ?? 0;
      const far = Math.max(1, Math.round(nTokens / nBins));
      if (step !== 0)
        options.onPoint(Math.min(nTokens - 1, Math.max(0, token + step * (e.shiftKey ? 1 : far))));
      else if (e.key === "Enter") options.onPin(token);
      else return;
      e.preventDefault();
    },
    { signal },
  );

  return {
    element: host,
    draw(picture, theme, width) {
      last = picture;
      room = Math.max(60, width - LABEL - 2);
      nBins = Math.min(nTokens, Math.floor(room));
      const context = fitCanvas(canvas, LABEL + room + 2, HEIGHT + 2);
      context.font = `11px ${theme.font}`;
      context.textBaseline = "middle";
      const bands = [
        { label: "from", weights: picture.from, nHidden: picture.nHidden },
        { label: "to", weights: picture.to, nHidden: 0 },
      ];
      bands.forEach(({ label, weights, nHidden }, i) => {
        const y = i * (BAND + GAP);
        context.fillStyle = theme.muted;
        context.fillText(label, 0, y + BAND / 2);
        context.fillStyle = theme.mask;
        context.fillRect(LABEL, y, room, BAND);
        if (!weights) return;
        const { values, positions } = strongestOfBins(weights, nTokens, nBins, nHidden);
        const max = values.reduce((a, b) => Math.max(a, b), 0);
        const scale = picture.scale === "rank" ? "log" : picture.scale;
        for (let bin = 0; bin < nBins; bin++) {
          const position = positions[bin] ?? -1;
          if (position < 0 || (i === 1 && position < picture.token)) continue;
          context.fillStyle = rampColour(theme, shade(values[bin] ?? 0, scale, max));
          const x = Math.floor((bin * room) / nBins);
          context.fillRect(LABEL + x, y, Math.ceil(room / nBins), BAND);
        }
      });
      context.fillStyle = theme.selection;
      context.fillRect(
        LABEL + (picture.token * room) / nTokens,
        0,
        Math.max(1.5, room / nTokens),
        HEIGHT,
      );
    },
  };
}
