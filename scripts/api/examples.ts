import { EXPLAINING_EXAMPLES } from "./explainingExamples.ts";

/**
 * One example for each function and method of acting on a model, stepping through it, explaining what it does and taking several prompts
 * through it, by its name. Each is run by test/conformance/apiExamples.test.ts, by itself, behind `BEGINNING`.
 */
export const EXAMPLES: Readonly<Record<string, string>> = {
  "Model.run": `const run = await model.run(prompt, { capture: "blocks.2.*" });
await run.get("blocks.2.hook_resid_mid"); // (T, M)`,
  "Model.sweep": `const effects = await model.sweep(prompt, {
  grid: { site: "blocks.{layer}.attn.hook_z", over: ["layer", "head"] },
  edit: ({ site, head }) => zero(site, { head }),
  metric: logProb(model.tokenizer.encode(" is", { addSpecialTokens: false })[0] ?? 0),
});
effects.effects; // (layer, head)`,
  "Model.backward": `const onCpu = await loadModel("tiny", { backend: "cpu" });
const { gradients } = await onCpu.backward(await onCpu.run(prompt), {
  of: logit(7),
  at: "blocks.*.hook_resid_post",
});
gradients.get("blocks.2.hook_resid_post"); // (T, M)`,
  "Model.attributionPatching": `const onCpu = await loadModel("tiny", { backend: "cpu" });
const estimate = await onCpu.attributionPatching(
  await onCpu.run("The dog sat on the", { capture: "blocks.*.hook_resid_pre" }),
  await onCpu.run("The cat sat on the", { capture: "blocks.*.hook_resid_pre" }),
  {
    grid: { site: "blocks.{layer}.hook_resid_pre", over: ["layer", "position"] },
    metric: logit(7),
  },
);
estimate.effects; // (layer, position)`,
  "Model.generate": `const generation = model.generate(prompt, { maxTokens: 4 });
for await (const { text, logprob } of generation) console.log(text, logprob);`,
  "Model.runAll": `for await (const run of model.runAll([prompt, "The key"])) {
  console.log(run.logits.shape);
  run.dispose();
}`,
  "Model.generateAll": `const batch = model.generateAll([prompt, "The key"], { maxTokens: 4 });
for await (const { prompt, text } of batch) console.log(prompt, text); // whichever comes next`,
  "Model.step": `const stepper = await model.step(prompt); // nothing has run
await stepper.next("layer");
stepper.place.executed;`,
  "Model.estimate": `const { keptBytes } = model.estimate(prompt, { keep: "all" });`,

  zero: `await model.run(prompt, { edits: [zero("blocks.3.attn.hook_z", { head: 2 })] });`,
  scale: `await model.run(prompt, {
  edits: [scale("blocks.5.hook_resid_post", 0.5, { position: [1, 3] })], // positions 1 and 2
});`,
  add: `const direction = Array.from({ length: model.spec.dModel }, (_, i) => Math.sin(i));
await model.run(prompt, { edits: [add("blocks.4.hook_resid_post", direction, { position: -1 })] });`,
  replace: `const row = new Float32Array(model.spec.dModel).fill(0.1);
await model.run(prompt, { edits: [replace("hook_embed", row, { position: 0 })] });`,
  mean: `const others = await model.runAll(["The cat", "A dog"], { capture: "**.hook_mlp_out" }).all();
await model.run(prompt, { edits: [mean("blocks.*.hook_mlp_out", { over: others })] });`,
  patch: `const other = await model.run("The key to the cabinets");
await model.run(prompt, {
  edits: [patch("blocks.2.hook_resid_mid", other, { from: [2], to: [3] })],
});`,
  project: `const direction = Array.from({ length: model.spec.dModel }, (_, i) => Math.cos(i));
await model.run(prompt, { edits: [project("blocks.1.hook_resid_mid", direction)] });`,
  steer: `const others = [await model.run("A dog"), await model.run("The cat")];
const direction = Array.from({ length: model.spec.dModel }, (_, i) => Math.sin(i));
const run = await model.run(prompt, {
  edits: [steer(direction, { site: "blocks.3.hook_resid_post", strength: 0.5, over: others })], // half of a row's mean length
});
run.edits;`,
  features: `const dictionary = await loadDictionary("models/tiny-dictionary"); // a folder as SAELens writes it
await model.run(prompt, { edits: [features(dictionary).set({ 12: 0 })] });`,
  experts: `const run = await model.run(prompt, { edits: [experts({ layer: 2, position: -1 }).force([3])] });
(await run.get("blocks.2.mlp.hook_expert_indices")).row(-1); // 3 is among them`,
  heads: `const run = await model.run(prompt, { edits: [heads({ layer: 4, head: 1 }).edge(3, 1)] });
(await run.get("blocks.4.attn.hook_pattern", { head: 1 })).at(3, 1); // 0`,
  change: `await model.run(prompt, {
  edits: [
    change("blocks.3.hook_resid_mid", ({ data }) => {
      data[0] = 0; // the first number of the first token of the step
    }),
  ],
});`,
  shiftPositions: `await model.run(prompt, { edits: [shiftPositions(16)] });`,

  logitDifference: `const [is = 0, are = 0] = model.tokenizer.encode(" is are", { addSpecialTokens: false });
await model.sweep(prompt, {
  grid: { site: "blocks.{layer}.hook_mlp_out", over: ["layer"] },
  edit: ({ site }) => zero(site),
  metric: logitDifference(are, is),
});`,
  logit: `await model.sweep(prompt, {
  grid: { site: "blocks.{layer}.hook_mlp_out", over: ["layer"] },
  edit: ({ site }) => zero(site),
  metric: logit(7),
});`,
  logProb: `const [is = 0] = model.tokenizer.encode(" is", { addSpecialTokens: false });
await model.sweep(prompt, {
  grid: { site: "blocks.{layer}.hook_mlp_out", over: ["layer"] },
  edit: ({ site }) => scale(site, 0.5),
  metric: logProb(is),
});`,
  klDivergence: `await model.sweep(prompt, {
  grid: { site: "blocks.{layer}.attn.hook_z", over: ["layer", "head"], layers: [2, 3] },
  edit: ({ site, head }) => zero(site, { head }),
  metric: klDivergence(await model.run(prompt)),
});`,
  effectsOverPairs: `const cell = { edits: [zero("blocks.3.attn.hook_z", { head: 2 })] };
const effects = [];
for (const text of ["The cat sat", "The dog ran", "A bird sang"]) {
  const [plain, edited] = [await model.run(text), await model.run(text, cell)];
  effects.push(edited.logits.at(0, 7) - plain.logits.at(0, 7));
}
const { mean, low, high, p } = effectsOverPairs(effects);`,

  "Stepper.next": `const stepper = await model.step(prompt);
await stepper.next(); // one operator
await stepper.next("layer");
await stepper.next("token"); // to the end of the prompt`,
  "Stepper.back": `const stepper = await model.step(prompt);
await stepper.next("layer");
await stepper.back(); // the operator before
await stepper.back("token"); // the beginning of the step`,
  "Stepper.runTo": `const stepper = await model.step(prompt);
const { reason, token } = await stepper.runTo({
  site: "blocks.*.mlp.hook_router_scores",
  when: ({ value }) => Math.max(...value.data) < 0.6,
});`,
  "Stepper.run": `const stepper = await model.step(prompt);
stepper.addBreakpoint("blocks.*.hook_resid_mid");
await stepper.run(); // layer 0
await stepper.run(); // layer 1`,
  "Stepper.addBreakpoint": `const stepper = await model.step(prompt);
stepper.addBreakpoint({ operator: "attention", layer: 3 });
const { reason, last } = await stepper.run(); // "breakpoint", behind that operator`,
  "Stepper.removeBreakpoint": `const stepper = await model.step(prompt);
stepper.removeBreakpoint(stepper.addBreakpoint("hook_embed"));
const { reason } = await stepper.run(); // "end"`,
  "Stepper.value": `const stepper = await model.step(prompt);
await stepper.runTo("blocks.3.attn.hook_pattern");
await stepper.value("blocks.3.attn.hook_pattern"); // (H, T, S)`,
  "Stepper.set": `const stepper = await model.step(prompt);
await stepper.runTo("blocks.2.hook_resid_mid");
await stepper.set("blocks.2.hook_resid_mid", 0, { position: 3 });
const run = await stepper.finish();
run.edits; // the replacement`,
  "Stepper.nextToken": `const stepper = await model.step(prompt);
await stepper.next("token");
const { text, probability } = await stepper.nextToken();`,
  "Stepper.append": `const stepper = await model.step(prompt, { maxTokens: 2 });
await stepper.next("token");
await stepper.append(model.tokenizer.encode(" is", { addSpecialTokens: false })[0]);
await stepper.next("token"); // takes it through the model`,
  "Stepper.branch": `const stepper = await model.step(prompt);
await stepper.runTo("blocks.2.hook_resid_mid");
const other = await stepper.branch();
await other.set("blocks.2.hook_resid_mid", 0, { position: 3 });
const [run, changed] = [await stepper.finish(), await other.finish()];`,
  "Stepper.finish": `const stepper = await model.step(prompt);
const run = await stepper.finish(); // that of model.run(prompt), bit for bit`,
  "Stepper.dispose": `const stepper = await model.step(prompt);
await stepper.next("layer");
stepper.dispose();`,
  "Stepper.onMove": `const stepper = await model.step(prompt);
const stop = stepper.onMove(({ executed, of }) => console.log(\`\${executed} of \${of}\`));
await stepper.next("layer");
stop();`,

  "RunBatch.all": `const runs = await model.runAll([prompt, "The key"], { keep: "routes" }).all();
const lengths = runs.map(({ tokens }) => tokens.length);`,
  "GenerationBatch.all": `const batch = model.generateAll([prompt, "The key"], { maxTokens: 4, temperature: 0.8, seed: 1 });
const texts = (await batch.all()).map(({ text }) => text);`,

  "Model.together": `const open = model.together({ atOnce: 4 });
const first = open.generate(prompt, { maxTokens: 4 });
const second = open.generate("The key", { maxTokens: 4 }); // joins at any time
await Promise.all([first, second].map(async (text) => {
  for await (const { text: piece } of text) console.log(piece);
}));
open.dispose();`,
  "Model.chatAll": `const questions = ["12 + 29 =", "7 + 5 ="].map((content) => [{ role: "user" as const, content }]);
const replies = await model.chatAll(questions, { maxTokens: 60 }).all();
const answers = replies.map(({ message }) => message.content);`,
  "Model.speculationWorth": `const worth = await model.speculationWorth(prompt, { maxTokens: 8 });
console.log(worth.verdict, worth.gain, worth.tokensPerStep);`,
  "OpenBatch.generate": `const open = model.together();
for await (const { text } of open.generate(prompt, { maxTokens: 4 })) console.log(text);
open.dispose();`,
  "OpenBatch.chat": `const open = model.together();
const reply = open.chat([{ role: "user", content: "12 + 29 =" }], { maxTokens: 60 });
for await (const { kind } of reply) console.log(kind);
open.dispose();`,
  "OpenBatch.dispose": `const open = model.together({ contextLength: 64 });
open.dispose(); // texts that are at work end`,

  stepper: `const picture = stepper(await model.step(prompt)); // as the last value of a cell`,

  ...EXPLAINING_EXAMPLES,
};

/** What stands above the examples. */
export const BEGINNING = `const model = await loadModel("tiny");
const prompt = "The keys to the cabinet";`;
