import type { TokenSpan } from "../look/tokenRecords.ts";
import { recipientIn } from "./harmonyReply.ts";
import {
  deepseekSyntax,
  kimiSyntax,
  llamaSyntax,
  mistralSyntax,
  qwenSyntax,
} from "./toolCallSyntax.ts";

/** What is needed of a tokenizer to know the marks of calls. */
export interface CallTokenizer {
  readonly eosIds: readonly number[];
  chatTemplate(): string | null;
  tokenId(token: string): number | null;
  tokenText(id: number): string;
}

/** Finds the calls of tools among ids, ascending, marks included. */
export type CallFinder = (ids: readonly number[]) => TokenSpan[];

/** Those whose marks may be tokens. GLM and Qwen3-Coder write other calls between the marks of Qwen. */
const TAGGED = [deepseekSyntax, qwenSyntax, kimiSyntax, mistralSyntax, llamaSyntax];

/**
 * What finds calls by the marks that the model's chat template writes, where they are tokens of its vocabulary; of a model without a
 * template, by those that its vocabulary has. A call without its end goes to the end of its message.
 */
export function callFinder(tokenizer: CallTokenizer): CallFinder {
  const source = tokenizer.chatTemplate();
  const isWritten = (mark: string): boolean => source === null || source.includes(mark);
  const harmony = isWritten("<|channel|>") ? harmonyIds(tokenizer) : null;
  if (harmony !== null) return (ids) => harmonyCalls(ids, harmony, tokenizer);
  const marks = new Map<number, number | null>();
  for (const { opens, close } of TAGGED)
    for (const open of opens.filter(isWritten)) {
      const id = tokenizer.tokenId(open);
      const end = close === null ? null : tokenizer.tokenId(close);
      if (id !== null && (close === null || end !== null)) marks.set(id, end);
    }
  const ends = new Set(tokenizer.eosIds);
  return (ids) => taggedCalls(ids, marks, ends);
}

/** @param marks what closes a call, by what opens it; null: the next call, or the end of the message */
function taggedCalls(
  ids: readonly number[],
  marks: ReadonlyMap<number, number | null>,
  ends: ReadonlySet<number>,
): TokenSpan[] {
  const calls: TokenSpan[] = [];
  for (let t = 0; t < ids.length; ) {
    const start = t++;
    const close = marks.get(ids[start] ?? -1);
    if (close === undefined) continue;
    const isOver = (id: number): boolean =>
      id === close || ends.has(id) || (close === null && marks.has(id));
    while (t < ids.length && !isOver(ids[t] ?? -1)) t++;
    if (close !== null && ids[t] === close) t++;
    calls.push({ start, end: t });
  }
  return calls;
}

interface HarmonyIds {
  readonly start: number;
  readonly channel: number;
  readonly message: number;
  readonly call: number;
}

function harmonyIds(tokenizer: CallTokenizer): HarmonyIds | null {
  const names = ["<|start|>", "<|channel|>", "<|message|>", "<|call|>"];
  const [start, channel, message, call] = names.map((name) => tokenizer.tokenId(name));
  return start == null || channel == null || message == null || call == null
    ? null
    : { start, channel, message, call };
}

/**
 * Messages to a tool: their headers name it behind `to=`. They begin with their channel, or with `<|start|>` where the name stands
 * before the channel, and end with `<|call|>`.
 */
function harmonyCalls(
  ids: readonly number[],
  marks: HarmonyIds,
  tokenizer: CallTokenizer,
): TokenSpan[] {
  const ends = new Set([marks.start, ...tokenizer.eosIds]);
  for (const name of ["<|end|>", "<|return|>"]) ends.add(tokenizer.tokenId(name) ?? marks.start);
  ends.delete(marks.call); // gpt-oss lists it among what ends a text
  const textOf = (from: number, to: number): string =>
    ids.slice(from, to).reduce((text, id) => text + tokenizer.tokenText(id), "");
  const calls: TokenSpan[] = [];
  for (let t = 0; t < ids.length; ) {
    const begin = t++;
    const id = ids[begin];
    if (id !== marks.start && id !== marks.channel) continue;
    while (t < ids.length && ids[t] !== marks.message && ids[t] !== marks.start) t++;
    const recipient = recipientIn(textOf(begin, t));
    if (recipient === null || recipient === "assistant") continue;
    const channel = ids.indexOf(marks.channel, begin);
    const isBefore = channel >= t || channel < 0 || recipientIn(textOf(begin, channel)) !== null;
    while (t < ids.length && ids[t] !== marks.call && !ends.has(ids[t] ?? -1)) t++;
    if (ids[t] === marks.call) t++;
    calls.push({ start: isBefore ? begin : channel, end: t });
  }
  return calls;
}
