import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";
import { notebookOf } from "./notebook.ts";

const CELL = `import { loadModel } from "vitrine";
import { routing } from "vitrine/widgets";
const model = await loadModel("tiny", { backend: "cpu" });
const picture = routing(await model.run("The keys to the cabinet"));
picture`;

interface SavedModel {
  readonly state: { readonly _anywidget_id?: string };
  readonly buffers?: readonly { readonly path: readonly string[]; readonly data: string }[];
}

let lab: LabServer;
let browser: LabBrowser;

before(async () => {
  lab = await startLab((root) =>
    writeFileSync(join(root, "kept.ipynb"), notebookOf(CELL, "await picture.whenKept")),
  );
  browser = await LabBrowser.launch();
});
after(async () => {
  await browser?.close();
  await lab?.stop();
});

/** The answers that the notebook's file keeps of the picture, as base64. */
function keptInFile(): string {
  const { metadata } = JSON.parse(readFileSync(join(lab.root, "kept.ipynb"), "utf8"));
  const models = metadata.widgets?.["application/vnd.jupyter.widget-state+json"]?.state ?? {};
  const [own] = (Object.values(models) as SavedModel[]).filter(
    ({ state }) => state._anywidget_id === "vitrine.routing",
  );
  return own?.buffers?.find(({ path }) => path.join() === "kept")?.data ?? "";
}

test("a notebook that is saved keeps the answers of a picture, which then responds without a kernel", async () => {
  const url = new URL(lab.url);
  url.pathname = "/lab/tree/kept.ipynb";
  await browser.open(url.href);
  await browser.runAll();
  await browser.kernelAnswered(); // the page has heard of the answers
  await browser.command("docmanager:save");
  assert.ok(keptInFile().length > 100, "the file has the answers");
  await browser.shutDownKernel();
  await browser.reload();
  await browser.page.getByText("Saved with the notebook.").waitFor();
  await browser.page.locator(".jp-OutputArea section.vt").waitFor();
});
