import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { type ISessionContext, SemanticCommand } from "@jupyterlab/apputils";
import { INotebookCellExecutor, INotebookTracker, runCell } from "@jupyterlab/notebook";
import { WaitingRuns } from "./waitingRuns.ts";

const INTERRUPT = "notebook:interrupt-kernel";

const waiting = new WeakMap<ISessionContext, WaitingRuns>();

function waitingRunsOf(context: ISessionContext): WaitingRuns {
  const runs = waiting.get(context) ?? new WaitingRuns(context);
  waiting.set(context, runs);
  return runs;
}

/** Takes the place of JupyterLab's executor, which `page.json` switches off. */
export const cellExecutorPlugin: JupyterFrontEndPlugin<INotebookCellExecutor> = {
  id: "vitrine:cell-executor",
  description: "Runs cells, those too that were asked to run before their kernel was there.",
  autoStart: true,
  provides: INotebookCellExecutor,
  activate: () => ({
    async runCell(options) {
      const { cell, sessionContext } = options;
      if (cell.model.type !== "code" || !sessionContext) return await runCell(options);
      const runs = waitingRunsOf(sessionContext);
      return await (runs.mustWait ? runs.add(options) : runCell(options));
    },
  }),
};

/** JupyterLab's interrupt asks the kernel alone, which knows nothing yet of what waits for it. */
export const waitingInterruptPlugin: JupyterFrontEndPlugin<void> = {
  id: "vitrine:waiting-interrupt",
  description: "Lets an interrupt take back what waits for a kernel.",
  autoStart: true,
  requires: [INotebookTracker],
  activate: ({ commands }: JupyterFrontEnd, tracker: INotebookTracker) => {
    commands.commandExecuted.connect((_, { id, args }) => {
      if (id !== INTERRUPT) return;
      const named = tracker.find((panel) => panel.id === args[SemanticCommand.WIDGET]);
      const context = (named ?? tracker.currentWidget)?.sessionContext;
      if (context) waiting.get(context)?.drop();
    });
  },
};
