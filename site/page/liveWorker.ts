import type { BackendWish, FromWorker, ToWorker } from "../messages.ts";
import type { FetchedModel } from "../modelFiles.ts";
import { WorkerModel } from "./workerModel.ts";

type News = Exclude<FromWorker, { readonly kind: "open" | "comm" }>;

/** The worker of a page, and the pictures' models that it speaks to. */
export class LiveWorker {
  readonly #worker: Worker;
  readonly #models = new Map<string, WorkerModel>();

  /**
   * Starts a worker, which puts the model on a device once it has been fetched.
   * @param onNews told of everything but what is between pictures and their widgets
   * @param onCrash told where the worker itself fails
   */
  constructor(
    model: Promise<FetchedModel>,
    wish: BackendWish,
    onNews: (news: News) => void,
    onCrash: (what: string) => void,
  ) {
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { name: "vitrine" });
    this.#worker.addEventListener("error", ({ message }) => onCrash(message || "no reason"));
    this.#worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === "open") this.#open(data);
      else if (data.kind === "comm") this.#models.get(data.id)?.receive(data.data, data.buffers);
      else onNews(data);
    });
    model.then(
      (fetched) => this.say({ kind: "load", model: fetched, backend: wish }),
      () => this.end(), // who fetched it says why it is not there
    );
  }

  say(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** The model of a comm that was opened. */
  model(comm: string): WorkerModel | null {
    return this.#models.get(comm) ?? null;
  }

  /** Ends a comm on both sides. */
  close(comm: string): void {
    if (this.#models.delete(comm)) this.say({ kind: "closeComm", id: comm });
  }

  /** Ends the worker with all that it holds. */
  end(): void {
    this.#worker.terminate();
    this.#models.clear();
  }

  #open({ id, data, buffers }: FromWorker & { readonly kind: "open" }): void {
    const model = new WorkerModel(data, buffers, (sent, sentBuffers) =>
      this.say({ kind: "comm", id, data: sent, buffers: sentBuffers }, [...sentBuffers]),
    );
    this.#models.set(id, model);
  }
}
