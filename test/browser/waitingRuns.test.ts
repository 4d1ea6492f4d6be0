import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { HeldRequests } from "./heldRequests.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";
import { notebookOf } from "./notebook.ts";

const COUNT = "(globalThis as any).n = ((globalThis as any).n ?? 0) + 1";
const NOTEBOOKS = [
  "file",
  "first",
  "sessions",
  "start",
  "interrupt",
  "shutdown",
  "close",
  "none",
  "change",
  "fail",
];
const SESSIONS = /\/api\/sessions(\?|$)/;
const SAVED = { output_type: "stream", name: "stdout", text: "from before\n" };

let lab: LabServer;
let browser: LabBrowser;

before(async () => {
  lab = await startLab((root) => {
    for (const name of NOTEBOOKS) {
      const notebook = JSON.parse(notebookOf(COUNT, COUNT, COUNT));
      Object.assign(notebook.cells[1], { execution_count: 7, outputs: [SAVED] });
      writeFileSync(join(root, `${name}.ipynb`), JSON.stringify(notebook));
    }
  });
  browser = await LabBrowser.launch();
});

after(async () => {
  await browser?.close();
  await lab?.stop();
});

async function open(name: string): Promise<void> {
  const { search } = new URL(lab.url);
  const alone = `/lab/tree/${name}.ipynb${search}&reset`; // not beside those that earlier tests opened
  await browser.open(new URL(alone, lab.url).href);
  await browser.page.waitForFunction((title) => document.title.startsWith(title), name);
}

/** Stops requests of the page, until they are let go or the test ends. */
async function hold(t: TestContext, method: string, pattern = SESSIONS): Promise<HeldRequests> {
  const held = await HeldRequests.of(browser.page, method, pattern);
  t.after(() => held.end());
  return held;
}

/** Opens a notebook, and stops its kernel's start where the page asks for it. */
async function openHeld(t: TestContext, name: string): Promise<HeldRequests> {
  const held = await hold(t, "POST");
  await open(name);
  await held.asked();
  return held;
}

/** Chooses from a menu. A page that is still opening may close it again, by giving the notebook the focus. */
const runAll = (): Promise<void> => browser.choose("Run", "Run All Cells");

async function runFirst(): Promise<void> {
  await browser.editCell(
    browser.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").first(),
  );
  await browser.page.keyboard.press("Shift+Enter");
}

/** Waits until the cells' prompts and outputs are these. */
async function shown(...cells: readonly (readonly [prompt: string, output: string])[]) {
  await browser.page.waitForFunction(
    (expected) => {
      const seen = [
        ...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell"),
      ].map((cell) => [
        cell.querySelector(".jp-InputArea-prompt")?.textContent,
        cell.querySelector(".jp-OutputArea-output")?.textContent?.trim() ?? "",
      ]);
      return JSON.stringify(seen) === JSON.stringify(expected);
    },
    cells.map(([prompt, output]) => [`[${prompt}]:`, output]),
  );
}

const AS_SAVED = [
  [" ", ""],
  ["7", "from before"],
  [" ", ""],
] as const;

const WAITING = AS_SAVED.map(([, output]) => ["*", output] as const);

describe("cells that are run before their kernel is there wait for it, and run in the order of the asking", () => {
  test("before the file is there", async (t) => {
    const held = await hold(t, "GET", /\/api\/contents\/file\.ipynb\?.*content=1/);
    await open("file");
    await held.asked();
    await runAll();
    await held.letGo();
    await shown(["1", "1"], ["2", "2"], ["3", "3"]);
  });

  test("before a kernel was asked for", async (t) => {
    await open("first");
    await browser.kernelIdle();
    const held = await hold(t, "GET");
    const started = await hold(t, "POST");
    await started.letGo();
    await browser.page.locator(".jp-DirListing-item", { hasText: "sessions.ipynb" }).dblclick();
    await browser.page.waitForFunction(() => document.title.startsWith("sessions"));
    await browser.notebookReady();
    await held.asked();
    await runAll();
    await runFirst();
    await shown(...WAITING);
    assert.equal(started.nAsked, 0);
    await held.letGo();
    await shown(["4", "4"], ["2", "2"], ["3", "3"]);
    assert.equal(started.nAsked, 1, "one kernel, however many cells");
  });

  test("while it is starting", async (t) => {
    const held = await openHeld(t, "start");
    await runAll();
    await runFirst();
    await shown(...WAITING);
    await held.letGo();
    await shown(["4", "4"], ["2", "2"], ["3", "3"]);
    assert.equal(held.nAsked, 1);
  });

  test("where there was none and the run starts one", async (t) => {
    await open("none");
    await browser.shutDownKernel();
    const held = await hold(t, "POST");
    await runAll();
    await held.asked();
    await shown(...WAITING);
    await held.letGo();
    await shown(["1", "1"], ["2", "2"], ["3", "3"]);
    assert.equal(held.nAsked, 1);
  });

  test("while another kernel takes the place of theirs", async (t) => {
    await open("change");
    await runFirst();
    await shown(["1", "1"], ...AS_SAVED.slice(1));
    await browser.debuggerKnown();
    const held = await hold(t, "PATCH", /\/api\/sessions\/./);
    await browser.choose("Kernel", "Change Kernel");
    await browser.page.locator(".jp-Dialog select").selectOption('{"name":"vitrine"}');
    await browser.page.locator(".jp-Dialog .jp-mod-accept").click();
    await held.asked();
    await runAll();
    await shown(["*", "1"], ...WAITING.slice(1));
    await held.letGo();
    await shown(["1", "1"], ["2", "2"], ["3", "3"]);
  });
});

describe("what waits is taken back with nothing lost", () => {
  test("by an interrupt", async (t) => {
    const held = await openHeld(t, "interrupt");
    await runAll();
    await shown(...WAITING);
    await browser.page.locator('[data-jp-item-name="interrupt"]').click();
    await shown(...AS_SAVED);
    await held.letGo();
    await browser.kernelIdle();
    await runFirst();
    await shown(["1", "1"], ...AS_SAVED.slice(1));
  });

  test("by a shutdown, which no cell undoes", async (t) => {
    const held = await openHeld(t, "shutdown");
    await runAll();
    await shown(...WAITING);
    await browser.choose("Kernel", "Shut Down Kernel");
    await shown(...AS_SAVED);
    await held.letGo();
    await browser.page.locator(".jp-KernelName", { hasText: "No Kernel" }).waitFor();
    await runFirst();
    await shown(["1", "1"], ...AS_SAVED.slice(1));
    assert.equal(held.nAsked, 2);
  });

  test("by a start that fails, which a dialog says", async (t) => {
    const held = await openHeld(t, "fail");
    await runAll();
    await shown(...WAITING);
    await held.fail(500);
    const { page } = browser;
    await page.locator(".jp-Dialog", { hasText: "the answer of a test" }).waitFor();
    await page.locator(".jp-Dialog .jp-mod-accept").click();
    const selection = page.locator(".jp-Dialog", { hasText: "Select Kernel" });
    await selection.getByRole("button", { name: "No Kernel" }).click();
    await shown(...AS_SAVED);
    await runFirst();
    await shown(["1", "1"], ...AS_SAVED.slice(1));
    assert.equal(held.nAsked, 2);
    const problems = browser.problems.splice(0);
    const ofWidgets = /^page error: TypeError: Cannot read properties of null \(reading 'kernel'\)/; // their manager's, of no kernel
    assert.deepEqual(
      problems.filter((problem) => !ofWidgets.test(problem)).map((problem) => problem.slice(0, 4)),
      ["500 "],
    );
  });

  test("by closing the notebook", async (t) => {
    const held = await openHeld(t, "close");
    const file = join(lab.root, "close.ipynb");
    const saved = readFileSync(file, "utf8");
    await runAll();
    await shown(...WAITING);
    await browser.choose("File", "Close Tab");
    await browser.page.getByRole("button", { name: "Discard" }).click();
    await browser.page.locator(".jp-NotebookPanel").waitFor({ state: "detached" });
    await held.letGo();
    await open("close");
    await browser.kernelIdle();
    assert.equal(readFileSync(file, "utf8"), saved);
    await runFirst();
    await shown(["1", "1"], ...AS_SAVED.slice(1));
  });
});

test("no request failed but the one that a test let fail", () => {
  assert.deepEqual(browser.problems, []);
});
