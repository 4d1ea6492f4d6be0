import type { ThinkingPoint } from "../../engine/trace/schema.ts";
import type { AfmView, RenderContext } from "../render/afm.ts";
import { createChartHost, localChoice } from "../render/chart/chartHost.ts";
import { CHART_STYLES } from "../render/chart/chartStyles.ts";
import { type Chart, lineChart } from "../render/chart/lineChart.ts";
import { round, svg } from "../render/chart/svgNode.ts";
import { segmented } from "../render/controls.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { percent } from "../render/formatNumber.ts";
import { createShell } from "../render/shell.ts";
import {
  type Along,
  budgetName,
  placesOf,
  pointText,
  READING,
  type ThinkingState,
  thinkingDrawing,
} from "./data.ts";

const HEIGHT = 320;
const REACH = 28;

interface Place {
  readonly curve: number;
  readonly x: number;
  readonly point: ThinkingPoint;
}

function render({ model, el }: RenderContext): () => void {
  const record = model.get("record") as ThinkingState["record"];
  const { curves } = record;
  let along: Along = "budgets";
  let places: readonly Place[] = [];
  let chart: Chart | null = null;
  let drawn = "";

  const shell = createShell({
    ...{ el, model },
    picture: "thinking",
    title: "Thinking",
    subtitle: record.model,
    description: `accuracy by budget of thinking, ${curves.map(({ name }) => name).join(", ")}`,
    styles: CHART_STYLES,
    redraw: () => draw(),
  });
  const choice = localChoice(() => draw());
  const text = (): string => {
    const place = places[choice.at() ?? -1];
    const curve = place && curves[place.curve];
    return curve ? pointText(curve, place.point) : "";
  };
  const host = createChartHost({
    kind: "accuracy over budgets",
    label:
      "Answers that are right by tokens of thinking. Left and right choose a budget, up and down a kind of task, Enter keeps the point, Escape clears.",
    signal: shell.signal,
    announce: shell.announce,
    choice: {
      ...choice,
      count: () => places.length,
      nearest: (x, y) => nearest(x, y),
      turn: (by) => choice.hover(onOtherCurve(places, choice.at(), by)),
      says: text,
    },
  });
  const line = element("p", { class: "vt-says" });
  const rows = curves.flatMap((curve) => curve.points.map((point) => ({ curve, point })));
  const table = dataTable({
    caption: () =>
      "Answers by budget of thinking, counted (measured); intervals are Wilson's at 95 %",
    columns: () => [
      { label: "tasks", isNumber: false },
      ...[
        "budget",
        "asked",
        "right",
        "wrong",
        "cut",
        "right after the budget",
        "wrong after it",
      ].map((label) => ({ label, isNumber: true })),
      ...["share right", "low", "high", "tokens of thinking", "of answer"].map((label) => ({
        label,
        isNumber: true,
      })),
    ],
    nRows: () => rows.length,
    row: (i) => {
      const row = rows[i];
      return row === undefined ? [] : [row.curve.name, ...cells(row.point)];
    },
  });
  shell.actions.append(table.toggle);
  shell.toolbar.append(
    segmented<Along>(
      "along",
      [
        { value: "budgets", label: "budgets" },
        { value: "tokens", label: "tokens thought" },
      ],
      along,
      (value) => {
        along = value;
        choice.clear();
        draw();
      },
    ).element,
  );
  shell.body.append(host.element, line, element("p", { class: "vt-note" }, READING), table.element);

  function nearest(x: number, y: number): number | null {
    if (chart === null) return null;
    const at = chart;
    const far = places.map((place) => Math.hypot(at.x(place.x) - x, at.y(place.point.share) - y));
    const least = Math.min(...far);
    return least > REACH ? null : far.indexOf(least);
  }

  function draw(): void {
    const width = host.element.clientWidth;
    if (width === 0) return;
    const key = `${along} ${width}`;
    if (key !== drawn) {
      drawn = key;
      places = curves.flatMap((_, curve) =>
        placesOf(record, curve, along).map((place) => ({ ...place, curve })),
      );
      chart = lineChart({
        ...thinkingDrawing(record, along),
        ...{ width, height: HEIGHT, labelRoom: width < 560 ? 90 : 150 },
      });
      host.draw(chart.node, width, HEIGHT);
    }
    const place = places[choice.at() ?? -1];
    host.mark(
      chart === null || place === undefined
        ? []
        : [
            svg("circle", {
              class: "vt-lit",
              ...{ cx: round(chart.x(place.x)), cy: round(chart.y(place.point.share)), r: 8 },
            }),
          ],
    );
    const said = text();
    line.replaceChildren(
      said === ""
        ? element(
            "span",
            { class: "vt-muted" },
            "Point at a dot, or use the arrows, to read its counts.",
          )
        : said,
    );
  }

  return () => shell.destroy();
}

/** The point nearest along the picture on the curve above or below. */
function onOtherCurve(places: readonly Place[], at: number | null, by: number): number | null {
  const from = places[at ?? -1];
  if (from === undefined) return places.length > 0 ? 0 : null;
  const others = places.flatMap((place, i) =>
    place.curve === from.curve + by ? [{ i, far: Math.abs(place.x - from.x) }] : [],
  );
  return others.sort((a, b) => a.far - b.far)[0]?.i ?? at;
}

function cells(point: ThinkingPoint): string[] {
  const { n, right, wrong, cut, rightAfterBudget, wrongAfterBudget } = point;
  return [
    budgetName(point.budget),
    ...[n, right, wrong, cut, rightAfterBudget, wrongAfterBudget].map(String),
    ...[point.share, point.low, point.high].map(percent),
    ...[point.thinkingTokens, point.answerTokens].map(String),
  ];
}

export default { render } satisfies AfmView;
