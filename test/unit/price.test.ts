import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import {
  checkPriceTable,
  importLiteLLM,
  PRICES,
  type PriceTable,
  priceOf,
  type UsageRecord,
  usageOf,
} from "../../engine/index.ts";
import { runRecord } from "../fixtures/runRecords.ts";

const V3 = PRICES["deepseek-v3"];

function usage(input: number, output: number, cached = 0, reasoning = 0): UsageRecord {
  return {
    inputTokens: input,
    cachedInputTokens: cached,
    outputTokens: output,
    reasoningTokens: reasoning,
  };
}

function flat(price: number): PriceTable {
  const perMillion = { input: price, cachedInput: null, output: price, reasoning: null };
  return { ...V3, perMillion, offPeak: null };
}

describe("a usage has a price by a list", () => {
  it("each token by its kind, cached input once and reasoning once", () => {
    const table: PriceTable = {
      ...V3,
      perMillion: { input: 2, cachedInput: 0.5, output: 8, reasoning: 12 },
    };
    // 700 · 2 + 300 · 0.5 + 60 · 8 + 40 · 12 = 1400 + 150 + 480 + 480 millionths
    assert.deepEqual(priceOf(usage(1000, 100, 300, 40), table), {
      currency: "USD",
      input: 0.0014,
      cachedInput: 0.00015,
      output: 0.00048,
      reasoning: 0.00048,
      total: 0.00251,
      isOffPeak: false,
    });
  });

  it("where the list has none for cached input or reasoning, as other input and output", () => {
    const perMillion = { input: 2, cachedInput: null, output: 8, reasoning: null };
    const { total } = priceOf(usage(1000, 100, 300, 40), { ...V3, perMillion });
    assert.equal(total, 0.0028);
  });

  it("exactly: in decimals, not in sums of rounded numbers", () => {
    assert.notEqual((3 * 0.1) / 1e6, 3e-7);
    assert.equal(priceOf(usage(3, 0), flat(0.1)).total, 3e-7);
    const three = priceOf(usage(2, 2, 1, 1), {
      ...V3,
      perMillion: { input: 0.1, cachedInput: 0.2, output: 0.3, reasoning: 0.7 },
    });
    assert.equal(three.total, 1.3e-6);
    assert.equal(priceOf(usage(Number.MAX_SAFE_INTEGER, 0), flat(1e6)).total, 2 ** 53 - 1);
    assert.equal(priceOf(usage(1, 0), flat(1e-9)).total, 1e-15);
    assert.equal(priceOf(usage(0, 0), V3).total, 0);
  });

  it("DeepSeek-V3's, with 0.27, 0.07 and 1.10 dollars for a million, and half of it at night", () => {
    const million = usage(1_000_000, 1_000_000);
    assert.equal(priceOf(million, V3).total, 1.37);
    assert.equal(priceOf({ ...million, cachedInputTokens: 1_000_000 }, V3).total, 1.17);
    const night = priceOf(million, V3, { at: new Date("2025-03-01T18:00:00Z") });
    assert.deepEqual([night.total, night.isOffPeak], [0.685, true]);
  });

  it("at the hours of the list: the first minute is among them, the last is not, midnight does not end them", () => {
    const times = { "16:29": false, "16:30": true, "23:59": true, "00:29": true, "00:30": false };
    for (const [time, expected] of Object.entries(times)) {
      const { isOffPeak } = priceOf(usage(1, 1), V3, { at: new Date(`2025-03-01T${time}:59Z`) });
      assert.equal(isOffPeak, expected, time);
    }
    assert.equal(priceOf(usage(1, 1), V3).isOffPeak, false, "no moment, no discount");
  });

  it("on the days of the list, in UTC", () => {
    const table = PRICES["deepseek-v4-pro"];
    const times = {
      "2026-10-26T01:00Z": false, // a Monday
      "2026-10-26T00:59Z": true,
      "2026-10-26T05:00Z": true,
      "2026-10-30T09:59Z": false, // a Friday
      "2026-10-30T10:00Z": true,
      "2026-10-31T02:00Z": true, // a Saturday
      "2026-11-01T08:00Z": true, // a Sunday
    };
    for (const [time, expected] of Object.entries(times)) {
      const { isOffPeak, total } = priceOf(usage(1_000_000, 0), table, { at: new Date(time) });
      assert.deepEqual([isOffPeak, total], [expected, expected ? 0.66 : 1.32], time);
    }
  });
});

describe("two bills set side by side", () => {
  const cheap = { tokens: 8077, usd: 0.0032 };
  const dear = { tokens: 4972, usd: 0.06 };
  const effective = ({ tokens, usd }: typeof cheap) => (usd / tokens) * 1e6;

  it("8,077 tokens for 0.0032 dollars and 4,972 for 0.06 are 0.396 and 12.07 dollars for a million", () => {
    assert.equal(effective(cheap).toFixed(3), "0.396");
    assert.equal(effective(dear).toFixed(2), "12.07");
    for (const { tokens, usd } of [cheap, dear]) {
      const { total } = priceOf(usage(tokens, 0), flat(effective({ tokens, usd })));
      assert.ok(Math.abs(total - usd) < 1e-15);
    }
  });

  it("the bills are 18.75 to 1; the prices of a token are 30.5 to 1, since the cheap one has more tokens", () => {
    const bill = ({ tokens, usd }: typeof cheap) =>
      priceOf(usage(tokens, 0), flat(effective({ tokens, usd }))).total;
    assert.equal((bill(dear) / bill(cheap)).toFixed(2), "18.75");
    assert.equal((effective(dear) / effective(cheap)).toFixed(1), "30.5");
  });

  it("0.396 is DeepSeek-V3's list where 15.2 % of the tokens are output, with nothing cached", () => {
    // 0.27 (1 - x) + 1.10 x = 0.396
    const { input, output } = V3.perMillion;
    const share = (effective(cheap) - input) / (output - input);
    assert.equal(share.toFixed(3), "0.152");
    const outputTokens = Math.round(share * cheap.tokens);
    const { total } = priceOf(usage(cheap.tokens - outputTokens, outputTokens), V3);
    assert.equal(outputTokens, 1228);
    assert.equal(total.toFixed(6), "0.003200");
  });

  it("12.07 is more than GPT-4o's list takes for any token, and o1's where most of the prompt is cached", () => {
    assert.ok(effective(dear) > PRICES["gpt-4o"].perMillion.output);
    const { cachedInput, output, input } = PRICES.o1.perMillion;
    assert.ok(effective(dear) < input && effective(dear) > (cachedInput ?? 0));
    const share = (effective(dear) - (cachedInput ?? 0)) / (output - (cachedInput ?? 0));
    assert.equal(share.toFixed(3), "0.087", "output, where the whole prompt is cached");
  });
});

describe("what cannot be priced is refused by name", () => {
  const refuses = (wrong: object, code: string, message: RegExp) =>
    assert.throws(() => priceOf({ ...usage(10, 10), ...wrong } as UsageRecord, V3), {
      code,
      message,
    });

  it("usages that contradict themselves", () => {
    refuses({ cachedInputTokens: 11 }, "ERR_USAGE", /cachedInputTokens: expected at most the 10 /);
    refuses({ reasoningTokens: 11 }, "ERR_USAGE", /reasoningTokens: expected at most the 10 /);
    refuses({ inputTokens: -1 }, "ERR_USAGE", /inputTokens: expected a whole number/);
    refuses({ outputTokens: 0.5 }, "ERR_USAGE", /outputTokens: expected a whole number.*got 0.5/);
    refuses({ outputTokens: Number.NaN }, "ERR_USAGE", /got NaN/);
    refuses({ inputTokens: "10" }, "ERR_USAGE", /inputTokens/);
    assert.throws(() => priceOf(null as never, V3), { code: "ERR_USAGE" });
  });

  it("lists with something else in a price's place", () => {
    const wrong: readonly [object, RegExp][] = [
      [{ perMillion: { ...V3.perMillion, input: -1 } }, /perMillion\.input: .*at least 0, got -1/],
      [{ perMillion: { ...V3.perMillion, output: null } }, /perMillion\.output/],
      [{ perMillion: { ...V3.perMillion, outptu: 1 } }, /got "outptu"/],
      [{ perMillion: { ...V3.perMillion, reasoning: Number.NaN } }, /or null, got NaN/],
      [{ currency: "dollars" }, /table\.currency: expected three letters/],
      [{ date: "May 2025" }, /table\.date: expected YYYY-MM-DD/],
      [{ date: "2025-02-30" }, /table\.date/],
      [{ name: "" }, /table\.name: expected text/],
      [{ source: undefined }, /table\.source/],
      [{ offPeak: undefined }, /table\.offPeak: expected \{ hours, perMillion \} or null/],
      [{ offPeak: { ...V3.offPeak, hours: [] } }, /offPeak\.hours/],
      [{ maxInputTokens: 0 }, /maxInputTokens/],
      [{ offPeak: { ...V3.offPeak, hours: [{ fromUtc: "24:00" }] } }, /hours\[0\]\.fromUtc/],
    ];
    for (const [change, message] of wrong)
      assert.throws(() => priceOf(usage(1, 1), { ...V3, ...change } as PriceTable), {
        code: "ERR_PRICE_TABLE",
        message,
      });
    assert.throws(() => checkPriceTable("mine", { name: "a", usdPerMTokInput: 1 }), {
      message: /^mine: expected a price list with its prices under perMillion, got one with usdPer/,
    });
    for (const table of Object.values(PRICES)) checkPriceTable("PRICES", table);
  });

  it("prompts longer than the list has prices for", () => {
    const table = { ...V3, maxInputTokens: 10 };
    assert.equal(priceOf(usage(10, 0), table).total, 2.7e-6);
    assert.throws(() => priceOf(usage(11, 0), table), { code: "ERR_PRICE_LIMIT" });
  });

  it("moments that are none", () => {
    for (const at of [new Date(Number.NaN), "now", 3])
      assert.throws(() => priceOf(usage(1, 1), V3, { at } as never), { code: "ERR_OPTION" });
  });
});

describe("a run's usage", () => {
  it("tells prompt, cache, output and reasoning apart", () => {
    const { tokens } = runRecord(["a", "b", "c", "d", "e"]);
    const run = {
      record: {
        tokens: tokens.map((token, t) => ({
          ...token,
          ...(t >= 2 && { phase: "generated" as const }),
          ...(t >= 2 && t < 4 && { thinking: true as const }),
        })),
      },
      cost: () => ({ sharedPrefixTokens: 1 }),
    };
    assert.deepEqual(usageOf(run), usage(2, 3, 1, 2));
    assert.deepEqual(usageOf({ run }), usage(2, 3, 1, 2), "of what holds a run");
  });
});

describe("LiteLLM's file", () => {
  const file: unknown = JSON.parse(
    readFileSync(new URL("../fixtures/price/litellm.json", import.meta.url), "utf8"),
  );
  const read = importLiteLLM(file, { date: "2026-11-30" });
  const table = (name: string) => read.tables.find((one) => one.name === name);

  it("gives lists with dollars for a million tokens, exactly", () => {
    assert.deepEqual(table("small-chat"), {
      name: "small-chat",
      source: "https://example.com/pricing",
      date: "2026-11-30",
      currency: "USD",
      perMillion: { input: 0.27, cachedInput: 0.07, output: 1.1, reasoning: null },
      offPeak: null,
      maxInputTokens: null,
    });
    assert.match(String(table("small-reasoner")?.source), /litellm/);
    assert.deepEqual(table("small-reasoner")?.perMillion, {
      input: 0.55,
      cachedInput: null,
      output: 2.19,
      reasoning: 3,
    });
  });

  it("with off-peak hours, in which prices that are not named stay as they are", () => {
    assert.deepEqual(table("small-reasoner")?.offPeak, {
      hours: [{ fromUtc: "16:30", untilUtc: "00:30", days: null }],
      perMillion: { input: 0.135, cachedInput: null, output: 0.55, reasoning: 3 },
    });
    const days = [1, 2, 3, 4, 5];
    assert.deepEqual(table("weekly-chat")?.offPeak?.hours, [
      { fromUtc: "00:00", untilUtc: "01:00", days },
      { fromUtc: "04:00", untilUtc: "06:00", days },
      { fromUtc: "10:00", untilUtc: "00:00", days },
      { fromUtc: "00:00", untilUtc: "00:00", days: [6, 7] },
    ]);
    // The hours that the file has of DeepSeek are those of our own list.
    for (let hour = 0; hour < 24 * 7; hour++) {
      const at = new Date(Date.UTC(2026, 9, 26, hour, 30));
      const [a, b] = [table("weekly-chat"), PRICES["deepseek-v4-pro"]].map(
        (one) => one && priceOf(usage(1000, 1000), one, { at }).total,
      );
      assert.equal(a, b, at.toISOString());
    }
  });

  it("with the length of prompts up to which prices hold", () => {
    assert.equal(table("long-chat")?.maxInputTokens, 128_000);
  });

  it("leaves out what has no price of tokens, and says what and why", () => {
    assert.equal(read.tables.length, 4);
    assert.deepEqual(read.leftOut, [
      { name: "a-picture", reason: "no price of an input token" },
      { name: "a-listener", reason: "no price of an output token" },
      { name: "in-tiers", reason: "prices in tiers" },
      { name: "another-clock", reason: "days of the week in Asia/Shanghai" },
    ]);
    const unknown = { a: { input_cost_per_token: 1e-6, output_cost_per_token: null } };
    const { tables, leftOut } = importLiteLLM(unknown, { date: "2026-11-30" });
    assert.deepEqual([tables.length, leftOut[0]?.name], [0, "a"], "null is no price, not 0");
  });

  it("is refused by name where it has another form", () => {
    const good = { input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 };
    const wrong: readonly [unknown, RegExp][] = [
      [[], /^importLiteLLM: expected the file's object, parsed, got \[\]/],
      ["{}", /Pass JSON\.parse\(text\)/],
      [{ a: 3 }, /\["a"\]: expected an object, got 3/],
      [{ a: { ...good, input_cost_per_token: "free" } }, /\["a"\]\.input_cost_per_token: .*"free"/],
      [{ a: { ...good, output_cost_per_token: -1 } }, /\["a"\]\.output_cost_per_token/],
      [{ a: { ...good, off_peak_pricing: 1 } }, /off_peak_pricing: expected an object/],
      [{ a: { ...good, off_peak_pricing: {} } }, /expected hours_utc or windows/],
      [{ a: { ...good, off_peak_pricing: { hours_utc: "noon" } } }, /hours_utc: expected "HH:MM/],
      [
        {
          a: {
            ...good,
            off_peak_pricing: { windows: [{ hours_utc: "01:00-02:00", weekdays: [0] }] },
          },
        },
        /windows\[0\]\.weekdays: expected days from 1/,
      ],
    ];
    for (const [json, message] of wrong)
      assert.throws(() => importLiteLLM(json, { date: "2026-11-30" }), {
        code: "ERR_PRICES",
        message,
      });
    assert.throws(() => importLiteLLM({ a: good }, { date: "today" }), { code: "ERR_PRICE_TABLE" });
    const late = { hours_utc: "25:00-26:00" };
    assert.throws(
      () => importLiteLLM({ a: { ...good, off_peak_pricing: late } }, { date: "2026-11-30" }),
      { code: "ERR_PRICE_TABLE", message: /hours\[0\]\.fromUtc/ },
    );
  });
});
