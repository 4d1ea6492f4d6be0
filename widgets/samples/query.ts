import { integerIn } from "../render/answerQuestions.ts";
import type { KernelQuestion } from "../render/askKernel.ts";
import { armLabel, type SampleOutcome } from "../render/evaluationSource.ts";
import { isShow, isShown, type Show } from "./data.ts";
import { changeRank, type SamplePair } from "./pairs.ts";

const SORTS = ["order", "sample", "outcome", "target", "answer", "tokens"] as const;
export type Sort = (typeof SORTS)[number];

/** Rows of one page. */
export const PAGE_ROWS = 50;
/** Letters of a text in a row; the whole stands in the opened sample. */
const LETTERS = 90;
/** A shorter beginning that all prompts share is shown. */
const LEAST_HEAD = 12;

/** Which samples a page asks for, and from which on. */
export interface SamplesQuery {
  readonly show: Show;
  /** An arm's name; empty for all. */
  readonly arm: string;
  /** What prompt, reply, thinking, target, answer or name of a sample contain, in any case of letters. */
  readonly text: string;
  readonly sort: Sort;
  readonly descending: boolean;
  readonly start: number;
}

export const FIRST_QUERY: SamplesQuery = {
  ...{ show: "all", arm: "", text: "", sort: "order", descending: false, start: 0 },
};

/** A sample as the table has it. */
export interface SampleRow {
  /** Its place among all, by which it is opened. */
  readonly row: number;
  readonly sample: string;
  readonly epoch: number;
  readonly arm: string;
  readonly outcome: SampleOutcome;
  readonly before: SampleOutcome | null;
  readonly target: string;
  readonly answer: string;
  readonly prompt: string;
  /** Of thinking and answer. */
  readonly tokens: number;
}

export interface SamplesPage {
  /** Samples that the query takes. */
  readonly total: number;
  readonly rows: readonly SampleRow[];
}

/** @throws Error for a question that no view asks */
export function readQuery(question: KernelQuestion, nSamples: number): SamplesQuery {
  const { show, arm, text, sort, descending } = question;
  const isSort = SORTS.includes(sort as Sort);
  if (!isShow(show) || !isSort || typeof arm !== "string" || typeof text !== "string")
    throw new Error(
      `samples: expected a question with show, arm, text and sort, got ${JSON.stringify(question)}. Reload the page.`,
    );
  const start = integerIn(question, "start", 0, nSamples);
  return { ...{ show, arm, text, start }, sort: sort as Sort, descending: descending === true };
}

/** The page of a query. By order, samples that are no longer right come first. */
export function samplesPage(pairs: readonly SamplePair[], query: SamplesQuery): SamplesPage {
  const { show, arm, text, sort, descending, start } = query;
  const wanted = text.trim().toLowerCase();
  const found = pairs
    .map((pair, row) => ({ pair, row }))
    .filter(({ pair }) => isShown(show, pair) && (arm === "" || armLabel(pair.now) === arm))
    .filter(({ pair }) => wanted === "" || textsOf(pair).includes(wanted));
  const sign = descending ? -1 : 1;
  found.sort((a, b) => sign * compared(a.pair, b.pair, sort) || a.row - b.row);
  const head = sharedHead(pairs);
  return {
    total: found.length,
    rows: found.slice(start, start + PAGE_ROWS).map(({ pair, row }) => sampleRow(pair, row, head)),
  };
}

function compared(a: SamplePair, b: SamplePair, sort: Sort): number {
  switch (sort) {
    case "order":
      return changeRank(a) - changeRank(b);
    case "tokens":
      return tokensOf(a) - tokensOf(b);
    default:
      return inOrder.compare(String(a.now[sort] ?? ""), String(b.now[sort] ?? ""));
  }
}

/** Numbers in texts by their size: 9 before 10. */
const inOrder = new Intl.Collator("en", { numeric: true });

function tokensOf({ now }: SamplePair): number {
  return now.thinkingTokens + now.answerTokens;
}

function textsOf({ now, before }: SamplePair): string {
  const own = [now.sample, now.prompt, now.reasoning, now.reply, now.target, now.answer];
  return [...own, before?.reasoning, before?.reply, before?.answer].join("\n").toLowerCase();
}

/** Letters with which all prompts begin, where a row had better leave them out: a template's, or examples. */
function sharedHead(pairs: readonly SamplePair[]): number {
  const [first = "", ...others] = pairs.map(({ now }) => now.prompt);
  let length = first.length;
  for (const prompt of others) {
    length = Math.min(length, prompt.length);
    while (!prompt.startsWith(first.slice(0, length))) length--;
  }
  return others.length > 0 && length >= LEAST_HEAD && length < first.length ? length : 0;
}

function sampleRow(pair: SamplePair, row: number, head: number): SampleRow {
  const { now, before } = pair;
  return {
    ...{ row, sample: shortened(now.sample), epoch: now.epoch, arm: armLabel(now) },
    ...{ outcome: now.outcome, before: before?.outcome ?? null, tokens: tokensOf(pair) },
    target: shortened(now.target ?? ""),
    answer: shortened(now.answer ?? ""),
    prompt: head === 0 ? shortened(now.prompt) : `…${shortened(now.prompt.slice(head))}`,
  };
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > LETTERS ? `${line.slice(0, LETTERS - 1)}…` : line;
}
