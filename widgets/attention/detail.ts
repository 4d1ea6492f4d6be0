import { button } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { METRIC_LABELS, METRIC_MEANINGS, METRIC_UNITS, METRICS } from "./data.ts";
import type { Looking } from "./looking.ts";
import { mapTitle } from "./progress.ts";

/** Texts this short are never zoomed. */
const ZOOMED_TOKENS = 16;

interface DetailOptions {
  readonly nTokens: number;
  /** What stands below the heading. */
  readonly parts: readonly HTMLElement[];
  readonly close: () => void;
  readonly step: (dLayer: number, dHead: number) => void;
  readonly zoom: (factor: number) => void;
}

/** An open map under its heading: which head it is, what the head does, and the buttons that lead on. */
export function createDetail(options: DetailOptions): {
  readonly element: HTMLElement;
  /** @param metrics of the head; NaN until they have come */
  draw(looking: Looking, metrics: Float32Array): void;
} {
  const { nTokens, parts, close, step, zoom } = options;
  const heading = element("strong", {});
  const metricLine = element("span", {
    class: "vt-muted",
    title: METRICS.map((m) => `${METRIC_LABELS[m]}: ${METRIC_MEANINGS[m]}`).join("\n"),
  });
  const zoomed = element("span", { class: "vt-muted" });
  const zooming = [
    button("+", "Zoom in on the cell (+)", () => zoom(0.5)),
    button("−", "Zoom out (−)", () => zoom(2)),
    zoomed,
  ];
  const head = element(
    "div",
    { class: "vt-detail-head" },
    button("‹ All heads", "Back to all heads (Esc)", close),
    heading,
    button("‹ head", "Previous head ([)", () => step(0, -1)),
    button("head ›", "Next head (])", () => step(0, 1)),
    button("‹ layer", "Previous layer (Page Up)", () => step(-1, 0)),
    button("layer ›", "Next layer (Page Down)", () => step(1, 0)),
    ...(nTokens > ZOOMED_TOKENS ? zooming : []),
  );
  return {
    element: element("div", { class: "vt-detail" }, head, metricLine, ...parts),
    draw({ place, over, viewport: { queryStart, span } }, metrics) {
      heading.textContent = mapTitle(place, over);
      metricLine.textContent = over === "head" ? metricText(metrics) : "";
      metricLine.hidden = metricLine.textContent === "";
      zoomed.textContent = span < nTokens ? `queries ${queryStart}–${queryStart + span - 1}` : "";
    },
  };
}

function metricText(metrics: Float32Array): string {
  const parts = METRICS.flatMap((metric, i) => {
    const value = metrics[i] ?? Number.NaN;
    if (Number.isNaN(value)) return [];
    const unit = METRIC_UNITS[metric] ?? "";
    return [`${METRIC_LABELS[metric]} ${value.toFixed(2)} ${unit}`.trimEnd()];
  });
  return parts.join(" · ");
}
