import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type {
  GeneratedToken,
  GenerateOptions,
  Generation,
  HostArray,
  TokenRecord,
} from "../../engine/index.ts";
import fc from "../fixtures/fastCheck.ts";
import { sums } from "../fixtures/sums.ts";
import { openModel, tinyFolder } from "../golden/openModel.ts";

const opened: ReturnType<typeof openModel>[] = [];
const open = async () => {
  opened[0] ??= openModel("cpu", tinyFolder);
  return (await opened[0]).model;
};
after(async () => (await opened[0])?.model.dispose());

const [OPEN, END] = [5, 6];

/** What a token is, without the time it took. */
const still = ({ durationMs: _, ...token }: GeneratedToken) => token;

interface Told extends Pick<Generation, "finishReason" | "thinking" | "answer"> {
  readonly tokens: readonly Omit<GeneratedToken, "durationMs">[];
  readonly records: readonly TokenRecord[];
  readonly logits: HostArray;
}

function toldOf(generation: Generation, tokens: readonly GeneratedToken[]): Told {
  const { finishReason, thinking, answer, run } = generation;
  const { logits, record } = run;
  run.dispose();
  const records = record.tokens;
  return {
    tokens: tokens.map(still),
    finishReason,
    thinking,
    answer,
    records,
    logits: logits.data,
  };
}

async function generate(question: string, options: GenerateOptions): Promise<Told> {
  const prompt = [{ role: "user", content: question }];
  const generation = (await open()).generate(prompt, options);
  const tokens: GeneratedToken[] = [];
  for await (const token of generation) tokens.push(token);
  return toldOf(generation, tokens);
}

async function generateAll(questions: readonly string[], options: GenerateOptions) {
  const prompts = questions.map((content) => [{ role: "user", content }]);
  const batch = (await open()).generateAll(prompts, options);
  const tokens: GeneratedToken[][] = questions.map(() => []);
  for await (const { prompt, ...token } of batch) tokens[prompt]?.push(token);
  return batch.generations.map((it, i) => toldOf(it, tokens[i] ?? []));
}

const cases = fc.record({
  question: fc
    .tuple(fc.integer({ min: 2, max: 6 }), fc.nat(9999))
    .map(([terms, seed]) => sums(terms, 1, seed)[0]?.question ?? ""),
  temperature: fc.constantFrom(0, 1.3),
  seed: fc.nat(9999),
  budget: fc.integer({ min: 0, max: 24 }),
});
/** Where thinking has come to so many tokens and goes on; -1: nowhere. */
function placeOfLimit({ tokens }: Told, budget: number): number {
  let [isInside, count] = [false, 0];
  for (const [i, { id }] of tokens.entries()) {
    if (isInside && count === budget) return i;
    if (isInside && id !== END) count += 1;
    else isInside = !isInside && id === OPEN;
  }
  return isInside && count === budget ? tokens.length : -1;
}

const ids = ({ tokens }: Told) => tokens.map(({ id }) => id);

describe("thinking of the default model on cpu", () => {
  test("is that without limit up to the budget, then the end mark, then an answer", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ question, budget, ...how }) => {
        const free = await generate(question, { ...how, maxTokens: 80 });
        const limited = await generate(question, { ...how, maxTokens: 80, thinking: { budget } });
        if (free.thinking.tokens < budget) return assert.deepEqual(limited, free);
        const at = placeOfLimit(free, budget);
        if (at < 0 || at === 80) return assert.deepEqual(limited, free);
        assert.deepEqual(limited.tokens.slice(0, at), free.tokens.slice(0, at));
        const { id, forced, thinking } = limited.tokens[at] ?? {};
        assert.deepEqual([id, forced, thinking], [END, true, true]);
        if (ids(limited).includes(OPEN, at)) return; // sampled, it may open again
        assert.ok(limited.tokens.slice(at + 1).every((token) => !token.forced && !token.thinking));
        assert.deepEqual(limited.thinking, { tokens: budget, ended: "budget", extended: 0 });
      }),
      { numRuns: 25 },
    );
  });

  test("is marked in the tokens, in the run's record and in the counts alike", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ question, budget, ...how }) => {
        const limited = await generate(question, { ...how, maxTokens: 60, thinking: { budget } });
        const records = limited.records.filter(({ phase }) => phase === "generated");
        assert.deepEqual(
          records.map(({ thinking = false, forced = false }) => ({ thinking, forced })),
          limited.tokens.map(({ thinking, forced }) => ({ thinking, forced })),
        );
        for (const [i, { logprob }] of records.entries())
          assert.ok(Math.abs((logprob ?? Number.NaN) - (limited.tokens[i]?.logprob ?? 0)) < 1e-4);
        const marked = limited.tokens.filter(({ thinking }) => thinking).length;
        assert.ok(marked >= limited.thinking.tokens);
      }),
      { numRuns: 8 },
    );
  });

  test("that is unlimited, or has room enough, has every bit of thinking that nobody asked about", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ question, budget: _, ...how }) => {
        const free = await generate(question, { ...how, maxTokens: 80 });
        const roomy = { budget: free.thinking.tokens + 1, minimum: 0, times: 0 };
        for (const thinking of [{}, roomy])
          assert.deepEqual(await generate(question, { ...how, maxTokens: 80, thinking }), free);
      }),
      { numRuns: 8 },
    );
  });

  test("goes on below its minimum with the extension, where the mark would have stood", async () => {
    const wait = (await open()).tokenizer.encode("Wait", { addSpecialTokens: false });
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.integer({ min: 1, max: 3 }),
        async ({ question, budget, ...how }, times) => {
          const free = await generate(question, { ...how, maxTokens: 40 });
          const minimum = free.thinking.tokens + budget;
          const thinking = { minimum, times };
          const longer = await generate(question, { ...how, maxTokens: 200, thinking });
          const at = free.tokens.findIndex(({ id }) => id === END);
          if (at < 0) return;
          assert.deepEqual(longer.tokens.slice(0, at), free.tokens.slice(0, at));
          const instead = longer.tokens.slice(at, at + wait.length);
          assert.deepEqual(
            instead.map(({ id }) => id),
            wait,
          );
          assert.ok(instead.every(({ forced, thinking: inside }) => forced && inside));
          if (longer.thinking.ended !== "model") return; // maxTokens came first
          assert.ok(longer.thinking.tokens >= minimum);
          assert.ok(longer.thinking.extended >= times);
        },
      ),
      { numRuns: 10 },
    );
  });

  test("has the same bits among others as alone", async () => {
    const several = fc.array(cases, { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(several, cases, async (places, { budget, temperature, seed }) => {
        const questions = places.map(({ question }) => question);
        const thinking = { budget: budget + 4, minimum: 3, times: 1, extend: "Wait" };
        const options = { temperature, maxTokens: 50, thinking };
        const together = await generateAll(questions, { ...options, seed });
        for (const [i, question] of questions.entries())
          assert.deepEqual(together[i], await generate(question, { ...options, seed: seed + i }));
      }),
      { numRuns: 6 },
    );
  });

  test("has the same greedy tokens with drafts as without, rules and questions alike", async () => {
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.integer({ min: 1, max: 4 }),
        async ({ question, budget }, draftTokens) => {
          const asked: unknown[][] = [];
          const thinking = (onEnd: boolean, of: unknown[]) => ({
            ...{ budget: budget + 8, minimum: 2, times: budget % 2 },
            ...(onEnd && {
              onEnd: (thought: { ended: string }) => {
                of.push(thought);
                return of.length === 1 && thought.ended === "model" ? "7" : undefined;
              },
            }),
          });
          for (const onEnd of [false, true]) {
            const options = { temperature: 0, maxTokens: 60 };
            const [a, b]: [unknown[], unknown[]] = [[], []];
            const plain = await generate(question, { ...options, thinking: thinking(onEnd, a) });
            const drafted = await generate(question, {
              ...{ ...options, speculate: "mtp" as const, draftTokens },
              thinking: thinking(onEnd, b),
            });
            const bare = ({ tokens }: Told) => tokens.map(({ draft: _, ...token }) => token);
            assert.deepEqual(bare(drafted), bare(plain));
            assert.deepEqual([drafted.thinking, drafted.answer], [plain.thinking, plain.answer]);
            assert.deepEqual(b, a);
            for (const { forced, draft } of drafted.tokens)
              if (forced) assert.equal(draft.verdict, "plain");
            asked.push(a);
          }
          assert.equal(asked[0]?.length, 0);
        },
      ),
      { numRuns: 12 },
    );
  });
});
