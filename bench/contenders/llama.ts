/** llama.cpp, through node-llama-cpp, which bench/contenders/peers.ts installs. */
import { pathToFileURL } from "node:url";
import { answer, timed, timeTokens } from "./answer.ts";
import { promptIds } from "./protocol.ts";

/** What is used of node-llama-cpp, whose types are not installed with this project. */
interface LlamaModule {
  getLlama(options: object): Promise<Llama>;
}
interface Llama {
  readonly gpu: string | false;
  getGpuDeviceNames(): Promise<string[]>;
  readonly llamaCppRelease: { readonly release: string };
  loadModel(options: object): Promise<LlamaModel>;
}
interface LlamaModel {
  readonly fileInfo: { readonly metadata: Readonly<Record<string, unknown>> };
  createContext(options: object): Promise<{ getSequence(): Sequence }>;
}
interface Sequence {
  clearHistory(): Promise<void>;
  evaluate(tokens: readonly number[], options: object): AsyncGenerator<number>;
}

/** Ends after a number of tokens: what llama.cpp yields has no end of its own. */
async function* first(tokens: AsyncGenerator<number>, count: number): AsyncGenerator<number> {
  let left = count;
  for await (const token of tokens) {
    yield token;
    left -= 1;
    if (left === 0) return;
  }
}

function vocabularySize({ fileInfo: { metadata } }: LlamaModel): number {
  for (const fields of Object.values(metadata)) {
    const size = (fields as { vocab_size?: unknown } | null)?.vocab_size;
    if (typeof size === "number") return size;
    const tokens = (fields as { ggml?: { tokens?: unknown[] } } | null)?.ggml?.tokens;
    if (Array.isArray(tokens)) return tokens.length;
  }
  throw new Error("llama: expected the file to say the size of its vocabulary, got none");
}

await answer(async ({ model: path, backend, threads, promptTokens, newTokens }) => {
  const entry = process.env.LLAMA_ENTRY ?? "";
  const { getLlama } = (await import(pathToFileURL(entry).href)) as LlamaModule;
  const gpu = backend === "webgpu" ? "vulkan" : false;
  const { value, seconds } = await timed(async () => {
    const llama = await getLlama({
      ...{ gpu, build: "never", skipDownload: true, logLevel: "error", maxThreads: threads },
      vramPadding: 0,
    });
    const devices = gpu ? await llama.getGpuDeviceNames() : [];
    if (gpu && devices.length === 0)
      throw new Error(
        "llama: expected a device of its Vulkan backend, got none, and would compute on the CPU. Name one by GGML_VK_VISIBLE_DEVICES.",
      );
    const model = await llama.loadModel({ modelPath: path, gpuLayers: gpu ? "max" : 0 });
    const contextSize = promptTokens + newTokens + 1;
    const batchSize = Math.max(512, promptTokens);
    const context = await model.createContext({ contextSize, batchSize, threads });
    return { llama, devices, model, sequence: context.getSequence() };
  });
  const { llama, devices, model, sequence } = value;
  const prompt = promptIds(promptTokens, vocabularySize(model));
  return {
    loaded: {
      kind: "loaded",
      seconds,
      program: `llama.cpp ${llama.llamaCppRelease.release}`,
      device: llama.gpu ? `${llama.gpu} on ${devices.join(", ")}` : `CPU, ${threads} threads`,
    },
    round: async () => {
      await sequence.clearHistory();
      const tokens = sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true });
      return timeTokens(first(tokens, newTokens + 1), newTokens + 1);
    },
  };
});
