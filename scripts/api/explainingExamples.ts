/**
 * One example for each function and method that explains a run, reads weights and computes with tensors, and for their pictures. They
 * run as those of examples.ts do, in a folder that has `models/`.
 */
export const EXPLAINING_EXAMPLES: Readonly<Record<string, string>> = {
  "Model.weight": `const router = await model.weight("blocks.3.mlp.router"); // (E, M)
const row = await model.weight("embed", { rows: 7 }); // (M)`,
  "Model.linear": `const run = await model.run(prompt);
const residual = await run.get("blocks.2.hook_resid_post"); // (T, M)
const logits = await model.linear(residual, "unembed"); // (T, V), without the final norm`,
  "Model.softmax": `const { logits } = await model.run(prompt, { logits: "all" });
const probabilities = await model.softmax(logits); // (T, V)`,
  "Model.logSoftmax": `const { logits } = await model.run(prompt, { logits: "all" });
const logProbs = await model.logSoftmax(logits); // (T, V)`,
  "Run.get": `const run = await model.run(prompt);
const map = await run.get("blocks.4.attn.hook_pattern", { head: 1 }); // (T, S)`,
  "Run.capture": `const run = await model.run(prompt);
await run.capture(["blocks.*.hook_resid_post", "**.hook_mlp_out"]); // one more execution for all of them
await run.get("blocks.0.hook_mlp_out"); // (T, M), and none for this`,
  "Run.headMetrics": `const run = await model.run(\`\${prompt}. \${prompt}\`);
const { metrics, means } = await run.headMetrics({ layer: 4 });
const induction = metrics.indexOf("induction");
for (let head = 0; head < model.spec.nHeads; head++)
  console.log(head, means[head * metrics.length + induction]);`,
  "Run.routing": `const run = await model.run(prompt);
const { indices, weights } = await run.routing(); // (MoE layers, T, experts per token)`,

  lens: `const run = await model.run(prompt);
const { sites, positions, ids, topK } = await lens(run);
sites.map((site, s) => model.tokenText(ids[((s + 1) * positions.length - 1) * topK] ?? 0)); // the likeliest behind the last token`,
  attribution: `const run = await model.run(prompt);
const [is = 0, are = 0] = model.tokenizer.encode(" is are", { addSpecialTokens: false });
const { parts, logit, remainder } = await attribution(run, are, { against: is });
parts.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, 5);`,
  compare: `const run = await model.run(prompt);
const without = await model.run(prompt, { edits: [zero("blocks.2.attn.hook_z", { head: 1 })] });
const { parting, kl, changedRoutes } = await compare(run, without);
parting?.site; // "blocks.2.attn.hook_z"`,
  circuits: `const digits = [..."0123456789"].map((text) => model.tokenizer.tokenId(text) ?? 0);
const { qk, ov } = await circuits(model, 0, 1, { tokens: digits, distance: 2 });
qk?.largest[0]; // the digit that attends most to which one two positions before`,
  topActivations: `const texts = ["7+5-3+8=?", "The keys to the cabinet", "12-3=9"];
const { activations } = await topActivations(model, texts, "blocks.1.hook_resid_post", {
  units: [0, 1],
  topK: 3,
});
activations[0]?.map(({ before, token, value }) => \`\${before}[\${token}] \${value}\`);`,
  topTokens: `const run = await model.run(prompt);
const { ids, topK, ranks, entropyBits } = await topTokens(run);
ranks[0]; // the second token's place among those that may follow the first, 0 for the likeliest`,
  routeStatistics: `const { concentration, margins, lift } = await routeStatistics(await model.run(prompt));
concentration; // of each layer: 1 where one expert has all tokens`,
  svdOfProduct: `const { output, value } = await circuits(model, 0, 1);
const { u, s, vh } = svdOfProduct(output, value);
s.data; // singular values of OV, the largest first`,
  probe: `const site = "blocks.2.hook_resid_post";
const texts = ["The cat", "A dog", "The mat", "A key", "The dog", "A cat", "The key", "A mat"];
const runs = await model.runAll(texts, { capture: site }).all();
const articles = texts.map((text) => text.split(" ")[0] ?? "");
const { direction, accuracy, interval } = await probe(runs, articles, site);`,

  loadDictionary: `const dictionary = await loadDictionary("models/tiny-dictionary"); // a folder as SAELens writes it
dictionary.site; // "blocks.3.hook_resid_post"`,
  "Dictionary.encoder": `const dictionary = await loadDictionary("models/tiny-dictionary");
dictionary.encoder(12); // (dIn)`,
  "Dictionary.decoder": `const dictionary = await loadDictionary("models/tiny-dictionary");
await model.run(prompt, { edits: [add(dictionary.siteOut, dictionary.decoder(12))] });`,
  "Dictionary.checkFeature": `const dictionary = await loadDictionary("models/tiny-dictionary");
dictionary.checkFeature("my picture", 12); // of 256: throws "my picture: …" for 256`,
  "Dictionary.toJSON": `const dictionary = await loadDictionary("models/tiny-dictionary");
const kept = JSON.stringify(dictionary); // where it lies and its hash, no weights`,
  featureActivations: `const dictionary = await loadDictionary("models/tiny-dictionary");
const { ids, values, offsets } = await featureActivations(await model.run(prompt), dictionary);
ids.subarray(offsets[1], offsets[2]); // the features of token 1, the largest first`,
  featureValues: `const dictionary = await loadDictionary("models/tiny-dictionary");
const record = await featureActivations(await model.run(prompt), dictionary);
featureValues(record, record.ids[0] ?? 0); // (T)`,
  reconstruct: `const dictionary = await loadDictionary("models/tiny-dictionary");
const { explainedVariance, error } = await reconstruct(await model.run(prompt), dictionary);
error; // (T, M) what the dictionary misses`,

  "Tensor.at": `const map = new Tensor(new Float32Array([1, 2, 3, 4]), [2, 2]);
map.at(1, -1); // 4`,
  "Tensor.row": `const pattern = await (await model.run(prompt)).get("blocks.4.attn.hook_pattern"); // (H, T, S)
pattern.row(3); // (T, S)`,
  "Tensor.slice": `const pattern = await (await model.run(prompt)).get("blocks.4.attn.hook_pattern");
pattern.slice({ T: -1, S: [0, 2] }); // (H, 2)`,
  "Tensor.transpose": `const { query, key } = await circuits(model, 0, 1); // (D, M) both
query.transpose().matmul(key); // (M, M)`,
  "Tensor.matmul": `const map = new Tensor(new Float32Array([1, 2, 3, 4]), [2, 2]);
map.matmul(new Tensor(new Float32Array([1, 1]), [2])).data; // 3, 7`,
  "Tensor.softmax": `const { logits } = await model.run(prompt); // (1, V)
logits.softmax("V").topK(5);`,
  "Tensor.logSoftmax": `const { logits } = await model.run(prompt);
logits.logSoftmax().at(0, 7); // the log probability of token 7`,
  "Tensor.topK": `const { logits } = await model.run(prompt);
const { values, indices } = logits.topK(5); // (1, 5)`,
  "Tensor.sum": `const pattern = await (await model.run(prompt)).get("blocks.4.attn.hook_pattern");
pattern.sum("T"); // (H, S) what each key has been given`,
  "Tensor.mean": `const pattern = await (await model.run(prompt)).get("blocks.4.attn.hook_pattern");
pattern.mean("H"); // (T, S)`,
  "Tensor.norm": `const residual = await (await model.run(prompt)).get("blocks.2.hook_resid_post");
residual.norm("M"); // (T)`,
  "Tensor.map": `const map = new Tensor(new Float32Array([1, 2, 3, 4]), [2, 2]);
map.map((x) => x ** 2).data; // 1, 4, 9, 16`,
  writeSafetensors: `const direction = new Tensor(new Float32Array(model.spec.dModel).fill(0.1), [model.spec.dModel]);
await writeSafetensors("direction.safetensors", { direction });`,
  readSafetensors: `const { tensors } = await readSafetensors("models/tiny-dictionary/sae_weights.safetensors");
tensors.get("W_dec")?.shape; // 256, 192`,

  attention: `const run = await model.run(prompt);
const picture = attention(run, { runs: [await model.run("The dog sat")] }); // as the last value of a cell`,
  comparison: `const run = await model.run(prompt);
const edited = await model.run(prompt, { edits: [zero("blocks.2.attn.hook_z", { head: 1 })] });
const picture = comparison(run, edited, { record: await compare(run, edited) });`,
  sweep: `const effects = await model.sweep(prompt, {
  grid: { site: "blocks.{layer}.attn.hook_z", over: ["layer", "head"] },
  edit: ({ site, head }) => zero(site, { head }),
  metric: logit(7),
});
const picture = sweep(effects, { run: await model.run(prompt) });`,
  lensGrid: `const run = await model.run(prompt);
const picture = lensGrid(await lens(run, { topK: 10 }), run);`,
  attributionBars: `const run = await model.run(prompt);
const picture = attributionBars(await attribution(run, 7, { sources: true }), run);`,
  featureStrip: `const run = await model.run(prompt);
const lengths = (await run.get("blocks.2.hook_resid_post")).norm("M");
const picture = featureStrip([{ name: "length behind block 2", values: lengths.data }], run);`,
};
