import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { until } from "../fixtures/until.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";
import { notebookOf } from "./notebook.ts";

/** A notebook that somebody sent: its output would run a script, twice, if it were taken as it is. */
const FOREIGN = JSON.stringify({
  cells: [
    {
      cell_type: "code",
      id: "a",
      metadata: {},
      execution_count: 1,
      source: "1",
      outputs: [
        {
          output_type: "display_data",
          metadata: {},
          data: {
            "text/html":
              '<b class="harmless">bold</b><img src="x" onerror="window.ran = 1"><script>window.ran = 2</script>',
          },
        },
        {
          output_type: "display_data",
          metadata: {},
          data: { "application/javascript": "window.ran = 3", "text/plain": "the text instead" },
        },
      ],
    },
  ],
  metadata: { kernelspec: { name: "vitrine", display_name: "TypeScript (Vitrine)" } },
  nbformat: 4,
  nbformat_minor: 5,
});

let lab: LabServer;
let first: LabBrowser;

before(async () => {
  lab = await startLab((root) => {
    writeFileSync(join(root, "shared.ipynb"), notebookOf("let a = 1;"));
    writeFileSync(join(root, "foreign.ipynb"), FOREIGN);
  }, "shared.ipynb");
  first = await LabBrowser.launch();
  await first.open(lab.url);
});
after(async () => {
  await first?.close();
  await lab?.stop();
});

const onDisk = (): Promise<string> => readFile(join(lab.root, "shared.ipynb"), "utf8");

/** Writes at the end of the notebook's only cell. */
async function type(tab: LabBrowser, text: string): Promise<void> {
  await tab.page.bringToFront();
  await tab.editCell(tab.page.locator(".jp-Notebook .jp-CodeCell").first());
  await tab.page.keyboard.press("Control+End");
  await tab.page.keyboard.type(text);
}

async function save(tab: LabBrowser): Promise<void> {
  await tab.page.bringToFront();
  await tab.page.keyboard.press("Control+s");
}

/** Waits for the question about a file that has changed, and answers it. */
async function answer(tab: LabBrowser, button: "Cancel" | "Revert" | "Overwrite"): Promise<void> {
  const dialog = tab.page.locator(".jp-Dialog", { hasText: "File Changed" });
  await dialog.waitFor();
  await dialog.getByRole("button", { name: button }).click();
  await dialog.waitFor({ state: "detached" });
}

test("two tabs save the same notebook: the second is asked, and each answer does what it says", async () => {
  const second = await first.newTab();
  await second.open(lab.url);
  await type(second, " // from the second"); // first of all: a tab without changes loads the file anew by itself
  await type(first, " // from the first");
  await save(first);
  await until("the first tab's text on disk", async () => (await onDisk()).includes("the first"));
  const before = await onDisk();
  await save(second);
  await answer(second, "Cancel");
  assert.equal(await onDisk(), before, "nothing was saved behind the first tab's back");
  await type(first, " // more");
  await save(second);
  await answer(second, "Overwrite");
  await until("the second tab's text on disk", async () => (await onDisk()).includes("the second"));
  assert.equal((await onDisk()).includes("the first"), false);
  await save(first);
  await answer(first, "Revert");
  await first.page.locator(".cm-content", { hasText: "from the second" }).first().waitFor();
  assert.equal((await onDisk()).includes("// more"), false);
  await type(first, " // and on");
  await save(first);
  await until("a save without a question", async () => (await onDisk()).includes("// and on"));
  await second.page.close();
});

test("a save that begins while another is on its way waits for it, and asks nothing", async () => {
  const { page } = first;
  const contents = "**/api/contents/shared.ipynb*";
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isFirst = true;
  await page.route(contents, async (route) => {
    if (route.request().method() !== "PUT" || !isFirst) return route.continue();
    isFirst = false;
    const response = await route.fetch();
    await released; // it is on disk, and the page does not know yet
    await route.fulfill({ response });
  });
  await type(first, " // slowly");
  await first.beginSave();
  await until("the first save on disk", async () => (await onDisk()).includes("// slowly"));
  await type(first, " // and quickly");
  await save(first);
  // Whatever the second save asked at once has its answer before these.
  for (const path of ["/api/status", "/api/contents/shared.ipynb?content=0"])
    await page.evaluate(async (url) => void (await fetch(url)).status, path);
  assert.equal(await page.locator(".jp-Dialog").count(), 0);
  release();
  await until("the second save on disk", async () => (await onDisk()).includes("// and quickly"));
  await page.unrouteAll({ behavior: "wait" });
});

test("outputs of a notebook from elsewhere are cleaned of scripts until it is trusted", async () => {
  const { page } = first;
  const address = new URL("/lab/tree/foreign.ipynb", lab.url);
  const ran = () => page.evaluate(() => (window as { ran?: number }).ran);
  await first.open(address.href);
  await page.locator(".harmless", { hasText: "bold" }).waitFor();
  await page.locator(".jp-OutputArea", { hasText: "the text instead" }).waitFor();
  assert.equal(await page.locator(".jp-OutputArea script, .jp-OutputArea [onerror]").count(), 0);
  assert.equal(await ran(), undefined);
  const trusting = first.command("notebook:trust");
  const dialog = page.locator(".jp-Dialog", { hasText: "Trust this notebook" });
  await dialog.getByRole("button", { name: "Trust" }).click();
  await trusting;
  await first.command("docmanager:save");
  await first.open(address.href);
  await until("the scripts of a trusted notebook", async () => (await ran()) !== undefined);
});
