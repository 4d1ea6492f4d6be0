import { type Command, Option } from "commander";
import type { LoadModelOptions, Model } from "../engine/index.node.ts";
import { wholeNumber } from "./parseNumbers.ts";
import { progressBar } from "./progressBar.ts";

export const ARITHMETICS = ["exact", "i16", "i8"] as const;
export const BACKENDS = ["auto", "webgpu", "cpu", "reference"] as const;

export interface ModelOptions {
  readonly model: string;
  readonly backend: (typeof BACKENDS)[number];
  readonly threads?: number;
  readonly arithmetic?: (typeof ARITHMETICS)[number];
  readonly expertCache?: number;
}

/** The options of every command that loads a model. */
export function addModelOptions(command: Command, { isRequired = true } = {}): Command {
  const model = new Option("--model <name>", "a model in models/, a folder, or a Hugging Face id");
  return command
    .addOption(model.makeOptionMandatory(isRequired))
    .addOption(new Option("--backend <name>", "where to compute").choices(BACKENDS).default("auto"))
    .option("--threads <n>", "threads of the cpu backend (default: physical cores)", wholeNumber(1))
    .addOption(
      new Option(
        "--arithmetic <name>",
        "of packed weights: i16 is of the cpu backend, i8 of webgpu",
      ).choices(ARITHMETICS),
    )
    .option(
      "--expert-cache <bytes>",
      "keep experts in host memory, and on the device as many as fit (default: all on the device)",
      wholeNumber(1),
    );
}

/** Loads the model with a progress bar, hands it to `work`, and frees it whatever happens. */
export async function withModel<T>(
  { model: name, backend, threads, arithmetic, expertCache }: ModelOptions,
  signal: AbortSignal,
  work: (model: Model) => Promise<T>,
  further: Pick<LoadModelOptions, "prefixCacheBytes"> = {},
): Promise<T> {
  const { loadModel } = await import("../engine/index.node.ts");
  const bar = progressBar();
  const chosen = {
    backend,
    ...(threads === undefined ? {} : { threads }),
    ...(arithmetic === undefined ? {} : { arithmetic }),
    ...(expertCache === undefined ? {} : { expertCacheBytes: expertCache }),
    ...further,
  };
  const model = await loadModel(name, { ...chosen, signal, onProgress: bar.update }).finally(
    bar.clear,
  );
  try {
    return await work(model);
  } finally {
    model.dispose();
  }
}
