import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { Locator } from "playwright-core";
import { HeldAnswers } from "./heldAnswers.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startLab } from "./labServer.ts";
import { notebookOf } from "./notebook.ts";
import { saveSettings } from "./saveSettings.ts";

let lab: LabServer;
let browser: LabBrowser;
let answers: HeldAnswers;

before(async () => {
  lab = await startLab((root) => writeFileSync(join(root, "completion.ipynb"), notebookOf("1")));
  // JupyterLab stops waiting for the kernel at once, so that every answer is late.
  await saveSettings(lab.url, "@jupyterlab/completer-extension:manager", { providerTimeout: 0 });
  browser = await LabBrowser.launch();
  answers = await HeldAnswers.of(browser.page, "complete");
  await browser.open(new URL("/lab/tree/completion.ipynb", lab.url).href + new URL(lab.url).search);
  await browser.runAll();
});

after(async () => {
  await browser?.close();
  await lab?.stop();
});

beforeEach(async () => {
  answers.letGo();
  await browser.editCell(browser.page.locator(".jp-CodeCell").last());
  await browser.page.keyboard.press("ControlOrMeta+a");
  await browser.page.keyboard.press("Delete");
});

const offered = (name: string): Locator =>
  browser.page.locator(".jp-Completer:visible .jp-Completer-item", { hasText: name }).first();

test("members are offered however late the kernel answers, and however much was typed meanwhile", async () => {
  const { page } = browser;
  answers.hold();
  await page.keyboard.type("process.s");
  await answers.asked("process.s");
  await page.keyboard.type("tdo");
  await answers.asked("process.stdo");
  assert.equal(await page.locator(".jp-Completer:visible").count(), 0);
  answers.letGo();
  await offered("stdout").waitFor();
  assert.equal(
    await offered("stderr").count(),
    0,
    "the answer to what was typed before is not shown",
  );
});

test("a menu of the cell's own words gives way to the kernel's names", async () => {
  const { page } = browser;
  answers.hold();
  await page.keyboard.type("const stdx = 1; process.std");
  await offered("stdx").waitFor();
  await answers.asked("process.std");
  answers.letGo();
  await offered("stdout").waitFor();
  await offered("stdx").waitFor();
});

test("a menu of the cell's own words that closes does not end the asking", async () => {
  const { page } = browser;
  answers.hold();
  await page.keyboard.type("const stdx = 1; process.std");
  await offered("stdx").waitFor();
  await page.keyboard.type("o");
  await answers.asked("process.stdo");
  answers.letGo();
  await offered("stdout").waitFor();
});

test("a menu asked for after a dot is there again when a character is typed", async () => {
  const { page } = browser;
  await page.keyboard.type("process.");
  await page.keyboard.press("Tab");
  await offered("stdout").waitFor();
  await page.keyboard.type("stdo");
  await offered("stdout").waitFor();
  await offered("stderr").waitFor({ state: "detached" });
});

test("nobody who has gone elsewhere is offered anything", async () => {
  const { page } = browser;
  answers.hold();
  await page.keyboard.type("process.stdo");
  await answers.asked("process.stdo");
  await page.keyboard.press("Escape");
  await page.locator(".jp-Notebook.jp-mod-commandMode").waitFor();
  answers.letGo();
  await browser.kernelAnswered();
  assert.equal(await page.locator(".jp-Completer:visible").count(), 0);
});
