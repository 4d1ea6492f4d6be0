import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import { StaleCells } from "./staleCells.ts";

/** Marks follow the last key by so much, so that typing waits for none. */
const DELAY_MS = 150;
const MARK = "vitrine-stale";

/** What Vitrine's kernel adds to `execute_reply`. */
interface Names {
  readonly declares: readonly string[];
  readonly reads: readonly string[];
}

type CellWidget = NotebookPanel["content"]["widgets"][number];

/** Marks the stale cells of one notebook. */
class StaleMarks {
  readonly #panel: NotebookPanel;
  readonly #cells = new StaleCells();
  /** Cell and source of each request that has no reply yet. */
  readonly #sent = new Map<string, { readonly cellId: string; readonly source: string }>();
  #kernel: Kernel.IKernelConnection | null = null;
  #timer = 0;

  constructor(panel: NotebookPanel) {
    this.#panel = panel;
    const { sessionContext, content } = panel;
    sessionContext.kernelChanged.connect(this.#follow, this);
    sessionContext.statusChanged.connect(this.#onStatus, this);
    content.modelContentChanged.connect(this.#later, this);
    panel.disposed.connect(() => window.clearTimeout(this.#timer));
    this.#follow();
  }

  #follow(): void {
    this.#kernel?.anyMessage.disconnect(this.#onMessage, this);
    this.#kernel = this.#panel.sessionContext.session?.kernel ?? null;
    this.#kernel?.anyMessage.connect(this.#onMessage, this);
    this.#forget();
  }

  #onStatus(_: unknown, status: Kernel.Status): void {
    if (/restarting|dead|terminating/.test(status)) this.#forget();
  }

  #forget(): void {
    this.#cells.clear();
    this.#sent.clear();
    this.#later();
  }

  #onMessage(_: unknown, { msg, direction }: Kernel.IAnyMessageArgs): void {
    const { header, metadata, content } = msg;
    if (direction === "send") {
      const { cellId } = metadata as { cellId?: unknown };
      if (header.msg_type !== "execute_request" || typeof cellId !== "string") return;
      const { code } = content as { readonly code: string };
      this.#sent.set(header.msg_id, { cellId, source: code });
    } else if (header.msg_type === "execute_reply") {
      const { msg_id: asked } = msg.parent_header as { msg_id: string };
      const sent = this.#sent.get(asked);
      this.#sent.delete(asked);
      const { vitrine: names } = metadata as { readonly vitrine?: Names };
      if (sent === undefined || names === undefined) return;
      const { execution_count: count } = content as { readonly execution_count?: number };
      this.#cells.ran({ ...sent, ...names, count: count ?? null });
      this.#later();
    }
  }

  #later(): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#mark(), DELAY_MS);
  }

  #mark(): void {
    const { content, isDisposed } = this.#panel;
    if (isDisposed) return;
    const written = content.widgets
      .filter(({ model }) => model.type === "code")
      .map(({ model }) => ({ id: model.id, source: model.sharedModel.getSource() }));
    const reasons = this.#cells.reasons(written);
    for (const cell of content.widgets) mark(cell, reasons.get(cell.model.id) ?? null);
  }
}

/** A bar at the cell's edge, with the reason as its text; none where there is no reason. */
function mark({ node }: CellWidget, reason: string | null): void {
  const there = node.querySelector<HTMLElement>(`:scope > .${MARK}`);
  if (reason === null) {
    there?.remove();
    return;
  }
  const text = `Stale: ${reason} Run it again.`;
  if (there?.title === text) return;
  const bar = there ?? document.createElement("div");
  bar.className = MARK;
  bar.title = text;
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", text);
  if (there === null) node.append(bar);
}

export const stalePlugin: JupyterFrontEndPlugin<void> = {
  id: "vitrine:stale",
  description: "Marks cells that show something else than they would if they ran now.",
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_: JupyterFrontEnd, notebooks: INotebookTracker) => {
    notebooks.widgetAdded.connect((_tracker, panel) => void new StaleMarks(panel));
  },
};
