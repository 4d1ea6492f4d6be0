import { checkbox, dropdown, segmented } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { KIND_SHARE } from "./arrangeHeads.ts";
import { METRIC_LABELS, METRICS, type Metric } from "./data.ts";
import type { Looking, MetricsOf, Over } from "./looking.ts";

interface HeadControlsOptions {
  readonly set: (changes: Partial<Looking>) => void;
  /** Sees to it that metrics come. */
  readonly measure: () => void;
  /** Runs whose metrics can be averaged; 1: only the picture's own. */
  readonly nRuns: number;
}

/** How the heads stand in the overview, and what the map is the mean of. */
export function headControls(
  initial: Looking,
  { set, measure, nRuns }: HeadControlsOptions,
): { readonly elements: readonly HTMLElement[]; draw(looking: Looking): void } {
  const measured = (changes: Partial<Looking>): void => {
    set(changes);
    measure();
  };
  const metrics = METRICS.map((metric) => ({ value: metric, label: METRIC_LABELS[metric] }));
  const metric = dropdown<Metric>("Metric", metrics, initial.metric, (chosen) =>
    measured({ metric: chosen }),
  );
  const sort = dropdown<Metric | "layer">(
    "Heads by",
    [{ value: "layer", label: "layer" }, ...metrics],
    initial.sort,
    (by) =>
      by === "layer" ? set({ sort: by }) : measured({ sort: by, metric: by, isAscending: false }),
  );
  const elements = [
    segmented<Looking["headsAs"]>(
      "Heads as",
      [
        { value: "maps", label: "maps" },
        { value: "metric", label: "metric", title: "a cell for each head, coloured by its metric" },
        { value: "table", label: "table", title: "a row for each head, with all its metrics" },
      ],
      initial.headsAs,
      (headsAs) => (headsAs === "maps" ? set : measured)({ headsAs }),
    ).element,
    ...(nRuns > 1 ? [metricsOfControl(nRuns, initial, measured)] : []),
    metric.element,
    sort.element,
    dropdown<Looking["group"]>(
      "Group",
      [
        { value: "none", label: "none" },
        { value: "kind", label: `kind (${KIND_SHARE} or more)` },
      ],
      initial.group,
      (group) => (group === "none" ? set({ group }) : measured({ group })),
    ).element,
    atLeast((least) => (least > 0 ? measured({ atLeast: least }) : set({ atLeast: 0 }))),
    dropdown<Over>(
      "Map of",
      [
        { value: "head", label: "one head" },
        { value: "heads", label: "mean of the layer's heads" },
        { value: "layers", label: "mean over layers" },
        { value: "all", label: "mean of all heads" },
      ],
      initial.over,
      (over) => set({ over }),
    ).element,
    checkbox(
      "Sums",
      "Beside the map, what each query gives to the keys shown, and above it, what each key gets of the queries shown",
      initial.hasSums,
      (hasSums) => set({ hasSums }),
    ).element,
  ];
  return {
    elements,
    draw(looking) {
      metric.value = looking.metric;
      sort.value = looking.sort;
    },
  };
}

function metricsOfControl(
  nRuns: number,
  { metricsOf }: Looking,
  measured: (changes: Partial<Looking>) => void,
): HTMLElement {
  const options = [
    { value: "run", label: "this run" },
    { value: "runs", label: `the mean of ${nRuns} runs` },
  ] as const;
  return dropdown<MetricsOf>("Metrics of", options, metricsOf, (of) => measured({ metricsOf: of }))
    .element;
}

/** Heads whose metric is below are left out; 0 leaves none out. */
function atLeast(onChange: (least: number) => void): HTMLElement {
  const input = element("input", {
    ...{ type: "number", min: 0, step: 0.05, value: 0 },
    "aria-label": "Metric at least",
  });
  input.addEventListener("change", () => onChange(Number(input.value) || 0));
  return element(
    "label",
    { class: "vt-dropdown vt-at-least" },
    element("span", { class: "vt-control-label" }, "At least"),
    input,
  );
}
