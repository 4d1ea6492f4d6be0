import { element } from "../element.ts";
import { drawSvg } from "./drawSvg.ts";
import { type SvgNode, svg } from "./svgNode.ts";

/** One of the things in a chart that a reader can point at, by its number from 0. */
export interface ChartChoice {
  readonly count: () => number;
  readonly at: () => number | null;
  readonly hover: (index: number | null) => void;
  readonly pin: (index: number) => void;
  /** Nothing is pointed at or pinned any more. */
  readonly clear: () => void;
  /** What lies nearest to a point in pixels; null where nothing does. */
  readonly nearest: (x: number, y: number) => number | null;
  /** Up and down, where they mean something else than left and right: -1 or 1. */
  readonly turn?: (by: number) => void;
  /** What is pointed at, for a screen reader; said after a key. */
  readonly says: () => string;
}

export interface ChartHost {
  readonly element: HTMLElement;
  /** Draws a chart as high and wide as this, in place of the one before. */
  draw(node: SvgNode, width: number, height: number): void;
  /** What lies over the chart: the marks of what is pointed at. */
  mark(nodes: readonly SvgNode[]): void;
}

/** A chart's place in a page, which takes the pointer and the keys: arrows choose, Enter pins, Escape clears. */
export function createChartHost(options: {
  /** What the picture is, in a few words, and what the keys do in it. */
  readonly kind: string;
  readonly label: string;
  readonly choice: ChartChoice;
  readonly signal: AbortSignal;
  readonly announce: (text: string) => void;
}): ChartHost {
  const { choice, signal } = options;
  const host = element("div", {
    class: "vt-chart",
    tabindex: 0,
    role: "application",
    "aria-roledescription": options.kind,
    "aria-label": options.label,
  });
  let marks = drawSvg(svg("g", {}));

  const under = (event: MouseEvent): number | null => {
    const { left, top } = host.getBoundingClientRect();
    return choice.nearest(event.clientX - left, event.clientY - top);
  };
  host.addEventListener("pointermove", (event) => choice.hover(under(event)), { signal });
  host.addEventListener("pointerleave", () => choice.hover(null), { signal });
  host.addEventListener(
    "click",
    (event) => {
      const index = under(event);
      if (index !== null) choice.pin(index);
    },
    { signal },
  );
  host.addEventListener(
    "keydown",
    (event) => {
      if (!isTaken(event.key, choice)) return;
      event.preventDefault();
      options.announce(choice.says());
    },
    { signal },
  );

  return {
    element: host,
    draw(node, width, height) {
      marks = drawSvg(svg("g", {}));
      const picture = drawSvg(
        svg(
          "svg",
          { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
          node,
        ),
      );
      picture.append(marks);
      host.replaceChildren(picture);
    },
    mark(nodes) {
      marks.replaceChildren(...nodes.map(drawSvg));
    },
  };
}

function isTaken(key: string, choice: ChartChoice): boolean {
  const at = choice.at();
  const last = choice.count() - 1;
  const by = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
  if (key === "Escape") choice.clear();
  else if (key === "Enter" && at !== null) choice.pin(at);
  else if ((key === "ArrowUp" || key === "ArrowDown") && choice.turn) choice.turn(by);
  else if (key.startsWith("Arrow") && last >= 0)
    choice.hover(at === null ? 0 : Math.max(0, Math.min(last, at + by)));
  else return false;
  return true;
}

/** What is pointed at in a chart of which no other picture knows. */
export function localChoice(onChange: () => void): {
  readonly at: () => number | null;
  readonly pinned: () => number | null;
  readonly hover: (index: number | null) => void;
  readonly pin: (index: number) => void;
  readonly clear: () => void;
} {
  let hovered: number | null = null;
  let pinned: number | null = null;
  const set = (nextHovered: number | null, nextPinned: number | null): void => {
    if (nextHovered === hovered && nextPinned === pinned) return;
    hovered = nextHovered;
    pinned = nextPinned;
    onChange();
  };
  return {
    at: () => hovered ?? pinned,
    pinned: () => pinned,
    hover: (index) => set(index, pinned),
    pin: (index) => set(hovered, pinned === index ? null : index),
    clear: () => set(null, null),
  };
}
