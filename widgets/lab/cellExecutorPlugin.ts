import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { type ISessionContext, SemanticCommand } from "@jupyterlab/apputils";
import { INotebookCellExecutor, INotebookTracker, runCell } from "@jupyterlab/notebook";
import { WaitingRuns } from "./waitingRuns.ts";

const INTERRUPT = "notebook:interrupt-kernel";
const RUN_ALL = "notebook:run-all-cells";

const waiting = new WeakMap<ISessionContext, WaitingRuns>();
/** Needs an executor itself, so that the executor's plugin cannot ask for it. */
let notebooks: INotebookTracker | null = null;

/** Whether a notebook's file has not come yet: the one cell that is there is none of the file's, and goes when it comes. */
function waitsForFile(context: ISessionContext): boolean {
  const panel = notebooks?.find(({ sessionContext }) => sessionContext === context);
  return panel?.context.isReady === false;
}

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
      if (waitsForFile(sessionContext)) return false; // JupyterLab begins with the kernel when the file has come
      const runs = waitingRunsOf(sessionContext);
      return await (runs.mustWait ? runs.add(options) : runCell(options));
    },
  }),
};

/**
 * JupyterLab's interrupt asks the kernel alone, which knows nothing yet of what waits for it; its Run All takes the cells that are
 * there, which is a single empty one until the file has come.
 */
export const waitingCommandsPlugin: JupyterFrontEndPlugin<void> = {
  id: "vitrine:waiting-commands",
  description:
    "Lets an interrupt take back what waits for a kernel, and Run All wait for the file.",
  autoStart: true,
  requires: [INotebookTracker],
  activate: ({ commands }: JupyterFrontEnd, tracker: INotebookTracker) => {
    notebooks = tracker;
    commands.commandExecuted.connect((_, { id, args }) => {
      if (id !== INTERRUPT && id !== RUN_ALL) return;
      const named = tracker.find((each) => each.id === args[SemanticCommand.WIDGET]);
      const panel = named ?? tracker.currentWidget;
      if (panel === null) return;
      if (id === INTERRUPT) waiting.get(panel.sessionContext)?.drop();
      else if (!panel.context.isReady) {
        void panel.context.ready.then(() => {
          if (panel.isDisposed) return;
          const there = { ...args, [SemanticCommand.WIDGET]: panel.id, activate: false };
          void commands.execute(RUN_ALL, there);
        });
      }
    });
  },
};
