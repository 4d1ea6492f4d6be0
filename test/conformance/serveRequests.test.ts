import assert from "node:assert/strict";
import { request } from "node:http";
import { describe, it } from "node:test";
import { startServe } from "../../serve/index.ts";
import { serveTiny } from "../fixtures/serve/servedModel.ts";

interface Refusal {
  readonly error: { message: string; type: string; param: string | null; code: string | null };
}

const HELLO = { model: "tiny", messages: [{ role: "user", content: "Hello" }], max_tokens: 2 };
const call = (over: object) => ({
  ...HELLO,
  messages: [
    { role: "user", content: "Hello" },
    { role: "assistant", tool_calls: [{ id: "1", type: "function", function: over }] },
    { role: "user", content: "Go on" },
  ],
});

/** Requests with the field that is refused, and how. */
const REFUSED: readonly (readonly [body: object, param: string | null, message: RegExp])[] = [
  [{ ...HELLO, temprature: 1 }, "temprature", /Did you mean temperature\?/],
  [{ ...HELLO, temperature: "hot" }, "temperature", /expected a number, got "hot"/],
  [{ ...HELLO, temperature: 3 }, "temperature", /expected at most 2, got 3/],
  [{ ...HELLO, top_p: 0 }, "top_p", /expected above 0, got 0/],
  [{ ...HELLO, n: 0 }, "n", /expected at least 1, got 0/],
  [{ ...HELLO, seed: -1 }, "seed", /expected at least 0/],
  [{ ...HELLO, n: 2, seed: Number.MAX_SAFE_INTEGER }, "seed", /leaves room for 2 texts/],
  [{ ...HELLO, stop: [""] }, "stop[0]", /a text that is not empty/],
  [{ ...HELLO, logit_bias: { a: 1 } }, "logit_bias", /token ids as names/],
  [{ ...HELLO, top_logprobs: 3 }, "logprobs", /expected true beside top_logprobs/],
  [{ ...HELLO, stream_options: {} }, "stream_options", /expected stream: true/],
  [{ ...HELLO, vitrine: { route: true } }, "vitrine.route", /expected one of routes, cost, th/],
  [{ ...HELLO, vitrine: { thinking: { budget: -1 } } }, "vitrine.thinking.budget", /at least 0/],
  [
    {
      ...HELLO,
      ...{ vitrine: { thinking: { budget: 1 } }, chat_template_kwargs: { thinking: false } },
    },
    "vitrine.thinking",
    /thinking: false beside it/,
  ],
  [{ ...HELLO, max_completion_tokens: 2 }, "max_tokens", /got both/],
  [{ ...HELLO, response_format: { type: "json_object" } }, "response_format", /follows a grammar/],
  [{ ...HELLO, store: true }, "store", /expected false, got true/],
  [{ ...HELLO, functions: [{}] }, "functions", /expected none/],
  [{ ...HELLO, tool_choice: "required", tools: [{}] }, "tool_choice", /"auto" or "none"/],
  [{ ...HELLO, tool_choice: "auto" }, "tool_choice", /expected tools beside it/],
  [{ ...HELLO, tools: [{ type: "web_search" }] }, "tools[0]", /knows functions alone/],
  [{ ...HELLO, chat_template_kwargs: { a: 1 } }, "chat_template_kwargs.a", /template reads/],
  [
    { ...HELLO, chat_template_kwargs: { messages: [] } },
    "chat_template_kwargs.messages",
    /own fields/,
  ],
  [{ ...HELLO, chat_template_kwargs: { thinking: 1 } }, "chat_template_kwargs.thinking", /true or/],
  [{ ...HELLO, messages: [] }, "messages", /at least 1 in the list/],
  [{ ...HELLO, messages: [{ role: "boss" }] }, "messages[0].role", /expected system, developer/],
  [{ ...HELLO, messages: [{ role: "user" }] }, "messages[0].content", /expected a text/],
  [{ ...HELLO, messages: ["Hello"] }, "messages[0]", /an object with role and content/],
  [
    { ...HELLO, messages: [{ role: "user", content: [{ type: "image_url" }] }] },
    "messages[0].content[0]",
    /reads text alone/,
  ],
  [
    { ...HELLO, messages: [{ role: "user", content: "a", tool_calls: [{}] }] },
    "messages[0].tool_calls",
    /expected none in a message of the role user/,
  ],
  [
    call({ name: "f", arguments: "{" }),
    "messages[1].tool_calls[0].function.arguments",
    /a JSON object as text/,
  ],
  [{ messages: HELLO.messages }, "model", /expected it in the request/],
  [{ ...HELLO, messages: [{ role: "user", content: "la ".repeat(900) }] }, null, /at most 511 tok/],
  [{ ...HELLO, logit_bias: { 99999: 1 } }, null, /99999/],
  [{ ...HELLO, reasoning_effort: "low" }, null, /thinking/],
];

describe("a request that cannot be done", () => {
  it("is refused with 4xx, a sentence and the field's name, and nothing is left of it", async (t) => {
    const { url } = await serveTiny(t);
    const post = (body: string, path = "chat/completions", type = "application/json") =>
      fetch(`${url}/v1/${path}`, { method: "POST", headers: { "Content-Type": type }, body });
    for (const [body, param, message] of REFUSED) {
      const response = await post(JSON.stringify(body));
      const { error } = (await response.json()) as Refusal;
      assert.equal(response.status, 400, JSON.stringify(body));
      assert.equal(error.type, "invalid_request_error");
      assert.equal(error.param, param, error.message);
      assert.match(error.message, message);
      assert.match(error.message, /^[\w.[\]:-]+( \w+)*: .*\.$|\?/s, "a sentence with its subject");
    }
    const told = async (response: Response) =>
      [response.status, ((await response.json()) as Refusal).error.code] as const;
    assert.deepEqual(await told(await post("{")), [400, "invalid_json"]);
    assert.deepEqual(await told(await post("[]")), [400, null]);
    const long = { ...HELLO, messages: [{ role: "user", content: "a".repeat(2 ** 21) }] };
    assert.deepEqual(await told(await post(JSON.stringify(long))), [413, "request_too_large"]);
    assert.deepEqual(await told(await post("{}", "chat/completions", "text/plain")), [
      ...[415, "unsupported_media_type"],
    ]);
    assert.deepEqual(await told(await post(JSON.stringify({ ...HELLO, model: "gpt" }))), [
      ...[404, "model_not_found"],
    ]);
    assert.deepEqual(await told(await post("{}", "embeddings")), [404, "not_found"]);
    assert.deepEqual(await told(await fetch(`${url}/v1/models/other/one`)), [
      ...[404, "model_not_found"],
    ]);
    const prompts = [{ prompt: [] }, { prompt: [[]] }, { prompt: 3 }, { prompt: "" }];
    for (const wrong of prompts.slice(0, 3)) {
      const response = await post(JSON.stringify({ model: "tiny", ...wrong }), "completions");
      assert.equal(response.status, 400);
    }
    assert.deepEqual(await (await fetch(`${url}/health`)).json(), {
      ...{ status: "ok", running: 0, waiting: 0 },
    });
    assert.equal((await post(JSON.stringify(HELLO))).status, 200);
  });

  it("may have what clients send unasked", async (t) => {
    const { url } = await serveTiny(t);
    const response = await fetch(`${url}/v1/chat/completions`, {
      ...{ method: "POST", headers: { "Content-Type": "application/json; charset=utf-8" } },
      body: JSON.stringify({
        ...{ ...HELLO, user: "me", metadata: { a: "b" }, store: false, parallel_tool_calls: true },
        ...{ response_format: { type: "text" }, service_tier: "auto", logprobs: null, stop: null },
      }),
    });
    assert.equal(response.status, 200);
  });
});

describe("what the engine adds", () => {
  it("gives routes and costs where they are asked for, streamed too", async (t) => {
    const { model, url } = await serveTiny(t);
    const asked = { ...HELLO, seed: 3, temperature: 1, vitrine: { routes: true, cost: true } };
    const post = (body: object) =>
      fetch(`${url}/v1/chat/completions`, {
        ...{ method: "POST", headers: { "Content-Type": "application/json" } },
        body: JSON.stringify(body),
      });
    interface Extras {
      readonly choices: readonly {
        readonly seed: number;
        readonly routes: { readonly indices: number[]; readonly nTokens: number };
        readonly cost: { readonly tokens: readonly { flops: number }[] };
      }[];
    }
    const { vitrine } = (await (await post(asked)).json()) as { vitrine: Extras };
    const chat = model.chat(HELLO.messages, {
      ...{ seed: 3, temperature: 1, maxTokens: 2 },
      promptLogprobs: false, // as the server, whose clients cannot ask for them
    });
    for await (const _ of chat);
    const routing = await chat.run.routing();
    const [choice] = vitrine.choices;
    assert.equal(choice?.seed, 3);
    assert.deepEqual(choice?.routes.indices, [...routing.indices]);
    assert.deepEqual(
      choice?.cost.tokens.map(({ flops }) => flops),
      chat.run.cost().tokens.map(({ flops }) => flops),
    );
    chat.run.dispose();
    const text = await (await post({ ...asked, stream: true })).text();
    const chunks = text.split("\n\n").filter((part) => part.includes('"vitrine"'));
    assert.equal(chunks.length, 1);
    const streamed = JSON.parse((chunks[0] ?? "").slice("data: ".length)) as { vitrine: Extras };
    assert.deepEqual(streamed.vitrine.choices[0]?.routes, choice?.routes);
  });
});

describe("who is let in", () => {
  it("is who knows the token; /health tells anybody that it runs", async (t) => {
    const { url } = await serveTiny(t, { token: "a secret of some length" });
    const status = async (path: string, authorization?: string) =>
      (await fetch(`${url}${path}`, authorization ? { headers: { authorization } } : {})).status;
    assert.equal(await status("/v1/models"), 401);
    assert.equal(await status("/v1/models", "Bearer a secret of some lengtH"), 401);
    assert.equal(await status("/v1/models", "Bearer a secret of some length"), 200);
    assert.equal(await status("/metrics"), 401);
    assert.equal(await status("/health"), 200);
  });

  it("is no page of another origin, and nobody who calls this computer by another's name", async (t) => {
    const { server, url } = await serveTiny(t);
    const origin = await fetch(`${url}/v1/models`, { headers: { Origin: "http://evil.example" } });
    assert.equal(origin.status, 403);
    const byName = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { Host: "evil.example" };
      const asked = request({ port: server.port, host: "127.0.0.1", path: "/v1/models", headers });
      asked.on("response", ({ statusCode }) => resolve(statusCode)).on("error", reject);
      asked.end();
    });
    assert.equal(byName, 403);
  });

  it("needs a token where other computers can reach the server, and a free port", async (t) => {
    const { model, server } = await serveTiny(t);
    const start = (options: object) => startServe({ model, port: 0, ...options });
    await assert.rejects(start({ host: "0.0.0.0" }), /expected a token where other computers/);
    await assert.rejects(start({ host: "0.0.0.0", token: "short" }), /at least 16 characters/);
    await assert.rejects(start({ token: "" }), /expected a token, got an empty one/);
    await assert.rejects(start({ port: server.port }), /to be free, got one in use/);
    await assert.rejects(start({ contextLength: 100_000 }), { code: "ERR_OPTION" });
  });
});
