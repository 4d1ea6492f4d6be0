import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { IStateDB } from "@jupyterlab/statedb";
import { SplitPanel, type Widget } from "@lumino/widgets";

/** As in style.css. */
const NARROW = matchMedia("(max-width: 640px)");
const LOW = matchMedia("(max-height: 400px)");

/** Where the workspace keeps which panels a narrow page has closed. */
const KEY = "vitrine:narrow";

const SIDES = ["left", "right"] as const;
type Side = (typeof SIDES)[number];

/** What a narrow page has closed. */
interface Closed {
  /** Ids of the panels that were open. */
  readonly panels: string[];
  /** Widths of the panels at the sides in pixels. */
  readonly widths: Partial<Record<Side, number>>;
}

/** Gives a narrow page to one thing at a time: the notebook, or a panel that was asked for. */
class NarrowShell {
  readonly #shell: ILabShell;
  readonly #state: IStateDB;
  readonly #root: Widget;
  #widths: Partial<Record<Side, number>> = {};
  #wasOpen: Side | null = null;
  #shown = "";
  #isNarrow = false;

  constructor(app: JupyterFrontEnd, shell: ILabShell, state: IStateDB) {
    this.#shell = shell;
    this.#state = state;
    this.#root = app.shell;
  }

  follow(): void {
    NARROW.addEventListener("change", () => void this.#change());
    LOW.addEventListener("change", () => fit(this.#root));
    this.#shell.layoutModified.connect(() => this.#arrange());
    // Who opens a file from a panel is done with the panel.
    this.#shell.activeChanged.connect((_, { newValue }) => {
      if (this.#isNarrow && newValue !== null) this.#collapse();
    });
    void this.#change();
  }

  async #change(): Promise<void> {
    const saved = (await this.#state.fetch(KEY)) as unknown as Closed | undefined;
    if (NARROW.matches === this.#isNarrow && !(saved && !NARROW.matches)) return;
    this.#isNarrow = NARROW.matches;
    if (this.#isNarrow) await this.#close(saved);
    else if (saved) await this.#reopen(saved);
    this.#arrange();
  }

  async #close(saved: Closed | undefined): Promise<void> {
    const areas = [...SIDES, "down"] as const;
    const panels = areas.flatMap((area) => [...this.#shell.widgets(area)]);
    const open = panels.filter(({ isVisible }) => isVisible).map(({ id }) => id);
    const widths = { ...saved?.widths, ...this.#widths };
    this.#collapse();
    this.#shell.collapseDown();
    const closed: Closed = { panels: [...new Set([...(saved?.panels ?? []), ...open])], widths };
    await this.#state.save(KEY, { ...closed });
  }

  async #reopen({ panels, widths }: Closed): Promise<void> {
    const focus = document.activeElement as HTMLElement | null;
    for (const id of panels) this.#shell.activateById(id);
    focus?.focus();
    this.#show("none");
    const split = find(this.#root, "jp-main-split-panel");
    if (split instanceof SplitPanel) {
      const total = split.node.offsetWidth;
      const [left = 0, , right = 0] = split.relativeSizes().map((part) => part * total);
      const sides = [widths.left ?? left, widths.right ?? right] as const;
      split.setRelativeSizes([sides[0], Math.max(0, total - sides[0] - sides[1]), sides[1]]);
    }
    await this.#state.remove(KEY);
  }

  /** On a narrow page a panel that is opened takes all, beside its bar, which closes it; on a wide one widths are noted. */
  #arrange(): void {
    if (!this.#isNarrow) {
      for (const side of SIDES) {
        const area = document.querySelector<HTMLElement>(`.jp-SideArea[data-side=${side}]`);
        if (!NARROW.matches && area && this.#isOpen(side)) this.#widths[side] = area.offsetWidth;
      }
      this.#wasOpen = null;
      this.#show("none");
      return;
    }
    if (this.#isOpen("left") && this.#isOpen("right")) {
      if (this.#wasOpen === "left") this.#shell.collapseLeft();
      else this.#shell.collapseRight();
    }
    this.#wasOpen = SIDES.find((side) => this.#isOpen(side)) ?? null;
    this.#show(this.#wasOpen ?? "none");
  }

  /** Tells style.css, and Lumino, which does not hear of style sheets. */
  #show(what: Side | "none"): void {
    const page = `${what} ${NARROW.matches}`;
    if (this.#shown === page) return;
    this.#shown = page;
    document.body.dataset.vitrineNarrow = what;
    fit(this.#root);
  }

  #isOpen(side: Side): boolean {
    return side === "left" ? !this.#shell.leftCollapsed : !this.#shell.rightCollapsed;
  }

  #collapse(): void {
    this.#shell.collapseLeft();
    this.#shell.collapseRight();
  }
}

/** The bars and panels lie at most so deep in the shell. */
const DEEPEST = 4;

/** Has a widget and what is in it measured again. */
function fit(widget: Widget, depth = 0): void {
  widget.fit();
  if (depth === DEEPEST) return;
  for (const child of widget.children()) fit(child, depth + 1);
}

function find(widget: Widget, id: string, depth = 0): Widget | null {
  if (widget.id === id) return widget;
  if (depth === DEEPEST) return null;
  for (const child of widget.children()) {
    const found = find(child, id, depth + 1);
    if (found) return found;
  }
  return null;
}

/** Leaves a page as narrow as a phone to the notebook; its panels come back with the room for them. */
export const narrowPlugin: JupyterFrontEndPlugin<void> = {
  id: "vitrine:narrow",
  description: "Closes the side panels where the page is as narrow as a phone.",
  autoStart: true,
  requires: [ILabShell, IStateDB],
  activate: (app: JupyterFrontEnd, shell: ILabShell, state: IStateDB) => {
    const narrow = new NarrowShell(app, shell, state);
    void app.restored.then(() => narrow.follow());
  },
};
