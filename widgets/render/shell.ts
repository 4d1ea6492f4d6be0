import type { AfmModel } from "./afm.ts";
import { askKernel } from "./askKernel.ts";
import { AROUND_STYLES, BASE_STYLES } from "./baseStyles.ts";
import { element } from "./element.ts";
import { saveMenu } from "./save/saveMenu.ts";
import { scopedStyles } from "./scopedStyles.ts";
import { readTheme, type Theme } from "./theme.ts";

/** The frame every picture stands in: heading, toolbar, body, a live region for screen readers; theme and size watched. */
export interface Shell {
  readonly root: HTMLElement;
  readonly toolbar: HTMLElement;
  /** Right end of the heading, for what the whole picture offers. */
  readonly actions: HTMLElement;
  readonly body: HTMLElement;
  /** Owns every listener of the view. */
  readonly signal: AbortSignal;
  readonly theme: Theme;
  /** Inner width in CSS pixels. */
  readonly width: number;
  /** Spoken by screen readers, not drawn. */
  announce(text: string): void;
  /** Ends the view: listeners off, element emptied. */
  destroy(): void;
}

export interface ShellOptions {
  readonly el: HTMLElement;
  readonly model: AfmModel;
  /** Which picture it is, as its folder is called: its styles are for it alone. */
  readonly picture: string;
  readonly title: string;
  readonly subtitle: string;
  /** What the picture shows, for screen readers. */
  readonly description: string;
  readonly styles: string;
  /** Called on a new size or theme, after layout. */
  readonly redraw: () => void;
}

export function createShell(options: ShellOptions): Shell {
  const controller = new AbortController();
  const { signal } = controller;
  const toolbar = element("div", { class: "vt-toolbar" });
  const actions = element("div", { class: "vt-actions" });
  const body = element("div", { class: "vt-body" });
  const live = element("div", { class: "vt-live", "aria-live": "polite" });
  const header = element(
    "header",
    { class: "vt-header" },
    element("h3", {}, options.title),
    element("p", {}, options.subtitle),
    actions,
  );
  const root = element(
    "section",
    {
      class: "vt",
      "data-vt-picture": options.picture,
      "aria-label": `${options.title}. ${options.description}`,
    },
    element(
      "style",
      {},
      AROUND_STYLES + scopedStyles(BASE_STYLES + options.styles, options.picture),
    ),
    header,
    toolbar,
    body,
    live,
  );
  options.el.append(root);
  const announce = (text: string): void => {
    if (live.textContent !== text) live.textContent = text;
  };
  const { title } = options;
  const ask = askKernel(options, signal);
  header.append(saveMenu({ ...{ root, title, ask, announce, signal }, theme: () => theme }));

  keepPlainKeys(root, signal);
  let theme = readTheme(root);
  let width = root.clientWidth;
  let scheduled = 0;
  const schedule = (): void => {
    cancelAnimationFrame(scheduled);
    scheduled = requestAnimationFrame(() => {
      theme = readTheme(root);
      width = root.clientWidth;
      root.dataset.vtWidth = width < 760 ? "narrow" : width < 1100 ? "medium" : "wide";
      if (width > 0) options.redraw();
    });
  };

  const sizes = new ResizeObserver((entries) => {
    if (Math.round(entries[0]?.contentRect.width ?? 0) !== Math.round(width)) schedule();
  });
  sizes.observe(root);
  const themes = new MutationObserver(schedule);
  const watched = {
    attributes: true,
    attributeFilter: ["data-jp-theme-name", "data-jp-theme-light", "class", "style"],
  };
  themes.observe(document.body, watched);
  themes.observe(document.documentElement, watched);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", schedule, { signal });
  signal.addEventListener("abort", () => {
    cancelAnimationFrame(scheduled);
    sizes.disconnect();
    themes.disconnect();
    root.remove();
  });
  schedule();

  return {
    root,
    toolbar,
    actions,
    body,
    signal,
    get theme() {
      return theme;
    },
    get width() {
      return width;
    },
    announce,
    destroy: () => controller.abort(),
  };
}

/**
 * Keys pressed inside a picture stay there: without this JupyterLab's notebook would take arrows for itself, and "d d"
 * would delete the cell. Combinations with Ctrl, Alt or Command still reach the application. JupyterLab looks for the mark
 * on the focused element, while its own listener captures on the document: hence the window.
 */
function keepPlainKeys(root: HTMLElement, signal: AbortSignal): void {
  window.addEventListener(
    "keydown",
    (event) => {
      if (!(event.target instanceof HTMLElement) || !root.contains(event.target)) return;
      const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey;
      event.target.toggleAttribute("data-lm-suppress-shortcuts", isPlain);
    },
    { capture: true, signal },
  );
}
