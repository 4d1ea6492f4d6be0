import type { ModelRecord } from "../../engine/trace/schema.ts";
import { chosenSites, type PrecisionSite, siteOf } from "./chosenSites.ts";
import type { PrecisionRun } from "./measurePrecision.ts";
import { checkBytes, checkSameModel, checkSameShapes } from "./refusals.ts";
import type { Watch } from "./watch.ts";

/** What a run of a model is asked for. */
interface RunFor {
  readonly capture: readonly string[];
  readonly logits: "all";
}

/** What a run of a model tells while it goes on, whose stages are the engine's. */
interface RunWatch {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly label: string }) => void;
}

/** A run that is disposed of once it is read. */
interface OwnRun extends PrecisionRun {
  dispose(): void;
}

/** What is needed of a Model that takes such inputs; the engine's is one. */
export interface RunningModel<Input> {
  readonly record: ModelRecord;
  sites(): readonly Omit<PrecisionSite, "state">[];
  estimate(
    input: Input,
    options: RunFor,
  ): { readonly tokens: number; readonly capturedBytes: number; readonly logitsBytes: number };
  run(
    input: Input | readonly number[],
    options: RunFor & RunWatch & { readonly budget: number },
  ): Promise<OwnRun>;
}

/**
 * Runs two models on the same tokens, with all that is compared in one execution of each, and disposes of both runs when `read` has
 * read them. The first model's tokenizer reads the prompt, and the reference is given its ids.
 * @throws TypeError where they are not of one model, a site does not exist, or the sites take too many bytes; as `Model.run`
 */
export async function withModelRuns<Input, Result>(
  [model, reference]: readonly [RunningModel<Input>, RunningModel<Input>],
  prompt: Input,
  { sites: asked, signal, onProgress }: Watch & { readonly sites: readonly string[] | null },
  read: (run: PrecisionRun, reference: PrecisionRun) => Promise<Result>,
): Promise<Result> {
  checkSameModel({ model: model.record }, { model: reference.record });
  const [own, other] = [model, reference].map((one) =>
    one.sites().map((site) => ({ ...site, state: "replayed" })),
  ) as [PrecisionSite[], PrecisionSite[]];
  const rows = chosenSites(own, other, asked);
  checkSameShapes(rows, own, other);
  const capture = rows.flatMap(({ name, layers }) =>
    (layers ?? [null]).map((layer) => siteOf(name, layer)),
  );
  const wanted = { capture, logits: "all" } as const;
  const { tokens, capturedBytes, logitsBytes } = model.estimate(prompt, wanted);
  checkBytes(capturedBytes + logitsBytes);
  const runs: OwnRun[] = [];
  const started = async (one: RunningModel<Input>, input: Input | readonly number[]) => {
    const before = runs.length * tokens;
    const run = await one.run(input, {
      ...wanted,
      budget: Number.POSITIVE_INFINITY,
      ...(signal && { signal }),
      ...(onProgress && {
        onProgress: ({ done, label }) =>
          onProgress({
            stage: "prefill",
            done: before + done,
            total: 2 * tokens,
            label: `${one.record.name}: ${label}`,
          }),
      }),
    });
    runs.push(run);
    return run;
  };
  try {
    const run = await started(model, prompt);
    const ids = run.record.tokens.map(({ id }) => id);
    return await read(run, await started(reference, ids));
  } finally {
    for (const run of runs) run.dispose();
  }
}
