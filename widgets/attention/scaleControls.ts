import { dropdown, segmented } from "../render/controls.ts";
import type { Direction, ScaleName } from "./data.ts";
import type { Looking } from "./looking.ts";

type Choose = (changes: Partial<Looking>) => void;

/** First tokens that can be hidden: where heads park weight that goes nowhere. */
const SINKS = [0, 1, 2, 4] as const;

/** How weights become colours. @param isPooled whether a cell may stand for a block */
export function scaleControls(
  initial: Looking,
  { nTokens, isPooled, set }: { nTokens: number; isPooled: boolean; set: Choose },
): HTMLElement[] {
  const controls = [
    segmented<ScaleName>(
      "Scale",
      [
        { value: "linear", label: "linear" },
        { value: "log", label: "log" },
        { value: "rank", label: "rank", title: "rank of the key within its query" },
      ],
      initial.scale,
      (scale) => set({ scale }),
    ).element,
    dropdown<string>(
      "First tokens",
      SINKS.map((n) => ({
        value: String(n),
        label: n === 0 ? "shown" : n === 1 ? "1 hidden" : `${n} hidden`,
      })),
      String(initial.nHidden),
      (n) => set({ nHidden: Math.min(Number(n), nTokens - 1) }),
    ).element,
  ];
  return isPooled ? [...controls, poolControl(initial, set)] : controls;
}

function poolControl({ poolKind }: Looking, set: Choose): HTMLElement {
  return segmented<"mean" | "max">(
    "Zoomed out",
    [
      { value: "max", label: "max", title: "a cell shows the largest weight of its block" },
      { value: "mean", label: "mean", title: "a cell shows the mean weight of its block" },
    ],
    poolKind,
    (kind) => set({ poolKind: kind }),
  ).element;
}

/** Whether tokens are coloured by what the lit one attends to, or by what attends to it. */
export function directionControl({ direction }: Looking, set: Choose): HTMLElement {
  return segmented<Direction>(
    "Colour tokens by weight",
    [
      { value: "from", label: "from the lit token", title: "what the lit token attends to" },
      { value: "to", label: "to the lit token", title: "which tokens attend to the lit one" },
    ],
    direction,
    (chosen) => set({ direction: chosen }),
  ).element;
}
