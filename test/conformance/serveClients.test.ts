import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import type { Model } from "../../engine/index.node.ts";
import { serveTiny, toolModelFolder } from "../fixtures/serve/servedModel.ts";

const QUESTION = [{ role: "user" as const, content: "7+5-3+8=?" }];
const SAMPLED = { temperature: 1, seed: 11, max_tokens: 24 };

/** The same reply without a server. */
async function inNotebook(model: Model) {
  const chat = model.chat(QUESTION, { temperature: 1, seed: 11, maxTokens: 24 });
  for await (const _ of chat);
  chat.run.dispose();
  return chat;
}

const ADD = {
  name: "add",
  description: "Adds two numbers.",
  parameters: {
    type: "object" as const,
    properties: { a: { type: "number" as const }, b: { type: "number" as const } },
    required: ["a", "b"],
  },
};

describe("openai's client", () => {
  const clientOf = (url: string, apiKey = "none") =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });

  it("gets the reply that a notebook gets, in one piece and as a stream", async (t) => {
    const { model, url } = await serveTiny(t);
    const client = clientOf(url);
    const alone = await inNotebook(model);
    const { reasoning, content } = alone.message;
    const asked = { model: "tiny", messages: QUESTION, ...SAMPLED };
    const whole = await client.chat.completions.create({ ...asked, logprobs: true });
    const [choice] = whole.choices;
    const message = choice?.message as { content: string | null; reasoning_content?: string };
    assert.equal(message.content, content);
    assert.equal(message.reasoning_content ?? "", reasoning);
    const told = choice?.logprobs as unknown as Record<string, { logprob: number }[]>;
    assert.deepEqual(
      [...(told.reasoning_content ?? []), ...(told.content ?? [])].map(({ logprob }) => logprob),
      alone.tokens.map(({ logprob }) => logprob),
    );
    assert.equal(whole.usage?.completion_tokens, alone.tokens.length);
    assert.equal(whole.usage?.prompt_tokens, model.tokenizer.encodeChat(QUESTION).length);
    assert.equal(whole.usage?.prompt_tokens_details?.cached_tokens, 0);
    assert.equal(
      whole.usage?.completion_tokens_details?.reasoning_tokens,
      alone.tokens.filter(({ thinking }) => thinking).length,
    );

    const stream = await client.chat.completions.create({
      ...asked,
      ...{ stream: true, stream_options: { include_usage: true } },
    });
    const said = { content: "", reasoning: "", finish: "", usage: 0, chunks: 0 };
    for await (const { choices, usage } of stream) {
      const delta = choices[0]?.delta as { content?: string; reasoning_content?: string };
      said.content += delta?.content ?? "";
      said.reasoning += delta?.reasoning_content ?? "";
      said.finish = choices[0]?.finish_reason ?? said.finish;
      said.usage = usage?.completion_tokens ?? said.usage;
      said.chunks += 1;
    }
    const finish = alone.finishReason === "length" ? "length" : "stop";
    assert.deepEqual([said.content, said.reasoning, said.finish], [content, reasoning, finish]);
    assert.equal(said.usage, alone.tokens.length);
    assert.ok(said.chunks > 5, "it streamed");
  });

  it("gets several choices of a completion, each with the seed behind the one before", async (t) => {
    const { model, url } = await serveTiny(t);
    const { choices, usage } = await clientOf(url).completions.create({
      ...{ model: "tiny", prompt: ["In the beginning", "And God said"], n: 2 },
      ...{ seed: 5, temperature: 1, max_tokens: 6, logprobs: 3 },
    });
    const alone = [];
    for (const [i, prompt] of ["In the beginning", "And God said"].entries())
      for (const n of [0, 1]) {
        const options = { seed: 5 + 2 * i + n, temperature: 1, maxTokens: 6, topLogprobs: 3 };
        const generation = model.generate(prompt, options);
        const tokens = [];
        for await (const token of generation) tokens.push(token);
        alone.push({ text: generation.text, tokens });
        generation.run.dispose();
      }
    assert.deepEqual(
      choices.map(({ index, text }) => [index, text]),
      alone.map(({ text }, i) => [i, text]),
    );
    for (const [i, { tokens }] of alone.entries()) {
      const told = choices[i]?.logprobs;
      assert.deepEqual(
        told?.token_logprobs,
        tokens.map(({ logprob }) => logprob),
      );
      assert.equal(Object.keys(told?.top_logprobs?.[0] ?? {}).length, 3);
      assert.equal(told?.text_offset?.[0], 0);
    }
    assert.equal(usage?.completion_tokens, 24);
  });

  it("pays for a conversation's next turn what is new in it, and gets the same bits", async (t) => {
    const plain = await serveTiny(t);
    const cached = await serveTiny(t, {}, { prefixCacheBytes: 2 ** 24 });
    const turns = async (url: string) => {
      const messages: OpenAI.ChatCompletionMessageParam[] = [...QUESTION];
      const told = [];
      for (const next of ["1+1=?", "2+3=?"]) {
        const asked = { model: "tiny", messages, seed: 2, temperature: 1, max_tokens: 8 };
        const { choices, usage } = await clientOf(url).chat.completions.create({
          ...asked,
          logprobs: true,
        });
        const { message, logprobs } = choices[0] as OpenAI.ChatCompletion.Choice;
        told.push({ message, logprobs, cached: usage?.prompt_tokens_details?.cached_tokens });
        messages.push(message, { role: "user", content: next });
      }
      return told;
    };
    const [without, with_] = [await turns(plain.url), await turns(cached.url)];
    for (const [i, { message, logprobs }] of without.entries())
      assert.deepEqual([with_[i]?.message, with_[i]?.logprobs], [message, logprobs]);
    assert.deepEqual(
      without.map((turn) => turn.cached),
      [0, 0],
    );
    assert.equal(with_[0]?.cached, 0);
    assert.ok((with_[1]?.cached ?? 0) >= plain.model.tokenizer.encodeChat(QUESTION).length - 1);
  });

  it("limits thinking as a notebook does", async (t) => {
    const { model, url } = await serveTiny(t);
    const thinking = { budget: 5 };
    const alone = model.chat(QUESTION, { temperature: 0, maxTokens: 40, thinking });
    for await (const _ of alone);
    const { choices, usage } = await clientOf(url).chat.completions.create({
      ...{ model: "tiny", messages: QUESTION, temperature: 0, max_tokens: 40 },
      ...{ vitrine: { thinking } },
    });
    const message = choices[0]?.message as { content: string; reasoning_content?: string };
    assert.equal(message.content, alone.message.content);
    assert.equal(message.reasoning_content, alone.message.reasoning);
    assert.equal(usage?.completion_tokens_details?.reasoning_tokens, 7, "five and two marks");
    alone.run.dispose();
  });

  it("lists the model, and hears what is wrong with a request as errors of its own", async (t) => {
    const { url } = await serveTiny(t, { token: "a secret of some length" });
    const client = clientOf(url, "a secret of some length");
    const models = [];
    for await (const { id } of client.models.list()) models.push(id);
    assert.deepEqual(models, ["tiny"]);
    await assert.rejects(clientOf(url, "wrong").models.list(), OpenAI.AuthenticationError);
    await assert.rejects(
      client.chat.completions.create({ model: "gpt-4", messages: QUESTION }),
      (error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found",
    );
    await assert.rejects(
      client.chat.completions.create({
        ...{ model: "tiny", messages: QUESTION },
        response_format: { type: "json_object" },
      }),
      (error) => error instanceof OpenAI.BadRequestError && error.param === "response_format",
    );
  });

  it("calls a function, gives its result back and gets the answer, streamed too", async (t) => {
    const folder = await toolModelFolder(t, "The sum is 5.");
    const { url } = await serveTiny(t, {}, { folder });
    const client = clientOf(url);
    const asked: number[][] = [];
    const runner = client.chat.completions.runTools({
      ...{ model: "tiny", messages: [{ role: "user", content: "What is 2 + 3?" }] },
      tools: [
        {
          type: "function",
          function: {
            ...ADD,
            parse: JSON.parse as (text: string) => { a: number; b: number },
            function: ({ a, b }: { a: number; b: number }) => {
              asked.push([a, b]);
              return String(a + b);
            },
          },
        },
      ],
    });
    assert.equal(await runner.finalContent(), "The sum is 5.");
    assert.deepEqual(asked, [[2, 3]]);

    const stream = await client.chat.completions.create({
      ...{ model: "tiny", messages: [{ role: "user", content: "What is 2 + 3?" }] },
      ...{ stream: true, tools: [{ type: "function", function: ADD }] },
    });
    const calls = [];
    let finish: string | null = null;
    for await (const { choices } of stream) {
      calls.push(...(choices[0]?.delta.tool_calls ?? []));
      finish = choices[0]?.finish_reason ?? finish;
    }
    assert.equal(finish, "tool_calls");
    assert.equal(calls.length, 1);
    assert.match(calls[0]?.id ?? "", /^call_\w{24}$/);
    assert.deepEqual(JSON.parse(calls[0]?.function?.arguments ?? ""), { a: 2, b: 3 });
  });
});

describe("the AI SDK", () => {
  const providerOf = (baseURL: string) =>
    createOpenAICompatible({ name: "vitrine", baseURL: `${baseURL}/v1`, includeUsage: true });

  it("gets text, reasoning and usage, in one piece and as a stream", async (t) => {
    const { model, url } = await serveTiny(t);
    const alone = await inNotebook(model);
    const asked = {
      model: providerOf(url)("tiny"),
      ...{ messages: QUESTION, temperature: 1, seed: 11, maxOutputTokens: 24, maxRetries: 0 },
    };
    const whole = await generateText(asked);
    assert.equal(whole.text, alone.message.content);
    assert.equal(whole.reasoningText ?? "", alone.message.reasoning);
    assert.equal(whole.usage.outputTokens, alone.tokens.length);
    const stream = streamText(asked);
    let text = "";
    for await (const part of stream.textStream) text += part;
    assert.equal(text, alone.message.content);
    assert.equal((await stream.reasoningText) ?? "", alone.message.reasoning);
    assert.equal((await stream.usage).outputTokens, alone.tokens.length);
  });

  it("goes through a loop of tools, streamed", async (t) => {
    const folder = await toolModelFolder(t, "The sum is 5.");
    const { url } = await serveTiny(t, {}, { folder });
    const asked: number[][] = [];
    const stream = streamText({
      model: providerOf(url)("tiny"),
      ...{ prompt: "What is 2 + 3?", maxRetries: 0, stopWhen: stepCountIs(3) },
      tools: {
        add: tool({
          description: ADD.description,
          inputSchema: jsonSchema<{ a: number; b: number }>(ADD.parameters),
          execute: async ({ a, b }) => {
            asked.push([a, b]);
            return a + b;
          },
        }),
      },
    });
    let text = "";
    for await (const part of stream.textStream) text += part;
    assert.deepEqual([text, asked], ["The sum is 5.", [[2, 3]]]);
    assert.equal((await stream.steps).length, 2);
  });
});
