import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { findStockJupyter } from "../../scripts/test/findStockJupyter.ts";
import { needsStockJupyter } from "../fixtures/stockJupyter.ts";
import { untilEqual } from "../fixtures/until.ts";
import { axeViolations } from "./axe.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";
import { notebookOf } from "./notebook.ts";

const CELLS = [
  `const words = ["keys", "cabinet", "table"];
const counts = new Map(words.map((word) => [word, word.length]));
const grid = { data: new Float32Array(12 * 192).fill(0.5), shape: [12, 192], dims: ["T", "M"] };
let asked = 0;
const eager = { get price() { return ++asked; } };
class Tree {}
const note = "a long text that says nothing ".repeat(40);`,
  `words.push("key");
const { length: many } = words;`,
];

let lab: LabServer;
let browser: LabBrowser;

before(async () => {
  const stock = findStockJupyter();
  if (stock !== null) process.env.JUPYTER_PATH = join(dirname(stock), "share", "jupyter");
  lab = await startLab((root) => {
    writeFileSync(join(root, "variables.ipynb"), notebookOf(...CELLS));
    const python = notebookOf("x = 1").replace('"name":"vitrine"', '"name":"python3"');
    writeFileSync(join(root, "python.ipynb"), python);
  });
  browser = await LabBrowser.launch();
  await open("variables.ipynb");
});
after(async () => {
  await browser?.close();
  await lab?.stop();
});

async function open(notebook: string): Promise<void> {
  const url = new URL(lab.url);
  url.pathname = `/lab/tree/${notebook}`;
  await browser.open(url.href);
  await browser.kernelIdle();
}

const panel = () => browser.page.locator(".vitrine-variables");
const says = (text: string | RegExp): Promise<void> =>
  panel().locator("p[role=status]", { hasText: text }).waitFor();
const row = (name: string) => panel().locator(`tr[data-name="${name}"]`);
const cells = (name: string): Promise<string[]> =>
  row(name)
    .locator("th, td")
    .evaluateAll((list) => list.map((cell) => cell.textContent ?? ""));
/** What of a variable's row does not fit into the panel, or of the panel into the window, at one moment. */
const faults = (name: string): Promise<string[]> =>
  row(name).evaluate((line) => {
    const edge = line.closest(".vitrine-variables")?.getBoundingClientRect();
    if (edge === undefined) return ["no panel"];
    const found: string[] = [];
    if (edge.width < 240) found.push(`panel: ${edge.width} pixels`);
    if (edge.right > window.innerWidth) found.push(`panel: to ${edge.right}`);
    const cells = [...line.querySelectorAll("th, td")];
    if (cells.length !== 4) found.push(`${cells.length} cells`);
    for (const [i, cell] of cells.entries()) {
      const { left, right, width } = cell.getBoundingClientRect();
      const what = `${cell.textContent?.slice(0, 20)}: ${left} to ${right}`;
      if (left < edge.left || right > edge.right)
        found.push(`${what} of ${edge.left} to ${edge.right}`);
      if (i === 3 ? width <= 60 : cell.scrollWidth > cell.clientWidth) found.push(`${what}, cut`);
    }
    return found;
  });
const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await browser.page.keyboard.press(key);
};
/** Name of the row that has the focus, or what else has it. */
const focused = (): Promise<string | undefined> =>
  browser.page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    return element.dataset.name ?? element.getAttribute("type") ?? element.tagName;
  });

test("the panel says when nothing is defined, and lists names with types and sizes once a cell ran", async () => {
  await browser.command("vitrine:show-variables");
  await says("Nothing is defined yet.");
  await browser.runAll();
  await row("many").waitFor();
  assert.deepEqual(
    await panel()
      .locator("tbody tr")
      .evaluateAll((rows) => rows.map((each) => (each as HTMLElement).dataset.name)),
    ["Tree", "asked", "counts", "eager", "grid", "many", "note", "words"],
  );
  assert.deepEqual(await cells("many"), ["many", "number", "", "4"]);
  assert.deepEqual(await cells("counts"), [
    ...["counts", "Map", "3 entries"],
    'Map {"keys" => 4, "cabinet" => 7, "table" => 5}',
  ]);
  assert.deepEqual((await cells("grid")).slice(0, 3), [
    ...["grid", "Object float32", "(12, 192) · 9.22 kB"],
  ]);
  assert.deepEqual((await cells("note")).slice(0, 3), ["note", "string", "1,200 characters"]);
  assert.deepEqual((await cells("words")).slice(0, 3), ["words", "Array", "4 elements"]);
  assert.deepEqual(await cells("Tree"), ["Tree", "class", "", "class Tree"]);
  assert.equal((await cells("eager"))[3], "{ price: (getter) }");
  assert.equal((await cells("asked"))[3], "0", "no getter ran");
});

test("the list follows each execution, and empties when the kernel is restarted", async () => {
  const second = browser.page.locator(".jp-CodeCell").nth(1);
  await second.locator(".jp-InputPrompt").click();
  await press("Control+Enter");
  await row("words").locator("td", { hasText: "5 elements" }).waitFor();
  await browser.page.evaluate(async () => {
    const { jupyterapp } = window as unknown as {
      jupyterapp: { shell: { currentWidget: { sessionContext: RestartableContext } } };
    };
    await jupyterapp.shell.currentWidget.sessionContext.restartKernel();
  });
  await says("Nothing is defined yet.");
  await untilEqual(() => panel().locator("tbody tr").count(), 0);
  await browser.runAll();
  await row("words").locator("td", { hasText: "4 elements" }).waitFor();
});

interface RestartableContext {
  restartKernel(): Promise<void>;
}

test("the filter finds by name and type, and arrows lead from it through the rows and back", async () => {
  await browser.command("vitrine:show-variables");
  await untilEqual(focused, "search");
  await browser.page.keyboard.type("map");
  await says("1 of 8 variables");
  await untilEqual(() => panel().locator("tbody tr").count(), 1);
  await press("ArrowDown");
  await untilEqual(focused, "counts");
  await press("ArrowUp");
  await untilEqual(focused, "search");
  await press("Control+a");
  await browser.page.keyboard.type("nowhere");
  await says("None of 8 variables matches.");
  await press("Control+a", "Delete", "ArrowDown", "ArrowDown", "End");
  await untilEqual(focused, "words");
  await press("Home");
  await untilEqual(focused, "Tree");
  assert.equal(await browser.page.locator(".jp-Notebook .jp-CodeCell").count(), 2);
});

test("the panel is whole in light and dark, at both common widths", async () => {
  const { page } = browser;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForSelector(`body[data-jp-theme-light=${colorScheme === "light"}]`, {
      state: "attached",
    });
    for (const width of [1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await untilEqual(() => faults("grid"), [], `at ${width} pixels`);
      await browser.screenshot(`variables-${colorScheme}-${width}`);
    }
    assert.deepEqual(await axeViolations(page, ".vitrine-variables"), [], colorScheme);
  }
  await page.emulateMedia({ colorScheme: "light" });
});

test("of another kernel the panel says that it lists nothing", needsStockJupyter, async () => {
  await open("python.ipynb");
  await browser.command("vitrine:show-variables");
  await says(/^Python 3.* does not list its variables here\./);
  assert.deepEqual(browser.problems, []);
  assert.deepEqual(browser.foreignRequests, []);
});
