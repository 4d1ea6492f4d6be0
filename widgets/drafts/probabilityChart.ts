import { type Axis, axes, type Place, type Plot, placeOn } from "../render/chart/axes.ts";
import { round, type SvgNode, svg } from "../render/chart/svgNode.ts";
import type { Tone } from "../render/chart/tones.ts";
import type { DraftedToken } from "./data.ts";

/** Tones of what became of drafts; shapes tell it too. */
export const VERDICT_TONES: Readonly<Record<DraftedToken["verdict"], Tone>> = {
  accepted: "blue0",
  rejected: "rose0",
  bonus: "green0",
  plain: "grey0",
};

/** The least probability that a logarithmic axis tells from less. */
const LEAST = 0.0001;

export interface ProbabilityChart {
  readonly node: SvgNode;
  readonly x: Place;
  readonly y: Place;
}

/** A dot at each accepted draft and a cross at each rejected one: across what the draft module gave it, up what the model did. */
export function probabilityChart(
  drafts: readonly DraftedToken[],
  {
    width,
    height,
    isLog,
  }: { readonly width: number; readonly height: number; readonly isLog: boolean },
): ProbabilityChart {
  const plot: Plot = { left: 52, top: 22, right: width - 16, bottom: height - 38 };
  const axis = (label: string): Axis => ({
    ...{ label, domain: [isLog ? LEAST : 0, 1] as const, nTicks: 5, isLog },
    format: (value) => (isLog && value === LEAST ? `≤ ${value}` : String(value)),
  });
  const [across, up] = [axis("under the draft module"), axis("under the model; dashed: equal")];
  const within = (place: Place): Place =>
    isLog ? (probability) => place(Math.max(LEAST, probability)) : place;
  const x = within(placeOn(across, plot.left, plot.right));
  const y = within(placeOn(up, plot.bottom, plot.top));
  const marks = drafts.map((draft) => {
    const [cx, cy] = [round(x(draft.draftProbability ?? 0)), round(y(draft.modelProbability ?? 0))];
    const tone = VERDICT_TONES[draft.verdict];
    return draft.verdict === "accepted"
      ? svg("circle", { class: tone, fill: "currentColor", "fill-opacity": 0.55, cx, cy, r: 4 })
      : svg("path", {
          ...{ class: tone, fill: "none", stroke: "currentColor", "stroke-width": 1.5 },
          d: `M${round(cx - 3.5)} ${round(cy - 3.5)}l7 7m0 -7l-7 7`,
        });
  });
  const diagonal = `M${round(x(0))} ${round(y(0))}L${round(x(1))} ${round(y(1))}`;
  const node = svg(
    "g",
    {},
    axes(plot, across, up),
    svg("path", { class: "l", "stroke-dasharray": "4 3", d: diagonal }),
    ...marks,
  );
  return { node, x, y };
}
