import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openNotebook } from "../../cli/writeup/openNotebook.ts";
import { readParameters } from "../../cli/writeup/parameters.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { blocksOf } from "../fixtures/documentation/pages.ts";
import { importCode, onBuilt } from "../fixtures/pageModule.ts";
import { serveTiny } from "../fixtures/serve/servedModel.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

/** The blocks of TypeScript of a page; a page that has more or fewer than a test runs fails it. */
function typescriptOf(page: string, n: number): string[] {
  const blocks = blocksOf(page).filter(({ info }) => info === "ts");
  assert.equal(blocks.length, n, `${page} has ${blocks.length} blocks of TypeScript`);
  return blocks.map(({ code }) => code);
}

/** Runs a block as a module on the built package, behind what it is given. @param names what the module is to export */
const run = (t: TestContext, given: string, block: string, names: readonly string[]) =>
  importCode(t, onBuilt(`${given}\n${block}\nexport { ${names.join(", ")} };\n`)) as Promise<
    Record<string, unknown>
  >;

/** Runs a block that shows pictures, and draws each of them. @returns the drawings as SVG */
async function drawn(t: TestContext, given: string, block: string, widgets: string[]) {
  const wrapped = widgets.map((name) => `const ${name} = shown(widgets.${name});`).join("\n");
  const head = `import * as widgets from "vitrine/widgets";
const pictures = [];
const shown = (picture) => (...given) => {
  const made = picture(...given);
  pictures.push(made);
  return made;
};
${wrapped}
${given}`;
  const own = block.replace(/^import \{[^}]*\} from "vitrine\/widgets";\n/m, "");
  const tail =
    "const svgs = [];\nfor (const picture of pictures) svgs.push(await (await picture).toSvg());\nmodel.dispose();\n";
  const { svgs } = await run(t, head, `${own}\n${tail}`, ["svgs"]);
  return svgs as readonly string[];
}

const TINY = `import { loadModel } from "vitrine";\nconst model = await loadModel("tiny");`;
const SAMPLES = `import { arithmeticTask, evaluate, loadModel } from "vitrine";
const model = await loadModel("tiny");
const whole = arithmeticTask();
const task = { ...whole, samples: whole.samples.slice(0, 3) };
const ask = { temperature: 0, maxTokens: 40 };
const evaluation = await evaluate(model, task, ask);`;

/** What the blocks of docs/pictures.md are given, with the pictures that each shows. */
const PICTURES: readonly (readonly [given: string, ...widgets: string[]])[] = [
  ["", "attention"],
  ["", "routing"],
  [
    `import { loadModel } from "vitrine";
const model = await loadModel(${JSON.stringify(inRepository("test/fixtures/hf-random/deepseek_v32"))});
const run = await model.run([3, 1, 4, 1, 5, 9, 2, 6]);`,
    "sparse",
  ],
  [
    `${TINY}
const prompt = "The cat sat.";
const write = async (text) => {
  const made = model.generate(text, { speculate: "mtp", maxTokens: 8, seed: 4 });
  for await (const _ of made);
  return made;
};
const [generation, a, b, c] = [await write(prompt), await write("12 + 29 ="), await write("7+5="), await write("And God said")];`,
    "drafts",
  ],
  [
    `import { compare, loadModel, zero } from "vitrine";
const model = await loadModel("tiny");
const run = await model.run("The cat sat on the");
const edited = await model.run("The cat sat on the", { edits: [zero("blocks.3.attn.hook_z", { head: 2 })] });`,
    "comparison",
  ],
  [
    `import { loadModel, logitDifference, patch } from "vitrine";
const model = await loadModel("tiny", { backend: "cpu" });
const [ofCat, ofDog] = model.tokenizer.encode(" cat dog", { addSpecialTokens: false });
const metric = logitDifference(ofDog, ofCat);
const grid = { site: "blocks.{layer}.hook_resid_pre", over: ["layer", "position"] };
const clean = await model.run("The dog sat on the");
const corrupted = await model.run("The cat sat on the");
const pairs = [];
for (const place of ["on", "by"])
  pairs.push({ prompt: \`The cat sat \${place} the\`, clean: await model.run(\`The dog sat \${place} the\`, { capture: "blocks.*.hook_resid_pre" }) });
const edit = ({ site, position }, { clean: from }) => patch(site, from, { from: [position], to: [position] });`,
    "sweep",
  ],
  ["", "lensGrid"],
  ["", "attributionBars"],
  ["", "featureStrip"],
  [
    `${SAMPLES}
const tuned = evaluation;
const base = await evaluate(model, task, { ...ask, maxTokens: 4 });`,
    "samples",
  ],
  [SAMPLES, "certificate"],
];

test("every block of docs/pictures.md draws what it names", async (t) => {
  const folder = await temporaryFolder(t);
  const blocks = typescriptOf("docs/pictures.md", PICTURES.length);
  for (const [i, block] of blocks.entries()) {
    const [given = "", ...widgets] = PICTURES[i] ?? [];
    const here = block.replaceAll('save("', `save("${folder}/`);
    const svgs = await drawn(t, given, here, widgets);
    assert.ok(svgs.length > 0, `block ${i + 1} shows nothing`);
    for (const svg of svgs) assert.match(svg, /^<svg[\s\S]+<\/svg>\s*$/, widgets.join());
  }
  for (const name of ["attention.svg", "attention.html", "weights.parquet"])
    assert.ok(existsSync(join(folder, name)), name);
});

test("the block of docs/export.md writes its page", async (t) => {
  const folder = await temporaryFolder(t);
  const [block = ""] = typescriptOf("docs/export.md", 1);
  const given = `${TINY}\nconst run = await model.run("The keys");`;
  await drawn(t, given, block.replace('save("', `save("${folder}/`), ["attention"]);
  assert.ok(existsSync(join(folder, "attention.html")));
});

test("the blocks of docs/cost.md compute what stands beside them", async (t) => {
  const [first = "", second = "", third = ""] = typescriptOf("docs/cost.md", 3);
  const { tokens } = await run(t, "", `${first}\nmodel.dispose();`, ["tokens"]);
  assert.ok(((tokens as { flops: number }[])[3]?.flops ?? 0) > 0);
  const { told } = (await run(t, "", `${second}\nmodel.dispose();`, ["told"])) as {
    told: {
      model: { activeParameters: number };
      caches: { bytesPerToken: number }[];
      tokensPerSecond: number;
      memory: { fits: boolean };
    };
  };
  assert.equal((told.model.activeParameters / 1e9).toFixed(1), "36.6");
  const bytes = told.caches.map(({ bytesPerToken }) => bytesPerToken);
  assert.ok(bytes.includes(70_272) && bytes.includes(4_997_120), `${bytes}`);
  assert.equal(typeof told.memory.fits, "boolean");
  assert.ok(told.tokensPerSecond > 0);
  const { usage } = await run(t, TINY, `${third}\nmodel.dispose();`, ["usage"]);
  assert.deepEqual(Object.keys(usage as object), [
    ...["inputTokens", "cachedInputTokens", "outputTokens", "reasoningTokens"],
  ]);
});

test("the blocks of docs/records.md save, verify, replay and ask a record", async (t) => {
  const folder = await temporaryFolder(t);
  const [first = "", second = ""] = typescriptOf("docs/records.md", 2).map((block) =>
    block.replaceAll('"runs', `"${folder}/runs`),
  );
  const saved = await run(t, "", `${first}\nmodel.dispose();`, ["id", "same", "difference"]);
  assert.match(String(saved.id), /^[0-9a-f]{64}$/);
  assert.equal(saved.same, true, String(saved.difference));
  const { rows } = (await run(t, "", second, ["rows"])) as { rows: object[] };
  assert.ok(rows.length > 0);
});

test("the block of docs/remote.md asks a server", async (t) => {
  const { url } = await serveTiny(t);
  const [block = ""] = typescriptOf("docs/remote.md", 1);
  const here = block
    .replace("https://api.deepseek.com/v1", `${url}/v1`)
    .replace('"deepseek-chat"', '"tiny"');
  const { chat } = (await run(t, "", here, ["chat"])) as {
    chat: { message: { content: string }; usage: { outputTokens: number } };
  };
  assert.equal(typeof chat.message.content, "string");
  assert.ok(chat.usage.outputTokens > 0);
});

test("the block of README.md looks at a head", async (t) => {
  const [block = ""] = typescriptOf("README.md", 1);
  const { pattern } = (await run(t, "", `${block}\nmodel.dispose();`, ["pattern"])) as {
    pattern: { shape: readonly number[]; at(...place: number[]): number };
  };
  assert.equal(pattern.shape.length, 3);
  assert.ok(pattern.at(3, -1, 2) >= 0);
});

test("the blocks of docs/writeups.md are parameters, and a notebook as text", async (t) => {
  const [parameters = "", text = ""] = typescriptOf("docs/writeups.md", 2);
  assert.deepEqual(
    readParameters(parameters).map(({ name, type }) => [name, type.kind]),
    [
      ["samples", "number"],
      ["model", "string"],
      ["layers", "list"],
      ["style", "oneOf"],
    ],
  );
  const file = join(await temporaryFolder(t), "look.nb.ts");
  writeFileSync(file, text);
  const { cells } = await openNotebook("convert", file);
  assert.deepEqual(
    cells.map(({ id, cell_type: type }) => [id, type]),
    [
      ["intro", "markdown"],
      ["numbers", "code"],
    ],
  );
});
