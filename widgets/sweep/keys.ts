export interface KeyActions {
  readonly move: (down: number, across: number) => void;
  readonly toColumn: (column: number) => void;
  /** Goes to another map. */
  readonly choose: (by: number) => void;
  readonly zoom: (factor: number) => void;
  readonly pin: () => void;
  readonly leave: () => void;
}

/** A key with an action is the picture's alone. */
export function listenToKeys(canvas: HTMLElement, actions: KeyActions, signal: AbortSignal): void {
  const { move, toColumn, choose, zoom, pin, leave } = actions;
  const byKey = new Map<string, () => void>([
    ["ArrowUp", () => move(-1, 0)],
    ["ArrowDown", () => move(1, 0)],
    ["ArrowLeft", () => move(0, -1)],
    ["ArrowRight", () => move(0, 1)],
    ["Home", () => toColumn(0)],
    ["End", () => toColumn(Number.MAX_SAFE_INTEGER)],
    ["[", () => choose(-1)],
    ["]", () => choose(1)],
    ["+", () => zoom(0.5)],
    ["=", () => zoom(0.5)],
    ["-", () => zoom(2)],
    ["Enter", pin],
    ["Escape", leave],
  ]);
  canvas.addEventListener(
    "keydown",
    (event) => {
      const action = byKey.get(event.key);
      if (action === undefined) return;
      action();
      event.preventDefault();
    },
    { signal },
  );
}
