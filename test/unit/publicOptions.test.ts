import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type {
  ChatGeneration,
  Generation,
  Model,
  OpenBatch,
  Run,
  SweepOptions,
  Tensor,
} from "../../engine/index.node.ts";
import * as engine from "../../engine/index.node.ts";
import type { Checkpoint } from "../../engine/weights/checkpoint.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import * as widgets from "../../widgets/index.ts";
import { SUMS_NOW } from "../fixtures/evaluationRecords.ts";

const llama = fileURLToPath(new URL("../fixtures/hf-random/llama3/", import.meta.url));
const DICTIONARY = fileURLToPath(new URL("../fixtures/dictionaries/standard/", import.meta.url));
const MESSAGES = [{ role: "user", content: "Hello" }];
const USAGE = { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0 };
const REMOTE = { baseUrl: "http://127.0.0.1:9/v1", model: "small" };
const remote = engine.remoteModel(REMOTE);

let model: Model;
let run: Run;
let generation: Generation;
let chat: ChatGeneration;
let openBatch: OpenBatch;
let dictionary: engine.Dictionary;
let checkpoint: Checkpoint & { close(): Promise<void> };
before(async () => {
  model = await engine.loadModel("tiny", { backend: "reference" });
  run = await model.run([3, 4]);
  generation = model.generate([3], { maxTokens: 1 });
  for await (const _ of generation);
  openBatch = model.together({ atOnce: 1, contextLength: 8 });
  chat = model.chat(MESSAGES, { maxTokens: 1 });
  dictionary = await engine.loadDictionary(DICTIONARY);
  checkpoint = await openCheckpoint(llama);
});
after(async () => {
  model.dispose();
  await checkpoint.close();
});

/** A public call with one more option, the name misspelt, and the name that was meant. */
type Call = readonly [call: (wrong: object) => unknown, misspelt: string, meant: string];

const SWEEP = {
  grid: { site: "hook_embed", over: ["position"] },
  edit: () => engine.zero("hook_embed"),
  metric: engine.logProb(3),
} satisfies SweepOptions;
const TASK: engine.Task = {
  name: "sums",
  samples: [{ question: "1+2=?", target: "3" }],
  prompt: ({ question }) => String(question),
  scorer: engine.exactMatch(),
};
const backend = () => engine.createReferenceBackend();
const PATTERN = "blocks.0.attn.hook_pattern";

/** Every exported function, and every method of what they give, that takes options. */
const WITH_OPTIONS: Readonly<Record<string, readonly Call[]>> = {
  loadModel: [[(wrong) => engine.loadModel(llama, wrong), "backnd", "backend"]],
  createModel: [
    [
      (wrong) => engine.createModel(checkpoint, { tokenizer: null, backend: backend(), ...wrong }),
      "backendReson",
      "backendReason",
    ],
  ],
  loadRun: [[(wrong) => engine.loadRun("none", wrong), "backnd", "backend"]],
  sql: [[(wrong) => engine.sql("none", "select 1", wrong), "sginal", "signal"]],
  replayRecord: [[(wrong) => engine.replayRecord("none", model, wrong), "sginal", "signal"]],
  replayEvaluation: [
    [(wrong) => engine.replayEvaluation("none", model, TASK, wrong), "sginal", "signal"],
  ],
  verifyEvaluation: [[(wrong) => engine.verifyEvaluation("none", wrong), "tsak", "task"]],
  saveRun: [[(wrong) => engine.saveRun(run, "none", wrong), "site", "sites"]],
  "Run.capture": [[(wrong) => run.capture("hook_embed", wrong), "sginal", "signal"]],
  "Run.save": [[(wrong) => run.save("none", wrong), "byte", "bytes"]],
  hashModel: [[(wrong) => engine.hashModel(llama, wrong), "sginal", "signal"]],
  createCpuBackend: [[(wrong) => engine.createCpuBackend(wrong), "maxMemory", "maxMemoryBytes"]],
  createWebGpuBackend: [
    [
      (wrong) => engine.createWebGpuBackend({ adapter: {} as GPUAdapter, ...wrong }),
      "maxBindingByte",
      "maxBindingBytes",
    ],
  ],
  "Model.weight": [[(wrong) => model.weight("embed", wrong), "row", "rows"]],
  "Model.linear": [[(wrong) => model.linear(run.logits, "unembed", wrong), "sginal", "signal"]],
  "Model.softmax": [[(wrong) => model.softmax(run.logits, -1, wrong), "sginal", "signal"]],
  "Model.logSoftmax": [[(wrong) => model.logSoftmax(run.logits, -1, wrong), "sginal", "signal"]],
  "Model.topK": [[(wrong) => model.topK(run.logits, 1, -1, wrong), "sginal", "signal"]],
  "Model.run": [[(wrong) => model.run([3], wrong), "captur", "capture"]],
  "Model.runAll": [
    [(wrong) => model.runAll([[3]], wrong), "captur", "capture"],
    [(wrong) => model.runAll([[3]], wrong), "sharePrefixes", "sharePrefix"],
  ],
  "Model.generateAll": [
    [(wrong) => model.generateAll([[3]], wrong), "promptLogprob", "promptLogprobs"],
    [(wrong) => model.generateAll([[3]], wrong), "temprature", "temperature"],
    [(wrong) => model.generateAll([[3]], wrong), "atonce", "atOnce"],
    [(wrong) => model.generateAll([[3]], wrong), "seds", "seeds"],
  ],
  "Model.together": [[(wrong) => model.together(wrong), "atonce", "atOnce"]],
  "OpenBatch.generate": [[(wrong) => openBatch.generate([3], wrong), "max_tokens", "maxTokens"]],
  "OpenBatch.chat": [[(wrong) => openBatch.chat(MESSAGES, wrong), "tool", "tools"]],
  "Model.step": [[(wrong) => model.step([3], wrong), "tokenPerStep", "tokensPerStep"]],
  "Model.estimate": [[(wrong) => model.estimate([3], wrong), "maxToken", "maxTokens"]],
  "Model.generate": [
    [(wrong) => model.generate([3], wrong), "temprature", "temperature"],
    [(wrong) => model.generate([3], wrong), "max_tokens", "maxTokens"],
    [(wrong) => model.generate([3], wrong), "topk", "topK"],
    [(wrong) => model.generate([3], { thinking: wrong }), "budgt", "budget"],
  ],
  "Model.speculationWorth": [
    [(wrong) => model.speculationWorth([3], wrong), "draftToken", "draftTokens"],
    [(wrong) => model.speculationWorth([3], wrong), "round", "rounds"],
  ],
  measureDevice: [
    [(wrong) => engine.measureDevice(engine.createReferenceBackend(), wrong), "round", "rounds"],
  ],
  roofline: [
    [(wrong) => engine.roofline(run.cost(), {} as engine.DeviceRecord, wrong), "dtyp", "dtype"],
  ],
  "Run.roofline": [
    [(wrong) => run.roofline({ device: {} as engine.DeviceRecord, ...wrong }), "dtyp", "dtype"],
  ],
  "Model.chat": [
    [(wrong) => model.chat(MESSAGES, wrong), "tempreature", "temperature"],
    [(wrong) => model.chat(MESSAGES, wrong), "tool", "tools"],
    [(wrong) => model.chat(MESSAGES, { thinking: wrong }), "minmum", "minimum"],
  ],
  "Model.chatAll": [
    [(wrong) => model.chatAll([MESSAGES], wrong), "tempreature", "temperature"],
    [(wrong) => model.chatAll([MESSAGES], wrong), "atonce", "atOnce"],
  ],
  majorityVote: [
    [(wrong) => engine.majorityVote(model, MESSAGES, { n: 1, ...wrong }), "answrOf", "answerOf"],
  ],
  bestOf: [[(wrong) => engine.bestOf(model, MESSAGES, { n: 1, ...wrong }), "bye", "by"]],
  generateVerifyChoose: [
    [
      (wrong) =>
        engine.generateVerifyChoose(model, MESSAGES, { n: 1, verify: () => true, ...wrong }),
      "verfy",
      "verify",
    ],
  ],
  thinkingCurve: [
    [
      (wrong) => engine.thinkingCurve(model, { tasks: [], budgets: [], ...wrong }),
      "budgts",
      "budgets",
    ],
  ],
  evaluate: [
    [(wrong) => engine.evaluate(model, TASK, wrong), "epoch", "epochs"],
    [(wrong) => engine.evaluate(model, TASK, { capture: wrong }), "route", "routes"],
    [(wrong) => engine.evaluate(model, { ...TASK, ...wrong }), "scorers", "scorer"],
  ],
  mergeEvaluations: [[(wrong) => engine.mergeEvaluations(["a"], wrong), "foldr", "folder"]],
  compareArms: [[(wrong) => engine.compareArms({}, wrong), "baselin", "baseline"]],
  exactMatch: [[(wrong) => engine.exactMatch(wrong), "ignoreCas", "ignoreCase"]],
  numericMatch: [[(wrong) => engine.numericMatch(wrong), "tolerence", "tolerance"]],
  patternMatch: [[(wrong) => engine.patternMatch(/a/, wrong), "grup", "group"]],
  multipleChoice: [[(wrong) => engine.multipleChoice(wrong), "choice", "choices"]],
  rubric: [[(wrong) => engine.rubric({ judge: model, ask: () => "", ...wrong }), "scal", "scale"]],
  arithmeticTask: [[(wrong) => engine.arithmeticTask(wrong), "sise", "size"]],
  recallTask: [[(wrong) => engine.recallTask(wrong), "sise", "size"]],
  clozeTask: [[(wrong) => engine.clozeTask(wrong), "choice", "choices"]],
  gsm8kTask: [[(wrong) => engine.gsm8kTask([], wrong), "shot", "shots"]],
  mmluTask: [[(wrong) => engine.mmluTask([], wrong), "shot", "shots"]],
  readSamples: [[(wrong) => engine.readSamples("none.csv", wrong), "column", "columns"]],
  lmEvalTask: [[(wrong) => engine.lmEvalTask("none", wrong), "sample", "samples"]],
  humanEvalTask: [
    [(wrong) => engine.humanEvalTask([], { run: () => true, ...wrong }), "runn", "run"],
  ],
  "Model.chatPrompt": [[(wrong) => model.chatPrompt(MESSAGES, wrong), "thinkng", "thinking"]],
  "Model.sweep": [
    [(wrong) => model.sweep([3], { ...SWEEP, ...wrong }), "metrik", "metric"],
    [
      (wrong) => model.sweep([3], { ...SWEEP, grid: { ...SWEEP.grid, ...wrong } }),
      "layrs",
      "layers",
    ],
  ],
  "Model.backward": [
    [
      (wrong) => model.backward(run, { of: engine.logit(3), at: "hook_embed", ...wrong }),
      "budgt",
      "budget",
    ],
  ],
  "Model.attributionPatching": [
    [
      (wrong) =>
        model.attributionPatching(run, run, {
          grid: SWEEP.grid,
          metric: engine.logit(3),
          ...wrong,
        }),
      "metrik",
      "metric",
    ],
  ],
  whatIf: [
    [
      (wrong) =>
        engine.whatIf({ promptTokens: 1, generatedTokens: 1 }, { config: "gpt2", ...wrong }),
      "batches",
      "batch",
    ],
    [
      (wrong) =>
        engine.whatIf({ promptTokens: 1, generatedTokens: 1, ...wrong }, { config: "gpt2" }),
      "promptToken",
      "promptTokens",
    ],
  ],
  attribution: [[(wrong) => engine.attribution(run, 3, wrong), "agianst", "against"]],
  circuits: [[(wrong) => engine.circuits(model, 0, 0, wrong), "token", "tokens"]],
  topActivations: [[(wrong) => engine.topActivations(model, [[3]], EMBED, wrong), "unit", "units"]],
  probe: [[(wrong) => engine.probe([run, run], [0, 1], EMBED, wrong), "heldout", "heldOut"]],
  loadDictionary: [[(wrong) => engine.loadDictionary("none", wrong), "siteout", "siteOut"]],
  featureActivations: [
    [(wrong) => engine.featureActivations(run, dictionary, wrong), "topk", "topK"],
  ],
  reconstruct: [[(wrong) => engine.reconstruct(run, dictionary, wrong), "position", "positions"]],
  compare: [[(wrong) => engine.compare(run, run, wrong), "tolerence", "tolerance"]],
  topTokens: [[(wrong) => engine.topTokens(run, wrong), "position", "positions"]],
  effectsOverPairs: [[(wrong) => engine.effectsOverPairs([1, 2], wrong), "sed", "seed"]],
  lens: [[(wrong) => engine.lens(run, wrong), "site", "sites"]],
  readSafetensors: [[(wrong) => engine.readSafetensors("none", wrong), "name", "names"]],
  writeSafetensors: [
    [(wrong) => engine.writeSafetensors("none", {}, wrong), "metdata", "metadata"],
  ],
  logitDifference: [[(wrong) => engine.logitDifference(1, 2, wrong), "positon", "position"]],
  logit: [[(wrong) => engine.logit(1, wrong), "positon", "position"]],
  logProb: [[(wrong) => engine.logProb(1, wrong), "positon", "position"]],
  klDivergence: [[(wrong) => engine.klDivergence(run, wrong), "positon", "position"]],
  "Run.get": [
    [(wrong) => run.get(PATTERN, wrong), "haed", "head"],
    [(wrong) => run.get(PATTERN, { pool: { size: 2, kind: "max", ...wrong } }), "sise", "size"],
  ],
  "Run.attentionTile": [
    [(wrong) => run.attentionTile({ layer: 0, head: 0, ...wrong }), "laye", "layer"],
  ],
  "Run.headMetrics": [
    [(wrong) => run.headMetrics({ layer: 0, ...wrong }), "queryStp", "queryStep"],
  ],
  "Run.profileTrace": [[(wrong) => run.profileTrace(wrong), "step", "steps"]],
  "Run.again": [[(wrong) => run.again([], wrong), "logit", "logits"]],
  "Run.routing": [[(wrong) => run.routing(wrong), "biasedScore", "biasedScores"]],
  priceOf: [[(wrong) => engine.priceOf(USAGE, engine.PRICES.o1, wrong), "att", "at"]],
  conversationCost: [
    [(wrong) => engine.conversationCost([], [], wrong), "blockToken", "blockTokens"],
  ],
  importLiteLLM: [[(wrong) => engine.importLiteLLM({}, wrong as never), "dat", "date"]],
  remoteModel: [
    [(wrong) => engine.remoteModel({ ...REMOTE, ...wrong }), "apikey", "apiKey"],
    [(wrong) => engine.remoteModel({ ...REMOTE, ...wrong }), "timeout", "timeoutMs"],
  ],
  "RemoteModel.generate": [[(wrong) => remote.generate("a", wrong), "max_tokens", "maxTokens"]],
  "RemoteModel.chat": [[(wrong) => remote.chat(MESSAGES, wrong), "tool", "tools"]],
  Tokenizer: [[(wrong) => new engine.Tokenizer({ tokenizer: {}, ...wrong }), "config_", "config"]],
  "Tokenizer.encode": [
    [(wrong) => model.tokenizer.encode("a", wrong), "addSpecialToken", "addSpecialTokens"],
  ],
  "Tokenizer.decode": [
    [(wrong) => model.tokenizer.decode([3], wrong), "skipSpecial", "skipSpecialTokens"],
  ],
  "Tokenizer.streamDecoder": [
    [(wrong) => model.tokenizer.streamDecoder(wrong), "skipSpecialToken", "skipSpecialTokens"],
  ],
  "Tokenizer.renderChat": [
    [(wrong) => model.tokenizer.renderChat(MESSAGES, wrong), "templat", "template"],
  ],
  "Tokenizer.encodeChat": [
    [(wrong) => model.tokenizer.encodeChat(MESSAGES, wrong), "variable", "variables"],
  ],
};

const EMBED = "hook_embed";
const EDITS: typeof WITH_OPTIONS = {
  zero: [[(wrong) => engine.zero(EMBED, wrong), "positon", "position"]],
  scale: [[(wrong) => engine.scale(EMBED, 2, wrong), "positon", "position"]],
  add: [[(wrong) => engine.add(EMBED, 2, wrong), "positions", "position"]],
  replace: [[(wrong) => engine.replace(EMBED, 2, wrong), "heads", "head"]],
  project: [[(wrong) => engine.project(EMBED, [2], wrong), "haed", "head"]],
  steer: [
    [(wrong) => engine.steer([2], { site: EMBED, strength: 1, ...wrong }), "strenght", "strength"],
  ],
  features: [[(wrong) => engine.features(dictionary, wrong), "positon", "position"]],
  change: [[(wrong) => engine.change(EMBED, () => 0, wrong), "positon", "position"]],
  mean: [[(wrong) => engine.mean(EMBED, { over: [run], ...wrong }), "ovr", "over"]],
  patch: [[(wrong) => engine.patch(EMBED, run, wrong), "form", "from"]],
  experts: [[(wrong) => engine.experts({ layer: 1, ...wrong }), "positon", "position"]],
  heads: [[(wrong) => engine.heads({ layer: 1, head: 0, ...wrong }), "haed", "head"]],
};

/** Those that take none. */
const WITHOUT_OPTIONS = new Set([
  "openBackend",
  "createReferenceBackend",
  "offloadExperts",
  "shiftPositions",
  "requestBrowserAdapter",
  ...["Tensor", "Dictionary", "featureValues"],
  ...["AbortedError", "BackendError", "ConfigError", "InputError", "ShapeError", "SiteError"],
  ...["VitrineError", "WeightsError", "RecordError", "verifyRecord", "Model.tokenText"],
  ...[
    "Model.sites",
    "Model.anatomy",
    "Model.deviceMemory",
    "Model.freeIdle",
    "Model.dispose",
    "Model.toString",
  ],
  ...["Run.sites", "Run.cost", "Run.profile", "Run.dispose", "Run.toString"],
  ...["Run.costByLength", "Run.droppedMass", "anatomyOf"],
  ...["Generation.toString", "ChatGeneration.toString", "OpenBatch.dispose", "OpenBatch.toString"],
  ...["Tokenizer.tokenText", "Tokenizer.tokenBytes", "Tokenizer.isSpecial", "Tokenizer.tokenId"],
  "Tokenizer.chatTemplate",
  ...["svdOfProduct", "routeStatistics"],
  ...["usageOf", "checkPriceTable", "RemoteError", "loadEvaluation"],
  // They refuse whatever they are given.
  ...["run", "runAll", "step", "sweep", "sites"].map((name) => `RemoteModel.${name}`),
  ...["RemoteModel.models", "RemoteModel.toString"],
]);

function methodsOf(name: string, value: object): string[] {
  const prototype = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(value));
  return Object.entries(prototype)
    .filter(([method, { value: it }]) => typeof it === "function" && method !== "constructor")
    .map(([method]) => `${name}.${method}`);
}

describe("what is no option is refused", () => {
  it("by every public call that takes options, and the table below has all of them", () => {
    const tensorMethods = new Set(methodsOf("Tensor", run.logits as Tensor));
    const found = [
      ...Object.entries(engine).flatMap(([name, it]) => (typeof it === "function" ? [name] : [])),
      ...methodsOf("Model", model),
      ...methodsOf("Run", run),
      ...methodsOf("Generation", generation),
      ...methodsOf("ChatGeneration", chat),
      ...methodsOf("OpenBatch", openBatch),
      ...methodsOf("Tokenizer", model.tokenizer),
      ...methodsOf("RemoteModel", remote),
    ];
    const known = [...Object.keys(WITH_OPTIONS), ...Object.keys(EDITS), ...WITHOUT_OPTIONS];
    assert.deepEqual(found.sort(), known.sort());
    for (const method of tensorMethods) assert.ok(!(method in WITH_OPTIONS));
  });

  for (const [name, calls] of Object.entries({ ...WITH_OPTIONS, ...EDITS }))
    for (const [call, misspelt, meant] of calls)
      it(`${name}: ${misspelt} is not ${meant}`, async () => {
        const message = new RegExp(`, got "${misspelt}"\\. Did you mean ${meant}\\?$`);
        await assert.rejects(async () => call({ [misspelt]: 1 }), {
          name: "InputError",
          code: "ERR_OPTION",
          message,
        });
        await assert.rejects(async () => call({ [misspelt]: undefined }), { message });
      });

  it("where options are no object", () => {
    for (const wrong of [null, 7, "head", [1]])
      assert.throws(() => model.generate([3], wrong as never), {
        code: "ERR_OPTION",
        message: /^generate: expected an object of options, got .* the names are .*maxTokens/,
      });
  });

  it("where a value would silently count as another", async () => {
    const { tokenizer } = model;
    const wrong: [string, () => unknown][] = [
      ["chat thinking", () => model.chat(MESSAGES, { thinking: "a lot" as never })],
      ["generate thinking", () => model.generate([3], { thinking: true as never })],
      [
        "chat addGenerationPrompt",
        () => model.chatPrompt(MESSAGES, { addGenerationPrompt: 0 as never }),
      ],
      ["generate ignoreEos", () => model.generate([3], { ignoreEos: "yes" as never })],
      ["generate signal", () => model.generate([3], { signal: new AbortController() as never })],
      ["run onProgress", () => model.run([3], { onProgress: true as never })],
      ["loadModel signal", () => engine.loadModel(llama, { signal: 5 as never })],
      ["encode addSpecialTokens", () => tokenizer.encode("a", { addSpecialTokens: 0 as never })],
      [
        "encode specialTokensInText",
        () => tokenizer.encode("a", { specialTokensInText: "escap" as never }),
      ],
      ["decode skipSpecialTokens", () => tokenizer.decode([3], { skipSpecialTokens: 1 as never })],
      ["routing choices", () => run.routing({ choices: 1 as never })],
      ["routing biasedScores", () => run.routing({ biasedScores: 1 as never })],
      ["generationConfig", () => model.generate([3], { generationConfig: [] as never })],
      [
        "generationConfig eos_token_id",
        () => model.generate([3], { generationConfig: { eos_token_id: "</s>" } }),
      ],
    ];
    for (const [what, call] of wrong)
      await assert.rejects(async () => call(), {
        code: "ERR_OPTION",
        message: new RegExp(`^${what}: expected .+, got .+\\. .+\\.$`),
      });
  });

  it("by widgets and controls, which list what they take", () => {
    const wrong: [string, () => unknown, string][] = [
      ["cost", () => widgets.cost(run, { price: [] } as never), "prices"],
      ["routing", () => widgets.routing(run, { corpse: [] } as never), "corpus"],
      ["comparison", () => widgets.comparison(run, run, { recrod: null } as never), "record"],
      ["samples", () => widgets.samples(SUMS_NOW, null, { name: ["a", "b"] } as never), "names"],
      ["attention", () => widgets.attention(run, { rnus: [] } as never), "runs"],
      ["sweep", () => widgets.sweep({} as never, { rn: run } as never), "run"],
      ["certificate", () => widgets.certificate(SUMS_NOW, { reply: "x" } as never), "replay"],
      ["widget", () => widgets.widget({ ems: "", state: {} } as never), "esm"],
      ["IntSlider", () => new widgets.IntSlider({ mni: 3 } as never), "min"],
      ["Layout", () => new widgets.IntSlider({ layout: { widht: "1px" } } as never), "width"],
      [
        "Dropdown",
        () => new widgets.Dropdown({ options: ["a"], descripton: "b" } as never),
        "description",
      ],
      ["Output.clear", () => new widgets.Output().clear({ wiat: true } as never), "wait"],
    ];
    const pictures: (() => unknown)[] = [
      () => widgets.tokens(run, { layer: 2 } as never),
      () => widgets.latent(run, { layer: 2 } as never),
      () => widgets.lensGrid({} as never, run, { layer: 2 } as never),
      () => widgets.attributionBars({} as never, run, { layer: 2 } as never),
      () => widgets.featureStrip([], run, { layer: 2 } as never),
      () => widgets.conversation({} as never, { layer: 2 } as never),
      () => widgets.thinking({} as never, { layer: 2 } as never),
    ];
    for (const picture of pictures)
      assert.throws(picture, {
        code: "ERR_OPTION",
        message: /got "layer"\. It has none: leave it out\./,
      });
    for (const [what, call, meant] of wrong)
      assert.throws(call, {
        code: "ERR_OPTION",
        message: new RegExp(
          `^${what}: expected options that exist, got ".+"\\. Choose from .*\\b${meant}\\b`,
        ),
      });
    const old = { name: "a", source: "b", usdPerMTokInput: 0, usdPerMTokCachedInput: 0 };
    assert.throws(
      () => widgets.cost(run, { prices: [old as never] }),
      /^TypeError: cost.prices\[0\]: expected a price list with its prices under perMillion, got one with usdPerMTokInput/,
    );
    assert.throws(
      () => widgets.cost(run, { roofline: {} as never }),
      /^TypeError: cost\.roofline: expected what run\.roofline gives, got an object of another kind\./,
    );
    assert.throws(
      () => widgets.conversation({ turns: [], lines: [] } as never),
      /^TypeError: conversation: expected the record of a conversationCost, got no turns\./,
    );
    assert.throws(
      () => widgets.thinking(null as never),
      /^TypeError: thinking: expected the record of a thinkingCurve, got null\./,
    );
    assert.throws(
      () => widgets.certificate({} as never),
      /^TypeError: certificate: expected an evaluation, got an object of another kind\./,
    );
    assert.throws(
      () => widgets.samples([]),
      /^TypeError: samples: expected an evaluation, or samples of one, got no samples\./,
    );
  });
});
