import { button } from "../render/controls.ts";
import { element } from "../render/element.ts";

export interface Move {
  readonly kind: "next" | "back" | "run" | "branch" | "finish";
  readonly unit?: "operator" | "layer" | "token";
}

interface MoveButton extends Move {
  readonly label: string;
  readonly title: string;
  readonly key: string;
}

const BACK: readonly MoveButton[] = [
  {
    kind: "back",
    unit: "token",
    label: "« token",
    title: "Back to the beginning of the tokens",
    key: "T",
  },
  {
    kind: "back",
    unit: "layer",
    label: "‹ layer",
    title: "Back to the beginning of the layer",
    key: "L",
  },
  { kind: "back", unit: "operator", label: "‹ operator", title: "Back by one operator", key: "O" },
];
const NEXT: readonly MoveButton[] = [
  { kind: "next", unit: "operator", label: "operator ›", title: "On by one operator", key: "o" },
  { kind: "next", unit: "layer", label: "layer ›", title: "On to the end of the layer", key: "l" },
  {
    kind: "next",
    unit: "token",
    label: "token »",
    title: "On to the end of these tokens; at the end of the text the likeliest is appended",
    key: "t",
  },
];
const OTHERS: readonly MoveButton[] = [
  { kind: "run", label: "Run", title: "On to the next breakpoint", key: "r" },
  {
    kind: "branch",
    label: "Branch",
    title: "Another future of the same past, in a tab of its own",
    key: "b",
  },
  {
    kind: "finish",
    label: "Finish",
    title: "Execute all that is left; the stepper is over then",
    key: "",
  },
];

/** The moves as buttons, reached by one Tab and arrows, and as keys anywhere in the picture but in fields. */
export function createMoveBar(
  root: HTMLElement,
  signal: AbortSignal,
  onMove: (move: Move) => void,
): { readonly element: HTMLElement; draw(isOver: boolean): void } {
  const all = [...BACK, ...NEXT, ...OTHERS];
  const buttons = all.map((move, i) => {
    const { label, title, key } = move;
    const node = button(label, key === "" ? title : `${title} (${key})`, () => onMove(move));
    node.setAttribute(
      "aria-label",
      `${move.kind}${move.unit === undefined ? "" : ` ${move.unit}`}`,
    );
    if (key !== "")
      node.setAttribute(
        "aria-keyshortcuts",
        key.length === 1 && key !== key.toLowerCase() ? `Shift+${key}` : key,
      );
    node.tabIndex = i === BACK.length ? 0 : -1;
    return node;
  });
  const group = (label: string, of: readonly MoveButton[]): HTMLElement =>
    element(
      "div",
      { class: "vt-move-group", role: "group", "aria-label": label },
      element("span", { class: "vt-control-label", "aria-hidden": "true" }, label),
      ...of.flatMap((move) => buttons[all.indexOf(move)] ?? []),
    );
  const host = element(
    "div",
    { class: "vt-moves", role: "toolbar", "aria-label": "Moves" },
    group("back", BACK),
    group("next", NEXT),
    group("", OTHERS),
  );
  host.addEventListener("keydown", (e) => {
    const at = buttons.findIndex((each) => each.matches(":focus"));
    const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (at < 0 || by === undefined) return;
    const next = buttons[Math.max(0, Math.min(buttons.length - 1, at + by))];
    for (const each of buttons) each.tabIndex = each === next ? 0 : -1;
    next?.focus();
    e.preventDefault();
  });
  root.addEventListener(
    "keydown",
    (e) => {
      const isTyping =
        e.target instanceof HTMLElement && e.target.matches("input, select, textarea");
      if (isTyping || e.ctrlKey || e.altKey || e.metaKey) return;
      const move = all.find(({ key }) => key !== "" && key === e.key);
      if (move === undefined) return;
      e.preventDefault();
      onMove(move);
    },
    { signal },
  );
  return {
    element: host,
    draw(isOver) {
      for (const each of buttons) each.toggleAttribute("aria-disabled", false);
      for (const each of buttons) if (isOver) each.setAttribute("aria-disabled", "true");
    },
  };
}
