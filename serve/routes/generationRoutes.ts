import { randomInt } from "node:crypto";
import { type Context, Hono } from "hono";
import type { TogetherChatOptions } from "../../engine/index.node.ts";
import { ApiError } from "../apiError.ts";
import { ReplyChoice, TextChoice } from "../choice.ts";
import { ChatAnswer } from "../replies/chatAnswer.ts";
import { CompletionAnswer } from "../replies/completionAnswer.ts";
import { send } from "../replies/send.ts";
import { type ChatRequest, readChatRequest } from "../requests/chatRequest.ts";
import { readCompletionRequest } from "../requests/completionRequest.ts";
import { readJson } from "../requests/json.ts";
import type { SamplingFields } from "../requests/samplingFields.ts";
import type { Service } from "../service.ts";
import { Work } from "../work.ts";

const MOST_SEED = 2 ** 31;

/** No field asks for log probabilities of prompts: the head computes the last row of each alone. */
const OF_ALL = { promptLogprobs: false } as const;

/** Where texts are generated. */
export function generationRoutes(service: Service): Hono {
  const { batch } = service;
  const routes = new Hono();

  routes.post("/v1/chat/completions", async (context) => {
    const template = service.model.tokenizer.chatTemplate();
    const request = readChatRequest(await readJson(context.req), batch.contextLength, template);
    const { fields, messages, tools, variables, options } = request;
    const thinking = thinkingOf(request);
    requireModel(service, fields.model);
    const asked = {
      ...options,
      ...OF_ALL,
      ...(tools.length > 0 && { tools }),
      ...(thinking !== undefined && { thinking }),
      ...(Object.keys(variables).length > 0 && { variables }),
    };
    const seeds = seedsOf(fields, fields.n ?? 1);
    const work = new Work(service, "chat", clientOf(context), (signal) =>
      seeds.map((seed, i) => {
        return new ReplyChoice(i, seed, batch.chat(messages, { ...asked, seed, signal }));
      }),
    );
    return send(context, service, fields, work, new ChatAnswer(service, request, work.choices));
  });

  routes.post("/v1/completions", async (context) => {
    const request = readCompletionRequest(await readJson(context.req));
    const { fields, prompts, options } = request;
    requireModel(service, fields.model);
    const { n = 1 } = fields;
    const seeds = seedsOf(fields, n * prompts.length);
    const choices: TextChoice[] = [];
    const work = new Work(service, "completions", clientOf(context), (signal) => {
      for (const [i, seed] of seeds.entries()) {
        const at = Math.floor(i / n);
        const generation = batch.generate(prompts[at] ?? "", {
          ...options,
          ...OF_ALL,
          ...{ seed, signal },
        });
        choices.push(new TextChoice(i, seed, generation, at));
      }
      return choices;
    });
    return send(context, service, fields, work, new CompletionAnswer(service, request, choices));
  });

  return routes;
}

/** A word or a flag for the template, limits for the text, or both. */
function thinkingOf({ thinking, fields }: ChatRequest): TogetherChatOptions["thinking"] {
  const limits = fields.vitrine?.thinking;
  if (limits === undefined) return thinking;
  if (thinking === false)
    throw new ApiError(
      400,
      "vitrine.thinking: expected a model that is to think, got thinking: false beside it. Leave one of the two out.",
      { param: "vitrine.thinking", code: "invalid_value" },
    );
  return { ...limits, ...(typeof thinking === "string" && { effort: thinking }) };
}

/** Fires when the client goes away before it has its answer. */
function clientOf(context: Context): AbortSignal {
  return context.req.raw.signal;
}

/** That of choice number i is `seed` plus i; where the request names none, one is drawn. */
function seedsOf({ seed = randomInt(MOST_SEED) }: SamplingFields, count: number): number[] {
  if (seed > Number.MAX_SAFE_INTEGER - (count - 1))
    throw new ApiError(
      400,
      `seed: expected one that leaves room for ${count} texts below 2^53, got ${seed}. Choose a smaller one.`,
      { param: "seed", code: "invalid_value" },
    );
  return Array.from({ length: count }, (_, i) => seed + i);
}

function requireModel(service: Service, name: string): void {
  if (name === service.name) return;
  throw new ApiError(
    404,
    `model: expected ${JSON.stringify(service.name)}, which is served here, got ${JSON.stringify(name)}. /v1/models lists it.`,
    { param: "model", code: "model_not_found" },
  );
}
