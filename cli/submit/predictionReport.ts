import { priceOf } from "../../engine/price/priceOf.ts";
import type { PriceTable } from "../../engine/trace/schema.ts";
import { money } from "../../widgets/render/formatNumber.ts";
import type { Prediction, Range } from "./predict.ts";

const whole = (count: number): string => count.toLocaleString("en");

export interface ReportOptions {
  /** What a server bills by. */
  readonly price?: PriceTable;
  /** Rent of a worker's device, US dollars. */
  readonly usdPerHour?: number;
}

/** A prediction as a person reads it, with what each number rests on. */
export function predictionReport(prediction: Prediction, options: ReportOptions): string {
  const rows: readonly (readonly [string, string])[] = [
    ["replies", repliesText(prediction)],
    ["prompts", promptsText(prediction)],
    ["answers", answersText(prediction)],
    ["time", timeText(prediction)],
    ["cost", costText(prediction, options)],
  ];
  return [
    "Prediction: computed before anything runs, nothing of it measured",
    ...rows.map(([name, text]) => `  ${name.padEnd(8)} ${text}`),
    "",
  ].join("\n");
}

function repliesText(prediction: Prediction): string {
  const { samples, arms, epochs, shards, sequences, shardSequences, replyLimit } = prediction;
  const what = replyLimit === 0 ? "choices read" : "replies";
  return `${whole(sequences)} ${what}: ${counted(samples, "sample")}, ${counted(arms, "arm")}, ${counted(epochs, "epoch")}; ${counted(shards, "shard")} of up to ${whole(shardSequences)}`;
}

function promptsText({ prompt: { tokens, isExact } }: Prediction): string {
  return isExact
    ? `${whole(tokens)} tokens, as the model's tokenizer counts them`
    : `at most ${whole(tokens)} tokens and what the chat template adds: a token is a byte or more, and the tokenizer is not here`;
}

function answersText({ sequences, replyLimit }: Prediction): string {
  if (replyLimit === null)
    return "no bound: the limit of a reply is not known here; give --max-tokens";
  if (replyLimit === 0) return "none: log probabilities of choices are compared";
  return `at most ${whole(sequences * replyLimit)} tokens, the limit of ${whole(replyLimit)} a reply; how long they are nobody knows before`;
}

function timeText({ isServed, device, shardSeconds, shards, prompt }: Prediction): string {
  if (isServed) return "that of the server, unknown here";
  if (device === null) return "name a --device: here, h100, ...";
  if (shardSeconds === null) return "unknown without the limit of a reply: give --max-tokens";
  return `${range(shardSeconds, duration)} a shard, ${range(times(shardSeconds, shards), duration)} in all, on ${device.name} at full speed (${device.source}, ${device.date})${ofBound(prompt)}: with a token a reply, and with all. Real runs take longer`;
}

function costText(prediction: Prediction, { price, usdPerHour }: ReportOptions): string {
  if (price !== undefined) return billText(prediction, price);
  const rent = usdPerHour ?? prediction.device?.usdPerHour ?? null;
  const { shardSeconds, shards } = prediction;
  if (shardSeconds === null)
    return prediction.isServed ? "name the --price list of the server" : "unknown without a time";
  if (rent === null) return "unknown without the rent: give --usd-per-hour";
  const usd = times(shardSeconds, (shards * rent) / 3600);
  return `${range(usd, (amount) => money(amount, "USD"))} at ${money(rent, "USD")} an hour for each worker, for that time`;
}

function billText({ prompt, sequences, replyLimit }: Prediction, price: PriceTable): string {
  if (replyLimit === null) return "no bound without the limit of a reply: give --max-tokens";
  const billed = (outputTokens: number): number =>
    priceOf(
      { inputTokens: prompt.tokens, cachedInputTokens: 0, outputTokens, reasoningTokens: 0 },
      { ...price, maxInputTokens: null },
    ).total;
  const amounts = { least: billed(sequences), most: billed(sequences * replyLimit) };
  return `${range(amounts, (amount) => money(amount, price.currency))} by the list ${price.name} of ${price.date}${ofBound(prompt)}: with a token a reply, and with all`;
}

/** Where the tokens of prompts are a bound, both ends are computed with it. */
function ofBound({ isExact }: Prediction["prompt"]): string {
  return isExact ? "" : ", with the bound of the prompts";
}

function times({ least, most }: Range, factor: number): Range {
  return { least: least * factor, most: most * factor };
}

function range({ least, most }: Range, text: (value: number) => string): string {
  return text(least) === text(most) ? text(most) : `${text(least)} to ${text(most)}`;
}

function duration(seconds: number): string {
  if (seconds < 1) return `${Number((seconds * 1000).toPrecision(2))} ms`;
  if (seconds < 120) return `${Number(seconds.toPrecision(2))} s`;
  if (seconds < 7200) return `${Number((seconds / 60).toPrecision(2))} min`;
  return `${Number((seconds / 3600).toPrecision(2))} h`;
}

function counted(count: number, name: string): string {
  return `${whole(count)} ${name}${count === 1 ? "" : "s"}`;
}
