import { ticks } from "d3";
import { element } from "../render/element.ts";
import { fitCanvas } from "../render/fitCanvas.ts";
import type { Theme } from "../render/theme.ts";
import { shortToken } from "../render/visibleToken.ts";
import { binned, costAt, type Field } from "./data.ts";

export interface Series {
  readonly label: string;
  readonly provenance: "derived" | "measured";
  readonly fields: readonly Field[];
  readonly format: (value: number) => string;
}

export interface CostChartsOptions {
  readonly costs: Float64Array;
  readonly tokenTexts: readonly string[];
  readonly nTokens: number;
  readonly isDecoded: (token: number) => boolean;
  readonly series: readonly Series[];
  readonly signal: AbortSignal;
  readonly onPoint: (token: number | null) => void;
  readonly onPin: (token: number) => void;
}

const LEFT = 132;
const RIGHT = 12;
const CHART = 76;
const GAP = 26;
const TOP = 20;
const PHASE_GAP = 14;
/** Bars this wide get their token's text. */
const LABELLED_BAR = 12;
const LABELS = 58;
/** Least room between two positions, in pixels. */
const LABEL_GAP = 6;
const MAX_BAR = 44;

/** Bars per token, one row a quantity over a shared token axis; prefill and decode stand apart. */
export function createCostCharts(options: CostChartsOptions): {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  draw(lit: number | null, pinned: number | null, theme: Theme, width: number): void;
} {
  const { costs, tokenTexts, nTokens, isDecoded, series, signal } = options;
  const canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "bars per token",
    "aria-label": "Cost per token. Left and right choose a token, Enter pins it, Escape clears.",
  });
  const host = element("div", { class: "vt-charts" }, canvas);
  let bins: readonly { readonly start: number; readonly end: number }[] = [];
  let xs: number[] = [];
  let widths: number[] = [];
  let bar = 1;

  const tokenAt = (event: MouseEvent): number | null => {
    const i = xs.findIndex(
      (x, at) => event.offsetX >= x && event.offsetX < (xs[at + 1] ?? x + bar + 1),
    );
    const bin = bins[i];
    if (!bin || event.offsetX > (xs[i] ?? 0) + bar + 4) return null;
    const within = (event.offsetX - (xs[i] ?? 0)) / bar;
    return Math.min(bin.end - 1, bin.start + Math.floor(within * (bin.end - bin.start)));
  };
  canvas.addEventListener("pointermove", (e) => options.onPoint(tokenAt(e)), { signal });
  canvas.addEventListener("pointerleave", () => options.onPoint(null), { signal });
  canvas.addEventListener(
    "click",
    (e) => {
      const token = tokenAt(e);
      if (token !== null) options.onPin(token);
    },
    { signal },
  );

  const mean = (bin: { readonly start: number; readonly end: number }, field: Field): number => {
    let sum = 0;
    for (let t = bin.start; t < bin.end; t++) sum += costAt(costs, t, field);
    return sum / (bin.end - bin.start);
  };

  function place(width: number): void {
    const room = width - LEFT - RIGHT - PHASE_GAP;
    bins = binned(nTokens, Math.max(1, Math.floor(room)));
    const pitch = Math.min(MAX_BAR, room / bins.length);
    bar = pitch - (pitch > 4 ? 1.5 : 0);
    // Narrow bars stand on whole pixels, so that neighbours meet without stripes.
    const snap = (x: number): number => (pitch > 4 ? x : Math.round(x));
    xs = bins.map((bin, i) => {
      const shift = isDecoded(bin.start) && !isDecoded(0) ? PHASE_GAP : 0;
      return snap(LEFT + i * pitch + shift);
    });
    widths = xs.map((_, i) =>
      pitch > 4 ? bar : snap(LEFT + (i + 1) * pitch) - snap(LEFT + i * pitch) || 1,
    );
  }

  return {
    element: host,
    canvas,
    draw(lit, pinned, theme, width) {
      place(width);
      const isLabelled = bar >= LABELLED_BAR && bins.length === nTokens;
      const height = TOP + series.length * (CHART + GAP) + (isLabelled ? LABELS - GAP + 6 : 0);
      const context = fitCanvas(canvas, width, height);
      context.textBaseline = "alphabetic";
      phaseLabels(context, theme);
      series.forEach((one, row) => {
        drawSeries(context, one, TOP + row * (CHART + GAP), lit, pinned, theme, width);
      });
      const base = TOP + series.length * (CHART + GAP) - GAP;
      if (isLabelled) labelTokens(context, base, lit ?? pinned, theme);
      else labelPositions(context, base, theme);
    },
  };

  function labelTokens(
    context: CanvasRenderingContext2D,
    base: number,
    lit: number | null,
    theme: Theme,
  ): void {
    context.textAlign = "right";
    xs.forEach((x, token) => {
      context.save();
      context.translate(x + bar / 2 + 3, base + 9);
      context.rotate(-Math.PI / 3.6);
      context.fillStyle = token === lit ? theme.selection : theme.muted;
      context.font = `${token === lit ? "600 " : ""}10.5px ${theme.monospace}`;
      context.fillText(shortToken(tokenTexts[token] ?? "", 9), 0, 4);
      context.restore();
    });
  }

  function labelPositions(context: CanvasRenderingContext2D, base: number, theme: Theme): void {
    context.fillStyle = theme.muted;
    context.font = `10.5px ${theme.font}`;
    context.textAlign = "center";
    const size = bins[0] ? bins[0].end - bins[0].start : 1;
    const room = (xs.at(-1) ?? 0) + bar - (xs[0] ?? 0);
    const label = context.measureText(String(nTokens)).width + LABEL_GAP;
    const count = Math.max(1, Math.min(12, nTokens, Math.floor(room / label)));
    let end = Number.NEGATIVE_INFINITY;
    for (const at of ticks(0, nTokens - 1, count).filter(Number.isInteger)) {
      const x = xs[Math.floor(at / size)];
      if (x === undefined || x + bar / 2 < end + label) continue; // `ticks` may give more than were asked for
      context.fillText(String(at), x + bar / 2, base + 14);
      end = x + bar / 2;
    }
    context.textAlign = "right";
    context.fillText("position", LEFT - 12, base + 14);
  }

  function phaseLabels(context: CanvasRenderingContext2D, theme: Theme): void {
    context.font = `600 11px ${theme.font}`;
    context.textAlign = "left";
    const firstDecoded = bins.findIndex((bin) => isDecoded(bin.start));
    context.fillStyle = theme.muted;
    if (firstDecoded !== 0) context.fillText("prefill", xs[0] ?? LEFT, 11);
    const x = firstDecoded >= 0 ? xs[firstDecoded] : undefined;
    if (x !== undefined)
      context.fillText("decode", Math.max(x, (xs[0] ?? 0) + (firstDecoded > 0 ? 52 : 0)), 11);
  }

  function drawSeries(
    context: CanvasRenderingContext2D,
    one: Series,
    top: number,
    lit: number | null,
    pinned: number | null,
    theme: Theme,
    width: number,
  ): void {
    const base = top + CHART;
    const values = bins.map((bin) => one.fields.map((field) => mean(bin, field)));
    const totals = values.map((parts) => parts.reduce((a, b) => a + b, 0));
    const most = Math.max(0, ...totals.filter((v) => !Number.isNaN(v)));
    context.textAlign = "right";
    context.fillStyle = theme.ink;
    context.font = `600 12px ${theme.font}`;
    context.fillText(one.label, LEFT - 12, top + 12);
    context.font = `11px ${theme.font}`;
    context.fillStyle = one.provenance === "measured" ? theme.data : theme.muted;
    context.fillText(one.provenance, LEFT - 12, top + 28);
    context.fillStyle = theme.muted;
    context.fillText(most > 0 ? `up to ${one.format(most)}` : "", LEFT - 12, top + 44);
    context.strokeStyle = theme.faint;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(LEFT - 4, base + 0.5);
    context.lineTo(width - RIGHT, base + 0.5);
    context.stroke();
    if (most === 0) {
      context.textAlign = "left";
      context.fillText("not measured", LEFT, base - 6);
      return;
    }
    bins.forEach((bin, i) => {
      const x = xs[i] ?? 0;
      const barWidth = widths[i] ?? bar;
      const isLit = lit !== null && lit >= bin.start && lit < bin.end;
      const isPinned = pinned !== null && pinned >= bin.start && pinned < bin.end;
      if (isLit) {
        context.fillStyle = theme.selection;
        context.globalAlpha = 0.16;
        context.fillRect(x - 1, top, barWidth + 2, CHART);
        context.globalAlpha = 1;
      }
      let y = base;
      (values[i] ?? []).forEach((value, part) => {
        if (Number.isNaN(value)) return;
        const height = (CHART * value) / most;
        context.fillStyle =
          isLit || isPinned ? theme.selection : part === 0 ? theme.data : theme.dataSoft;
        context.globalAlpha =
          (isPinned && !isLit ? 0.5 : 1) * (part === 0 ? 1 : part === 1 ? 0.85 : 0.5);
        context.fillRect(x, y - height, barWidth, height);
        y -= height;
      });
      context.globalAlpha = 1;
      if (isPinned) context.fillRect(x, base + 2, barWidth, 3);
    });
  }
}
