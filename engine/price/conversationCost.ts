import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import type {
  ConversationCostRecord,
  ConversationLine,
  ConversationTurn,
  PriceTable,
  TurnPrices,
  UsageRecord,
} from "../trace/schema.ts";
import { decimalOf, numberOf, sum } from "./decimal.ts";
import { checkMoment, PRICE_OPTIONS, type PriceOptions, priceOf } from "./priceOf.ts";
import { checkUsage, runOf, type UsedGeneration, type UsedRun, usageOf } from "./usage.ts";

/** A reply of a server; one of `remoteModel` is one. */
export interface ServedReply {
  readonly usage: UsageRecord;
  readonly server?: unknown;
}

/** One call of a conversation: a run, what holds one, or what a server said that it used. */
export type PricedTurn = UsedRun | UsedGeneration | ServedReply;

/** How a conversation is priced. */
export interface ConversationOptions extends PriceOptions {
  /** Prefixes are cached in whole blocks of so many tokens. Default 64, as DeepSeek's service did with V3. */
  readonly blockTokens?: number;
}

const OPTIONS: OptionNames<ConversationOptions> = { ...PRICE_OPTIONS, blockTokens: true };

/**
 * What a conversation costs, turn by turn and added up, under several price lists: as if nothing were cached, with the prefix
 * that the engine's own cache, or the service's, really shared, and with the one that could have been: the longest
 * beginning of a prompt that an earlier call has too, its reply included, in whole blocks and without the last token, whose
 * logits are needed.
 * @param turns in the order in which they were made
 * @throws InputError ERR_USAGE, ERR_PRICE_TABLE, ERR_PRICE_LIMIT, ERR_OPTION, ERR_NOT_FINISHED
 */
export function conversationCost(
  turns: readonly PricedTurn[],
  tables: readonly PriceTable[],
  options: ConversationOptions = {},
): ConversationCostRecord {
  checkOptions("conversationCost", options, OPTIONS);
  const { at, blockTokens = 64 } = options;
  checkMoment("conversationCost", at);
  if (!Number.isSafeInteger(blockTokens) || blockTokens < 1)
    throw new InputError(
      "ERR_OPTION",
      `conversationCost blockTokens: expected a whole number above 0, got ${String(blockTokens)}. DeepSeek's service took 64; 1 caches every token.`,
    );
  const read = turns.map((turn, i) => readTurn(`conversationCost turns[${i}]`, turn));
  const shareable = shareableTokens(read, blockTokens);
  const priced = read.map(({ usage }, i): ConversationTurn => {
    return { usage, shareableInputTokens: shareable[i] ?? null };
  });
  return {
    blockTokens,
    turns: priced,
    lines: tables.map((table) => line(priced, table, at === undefined ? {} : { at })),
  };
}

interface ReadTurn {
  readonly usage: UsageRecord;
  /** The prompt's ids and the reply's; null where a server said no more than numbers. */
  readonly ids: readonly number[] | null;
}

function readTurn(what: string, turn: PricedTurn): ReadTurn {
  if (isServed(turn)) {
    const { usage } = turn;
    checkUsage(`${what}.usage`, usage);
    return { usage, ids: null };
  }
  const run = runOf(turn);
  return { usage: usageOf(run), ids: run.record.tokens.map(({ id }) => id) };
}

/** A reply of a server has the name of a run too, and refuses to be asked for it. */
function isServed(turn: PricedTurn): turn is ServedReply {
  return "usage" in turn && ("server" in turn || !("run" in turn || "record" in turn));
}

/** Of each prompt, tokens that earlier turns begin with too; null from the first turn on whose ids are unknown. */
function shareableTokens(turns: readonly ReadTurn[], block: number): (number | null)[] {
  const earlier: (readonly number[])[] = [];
  let isKnown = true;
  return turns.map(({ ids, usage }) => {
    if (ids === null) isKnown = false;
    if (ids === null || !isKnown) return null;
    const most = Math.max(0, usage.inputTokens - 1);
    const shared = Math.max(0, ...earlier.map((other) => commonPrefix(ids, other, most)));
    earlier.push(ids);
    return shared - (shared % block);
  });
}

function commonPrefix(a: readonly number[], b: readonly number[], most: number): number {
  const end = Math.min(a.length, b.length, most);
  let length = 0;
  while (length < end && a[length] === b[length]) length += 1;
  return length;
}

function line(
  turns: readonly ConversationTurn[],
  table: PriceTable,
  options: PriceOptions,
): ConversationLine {
  const prices = turns.map(({ usage, shareableInputTokens }): TurnPrices => {
    const withCached = (cachedInputTokens: number) =>
      priceOf({ ...usage, cachedInputTokens }, table, options);
    return {
      uncached: withCached(0),
      shared: withCached(usage.cachedInputTokens),
      shareable: shareableInputTokens === null ? null : withCached(shareableInputTokens),
    };
  });
  return {
    table,
    turns: prices,
    cumulative: {
      uncached: added(prices.map(({ uncached }) => uncached.total)),
      shared: added(prices.map(({ shared }) => shared.total)),
      shareable: addedWhileKnown(prices.map(({ shareable }) => shareable?.total ?? null)),
    },
  };
}

function added(totals: readonly number[]): number[] {
  let all = decimalOf(0);
  return totals.map((total) => {
    all = sum([all, decimalOf(total)]);
    return numberOf(all);
  });
}

function addedWhileKnown(totals: readonly (number | null)[]): (number | null)[] {
  const unknown = totals.indexOf(null);
  const known = totals.slice(0, unknown < 0 ? totals.length : unknown) as number[];
  return [...added(known), ...totals.slice(known.length).map(() => null)];
}
