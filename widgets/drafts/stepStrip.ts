import { element } from "../render/element.ts";
import { createPager } from "../render/pager.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { type DraftedToken, stepsOf } from "./data.ts";

/** Tokens that stand in the page at once. */
const PAGE = 400;

export interface StepStrip {
  readonly element: HTMLElement;
  /** The element that takes the keys. */
  readonly text: HTMLElement;
  /** Brings a token's page into view and lights it. @param lit places in `tokens`, null: none */
  draw(lit: number | null, pinned: number | null): void;
}

/** The generated text in boxes, one for each step of the model; a token looks as its draft fared. */
export function createStepStrip(options: {
  readonly tokens: readonly DraftedToken[];
  readonly signal: AbortSignal;
  readonly onPoint: (at: number | null) => void;
  readonly onPin: (at: number) => void;
}): StepStrip {
  const { tokens, signal, onPoint, onPin } = options;
  const text = element("div", {
    ...{ class: "vt-steps", tabindex: 0, role: "application" },
    "aria-roledescription": "text in steps",
    "aria-label":
      "The generated text, a box for each step. Left and right go from token to token, up and down from step to step, Enter pins, Escape clears.",
  });
  const pager = createPager({
    titles: ["Tokens before these", "Tokens behind these"],
    onTurn: (by) => show(page + by),
  });
  const nPages = Math.ceil(tokens.length / PAGE);
  let page = -1;
  let spans = new Map<number, HTMLElement>();

  const at = (event: Event): number | null => {
    const target = event.target instanceof HTMLElement ? event.target.closest("[data-at]") : null;
    return target instanceof HTMLElement ? Number(target.dataset.at) : null;
  };
  text.addEventListener("pointermove", (e) => onPoint(at(e)), { signal });
  text.addEventListener("pointerleave", () => onPoint(null), { signal });
  text.addEventListener(
    "click",
    (e) => {
      const place = at(e);
      if (place !== null) onPin(place);
    },
    { signal },
  );

  function show(next: number): void {
    page = next;
    spans = new Map();
    let place = page * PAGE;
    const boxes = stepsOf(tokens.slice(place, place + PAGE)).map((step) => {
      const own = step.map((token) => {
        const span = tokenSpan(token, place);
        spans.set(place, span);
        place += 1;
        return span;
      });
      return element("span", { class: "vt-step" }, ...own);
    });
    text.replaceChildren(...boxes);
    const end = Math.min(tokens.length, (page + 1) * PAGE);
    const where = `generated tokens ${page * PAGE + 1} to ${end} of ${tokens.length}`;
    const ends = { isFirst: page === 0, isLast: page + 1 >= nPages };
    pager.draw(nPages < 2 ? null : where, ends);
  }

  show(0);
  let shown: number | null = null;
  return {
    element: element("div", {}, text, pager.element),
    text,
    draw(lit, pinned) {
      if (lit !== null && lit !== shown && Math.floor(lit / PAGE) !== page)
        show(Math.floor(lit / PAGE));
      shown = lit;
      for (const [place, span] of spans) {
        span.classList.toggle("vt-lit", place === lit);
        span.classList.toggle("vt-pinned", place === pinned);
      }
    },
  };
}

function tokenSpan({ verdict, text, draftText }: DraftedToken, at: number): HTMLElement {
  const own = element("span", { class: `vt-drafted vt-${verdict}` }, visibleToken(text));
  const rejected =
    verdict === "rejected" && draftText !== null
      ? element("s", { class: "vt-draft-text" }, visibleToken(draftText))
      : null;
  return element("span", { class: "vt-place", "data-at": at }, rejected, own);
}
