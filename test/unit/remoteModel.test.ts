import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { inspect } from "node:util";
import {
  type ChatMessage,
  type ChatPiece,
  conversationCost,
  PRICES,
  RemoteError,
  type RemoteModel,
  type RemoteModelOptions,
  remoteModel,
} from "../../engine/index.ts";
import { delta, openAIServer, streamed, usage, whole } from "../fixtures/openAIServer.ts";
import { until } from "../fixtures/until.ts";

const KEY = "sk-a-key-that-nobody-may-see";
const QUESTION: readonly ChatMessage[] = [{ role: "user", content: "What is 12 + 29?" }];
const STOP = delta({}, { finish_reason: "stop" });

let server: Awaited<ReturnType<typeof openAIServer>>;
before(async () => {
  server = await openAIServer();
});
after(() => server.close());
afterEach(() => {
  server.received.length = 0;
});

function remote(options: Partial<RemoteModelOptions> = {}): RemoteModel {
  return remoteModel({ baseUrl: server.url, apiKey: KEY, model: "small", ...options });
}

const messagesOf = (request: number) =>
  (server.received[request]?.body.messages ?? []) as Record<string, unknown>[];

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** What a call fails with, whose key is in none of its parts. */
async function failure(call: () => Promise<unknown>): Promise<RemoteError> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof RemoteError, String(error));
    assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(KEY));
    assert.match(error.message, /^remote \w+: expected .+, got .+\. .+\.$/s);
    return error;
  }
  throw new Error("expected a failure, got none");
}

describe("a chat with a server", () => {
  it("gives reasoning, content and calls as a local one does, and what they cost", async () => {
    server.answer = streamed([
      delta({ role: "assistant", content: "" }),
      delta({ reasoning_content: "12 + 29" }),
      delta({ reasoning_content: " is 41." }),
      delta({ content: "41" }),
      delta({ content: "." }),
      STOP,
      usage(1000, 100, {
        prompt_tokens_details: { cached_tokens: 640 },
        completion_tokens_details: { reasoning_tokens: 60 },
      }),
    ]);
    const chat = remote().chat(QUESTION, { maxTokens: 50, temperature: 0.6, seed: 7 });
    assert.deepEqual(await all(chat), [
      { kind: "reasoning", text: "12 + 29" },
      { kind: "reasoning", text: " is 41." },
      { kind: "content", text: "41" },
      { kind: "content", text: "." },
    ] satisfies ChatPiece[]);
    assert.deepEqual(chat.message, {
      role: "assistant",
      reasoning: "12 + 29 is 41.",
      content: "41.",
      toolCalls: [],
    });
    assert.equal(chat.finishReason, "stop");
    assert.deepEqual(chat.usage, {
      inputTokens: 1000,
      cachedInputTokens: 640,
      outputTokens: 100,
      reasoningTokens: 60,
    });
    // 360 · 0.27 + 640 · 0.07 + 40 · 1.1 + 60 · 1.1 = 97.2 + 44.8 + 44 + 66 millionths
    assert.equal(chat.price(PRICES["deepseek-v3"]).total, 252e-6);
    const [request] = server.received;
    assert.equal(request?.path, "/v1/chat/completions");
    assert.equal(request?.headers.authorization, `Bearer ${KEY}`);
    assert.deepEqual(request?.body, {
      model: "small",
      messages: [{ role: "user", content: "What is 12 + 29?" }],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.6,
      seed: 7,
      max_tokens: 50,
    });
  });

  it("is a turn of a conversation that is priced, beside others", async () => {
    server.answer = streamed([delta({ content: "a" }), STOP, usage(100, 10)]);
    const chat = remote().chat(QUESTION);
    await all(chat);
    const { turns, lines } = conversationCost([chat], [PRICES["deepseek-v3"]]);
    assert.deepEqual(turns[0], { usage: chat.usage, shareableInputTokens: null });
    assert.deepEqual(lines[0]?.cumulative.shared, [38e-6]);
  });

  it("puts calls of tools together from the parts they come in, and sends them back", async () => {
    const part = (index: number, made: object, more: object = {}) =>
      delta({ tool_calls: [{ index, ...more, function: made }] });
    server.answer = streamed([
      part(0, { name: "weather", arguments: "" }, { id: "call_a", type: "function" }),
      part(0, { arguments: '{"place":' }),
      part(1, { name: "time", arguments: "" }, { id: "call_b", type: "function" }),
      part(0, { arguments: ' "Hull", "days": 1.0}' }),
      delta({}, { finish_reason: "tool_calls" }),
    ]);
    const tools = [{ name: "weather", parameters: { type: "object" } }, { name: "time" }];
    const chat = remote().chat(QUESTION, { tools });
    const calls = [
      {
        name: "weather",
        arguments: { place: "Hull", days: 1 },
        argumentsJson: '{"place": "Hull", "days": 1.0}',
        id: "call_a",
      },
      { name: "time", arguments: {}, id: "call_b" },
    ];
    assert.deepEqual(
      await all(chat),
      calls.map((call) => ({ kind: "toolCall", call })),
    );
    assert.equal(chat.finishReason, "stop");
    const [asked] = (server.received[0]?.body.tools ?? []) as unknown[];
    assert.deepEqual(asked, {
      type: "function",
      function: tools[0],
    });

    server.answer = streamed([delta({ content: "It rains." }), STOP]);
    const thought = { ...chat.message, reasoning: "I look it up." };
    const results = ["rain", "noon"].map((content) => ({ role: "tool", content }));
    await all(remote().chat([...QUESTION, thought, ...results], { tools }));
    const [, assistant, first, second] = messagesOf(1);
    assert.deepEqual(assistant, {
      role: "assistant",
      content: "",
      reasoning_content: "I look it up.",
      tool_calls: [
        {
          id: "call_a",
          type: "function",
          function: { name: "weather", arguments: '{"place": "Hull", "days": 1.0}' },
        },
        { id: "call_b", type: "function", function: { name: "time", arguments: "{}" } },
      ],
    });
    assert.deepEqual(first, { role: "tool", content: "rain", tool_call_id: "call_a" });
    assert.deepEqual(second, { role: "tool", content: "noon", tool_call_id: "call_b" });
    await all(remote().chat([...QUESTION, thought, ...results, ...QUESTION]));
    const [, before] = messagesOf(2);
    assert.equal(before?.reasoning_content, undefined, "behind a new question it is dropped");
  });

  it("leaves the arguments of a call that a limit cut as text", async () => {
    server.answer = streamed([
      delta({ tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: '{"pl' } }] }),
      delta({}, { finish_reason: "length" }),
    ]);
    const chat = remote().chat(QUESTION);
    assert.deepEqual(await all(chat), [{ kind: "content", text: '{"pl' }]);
    assert.deepEqual([chat.finishReason, chat.message.toolCalls.length], ["length", 0]);
  });

  it("has the tokens that the server tells, with their logarithms", async () => {
    const logprobs = {
      content: [
        {
          token: "41",
          logprob: -0.25,
          bytes: [52, 49],
          top_logprobs: [
            { token: "41", logprob: -0.25 },
            { token: "42", logprob: -1.5 },
          ],
        },
      ],
    };
    server.answer = streamed([delta({ content: "41" }, { logprobs }), STOP]);
    const chat = remote().chat(QUESTION, { topLogprobs: 2 });
    await all(chat);
    assert.deepEqual(chat.tokens, [
      {
        text: "41",
        logprob: -0.25,
        likeliest: [
          { text: "41", logprob: -0.25 },
          { text: "42", logprob: -1.5 },
        ],
      },
    ]);
    const { logprobs: asked, top_logprobs: most } = server.received[0]?.body ?? {};
    assert.deepEqual([asked, most], [true, 2]);
  });

  it("passes thinking on in the server's ways, and further fields as they are", async () => {
    server.answer = streamed([STOP]);
    await all(remote().chat(QUESTION, { thinking: false, extra: { max_completion_tokens: 9 } }));
    await all(remote().chat(QUESTION, { thinking: "high" }));
    const [first, second] = server.received.map(({ body }) => body);
    assert.deepEqual(first?.chat_template_kwargs, { thinking: false, enable_thinking: false });
    assert.equal(first?.max_completion_tokens, 9);
    assert.equal(second?.reasoning_effort, "high");
  });

  it("reads an answer that comes whole, asked for or not", async () => {
    const message = { role: "assistant", content: "41", reasoning: "easy" };
    server.answer = whole({
      choices: [{ index: 0, message, finish_reason: "stop" }],
      usage: {
        prompt_tokens: 5,
        completion_tokens: 2,
        total_tokens: 9,
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    });
    const chat = remote().chat(QUESTION, { stream: false });
    assert.deepEqual(await all(chat), [
      { kind: "reasoning", text: "easy" },
      { kind: "content", text: "41" },
    ]);
    assert.equal(server.received[0]?.body.stream, false);
    assert.equal(server.received[0]?.body.stream_options, undefined);
    // The total counts reasoning beside the output: it is part of ours.
    assert.deepEqual([chat.usage.outputTokens, chat.usage.reasoningTokens], [4, 2]);
  });
});

describe("a generation of a server", () => {
  it("gives tokens with the text that became certain with each", async () => {
    const choice = (text: string, more: object = {}) => ({
      choices: [{ index: 0, text, finish_reason: null, ...more }],
    });
    const logprobs = {
      tokens: [" é", "bytes:\\xe2", "bytes:\\x82\\xac"],
      token_logprobs: [-1, -2, -3],
      top_logprobs: [{ " e": -1.5, " é": -1 }, null, null],
    };
    server.answer = streamed([
      choice("Once"),
      choice(" é€", { logprobs }),
      choice("", { finish_reason: "length" }),
      { ...usage(3, 4), object: "text_completion" },
    ]);
    const generation = remote().generate("Tell", { topLogprobs: 1, stop: ["\n"] });
    assert.deepEqual(await all(generation), [
      { text: "Once", logprob: null, likeliest: null },
      {
        text: "",
        logprob: -1,
        likeliest: [
          { text: " é", logprob: -1 },
          { text: " e", logprob: -1.5 },
        ],
      },
      { text: "", logprob: -2, likeliest: null },
      { text: " é€", logprob: -3, likeliest: null },
    ]);
    assert.equal(generation.text, "Once é€");
    assert.equal(generation.finishReason, "length");
    const [request] = server.received;
    assert.equal(request?.path, "/v1/completions");
    assert.deepEqual(
      [request?.body.prompt, request?.body.logprobs, request?.body.stop],
      ["Tell", 1, ["\n"]],
    );
    await all(remote().generate([3, 4]));
    assert.deepEqual(server.received[1]?.body.prompt, [3, 4]);
  });

  it("has the experts that vLLM or vitrine serve tells of, in the order of a run's", async () => {
    // (tokens, layers, k) = (3, 2, 2): token, layer and slot as digits
    const data = [0, 1, 10, 11, 100, 101, 110, 111, 200, 201, 210, 211];
    const header = "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 2, 2), }".padEnd(117);
    const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
    const file = Buffer.concat([
      start,
      Buffer.from(`${header}\n`, "latin1"),
      Buffer.from(Uint16Array.from(data).buffer),
    ]);
    const answer = (routed_experts: string | null) =>
      whole({ choices: [{ index: 0, text: "a", finish_reason: "stop", routed_experts }] });
    server.answer = answer(file.toString("base64"));
    const generation = remote().generate("a", { stream: false });
    assert.throws(() => generation.routes, { code: "ERR_NOT_FINISHED" });
    await all(generation);
    assert.deepEqual(generation.routes, {
      layers: null,
      nLayers: 2,
      nTokens: 3,
      nExpertsPerToken: 2,
      indices: Int32Array.of(0, 1, 100, 101, 200, 201, 10, 11, 110, 111, 210, 211),
    });
    for (const wrong of ["not base64!", "AAAA", file.subarray(0, -1).toString("base64")]) {
      server.answer = answer(wrong);
      const broken = remote().generate("a");
      await all(broken);
      assert.throws(() => broken.routes, { code: "ERR_REMOTE_ROUTES" });
      assert.equal(broken.text, "a");
    }
    const [layers, indices] = [
      [1, 3],
      [0, 1, 2, 3, 4, 5],
    ];
    const routes = { layers, nTokens: 3, nExpertsPerToken: 1, indices, weights: [1] };
    const told = (record: object) =>
      streamed([
        { choices: [{ index: 0, text: "a", finish_reason: "stop" }] },
        { choices: [], vitrine: { choices: [{ index: 0, routes: record }] } },
      ]);
    server.answer = told(routes);
    const own = remote().generate("a", { extra: { vitrine: { routes: true } } });
    await all(own);
    assert.deepEqual(own.routes, {
      ...{ layers, nLayers: 2, nTokens: 3, nExpertsPerToken: 1 },
      indices: Int32Array.from(indices),
    });
    for (const wrong of [{ layers: [1] }, { indices: "none" }, { nTokens: 0.5 }]) {
      server.answer = told({ ...routes, ...wrong });
      const broken = remote().generate("a");
      await all(broken);
      assert.throws(() => broken.routes, { code: "ERR_REMOTE_ROUTES" });
    }
    server.answer = answer(null);
    const none = remote().generate("a");
    await all(none);
    assert.equal(none.routes, null);
  });
});

describe("what a server does wrong is said in a sentence", () => {
  const refused = (status: number, body: unknown, headers = {}) => {
    server.answer = whole(body, status, headers);
    return failure(() => all(remote().chat(QUESTION)));
  };

  it("a key that it does not know, with the key in no message", async () => {
    const said = { error: { message: `Incorrect API key provided: ${KEY}.`, type: "auth" } };
    const error = await refused(401, said);
    assert.equal(error.code, "ERR_REMOTE_KEY");
    assert.equal(error.status, 401);
    assert.match(
      error.message,
      /to accept the API key, got 401: "Incorrect API key provided: \[secret\]"/,
    );
    server.answer = whole(said, 401);
    const without = remoteModel({ baseUrl: server.url, model: "small" });
    const asked = await all(without.chat(QUESTION)).catch((one: RemoteError) => one);
    assert.match(
      String(asked),
      /a server that asks for no API key, got 401.* Pass one as apiKey\./,
    );
  });

  it("a model that it does not have, too many requests, a field it refuses, a failure", async () => {
    const missing = await refused(404, { error: { message: "The model `small` does not exist." } });
    assert.equal(missing.code, "ERR_REMOTE_NOT_FOUND");
    assert.match(missing.message, /the model "small" at http.*\/chat\/completions, got 404: "The/);
    const busy = await refused(429, { message: "slow down" }, { "retry-after": "7" });
    assert.deepEqual([busy.code, busy.retryAfterSeconds], ["ERR_REMOTE_BUSY", 7]);
    assert.match(busy.message, /got 429: "slow down"\. Ask again in 7 s\.$/);
    const field = await refused(400, { detail: "top_k: unknown" });
    assert.match(field.message, /got 400: "top_k: unknown"\. Leave out or correct/);
    const broken = await refused(500, "<html><body>Internal   Error</body></html>");
    assert.equal(broken.code, "ERR_REMOTE_FAILED");
    assert.match(broken.message, /got 500: "<html><body>Internal Error/);
    assert.match(
      (await refused(502, "")).message,
      /expected an answer, got 502\. Ask again later, or/,
    );
  });

  it("a stream that breaks off, of which what came before is kept", async () => {
    for (const isCut of [true, false]) {
      server.answer = streamed([delta({ content: "forty" })], isCut);
      const chat = remote().chat(QUESTION);
      const error = await failure(() => all(chat));
      assert.equal(error.code, "ERR_REMOTE_CUT");
      assert.deepEqual([chat.finishReason, chat.message.content], ["failed", "forty"]);
      assert.throws(() => chat.usage, { code: "ERR_REMOTE_NO_USAGE" });
    }
  });

  it("an error in the middle of a stream", async () => {
    server.answer = streamed([delta({ content: "a" }), { error: { message: "out of memory" } }]);
    const error = await failure(() => all(remote().chat(QUESTION)));
    assert.match(error.message, /got an error of the server: "out of memory"/);
  });

  it("answers in another form: no JSON, another JSON, a page of HTML, counts that contradict themselves", async () => {
    const answers = [
      (response: import("node:http").ServerResponse) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end("data: {not json\n\n");
      },
      streamed([{ object: "list" }]),
      streamed([[1, 2]]),
      whole("<html>hello</html>"),
      whole({ choices: "none" }),
      streamed([usage(1, 1, { prompt_tokens_details: { cached_tokens: 2 } })]),
      streamed([usage(1.5, 1)]),
      streamed([delta({ tool_calls: "none" })]),
    ];
    for (const answer of answers) {
      server.answer = answer;
      const error = await failure(() => all(remote().chat(QUESTION)));
      assert.equal(error.code, "ERR_REMOTE_PROTOCOL");
    }
  });

  it("no server, and one that says nothing", async (t) => {
    const gone = await openAIServer();
    await gone.close();
    const nobody = await failure(() => all(remote({ baseUrl: gone.url }).chat(QUESTION)));
    assert.equal(nobody.code, "ERR_REMOTE_UNREACHABLE");
    assert.match(nobody.message, /an answer from http:\/\/127.*got none \(ECONNREFUSED\)/);
    server.answer = () => undefined;
    const silent = remote({ timeoutMs: 30 }).chat(QUESTION);
    assert.equal((await failure(() => all(silent))).code, "ERR_REMOTE_TIMEOUT");
    assert.equal(silent.finishReason, "failed");
    server.answer = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(delta({ content: "a" }))}\n\n`);
    };
    t.mock.timers.enable({ apis: ["setTimeout"] }); // so that no limit runs while the first piece is on its way
    const halting = remote({ timeoutMs: 500 }).chat(QUESTION);
    const pieces = halting[Symbol.asyncIterator]();
    assert.deepEqual((await pieces.next()).value, { kind: "content", text: "a" });
    let isOver = false;
    const refused = failure(() => pieces.next()).finally(() => {
      isOver = true;
    });
    for (; !isOver; await nextTurn()) t.mock.timers.tick(500);
    assert.equal((await refused).code, "ERR_REMOTE_TIMEOUT");
    assert.equal(halting.message.content, "a");
  });
});

describe("a request ends", () => {
  const endless = () => {
    server.answer = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(delta({ content: "a" }))}\n\n`);
    };
  };

  it("with its signal or the model's, as a local generation does", async () => {
    for (const isModels of [false, true]) {
      endless();
      const before = server.left();
      const controller = new AbortController();
      const { signal } = controller;
      const chat = isModels
        ? remote({ signal }).chat(QUESTION)
        : remote().chat(QUESTION, { signal });
      for await (const { kind } of chat) {
        assert.equal(kind, "content");
        controller.abort();
      }
      assert.deepEqual([chat.finishReason, chat.message.content], ["aborted", "a"]);
      await until("the connection closed", () => server.left() > before);
      const late = remote().chat(QUESTION, { signal });
      assert.deepEqual(await all(late), []);
      assert.equal(late.finishReason, "aborted");
    }
  });

  it("with the loop that reads it", async () => {
    endless();
    const before = server.left();
    const generation = remote().chat(QUESTION);
    for await (const _ of generation) break;
    assert.equal(generation.finishReason, "aborted");
    await until("the connection closed", () => server.left() > before);
  });

  it("not while its reader takes its time: only the server's silence counts", async (t) => {
    let goOn = (): void => assert.fail("nobody asked");
    server.answer = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(delta({ content: "a" }))}\n\n`);
      goOn = () => {
        const rest = [JSON.stringify(delta({ content: "b" })), JSON.stringify(STOP), "[DONE]"];
        response.end(rest.map((data) => `data: ${data}\n\n`).join(""));
      };
    };
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const pieces = remote({ timeoutMs: 1000 }).chat(QUESTION)[Symbol.asyncIterator]();
    await pieces.next();
    t.mock.timers.tick(1500);
    goOn();
    assert.deepEqual((await pieces.next()).value, { kind: "content", text: "b" });
    assert.equal((await pieces.next()).done, true);
  });

  it("once: a second loop is refused, and before the end nothing is told", async () => {
    server.answer = streamed([STOP]);
    const chat = remote().chat(QUESTION);
    for (const read of [() => chat.message, () => chat.usage, () => chat.price(PRICES.o1)])
      assert.throws(read, { code: "ERR_NOT_FINISHED" });
    assert.equal(server.received.length, 0, "nothing is sent before it is iterated over");
    await all(chat);
    assert.throws(() => chat[Symbol.asyncIterator](), { code: "ERR_CONSUMED" });
  });
});

describe("a remote model", () => {
  it("refuses by name what a server cannot show", () => {
    const model = remote();
    const inner = {
      code: "ERR_REMOTE_CANNOT",
      message: /expected a model that runs here.*loadModel/,
    };
    for (const ask of [
      () => model.run("a"),
      () => model.runAll(["a"]),
      () => model.step("a"),
      () => model.sweep({}),
      () => model.sites(),
      () => model.plan,
      () => model.tokenizer,
      () => model.chat(QUESTION).run,
      () => model.generate("a").run,
    ])
      assert.throws(ask, inner);
    for (const name of ["capture", "edits", "keep", "logits", "speculate", "profile", "topH"])
      assert.throws(() => model.generate("a", { [name]: 1 } as never), {
        code: "ERR_REMOTE_CANNOT",
        message: new RegExp(
          `^remote generate: expected options that a server can carry out, got "${name}"`,
        ),
      });
  });

  it("refuses options that are none, and wrong ones", () => {
    const model = remote();
    const wrong: readonly [object, string][] = [
      [{ temprature: 1 }, "temperature"],
      [{ temperature: -1 }, "at least 0"],
      [{ maxTokens: 0 }, "above 0"],
      [{ topLogprobs: 1.5 }, "whole number"],
      [{ stop: "a" }, "list of texts"],
      [{ stream: 1 }, "true or false"],
      [{ signal: {} }, "AbortSignal"],
      [{ extra: { stream: false } }, "other than"],
      [{ extra: 3 }, "an object"],
      [{ thinking: "deep" }, '"medium"'],
      [{ tools: [{}] }, "a name"],
    ];
    for (const [options, meant] of wrong)
      assert.throws(() => model.chat(QUESTION, options as never), new RegExp(meant));
    for (const prompt of ["", [], [-1], 3, null])
      assert.throws(() => model.generate(prompt as never), { code: "ERR_PROMPT" });
    for (const messages of [[], "hello", [{ content: "a" }], [null]])
      assert.throws(() => model.chat(messages as never), { code: "ERR_CHAT" });
  });

  it("shows its key nowhere, and refuses addresses and headers that would", () => {
    const model = remote({ headers: { "x-team": "another-secret" } });
    assert.equal(String(model), `Remote model small at ${server.url}`);
    const chat = model.chat(QUESTION);
    for (const text of [
      inspect(model, { depth: 10, showHidden: true }),
      inspect(chat, { depth: 10, showHidden: true }),
      JSON.stringify({ model, chat }),
      String(chat),
    ])
      assert.ok(!text.includes(KEY) && !text.includes("another-secret"), text);
    const wrong: readonly [Partial<RemoteModelOptions>, RegExp][] = [
      [{ baseUrl: "localhost:8000" }, /baseUrl: expected an address of http/],
      [{ baseUrl: "nowhere" }, /baseUrl/],
      [{ baseUrl: "http://me:hidden@localhost/v1" }, /without a password/],
      [{ baseUrl: "http://localhost/v1?key=hidden" }, /without a password/],
      [{ apiKey: "hidden\n" }, /apiKey: expected a text of printable letters/],
      [{ headers: { "x-a": "hid\nden" } }, /headers "x-a"/],
      [{ headers: { "x a": "hidden" } }, /headers "x a"/],
      [{ model: "" }, /model: expected the model's name/],
      [{ timeoutMs: 0 }, /timeoutMs/],
      [{ apikey: "hidden" } as never, /Did you mean apiKey/],
    ];
    for (const [options, message] of wrong)
      assert.throws(
        () => remote(options),
        (error: Error) => message.test(error.message) && !error.message.includes("hid"),
      );
  });

  it("lists what its server has, with a slash at the address's end or without", async () => {
    server.answer = whole({ object: "list", data: [{ id: "small" }, { id: "large" }] });
    assert.deepEqual(await remote({ baseUrl: `${server.url}/` }).models(), ["small", "large"]);
    assert.equal(server.received[0]?.path, "/v1/models");
    server.answer = whole({ models: [] });
    assert.equal((await failure(() => remote().models())).code, "ERR_REMOTE_PROTOCOL");
  });

  it("reads events in whatever pieces they come", async () => {
    const text = `: comment\r\ndata: ${JSON.stringify(delta({ content: "é€😀" }))}\r\n\r\ndata: ${JSON.stringify(STOP)}\n\ndata: [DONE]\n\n`;
    const bytes = Buffer.from(text, "utf8");
    server.answer = async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const byte of bytes) {
        response.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    };
    const chat = remote().chat(QUESTION);
    assert.deepEqual(await all(chat), [{ kind: "content", text: "é€😀" }]);
  });
});
