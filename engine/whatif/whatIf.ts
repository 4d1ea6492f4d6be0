import { InputError } from "../base/errors.ts";
import { modelRecord } from "../cost/modelRecord.ts";
import { BYTES } from "../cost/operatorCost.ts";
import { countParameters } from "../cost/parameters.ts";
import { normalizeConfig } from "../model/normalizeConfig.ts";
import type { ModelSpec } from "../model/spec.ts";
import type { ClassParameters, WhatIfRecord } from "../trace/schema.ts";
import { assumptions } from "./assumptions.ts";
import { type CacheStorageName, cachesBeside } from "./cacheStorage.ts";
import { decodeTokens } from "./decodeTokens.ts";
import { memoryNeeded } from "./memoryNeeded.ts";
import { moneyOf } from "./moneyOf.ts";
import { type NamedConfig, namedConfig } from "./namedConfig.ts";
import { PaperModel } from "./paperModel.ts";
import { storedAs, storedAsPublished, type WeightStorage } from "./weightStorage.ts";
import { whatIfLengths, withoutIndexer } from "./whatIfLengths.ts";
import {
  type CostedRun,
  checkWhatIf,
  deviceOf,
  tokensOf,
  type WhatIfOptions,
  type WhatIfTokens,
} from "./whatIfOptions.ts";
import { type Devices, WorkTotal } from "./workTotal.ts";

const CHUNK_SIZE = 2048;

/**
 * What the same tokens would take on another model and machine: whether it fits, how fast it could be at most, what the rent of
 * that time is. Everything is computed from config.json, by the plan that would be executed and the costs that `run.cost()` counts; times
 * are the least that the device's bandwidth and FLOP/s allow.
 * @param source a run, or how many tokens a sequence has
 * @throws InputError ERR_OPTION; ConfigError ERR_CONFIG, ERR_ARCHITECTURE for a config that is not supported
 */
export function whatIf(source: CostedRun | WhatIfTokens, options: WhatIfOptions): WhatIfRecord {
  checkWhatIf(options);
  return whatIfOf(source, namedConfig("whatIf config", options.config), options);
}

/** The same of a config that was found already. @param options checked, their `config` left aside */
export function whatIfOf(
  source: CostedRun | WhatIfTokens,
  { name, config }: NamedConfig,
  options: WhatIfOptions,
): WhatIfRecord {
  const spec = normalizeConfig(config);
  const tokens = tokensOf(source);
  const { batch = 1, chunkSize = CHUNK_SIZE, cache = "bf16" } = options;
  const context = options.context ?? tokens.prompt + tokens.generated;
  checkContext(spec, name, Math.max(context, tokens.prompt + tokens.generated));
  const storage =
    options.weights === undefined ? storedAsPublished(spec, config) : storedAs(options.weights);
  const device = deviceOf(options);
  const devices = device && { device, count: options.devices ?? 1 };
  return record({ name, spec, tokens, batch, chunkSize, cache, context, storage, devices });
}

interface Asked {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly tokens: WhatIfRecord["tokens"];
  readonly batch: number;
  readonly chunkSize: number;
  readonly cache: CacheStorageName;
  readonly context: number;
  readonly storage: WeightStorage;
  readonly devices: Devices | null;
}

function record(asked: Asked): WhatIfRecord {
  const { name, spec, tokens, batch, chunkSize, cache, context, storage, devices } = asked;
  const { hash: _, ...model } = modelRecord(name, "", spec);
  const counted = countParameters(spec);
  const paper = new PaperModel(spec, storage, cache);
  const total = () => new WorkTotal(devices, counted);

  const step = total().add(paper.decode(context, batch)).record();
  const prompt = total();
  for (const chunk of paper.prefill(tokens.prompt, chunkSize)) prompt.add(chunk);
  const whole = total().merge(prompt, batch);
  decodeTokens(paper, { first: tokens.prompt + 1, count: tokens.generated, batch }, whole);

  const parameters = classParameters(paper, storage);
  const kvBytesPerToken = step.kvWriteBytes / batch;
  const prefill = tokens.prompt === 0 ? null : prompt.record();
  const dense = withoutIndexer(spec);
  const lengths = (of: PaperModel) => whatIfLengths(of, batch, total);
  return {
    label: "computed",
    model,
    tokens,
    context,
    batch,
    chunkSize,
    weights: storage.words(paper.weights),
    cache,
    parameters,
    caches: cachesBeside(spec, cache, kvBytesPerToken),
    memory: memoryNeeded(
      paper,
      {
        weightBytes: parameters.reduce((n, p) => n + (p.costClass === "mtp" ? 0 : p.bytes), 0),
        kvBytesPerToken,
        context,
        batch,
        promptRows: Math.min(chunkSize, tokens.prompt),
        floats: storage.floats,
      },
      devices,
    ),
    prefill,
    decode: step,
    whole: whole.record(),
    tokensPerSecond: step.seconds === null ? null : batch / step.seconds,
    money: devices && moneyOf(devices, { prefill, step, whole: whole.record(), tokens, batch }),
    lengths: lengths(paper),
    denseLengths: dense && lengths(new PaperModel(dense, storage, cache)),
    device: devices && { ...devices.device, count: devices.count },
    assumptions: assumptions(spec, chunkSize, devices),
  };
}

function classParameters(paper: PaperModel, storage: WeightStorage): ClassParameters[] {
  const { byClass, activeByClass } = countParameters(paper.spec);
  return [...byClass].map(([costClass, total]) => {
    const own = paper.weights.filter((weight) => weight.costClass === costClass);
    const bytes = own.reduce(
      (sum, weight) => sum + weight.count * BYTES[storage.dtypeOf(weight)],
      0,
    );
    return { costClass, total, active: activeByClass.get(costClass) ?? 0, bytes };
  });
}

function checkContext({ contextLength }: ModelSpec, name: string, positions: number): void {
  if (positions <= contextLength) return;
  throw new InputError(
    "ERR_OPTION",
    `whatIf context: expected at most the ${contextLength} positions that ${name} has, got ${positions}. Ask for fewer tokens, or change max_position_embeddings (n_positions) of the config.`,
  );
}
