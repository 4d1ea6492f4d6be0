import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { INotebookTracker, type NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { type VariableRow, VariablesPanel, type VariablesState } from "./variablesPanel.ts";

const COMMAND = "vitrine:show-variables";

/** Keeps the panel on the variables of one notebook: asks its kernel after each execution, while the panel is seen. */
class VariablesOf {
  readonly #panel: VariablesPanel;
  #notebook: NotebookPanel | null = null;
  #isAsking = false;
  #isStale = true;

  constructor() {
    this.#panel = new VariablesPanel(() => void this.#refresh());
  }

  get panel(): VariablesPanel {
    return this.#panel;
  }

  follow(notebook: NotebookPanel | null): void {
    const before = this.#notebook?.sessionContext;
    before?.iopubMessage.disconnect(this.#onMessage, this);
    before?.kernelChanged.disconnect(this.#change, this);
    before?.statusChanged.disconnect(this.#onStatus, this);
    this.#notebook = notebook;
    notebook?.sessionContext.iopubMessage.connect(this.#onMessage, this);
    notebook?.sessionContext.kernelChanged.connect(this.#change, this);
    notebook?.sessionContext.statusChanged.connect(this.#onStatus, this);
    this.#change();
  }

  #onMessage(_: unknown, message: KernelMessage.IMessage): void {
    const { execution_state: state } = message.content as { execution_state?: string };
    const { msg_type: asked } = message.parent_header as { msg_type?: string };
    if (message.header.msg_type !== "status" || state !== "idle") return;
    if (asked === "execute_request") this.#change();
  }

  #onStatus(_: unknown, status: Kernel.Status): void {
    if (/restarting|dead|terminating/.test(status)) this.#change();
  }

  #change(): void {
    this.#isStale = true;
    void this.#refresh();
  }

  /** One question at a time; what changes meanwhile is asked for when the answer is there. */
  async #refresh(): Promise<void> {
    if (this.#isAsking || !this.#panel.isVisible) return;
    this.#isAsking = true;
    try {
      while (this.#isStale && this.#panel.isVisible) {
        this.#isStale = false;
        const notebook = this.#notebook;
        const state = await stateOf(notebook);
        if (notebook !== this.#notebook) this.#isStale = true;
        else if (state !== null) this.#panel.tell(notebook?.title.label ?? "", state);
      }
    } finally {
      this.#isAsking = false;
    }
  }
}

/** What the panel shows of a notebook; null where its kernel ended before it answered. */
async function stateOf(notebook: NotebookPanel | null): Promise<VariablesState | null> {
  if (notebook === null) return "No notebook is open.";
  const context = notebook.sessionContext;
  const kernel = context.session?.kernel;
  if (!kernel || kernel.isDisposed) return "This notebook has no kernel. Run a cell to start one.";
  try {
    const { implementation } = await kernel.info;
    if (implementation !== "vitrine") {
      const name = context.kernelDisplayName;
      return `${name} does not list its variables here. This panel shows those of TypeScript (Vitrine).`;
    }
    const { content } = await kernel.requestDebug({
      type: "request",
      seq: 0,
      command: "inspectVariables",
      arguments: { summary: true },
    }).done;
    if (!content.success) return String(content.message);
    return (content.body as { variables: VariableRow[] }).variables;
  } catch {
    return null; // the kernel ended or was restarted: what comes then is asked anew
  }
}

/** A side panel with the names that the current notebook has defined. */
export const variablesPlugin: JupyterFrontEndPlugin<void> = {
  id: "vitrine:variables",
  description: "Lists what the current notebook has defined, with types and sizes.",
  autoStart: true,
  requires: [ILabShell, INotebookTracker],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell,
    notebooks: INotebookTracker,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
  ) => {
    const variables = new VariablesOf();
    const { panel } = variables;
    notebooks.currentChanged.connect((_, notebook) => variables.follow(notebook));
    shell.add(panel, "right", { rank: 300, type: "Variables" });
    restorer?.add(panel, panel.id);
    app.commands.addCommand(COMMAND, {
      label: "Show Variables",
      caption: "Show what the current notebook has defined",
      execute: () => shell.activateById(panel.id),
    });
    palette?.addItem({ command: COMMAND, category: "Notebook Operations" });
  },
};
