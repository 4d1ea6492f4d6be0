import { AbortedError, InputError } from "../../engine/base/errors.ts";
import type { Progress } from "../../engine/base/progress.ts";
import { createModel } from "../../engine/createModel.ts";
import type { Run } from "../../engine/look/run.ts";
import type { Model } from "../../engine/model.ts";
import type { ModelInput } from "../../engine/modelInput.ts";
import { DISPLAY } from "../../kernel/display/host.ts";
import { WIDGET_VIEW_MIME } from "../../kernel/display/widgetModel.ts";
import type { BackendWish, FromWorker, LiveInput } from "../messages.ts";
import type { FetchedModel } from "../modelFiles.ts";
import type { PictureName } from "../pictures.ts";
import { generateReply } from "./generateReply.ts";
import { type LivePicture, makePicture } from "./makePicture.ts";
import { openBrowserBackend } from "./openBrowserBackend.ts";
import { readModel } from "./readModel.ts";

/** The model of a page, the run that its pictures are of, and the work that is under way. */
export class LiveSession {
  readonly #say: (message: FromWorker) => void;
  #model: Model | null = null;
  #run: Run | null = null;
  readonly #pictures = new Map<PictureName, LivePicture>();
  /** Ends the run or the generation that is under way. */
  #working: AbortController | null = null;
  /** Runs and generations take turns. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(say: (message: FromWorker) => void) {
    this.#say = say;
  }

  /** Puts a model on a device. @throws WeightsError, BackendError, ConfigError as these do */
  async load(fetched: FetchedModel, wish: BackendWish): Promise<void> {
    const { checkpoint, tokenizer } = readModel(fetched);
    const { opened, ...about } = await openBrowserBackend(wish);
    const onProgress = ({ stage, done, total }: Progress): void => {
      if (stage === "weights") this.#say({ kind: "progress", stage, done, total });
    };
    const model = await createModel(checkpoint, {
      ...{ tokenizer, onProgress, backend: opened, backendReason: about.reason },
    });
    await checkpoint.close();
    this.#model = model;
    const { name, totalParameters, draftParameters, contextLength } = model.record;
    const nParameters = totalParameters + draftParameters;
    this.#say({ kind: "ready", name, nParameters, contextLength, ...about });
  }

  /** One forward pass. What was under way is ended first. @throws as `model.run` */
  run(input: LiveInput): Promise<void> {
    return this.#inTurn(async (model, signal) => {
      this.#say({ kind: "began", during: "run", input });
      const startedAt = performance.now();
      const run = await model.run(modelInput(input), { signal });
      this.#take(run, performance.now() - startedAt, null);
    });
  }

  /** Goes on with the text, piece by piece; what was under way is ended first. @throws as `model.generate` */
  generate(input: LiveInput, maxTokens: number): Promise<void> {
    return this.#inTurn(async (model, signal) => {
      this.#say({ kind: "began", during: "generate", input });
      const startedAt = performance.now();
      const { run, ...generated } = await generateReply(model, modelInput(input), {
        ...{ maxTokens, signal },
        onPiece: (part, text) => this.#say({ kind: "piece", part, text }),
      });
      this.#take(run, performance.now() - startedAt, generated);
    });
  }

  /** Ends a generation after its token, or a run between its chunks; without either it does nothing. */
  stop(): void {
    this.#working?.abort();
  }

  /** Makes a picture of the run, and opens its comm. @throws InputError ERR_NO_RUN before any ran */
  async show(name: PictureName): Promise<void> {
    const [model, run] = [this.#model, this.#run];
    if (model === null || run === null)
      throw new InputError(
        "ERR_NO_RUN",
        `${name}: expected a run to draw, got none. Run a text first.`,
      );
    const made = await makePicture(name, model, run);
    if (run !== this.#run) return made.dispose(); // another run took its place meanwhile
    this.#pictures.get(name)?.dispose();
    this.#pictures.set(name, made);
    const { [WIDGET_VIEW_MIME]: view } = await made.picture[DISPLAY]();
    const { model_id: comm } = view as { readonly model_id: string };
    this.#say({ kind: "shown", picture: name, comm });
  }

  #inTurn(work: (model: Model, signal: AbortSignal) => Promise<void>): Promise<void> {
    const model = this.#model;
    if (model === null)
      throw new InputError("ERR_NO_MODEL", "run: expected a model, got none yet. Wait for it.");
    this.stop();
    const controller = new AbortController();
    this.#working = controller;
    const turn = this.#last
      .then(async () => {
        if (controller.signal.aborted) throw new AbortedError();
        await work(model, controller.signal);
      })
      .catch((error: unknown) => {
        if (!(error instanceof AbortedError)) throw error;
        if (controller === this.#working) this.#say({ kind: "stopped" });
      });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** The run that is drawn from now on; what the last one kept is let go of. */
  #take(
    run: Run,
    durationMs: number,
    generated: { readonly nTokens: number; readonly finishReason: string } | null,
  ): void {
    for (const { dispose } of this.#pictures.values()) dispose();
    this.#pictures.clear();
    this.#run?.dispose();
    this.#run = run;
    this.#say({ kind: "ran", nTokens: run.tokens.length, durationMs, generated });
  }
}

const modelInput = ({ text, as }: LiveInput): ModelInput =>
  as === "chat" ? [{ role: "user", content: text }] : text;
