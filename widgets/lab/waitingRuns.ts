import { Dialog, type ISessionContext, type ISessionContextDialogs } from "@jupyterlab/apputils";
import { type INotebookCellExecutor, runCell } from "@jupyterlab/notebook";

type RunOptions = INotebookCellExecutor.IRunCellOptions;

/** A run that was asked for, and how whoever asked hears what became of it. */
interface WaitingRun {
  readonly options: RunOptions;
  readonly resolve: (hasRun: boolean | Promise<boolean>) => void;
}

/**
 * The runs of one notebook that wait for its kernel, in the order in which they were asked for. JupyterLab's own `runCell` does
 * nothing, and says nothing, while a kernel is on its way, and starts one for each cell where none is.
 */
export class WaitingRuns {
  readonly #context: ISessionContext;
  readonly #runs: WaitingRun[] = [];
  #isGainingKernel = false;

  constructor(context: ISessionContext) {
    this.#context = context;
    context.disposed.connect(() => this.drop());
    context.statusChanged.connect(() => {
      if (context.isTerminating) this.drop();
    });
  }

  /** Whether a run has to wait: for its kernel, or behind others that do. */
  get mustWait(): boolean {
    const context = this.#context;
    if (context.isTerminating) return false; // JupyterLab says so in a dialog
    return this.#runs.length > 0 || !hasKernel(context) || isOnItsWay(context);
  }

  /** Shows the cell as one that waits, and runs it as soon as there is a kernel. False where it was dropped. */
  add(options: RunOptions): Promise<boolean> {
    return new Promise((resolve) => {
      setState(options, "running");
      this.#runs.push({ options, resolve });
      if (!this.#isGainingKernel) void this.#runWithKernel();
    });
  }

  /** Takes all of them back: their cells are as they were before. */
  drop(): void {
    for (const { options, resolve } of this.#runs.splice(0)) {
      setState(options, "idle");
      resolve(false);
    }
  }

  async #runWithKernel(): Promise<void> {
    this.#isGainingKernel = true;
    await this.#gainKernel();
    this.#isGainingKernel = false;
    if (!hasKernel(this.#context)) this.drop();
    for (const { options, resolve } of this.#runs.splice(0)) {
      resolve(!options.cell.isDisposed && runCell(options));
    }
  }

  /** One kernel for all that wait. Whoever is asked to choose one and does not has been told why nothing runs. */
  async #gainKernel(): Promise<void> {
    const context = this.#context;
    await context.ready; // `initialize` would begin before JupyterLab has read which kernel the file wants
    const wasAsked = context.hasNoKernel && (await openDialogsAnswered());
    const [first] = this.#runs;
    if (first !== undefined && !wasAsked && context.hasNoKernel) {
      await startOrSelect(context, first.options.sessionDialogs);
    }
    await arrived(context);
  }
}

const hasKernel = ({ isDisposed, session }: ISessionContext): boolean =>
  !isDisposed && Boolean(session?.kernel);

/** Whether a kernel is being started, or another one put in the place of the one that is there. */
function isOnItsWay(context: ISessionContext): boolean {
  if (!hasKernel(context)) return !context.isDisposed && !context.hasNoKernel;
  return (
    context.kernelDisplayStatus === "starting" && context.session?.kernel?.status !== "starting"
  );
}

/** Waits until every open dialog has its answer, and what follows from that has begun. False where there is none. */
async function openDialogsAnswered(): Promise<boolean> {
  await nextTask();
  const answers: Promise<unknown>[] = [];
  Dialog.tracker.forEach((dialog) => {
    answers.push(dialog.launch()); // of an open dialog: the promise of its answer
  });
  await Promise.all(answers);
  await nextTask();
  return answers.length > 0;
}

async function startOrSelect(
  context: ISessionContext,
  dialogs: ISessionContextDialogs | undefined,
): Promise<void> {
  if (!(await context.startKernel())) return;
  // It fails where the kernel that was chosen does not start, which a dialog has said by then.
  await dialogs?.selectKernel(context).catch(() => undefined);
}

/** Waits until no kernel is on its way any more, whether one has come or not. */
function arrived(context: ISessionContext): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (isOnItsWay(context)) return;
      context.statusChanged.disconnect(look);
      context.kernelChanged.disconnect(look);
      context.disposed.disconnect(look);
      resolve();
    };
    context.statusChanged.connect(look);
    context.kernelChanged.connect(look);
    context.disposed.connect(look);
    look();
  });
}

const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function setState({ cell }: RunOptions, state: "running" | "idle"): void {
  if (cell.isDisposed) return;
  const { sharedModel } = cell.model;
  if ("executionState" in sharedModel) sharedModel.executionState = state;
}
