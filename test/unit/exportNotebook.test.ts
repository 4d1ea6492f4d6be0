import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ansiHtml, ansiText } from "../../cli/export/ansi.ts";
import { cleanHtml } from "../../cli/export/cleanHtml.ts";
import { type ExportOptions, exportNotebook } from "../../cli/export/exportNotebook.ts";
import { highlight } from "../../cli/export/highlight.ts";
import { markdownHtml } from "../../cli/export/markdownHtml.ts";
import { createProgram } from "../../cli/program.ts";
import { runProgram } from "../../cli/runProgram.ts";
import { loadModel } from "../../engine/index.node.ts";
import { attention, routing } from "../../widgets/index.ts";
import { markdownCell, savedNotebook, shownCell } from "../fixtures/savedNotebook.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

const options = (out: string, changes: Partial<ExportOptions> = {}): ExportOptions => ({
  ...{ to: "html", out, maxBytes: 20e6, hashWeights: [], signal: new AbortController().signal },
  ...changes,
});

test("HTML of a notebook keeps its text, and loses what runs code or asks the network", () => {
  const html = cleanHtml(
    `<b onclick="a()">bold</b><script>b()</script><iframe src="x"></iframe><a href="java\nscript:c()">c</a><a href="https://a.org">d</a>
<img src="https://a.org/p.png" alt="a plot"><img src="data:image/png;base64,AA"><form action="x"><button>e</button></form><svg><a xlink:href="javascript:f()"><text>g</text></a></svg>`,
  );
  assert.match(html, /<b>bold<\/b>/);
  assert.match(html, /<a href="https:\/\/a\.org">d<\/a>/);
  assert.match(html, /<a href="https:\/\/a\.org\/p\.png">a plot<\/a>/);
  assert.match(html, /src="data:image\/png;base64,AA"/);
  assert.doesNotMatch(html, /script|onclick|iframe|form/);
});

test("a header of a table without text is a cell, as in the corner of a data frame", () => {
  const html = cleanHtml(
    '<table><tr style="a"><th style="b"></th><th>count</th><th><img src="data:image/png;base64,AA" alt="c"></th></tr></table>',
  );
  assert.match(html, /<td style="b"><\/td><th>count<\/th><th><img/);
  assert.match(
    markdownHtml("| | a |\n| - | - |\n| b | c |", () => null),
    /<td><\/td>\s*<th>a<\/th>/,
  );
});

test("markdown keeps formulas as they were written, and code has its colours", () => {
  const html = markdownHtml("a $x_1 * y_1$ and `$z_2$`\n\n```ts\nconst a = 1;\n```", () => null);
  assert.match(html, /<code class="tex">\$x_1 \* y_1\$<\/code>/);
  assert.match(html, /<code>\$z_2\$<\/code>/);
  assert.match(
    html,
    /<span class="tok-keyword">const<\/span> a = <span class="tok-number">1<\/span>;/,
  );
});

test("code keeps every character under its colours", () => {
  const code = "const a: string = `x`; // <c>\n<div>{/r/g}</div>";
  const html = highlight(code, "typescript");
  assert.match(html, /<span class="tok-comment">\/\/ &lt;c&gt;<\/span>/);
  const text = html
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");
  assert.equal(text.replaceAll("&quot;", '"').replaceAll("&#39;", "'"), code);
  assert.equal(highlight("a < b", "python"), "a &lt; b");
});

test("a terminal's colours become classes, and its other escapes go", () => {
  const text = "\u001b[1;31mno\u001b[0m \u001b[2K<b>";
  assert.equal(ansiHtml(text), '<span class="ansi-red ansi-bold">no</span> &lt;b&gt;');
  assert.equal(ansiText(text), "no <b>");
});

test("what is no notebook is refused with what is wrong, and nothing is written", async (t) => {
  const folder = await temporaryFolder(t);
  const cases: [name: string, text: string | null, wrong: RegExp][] = [
    ["missing.ipynb", null, /expected a notebook at .*missing\.ipynb, got ENOENT/],
    ["cut.ipynb", '{"cells": [{"cell_type"', /expected JSON with .* at line 1/],
    ["list.ipynb", "[]", /expected a JSON object, got \[\]/],
    ["old.ipynb", '{"nbformat": 2, "worksheets": []}', /expected notebook format 4, or 3/],
    ["cells.ipynb", '{"nbformat": 4, "cells": [3]}', /expected an object as cell 0/],
  ];
  for (const [name, text, wrong] of cases) {
    if (text !== null) writeFileSync(join(folder, name), text);
    const out = join(folder, "out.html");
    await assert.rejects(exportNotebook(join(folder, name), options(out)), wrong);
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => !name.endsWith(".ipynb")),
    [],
  );
});

test("a notebook of format 3 is exported as one of format 4", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "three.ipynb");
  const cell = {
    cell_type: "code",
    language: "python",
    input: "1 + 1",
    outputs: [],
    prompt_number: 1,
  };
  writeFileSync(
    path,
    JSON.stringify({ nbformat: 3, metadata: {}, worksheets: [{ cells: [cell] }] }),
  );
  await exportNotebook(path, options(join(folder, "three.html")));
  assert.match(readFileSync(join(folder, "three.html"), "utf8"), /<code>1 \+ 1<\/code>/);
});

test("a place that cannot be written is refused, and nothing is left there", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "a.ipynb");
  writeFileSync(path, await savedNotebook([]));
  mkdirSync(join(folder, "taken"));
  for (const to of ["html", "md"] as const)
    await assert.rejects(
      exportNotebook(path, options(join(folder, "taken"), { to })),
      /export: expected a file that can be written, got .*taken: it is a folder\. .*, or choose another --out\./,
    );
  writeFileSync(join(folder, "file"), "");
  await assert.rejects(
    exportNotebook(path, options(join(folder, "file", "a.html"))),
    /got .*a\.html: a part of the path is no folder \(EEXIST\)/,
  );
  await assert.rejects(
    exportNotebook(path, options(join(folder, "new", "deep", "x".repeat(300)))),
    /the name is too long \(ENAMETOOLONG\)\. Shorten it/,
  );
  assert.deepEqual(readdirSync(folder).sort(), ["a.ipynb", "file", "taken"]);
  assert.deepEqual(readdirSync(join(folder, "taken")), []);
});

test("Markdown has code, texts and pictures beside it", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "a.ipynb");
  const stream = { output_type: "stream", name: "stdout", text: "\u001b[31mred\u001b[0m\n" };
  const cells = [
    markdownCell("# Title"),
    { ...shownCell("const a = `b`;", { "image/png": PNG, "text/plain": "a [plot]" }) },
    { ...markdownCell(""), cell_type: "code", source: "print()", outputs: [stream] },
  ];
  writeFileSync(path, await savedNotebook([], { before: cells }));
  await exportNotebook(path, options(join(folder, "a b.md"), { to: "md" }));
  const text = readFileSync(join(folder, "a b.md"), "utf8");
  assert.match(text, /^> Exported by Vitrine /);
  assert.match(text, /\n# Title\n\n```typescript\nconst a = `b`;\n```\n/);
  assert.match(text, /!\[a \\\[plot\\\]\]\(a%20b_files\/picture-1\.png\)/);
  assert.match(text, /```text\nred\n```/);
  const picture = readFileSync(join(folder, "a b_files", "picture-1.png"));
  assert.equal(picture.toString("base64"), PNG);
});

test("code that the notebook folds is folded in the page and in Markdown, what it showed is not", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "a.ipynb");
  const question = { "text/html": "<p>How many?</p>" };
  const folded = (source: string) => ({
    ...shownCell(source, question),
    metadata: { jupyter: { source_hidden: true } },
  });
  const cells = [folded("ask({\n  expected: 5 });"), folded(""), shownCell("open()", question)];
  writeFileSync(path, await savedNotebook([], { before: cells }));
  await exportNotebook(path, options(join(folder, "a.html")));
  const [, main = ""] = readFileSync(join(folder, "a.html"), "utf8").split("<main>");
  assert.match(
    main,
    /<div class="cell">\n<details class="folded"><summary>Folded code, 2 lines<\/summary>\n<pre[^>]*><code>ask[\s\S]*?<\/pre>\n<\/details>\n<div class="html"/,
  );
  assert.equal(main.split("<details").length - 1, 1);
  await exportNotebook(path, options(join(folder, "a.md"), { to: "md" }));
  const text = readFileSync(join(folder, "a.md"), "utf8");
  const block = "```typescript\nask({\n  expected: 5 });\n```";
  const details = `<details>\n<summary>Folded code, 2 lines</summary>\n\n${block}\n\n</details>`;
  assert.ok(text.includes(details));
  assert.equal(text.split("<details").length - 1, 1);
});

test("a page names its models, stays within its size, and says what it left out", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "a.ipynb");
  const model = await loadModel("tiny", { backend: "cpu" });
  t.after(() => model.dispose());
  const run = await model.run("The keys to the cabinet");
  writeFileSync(path, await savedNotebook([attention(run), routing(run)]));
  const out = join(folder, "a.html");
  const whole = await exportNotebook(path, options(out, { hashWeights: ["tiny"] }));
  assert.equal(whole.live, 2);
  assert.equal(whole.answers, whole.of);
  const { nLayers, nHeads, moeLayers, nExperts, totalParameters, hash } = model.record;
  const ofAttention = nLayers * (1 + nHeads);
  const ofRouting = 2 + 2 * run.tokens.length + moeLayers.length * (1 + nExperts);
  assert.equal(whole.of, ofAttention + ofRouting, "whatever is to be kept is answered");
  const html = readFileSync(out, "utf8");
  assert.equal(Buffer.byteLength(html), whole.bytes);
  assert.ok(html.includes(`${totalParameters.toLocaleString("en")} parameters`));
  assert.ok(html.includes(`sha256 ${hash}. Weights sha256 `));
  assert.doesNotMatch(html, /leaves out/);

  const maxBytes = whole.bytes - 5_000;
  const less = await exportNotebook(path, options(out, { maxBytes }));
  assert.ok(less.bytes <= maxBytes && less.answers > 0 && less.answers < less.of);
  const cut = readFileSync(out, "utf8");
  assert.ok(cut.includes(`leaves out ${less.of - less.answers} of the answers`));
  assert.match(cut, /Weights not hashed\./);

  await assert.rejects(
    exportNotebook(path, options(out, { maxBytes: 50_000 })),
    /expected a page of at most 50000 bytes, got \d+ without any kept answer/,
  );
  assert.equal(readFileSync(out, "utf8"), cut, "the earlier page stays");
  await assert.rejects(
    exportNotebook(path, options(out, { hashWeights: ["tiny-fp8"] })),
    /expected a model that the notebook.s pictures are of \(tiny, checkpoint .*got tiny-fp8/,
  );
});

test("code that a notebook brings as a picture's is not taken into the page", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "a.ipynb");
  const view = { "application/vnd.jupyter.widget-view+json": { model_id: "m" } };
  const svg = "<svg xmlns='http://www.w3.org/2000/svg'></svg>";
  const notebook = JSON.parse(
    await savedNotebook([], { before: [shownCell("a", { ...view, "image/svg+xml": svg })] }),
  );
  const evil = "export default { render() { throw 'from the notebook' } }";
  for (const id of ["vitrine.attention", "vitrine.mine", "somebody.else"]) {
    const state = { m: { state: { _anywidget_id: id, _esm: evil } } };
    notebook.metadata.widgets = { "application/vnd.jupyter.widget-state+json": { state } };
    writeFileSync(path, JSON.stringify(notebook));
    const { live } = await exportNotebook(path, options(join(folder, "a.html")));
    assert.equal(live, id === "vitrine.attention" ? 1 : 0);
    assert.doesNotMatch(readFileSync(join(folder, "a.html"), "utf8"), /from the notebook/);
  }
});

test("vitrine export explains itself, and a wrong size is a wrong command line", async () => {
  const program = createProgram();
  let out = "";
  for (const command of program.commands)
    command.configureOutput({
      writeOut: (text) => (out += text),
      writeErr: (text) => (out += text),
    });
  assert.equal(await runProgram(program, ["export", "--help"]), 0);
  assert.match(out, /Usage: vitrine export[\s\S]*Examples:\n {2}vitrine export/);
  assert.equal(await runProgram(program, ["export", "a.ipynb", "--max-size", "much"]), 2);
  assert.match(out, /Expected a size above 0/);
  assert.equal(await runProgram(program, ["export", "a.ipynb", "--to", "docx"]), 2);
});
