/** What keys and the pointer do, for the reader. */
export const HELP =
  "Arrows choose a head, Enter opens it, Esc goes back. In the table of heads columns sort, and what a map is the mean of is a row. In a map: arrows move the cell, Enter pins the query, [ ] change the head, Page Up and Page Down the layer, + and − zoom, a drag moves the map, and the wheel zooms once the map was clicked.";

/** Columns and rows that an arrow goes. */
const ARROWS: Readonly<Record<string, readonly [dx: number, dy: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface OverviewActions {
  readonly move: (dx: number, dy: number) => void;
  readonly open: () => void;
  readonly leave: () => void;
}

interface MapActions {
  /** Moves the cell. */
  readonly move: (dQuery: number, dKey: number) => void;
  /** Goes to another head. */
  readonly step: (dLayer: number, dHead: number) => void;
  readonly zoom: (factor: number) => void;
  readonly pin: () => void;
  readonly leave: () => void;
}

/** Arrows choose a head, Enter opens it, Esc goes back. */
export function listenToOverviewKeys(
  canvas: HTMLElement,
  { move, open, leave }: OverviewActions,
  signal: AbortSignal,
): void {
  listenToKeys(canvas, signal, ({ key }) => {
    const arrow = ARROWS[key];
    if (arrow) return () => move(...arrow);
    if (key === "Enter") return open;
    return key === "Escape" ? leave : undefined;
  });
}

/** Arrows move the cell, with Shift the head; brackets and pages change the head, too. */
export function listenToMapKeys(
  canvas: HTMLElement,
  { move, step, zoom, pin, leave }: MapActions,
  signal: AbortSignal,
): void {
  const actions = new Map<string, () => void>([
    ["[", () => step(0, -1)],
    ["]", () => step(0, 1)],
    ["PageUp", () => step(-1, 0)],
    ["PageDown", () => step(1, 0)],
    ["+", () => zoom(0.5)],
    ["=", () => zoom(0.5)],
    ["-", () => zoom(2)],
    ["Enter", pin],
    ["Escape", leave],
  ]);
  listenToKeys(canvas, signal, ({ key, shiftKey }) => {
    const arrow = ARROWS[key];
    if (!arrow) return actions.get(key);
    const [dx, dy] = arrow;
    return () => (shiftKey ? step : move)(dy, dx);
  });
}

/** A key with an action is the picture's alone. */
function listenToKeys(
  canvas: HTMLElement,
  signal: AbortSignal,
  actionOf: (e: KeyboardEvent) => (() => void) | undefined,
): void {
  canvas.addEventListener(
    "keydown",
    (e) => {
      const action = actionOf(e);
      if (!action) return;
      action();
      e.preventDefault();
    },
    { signal },
  );
}
