import type { EditRequest } from "../act/edit.ts";
import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import type { ProgressListener } from "../base/progress.ts";
import { PATIENCE_MS } from "../base/withPatience.ts";
import {
  CHAT_ALL_OPTIONS,
  type ChatAllOptions,
  type ChatGenerateOptions,
} from "../chat/chatOptions.ts";
import { isStoreAddress } from "../store/storeAddress.ts";
import { CAPTURE_OPTIONS, type CaptureOptions } from "./captureOptions.ts";
import { checkFolder } from "./checkFolder.ts";
import { wrongOption } from "./evaluateErrors.ts";

/** What a model is let think. */
export type ThinkingArm = NonNullable<ChatGenerateOptions["thinking"]>;

/** How `evaluate` asks a model: beside its own, the options of `chatAll`, or of `generateAll` for a task with `prompt`. */
export interface EvaluateOptions
  extends Omit<
    ChatAllOptions,
    "keep" | "capture" | "logits" | "budget" | "seeds" | "thinking" | "edits" | "promptLogprobs"
  > {
  /** Each sample's random numbers are made of it, the sample's id and the epoch. Default 0. */
  readonly seed?: number;
  /** How often every sample is asked, each time with other random numbers. Default 1. */
  readonly epochs?: number;
  /** As `chat` takes it; a list makes an arm of each. */
  readonly thinking?: ThinkingArm | readonly ThinkingArm[];
  /** Names to lists of edits: an arm each. `{ whole: [], "without 5.0": [heads({ layer: 5, head: 0 }).mask()] }` */
  readonly edits?: Readonly<Record<string, readonly EditRequest[]>>;
  /** Share of samples of which at least one of k epochs is right, for each k: epochs has to reach it. Default none. */
  readonly passAt?: readonly number[];
  /** What to keep of each sample's forward passes. Default nothing. */
  readonly capture?: CaptureOptions;
  /** How often samples are drawn again for intervals. Default 2000. */
  readonly resamples?: number;
  /**
   * Where finished samples are kept, so that an evaluation that was ended goes on from there: the path of a folder, or "s3://bucket/prefix" in an
   * object store. Default: in memory alone.
   */
  readonly folder?: string;
  /** With an object store: the folder on this machine in which it is worked on. Default: one in the cache, the same for the same address. */
  readonly scratch?: string;
  /** Milliseconds for which an object store that is busy or away is asked again. Default 600,000, ten minutes. */
  readonly storePatienceMs?: number;
  /** In how many parts the samples are shared out, and which of them this is, from 0. Default 1 and 0. */
  readonly shards?: number;
  readonly shard?: number;
  /**
   * Milliseconds for which a model behind a server that is busy or away is asked again, at longer and longer intervals, before the evaluation
   * gives up. Default 600,000, ten minutes.
   */
  readonly patienceMs?: number;
  /** Is told of every finished sample. Default: the listener of the surroundings, which in a notebook shows a bar after a second. */
  readonly onProgress?: ProgressListener;
}

const {
  keep: _keep,
  logits: _logits,
  budget: _budget,
  seeds: _seeds,
  promptLogprobs: _promptLogprobs,
  ...OF_REPLIES
} = CHAT_ALL_OPTIONS;

const EVALUATE_OPTIONS: OptionNames<EvaluateOptions> = {
  ...OF_REPLIES,
  epochs: true,
  passAt: true,
  resamples: true,
  folder: true,
  scratch: true,
  storePatienceMs: true,
  shards: true,
  shard: true,
  patienceMs: true,
  onProgress: true,
};

/** Options that are the evaluation's own, with their defaults. */
export interface EvaluationSettings {
  readonly seed: number;
  readonly epochs: number;
  readonly passAt: readonly number[];
  readonly resamples: number;
  readonly shards: number;
  readonly shard: number;
  readonly atOnce: number;
  readonly patienceMs: number;
}

/** Sequences of a batch that have a cache at the same time. */
const AT_ONCE = 32;

/** @throws InputError ERR_OPTION for what is no option, or out of range */
export function evaluationSettings(options: EvaluateOptions): EvaluationSettings {
  checkOptions("evaluate", options, EVALUATE_OPTIONS);
  checkSignals("evaluate", options);
  if (options.capture !== undefined)
    checkOptions("evaluate capture", options.capture, CAPTURE_OPTIONS);
  const { seed = 0, epochs = 1, passAt = [], resamples = 2000 } = options;
  const { shards = 1, shard = 0, atOnce = AT_ONCE, patienceMs = PATIENCE_MS } = options;
  whole("evaluate seed", seed, 0);
  whole("evaluate epochs", epochs, 1);
  whole("evaluate resamples", resamples, 1);
  whole("evaluate shards", shards, 1);
  whole("evaluate shard", shard, 0, shards - 1);
  whole("evaluate atOnce", atOnce, 1);
  whole("evaluate patienceMs", patienceMs, 0);
  if (!Array.isArray(passAt))
    throw wrongOption("evaluate passAt", {
      expected: "a list of whole numbers",
      got: passAt,
      fix: "Write [1, 8].",
    });
  for (const k of passAt) whole("evaluate passAt", k, 1, epochs);
  if (options.folder !== undefined) checkFolder("evaluate folder", options.folder);
  checkStoreOptions(options);
  return { seed, epochs, passAt, resamples, shards, shard, atOnce, patienceMs };
}

/** @throws InputError ERR_OPTION for what an object store alone has a use for, where there is none */
function checkStoreOptions({ folder, scratch, storePatienceMs }: EvaluateOptions): void {
  if (storePatienceMs !== undefined) whole("evaluate storePatienceMs", storePatienceMs, 0);
  if (scratch === undefined) return;
  const isStored = folder !== undefined && isStoreAddress(folder);
  if (isStored && typeof scratch === "string" && /^(?!\w+:\/\/)./.test(scratch)) return;
  throw wrongOption("evaluate scratch", {
    expected: isStored ? "the path of a folder" : "a folder in an object store beside it",
    got: isStored ? scratch : folder,
    fix: isStored ? 'Write "/tmp/scratch".' : "Leave it out.",
  });
}

function whole(what: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return;
  const upTo =
    most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw wrongOption(what, {
    expected: `a whole number ${upTo}`,
    got: value,
    fix: what.endsWith("passAt") ? "Ask for more epochs, or for fewer." : "Correct the option.",
  });
}
