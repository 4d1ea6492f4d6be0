/** transformers.js over ONNX Runtime, which bench/contenders/peers.ts installs. */
import { pathToFileURL } from "node:url";
import { answer, roundOf, timed } from "./answer.ts";
import { promptIds } from "./protocol.ts";

/** What is used of transformers.js, whose types are not installed with this project. */
interface TransformersModule {
  readonly env: {
    readonly version: string;
    readonly backends: { readonly onnx: { readonly versions: { readonly node: string } } };
    allowRemoteModels: boolean;
  };
  readonly AutoModelForCausalLM: {
    from_pretrained(folder: string, options: object): Promise<CausalModel>;
  };
  readonly Tensor: new (dtype: "int64", data: BigInt64Array, dims: readonly number[]) => unknown;
}
interface CausalModel {
  readonly config: { readonly vocab_size: number };
  forward(inputs: object): Promise<{ readonly logits: { readonly data: Float32Array } }>;
  generate(options: object): Promise<unknown>;
}

/** @throws Error where a logit of the prompt is no number: times of such a model would mean nothing */
async function expectFinite(model: CausalModel, prompt: object): Promise<void> {
  const { data } = (await model.forward(prompt)).logits;
  const at = data.findIndex((logit) => !Number.isFinite(logit));
  if (at >= 0)
    throw new Error(`transformers.js: expected finite logits, got ${data[at]} as number ${at}`);
}

await answer(async ({ model: folder, threads, promptTokens, newTokens }) => {
  const entry = process.env.TRANSFORMERS_JS_ENTRY ?? "";
  const { value, seconds } = await timed(async () => {
    const module = (await import(pathToFileURL(entry).href)) as TransformersModule;
    module.env.allowRemoteModels = false;
    const model = await module.AutoModelForCausalLM.from_pretrained(folder, {
      ...{ device: "cpu", dtype: "q8", local_files_only: true },
      session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
    });
    return { ...module, model };
  });
  const { env, Tensor, model } = value;
  const promptOf = (count: number) => {
    const ids = promptIds(count, model.config.vocab_size);
    return {
      input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, count]),
      attention_mask: new Tensor("int64", new BigInt64Array(count).fill(1n), [1, count]),
    };
  };
  const prompt = promptOf(promptTokens);
  let isChecked = false;
  return {
    loaded: {
      kind: "loaded",
      seconds,
      program: `transformers.js ${env.version} over ONNX Runtime ${env.backends.onnx.versions.node}`,
      device: `CPU, ${threads} threads`,
    },
    round: async () => {
      const at: number[] = [];
      const startedAt = performance.now();
      await model.generate({
        ...{ ...prompt, max_new_tokens: newTokens + 1, do_sample: false },
        streamer: { put: () => at.push(performance.now()), end: () => undefined },
      });
      const round = roundOf(startedAt, at.slice(1), newTokens + 1); // the prompt is put first
      if (!isChecked) await expectFinite(model, promptOf(8));
      isChecked = true;
      return round;
    },
  };
});
