import { button } from "../render/controls.ts";
import { element } from "../render/element.ts";

/** A step of the play, and about how many of them there are, however long the run. */
const STEP_MS = 120;
const STEPS = 60;

export interface Growth {
  readonly element: HTMLElement;
  /** Tokens that are in the cache. */
  readonly nShown: number;
}

/** How many of the run's tokens are in the cache: a slider, and a button that lets them come one after another. */
export function createGrowth(options: {
  readonly nTokens: number;
  readonly signal: AbortSignal;
  /** What stands behind the slider, for so many tokens. */
  readonly says: (nShown: number) => string;
  readonly onChange: (nShown: number) => void;
}): Growth {
  const { nTokens, signal, says, onChange } = options;
  let nShown = nTokens;
  let timer: ReturnType<typeof setInterval> | null = null;
  const slider = element("input", {
    ...{ type: "range", min: Math.min(1, nTokens), max: nTokens, step: 1 },
    "aria-label": "Tokens in the cache",
  });
  slider.value = String(nTokens);
  const text = element("span", { class: "vt-growth-text" });
  const play = button("Play", "Let the tokens come one after another", () => {
    if (timer !== null) stop();
    else start();
  });
  play.setAttribute("aria-pressed", "false");
  slider.addEventListener(
    "input",
    () => {
      stop();
      show(Number(slider.value));
    },
    { signal },
  );
  signal.addEventListener("abort", stop);

  function show(count: number): void {
    nShown = count;
    slider.value = String(count);
    say();
    onChange(count);
  }

  function say(): void {
    const line = says(nShown);
    text.textContent = line;
    slider.setAttribute("aria-valuetext", line);
  }

  function start(): void {
    play.setAttribute("aria-pressed", "true");
    play.textContent = "Stop";
    const by = Math.max(1, Math.ceil(nTokens / STEPS));
    show(nShown >= nTokens ? Math.min(1, nTokens) : nShown);
    timer = setInterval(() => {
      show(Math.min(nTokens, nShown + by));
      if (nShown >= nTokens) stop();
    }, STEP_MS);
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer);
    timer = null;
    play.setAttribute("aria-pressed", "false");
    play.textContent = "Play";
  }

  say();
  return {
    element: element(
      "div",
      { class: "vt-growth" },
      element("span", { class: "vt-control-label", "aria-hidden": "true" }, "Tokens in the cache"),
      slider,
      play,
      text,
    ),
    get nShown() {
      return nShown;
    },
  };
}
