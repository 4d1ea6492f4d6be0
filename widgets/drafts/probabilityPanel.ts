import { type ChartChoice, createChartHost } from "../render/chart/chartHost.ts";
import { round, svg } from "../render/chart/svgNode.ts";
import { type AxisScale, axisScale } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { percent } from "../render/formatNumber.ts";
import { visibleToken } from "../render/visibleToken.ts";
import type { DraftedToken } from "./data.ts";
import { type ProbabilityChart, probabilityChart } from "./probabilityChart.ts";

const HEIGHT = 330;
const WIDEST = 360;
const REACH = 24;

/** Each draft under the draft module and under the model; what is pointed at is shared with the text. */
export function createProbabilityPanel(options: {
  readonly tokens: readonly DraftedToken[];
  readonly signal: AbortSignal;
  readonly announce: (text: string) => void;
  /** Of places in `tokens`. */
  readonly choice: Pick<ChartChoice, "at" | "hover" | "pin" | "clear">;
}): { readonly element: HTMLElement; draw(): void } {
  const { tokens, choice, signal, announce } = options;
  const drafted = tokens.flatMap((token, at) =>
    token.draftProbability === null ? [] : [{ token, at }],
  );
  let chart: ProbabilityChart | null = null;
  let drawn = "";
  let scale: AxisScale = "linear";
  const control = axisScale(scale, (value) => {
    scale = value;
    draw();
  });
  const shown = (): number | null => {
    const at = drafted.findIndex((each) => each.at === choice.at());
    return at < 0 ? null : at;
  };
  const placeOf = (index: number | null): number | null =>
    index === null ? null : (drafted[index]?.at ?? null);
  const host = createChartHost({
    kind: "drafts by probability",
    label:
      "Drafts: across their probability under the draft module, up under the model. Left and right go from draft to draft, Enter pins, Escape clears.",
    ...{ signal, announce },
    choice: {
      count: () => drafted.length,
      at: shown,
      hover: (index) => choice.hover(placeOf(index)),
      pin: (index) => choice.pin(placeOf(index) ?? 0),
      clear: choice.clear,
      nearest: (px, py) => {
        if (chart === null) return null;
        const { x, y } = chart;
        const far = drafted.map(({ token }) =>
          Math.hypot(x(token.draftProbability ?? 0) - px, y(token.modelProbability ?? 0) - py),
        );
        const least = Math.min(...far);
        return least > REACH ? null : far.indexOf(least);
      },
      says: () => {
        const token = drafted[shown() ?? -1]?.token;
        return token === undefined
          ? ""
          : `${visibleToken(token.draftText ?? "")} ${token.verdict}: draft module ${percent(token.draftProbability ?? 0)}, model ${percent(token.modelProbability ?? 0)}`;
      },
    },
  });
  function draw(): void {
    const width = Math.min(WIDEST, host.element.clientWidth);
    if (width === 0) return;
    const key = `${width} ${scale}`;
    if (key !== drawn) {
      drawn = key;
      chart = probabilityChart(
        drafted.map(({ token }) => token),
        { width, height: HEIGHT, isLog: scale === "log" },
      );
      host.draw(chart.node, width, HEIGHT);
    }
    const token = drafted[shown() ?? -1]?.token;
    host.mark(
      chart === null || token === undefined
        ? []
        : [
            svg("circle", {
              class: "vt-lit",
              cx: round(chart.x(token.draftProbability ?? 0)),
              cy: round(chart.y(token.modelProbability ?? 0)),
              r: 8,
            }),
          ],
    );
  }
  const bar = element("div", { class: "vt-chart-bar" }, control.element);
  return { element: element("div", {}, bar, host.element), draw };
}
