import { checkbox, dropdown, segmented } from "../render/controls.ts";
import { element } from "../render/element.ts";
import { KIND_SHARE } from "./arrangeHeads.ts";
import { METRIC_LABELS, METRICS, type Metric } from "./data.ts";
import type { Looking, Over } from "./looking.ts";

interface HeadControls {
  readonly set: (changes: Partial<Looking>) => void;
  /** Sees to it that metrics come. */
  readonly measure: () => void;
}

/** How the heads stand in the overview, and what the map is the mean of. */
export function headControls(initial: Looking, { set, measure }: HeadControls): HTMLElement[] {
  const measured = (changes: Partial<Looking>): void => {
    measure();
    set(changes);
  };
  const metrics = METRICS.map((metric) => ({ value: metric, label: METRIC_LABELS[metric] }));
  return [
    segmented<Looking["headsAs"]>(
      "Heads as",
      [
        { value: "maps", label: "maps" },
        { value: "metric", label: "metric", title: "a cell for each head, coloured by its metric" },
      ],
      initial.headsAs,
      (headsAs) => (headsAs === "metric" ? measured : set)({ headsAs }),
    ).element,
    dropdown<Metric>("Metric", metrics, initial.metric, (metric) => measured({ metric })).element,
    dropdown<Metric | "layer">(
      "Heads by",
      [{ value: "layer", label: "layer" }, ...metrics],
      initial.sort,
      (sort) => (sort === "layer" ? set({ sort }) : measured({ sort, metric: sort })),
    ).element,
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
