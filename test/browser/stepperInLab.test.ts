import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Locator } from "playwright-core";
import { loadModel, type Model, type Stepper } from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import type { RunCell } from "../fixtures/notebookOutputs.ts";
import { assertStepNotebookClaims } from "../fixtures/stepNotebookClaims.ts";
import { until, untilEqual } from "../fixtures/until.ts";
import { axeViolations } from "./axe.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";

const NOTEBOOK = "02-step-by-step.ipynb";
const PROMPT = "The keys to the cabinet are on the table. The";
const SITE = "blocks.3.hook_resid_mid";

/** Cells that stand behind those of the notebook. */
const MORE = [
  "const t = await model.step(prompt);\nconst own = stepper(t);\nown",
  'await t.next("layer");',
  "[t.place.executed, t.edits.length, own.steppers.length, own.steppers[1]?.place.executed ?? 0]",
  "", // what a user then gets wrong
];

let lab: LabServer;
let browser: LabBrowser;
let model: Model;
/** The same pass outside of the workspace. */
let beside: Stepper;
/** Where the cells are among those with code. */
let [SHOWN, OWN, MOVE, READ, TRY] = [0, 0, 0, 0, 0];

before(async () => {
  const notebook = JSON.parse(readFileSync(inRepository("notebooks", NOTEBOOK), "utf8"));
  const nCells = notebook.cells.filter(
    (each: { cell_type: string }) => each.cell_type === "code",
  ).length;
  SHOWN = nCells - 1;
  [OWN, MOVE, READ, TRY] = [SHOWN + 1, SHOWN + 2, SHOWN + 3, SHOWN + 4];
  for (const [i, source] of MORE.entries()) {
    const rest = { metadata: {}, execution_count: null, outputs: [] };
    notebook.cells.push({ cell_type: "code", id: `more-${i}`, source, ...rest });
  }
  lab = await startLab((root) => writeFileSync(join(root, NOTEBOOK), JSON.stringify(notebook)));
  browser = await LabBrowser.launch("light", 1280, 900);
  await browser.open(new URL(`/lab/tree/${NOTEBOOK}`, lab.url).href + new URL(lab.url).search);
  await browser.runAll();
  model = await loadModel("tiny", { backend: "cpu" });
  beside = await model.step(PROMPT);
  await beside.next("layer"); // as one of the cells did
});

after(async () => {
  model?.dispose();
  await browser?.close();
  await lab?.stop();
});

const cell = (index: number): Locator =>
  browser.page.locator(".jp-Notebook .jp-CodeCell").nth(index);
const picture = (): Locator => cell(OWN).locator("section.vt");
const at = (selector: string): Locator => picture().locator(selector);
const has = (selector: string, wanted: string | RegExp): Promise<void> =>
  at(selector).filter({ hasText: wanted }).first().waitFor();
const button = (name: string): Locator => picture().getByRole("button", { name, exact: true });
const executed = (n: number): Promise<void> => has(".vt-header p", ` ${n} of 143 operators`);
const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await browser.page.keyboard.press(key);
};

async function run(index: number): Promise<void> {
  await cell(index).locator(".jp-InputPrompt").click();
  await browser.command("notebook:run-cell");
  await browser.kernelIdle();
  await browser.kernelAnswered();
}

/** What a cell then finds: operators executed, edits, steppers, operators that the first branch has executed. */
async function cellFinds(...wanted: number[]): Promise<void> {
  await run(READ);
  const said = `[ ${wanted.join(", ")} ]`;
  await cell(READ).locator(".jp-OutputArea-output", { hasText: said }).waitFor();
}

/** Presses Tab until something of this name has the focus. */
async function tabTo(name: string | RegExp, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  const seen: string[] = [];
  for (let i = 0; i < 60; i++) {
    await press(key);
    const focused = await browser.page.evaluate(() => {
      const node = document.activeElement as HTMLInputElement | null;
      return (
        node?.getAttribute("aria-label") ??
        node?.labels?.[0]?.textContent ??
        node?.textContent ??
        ""
      );
    });
    if (typeof name === "string" ? focused === name : name.test(focused)) return;
    seen.push(focused.slice(0, 30));
  }
  assert.fail(`Tab reaches nothing that is called ${name}: ${seen.join(" | ")}`);
}

test("the notebook's own picture has three steppers, where the cells left them", async () => {
  const shown = cell(SHOWN).locator("section.vt");
  await shown.waitFor();
  const tabs = shown.getByRole("tab");
  await untilEqual(() => tabs.allTextContents(), ["main", "branch 1", "branch 2"]);
  await shown.locator(".vt-header p", { hasText: "143 of 143 operators" }).waitFor();
  await shown.getByRole("tab", { name: "branch 2" }).click();
  await shown.locator(".vt-operator h4", { hasText: "route · layer" }).waitFor();
});

test("what the notebook says of its numbers is so", async () => {
  await browser.command("docmanager:save");
  const saved = JSON.parse(readFileSync(join(lab.root, NOTEBOOK), "utf8")) as { cells: RunCell[] };
  assertStepNotebookClaims(saved.cells.slice(0, -MORE.length));
});

test("by mouse: operators are gone to, and numbers are those of the engine", async () => {
  await picture().evaluate((node) => node.scrollIntoView());
  await button("next layer").click();
  const first = (await beside.next("layer")).executed;
  await executed(first);
  await beside.runTo(SITE);
  const { executed: there } = beside.place;
  // The square of that operator: rows are layers behind one of the input.
  const place = beside.operators
    .filter(({ layer }) => layer === 3)
    .findIndex(({ index }) => index === there - 1);
  const box = await at(".vt-model canvas").boundingBox();
  assert.ok(box);
  const height = box.height / 8;
  await at(".vt-model canvas").click({
    position: { x: 62 + (place + 0.5) * (height - 3), y: 4.5 * height },
  });
  await executed(there);
  await has(".vt-value-title", SITE);
  const value = await beside.value(SITE);
  const matrix = at(".vt-matrix canvas");
  const drawn = await matrix.boundingBox();
  assert.ok(drawn);
  await matrix.click({ position: { x: drawn.width - 5, y: 16 + 2.5 * 16 } });
  await has(".vt-value-readout", "token 2 ·key, column 191: ");
  await has(".vt-value-readout strong", exactF32(value.at(2, 191)));
  const data = [...value.data];
  const told = async () => (await at(".vt-statistics dd").allTextContents()).slice(0, 2);
  await untilEqual(told, [exactF32(Math.min(...data)), exactF32(Math.max(...data))]);
  await at(".vt-site-list").selectOption("blocks.3.attn.hook_pattern");
  await has(".vt-value-title", "hook_pattern");
  await picture().getByRole("radio", { name: "head 3" }).click();
  await has(".vt-value-title", "head 3");
  const pattern = await beside.value("blocks.3.attn.hook_pattern");
  await has(".vt-value-readout strong", exactF32(pattern.at(3, 2, 15)));
  await at(".vt-check input").check();
  await button("back layer").click();
  const { executed: begin } = await beside.back("layer");
  await executed(begin);
});

test("a cell's move shows in the page, and a cell sees the page's", async () => {
  await run(MOVE);
  const { executed: there } = await beside.next("layer");
  await executed(there);
  await button("next operator").click();
  await executed(there + 1);
  await cellFinds(there + 1, 0, 1, 0);
});

test("by keyboard alone: a breakpoint with a condition, back, a number, and two futures", async () => {
  await at(".vt-toolbar button")
    .first()
    .evaluate((node) => node.scrollIntoView());
  await button("next operator").focus(); // the one place that a Tab into the picture leads to
  await press("T");
  await executed((await beside.back("token")).executed);
  await tabTo("site or glob");
  await press(..."blocks.*.hook_resid_mid");
  await tabTo("condition");
  await browser.page.keyboard.type("layer === 3 && token.text === ' cab'");
  await press("Enter");
  await has(".vt-breakpoints li code", "when layer === 3 && token.text === ' cab'");
  await tabTo("next operator", "Shift+Tab");
  await press("r");
  await has(".vt-status", `Stopped by breakpoint 1 at ${SITE}, token 6 " cab".`);
  await beside.runTo(SITE);
  const { executed: there } = beside.place;
  await executed(there);
  await press("O");
  await executed(there - 1);
  await press("o");
  await executed(there);
  await press("b");
  await has("[role=tab][aria-selected=true]", "branch 1");
  await has(".vt-breakpoints li code", "layer === 3");
  await tabTo(/^Numbers\. Arrows/);
  await press("ArrowDown", "ArrowDown", "ArrowRight", "Enter");
  await browser.page.keyboard.type("2.5");
  await press("Enter");
  await has(".vt-value-readout strong", /^2\.5$/);
  await has(".vt-panel .vt-list code", `replace ${SITE} at `);
  const [, token = ""] =
    /token (\d+)/.exec((await at(".vt-value-readout").textContent()) ?? "") ?? [];
  const [, column = ""] =
    /column (\d+)/.exec((await at(".vt-value-readout").textContent()) ?? "") ?? [];
  const other = await beside.branch();
  const row = (await other.value(SITE)).row(Number(token));
  row.data[Number(column)] = 2.5;
  await other.set(SITE, row, { position: Number(token) });
  await tabTo("next operator", "Shift+Tab");
  await press("t");
  await executed(143);
  await other.next("token");
  const { text, probability } = await other.nextToken();
  await has(".vt-likeliest", text.replace(/^ /, "·"));
  await has(".vt-step-tokens", `${(100 * probability).toFixed(1)} %`);
  const logits = await other.value("hook_logits");
  await tabTo(/^Numbers\. Arrows/);
  await press("End", "ArrowDown");
  const last = logits.row(Math.min(Number(token) + 1, 15)).at(3071);
  await has(".vt-value-readout strong", exactF32(last));
  await cellFinds(there, 0, 2, 143);
  other.dispose();
});

/** What a user may get wrong in a cell, and the sentence that the cell then shows. */
const WRONG: readonly (readonly [code: string, sentence: string | RegExp])[] = [
  [
    "await model.run(prompt, { edits: [zero('blocks.3.hook_resid_mid', { position: 99 })] })",
    /expected .* position/,
  ],
  [
    "await model.run(prompt, { edits: [add('blocks.3.hook_resid_mid', [1, 2, 3])] })",
    "expected 192 numbers",
  ],
  [
    "await model.run(prompt, { edits: [zero('blocks.3.hook_mlp_out'), scale('blocks.3.hook_mlp_out', 2, { position: 1 })] })",
    "expected other numbers than edits[0] changes, got both at blocks.3.hook_mlp_out. Say after: true",
  ],
  ["await t.runTo(({ value }) => value.at(0, 0, 0, 0) > 1)", "condition failed"],
  [
    "const gone = await model.step(prompt); gone.dispose(); await gone.branch()",
    "expected one that goes on, got one that was finished or disposed of. Begin again with model.step",
  ],
  ["await model.run(prompt, { capture: '**', budget: 10_000 })", /budget/],
  [
    "await model.run(prompt, { capture: 'blocks.0.mlp.hook_router_scores' })",
    'expected a name or glob of model.sites(), got "blocks.0.mlp.hook_router_scores". Did you mean blocks.1.mlp.hook_router_scores',
  ],
  ["await t.set('blocks.5.hook_resid_post', 0)", "Call runTo"],
];

test("what a user gets wrong is told in a sentence under the cell, and the kernel goes on", async () => {
  const { page } = browser;
  const input = cell(TRY).locator(".cm-content");
  const write = async (code: string): Promise<void> => {
    await browser.editCell(cell(TRY));
    await press("Control+a");
    await page.keyboard.insertText(code);
    await input.filter({ hasText: code.slice(-20) }).waitFor();
    await run(TRY);
  };
  await write("import { add, scale, zero } from 'vitrine';");
  const first = (await cell(TRY).locator(".jp-InputPrompt").textContent()) ?? "";
  assert.match(first, /\[\d+\]/, "the first cell is executed");
  // That the kernel goes on after one, the sentence about the next shows; after the last, an answer.
  for (const [code, sentence] of WRONG) {
    await write(code);
    await cell(TRY).locator(".jp-OutputArea-output", { hasText: sentence }).first().waitFor();
  }
  await write("`still there: ` + 6 * 7");
  await cell(TRY).locator(".jp-OutputArea-output", { hasText: "still there: 42" }).waitFor();
  await run(READ);
});

test("nothing is cut, and axe finds nothing, in light and dark, 1280 and 1920 wide", async () => {
  const { page } = browser;
  for (const [colorScheme, width] of [
    ["light", 1280],
    ["dark", 1280],
    ["dark", 1920],
    ["light", 1920],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 1000 });
    const isLight = colorScheme === "light";
    await page.locator(`body[data-jp-theme-light=${isLight}]`).waitFor({ state: "attached" });
    await at(`xpath=self::*[@data-vt-theme="${colorScheme}"]`).waitFor();
    await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
    const isCut = (): Promise<string[]> =>
      picture().evaluate((root) => {
        const right = root.getBoundingClientRect().right + 0.5;
        return [...root.querySelectorAll("button, input, select, h4, code, dt, dd, p, table")]
          .filter((part) => part.checkVisibility() && !part.closest(".vt-live"))
          .filter(
            (part) =>
              part.getBoundingClientRect().right > right ||
              (part.matches("dt, dd, .vt-site-list") && part.scrollWidth > part.clientWidth + 1),
          )
          .map((part) => part.outerHTML.slice(0, 120));
      });
    await until(`nothing cut at ${width} pixels`, async () => (await isCut()).length === 0);
    await until("each number beside its name", async () => {
      const tops = await at(".vt-statistics > *").evaluateAll((parts) =>
        parts.map((part) => Math.round(part.getBoundingClientRect().bottom)),
      );
      return new Set(tops).size === tops.length / 2;
    });
    await until("a matrix that has room, or that is as wide as it has to be", async () => {
      const { over, wide } = await at(".vt-matrix").evaluate((node) => ({
        over: node.scrollWidth - node.clientWidth,
        wide: node.clientWidth,
      }));
      return wide > 650 ? over === 0 : wide > 500;
    });
    const found = await axeViolations(page, `#${await labelled(picture())}`);
    assert.deepEqual(found, [], `${colorScheme}, ${width}`);
    await picture().evaluate((node) => node.scrollIntoView());
    await browser.screenshot(`stepper-${colorScheme}-${width}`);
    await at(".vt-value").evaluate((node) => node.scrollIntoView());
    await browser.screenshot(`stepper-${colorScheme}-${width}-value`);
  }
});

/** Gives the picture an id to be named by. */
const labelled = (part: Locator): Promise<string> =>
  part.evaluate((node) => {
    node.id = "own-stepper";
    return node.id;
  });

test("nothing was asked of another host, and no request failed", () => {
  assert.deepEqual(browser.foreignRequests, []);
  assert.deepEqual(browser.problems, []);
});
