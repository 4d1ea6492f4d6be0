import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { askedSum } from "../fixtures/firstNotebook.ts";
import { readTrace } from "../fixtures/readTrace.ts";
import { HANG_MS, until, untilEqual } from "../fixtures/until.ts";
import { framesDrawn } from "./framesDrawn.ts";
import { LabBrowser } from "./labBrowser.ts";
import { type LabServer, startCleanCopy } from "./labServer.ts";
import { outsidePage } from "./reflow.ts";

const NOTEBOOK = "01-first-look.ipynb";
const SENTENCE = "The keys to the cabinet are on the table. The keys";
const TITLES = ["Attention", "Routing", "Cost"];

let lab: LabServer;
let browser: LabBrowser;

before(async () => {
  lab = await startCleanCopy();
  browser = await LabBrowser.launch();
  await browser.open(lab.url);
});

after(async () => {
  await browser?.close();
  await lab?.stop();
});

const headings = (): Promise<string[]> =>
  browser.page.locator(".jp-OutputArea-output section.vt h3").allTextContents();

test("Run All on the first notebook shows the three pictures, and a sum thought out and right", async () => {
  const { page } = browser;
  await page.waitForFunction(() => /^01-first-.* - Vitrine$/.test(document.title));
  await browser.runAll();
  await page.locator("section.vt").nth(2).waitFor();
  await untilEqual(headings, TITLES);
  assert.equal(await page.locator(".jp-OutputArea [data-mime-type*=stderr]").count(), 0);
  assert.equal(await page.locator("[data-mime-type*='jupyter.error']").count(), 0);
  const { a, b } = askedSum();
  const asking = page.locator(".jp-CodeCell", { hasText: "model.chat(" });
  const chat = asking.locator(".jp-OutputArea .jp-RenderedMarkdown");
  await untilEqual(() => chat.locator("> p strong").textContent(), String(a + b)); // replies come in pieces
  const thinking = (await chat.locator("blockquote").textContent()) ?? "";
  const units = [a % 10, b % 10] as const;
  assert.ok(thinking.includes(`${units[0]}+${units[1]}+0=${units[0] + units[1]}`), thinking);
  await chat.evaluate((output) => output.scrollIntoView());
  await browser.screenshot("first-look-sum");
});

/** Rows of the table behind a picture, cell by cell. */
async function tableBehind(title: string): Promise<string[][]> {
  const picture = browser.page.locator("section.vt", {
    has: browser.page.locator("h3", { hasText: title }),
  });
  await picture.locator(".vt-actions button", { hasText: "Table" }).click();
  const rows = picture.locator(".vt-table tbody tr");
  await rows.first().waitFor();
  // What has not come from the kernel yet is an ellipsis.
  await rows.locator("td", { hasText: /^…$/ }).first().waitFor({ state: "detached" });
  return await rows.evaluateAll((list) =>
    list.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent ?? "")),
  );
}

/** `vitrine trace` of the notebook's own sentence, on the backend that the notebook got. */
function traced() {
  const out = join(lab.root, "trace.safetensors");
  const capture = "blocks.0.attn.hook_pattern,blocks.*.mlp.hook_expert_*";
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      ...[inRepository("bin/vitrine.mjs"), "trace", "--model", "tiny", "--prompt", SENTENCE],
      ...["--capture", capture, "--out", out],
    ],
    { encoding: "utf8", env: { ...process.env, REQUIRE_GPU: "" } },
  );
  assert.equal(status, 0, stderr);
  return readTrace(out);
}

test("the numbers in the pictures are those of vitrine trace, digit for digit", async () => {
  const { header, data } = traced();
  const nTokens = header["blocks.0.attn.hook_pattern"]?.shape[1] ?? 0;
  const pattern = new Float32Array(data("blocks.0.attn.hook_pattern"));
  const last = pattern.subarray((nTokens - 1) * nTokens, nTokens * nTokens); // head 0, last query
  await browser.page.locator(".vt-overview canvas").first().press("Enter"); // opens head 0 of layer 0
  const weights = (await tableBehind("Attention")).map((row) => row[2]);
  assert.deepEqual(weights, [...last].map(exactF32));

  const rows = await tableBehind("Routing");
  assert.ok(rows.length >= nTokens);
  for (const [token, , layer, experts, shares] of rows) {
    const site = `blocks.${layer}.mlp.hook_expert`;
    const k = header[`${site}_indices`]?.shape[1] ?? 0;
    const of = <T>(values: ArrayLike<T>): T[] =>
      Array.from(values).slice(Number(token) * k, Number(token) * k + k);
    assert.equal(experts, of(new Int32Array(data(`${site}_indices`))).join(", "));
    assert.equal(
      shares,
      of(new Float32Array(data(`${site}_weights`)))
        .map(exactF32)
        .join(", "),
    );
  }
});

test("a token hovered or pinned in one picture lights in the others", async () => {
  const { page } = browser;
  const says = (selector: string, text: string, timeout = HANG_MS): Promise<void> =>
    page.locator(selector, { hasText: text }).first().waitFor({ timeout });
  await until("a token to light under the pointer", async () => {
    await page.mouse.move(5, 5); // cells above may have grown, and moved the token away from it
    await page.locator('.vt-chip[data-token="6"]').hover();
    return says(".vt-route h4", "·cab (6)", 5000).then(
      () => true,
      () => false,
    );
  });
  await says(".vt-cost-line", "·cab (6, prefill)");
  await page.locator('.vt-chip[data-token="9"]').click();
  await page.mouse.move(5, 5);
  await says(".vt-route h4", "·are (9)");
  await says(".vt-cost-line", "·are (9, prefill)");
});

/**
 * Turns the system to light or dark and waits for the workspace, and until its splash is gone, which JupyterLab lets fail as a
 * page error when the next one comes before.
 */
async function turn(colorScheme: "light" | "dark"): Promise<void> {
  const { page } = browser;
  await page.emulateMedia({ colorScheme });
  const theme = colorScheme === "light" ? "JupyterLab Light" : "JupyterLab Dark";
  await page.waitForFunction((name) => document.body.dataset.jpThemeName === name, theme);
  await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
}

test("the workspace follows the system between light and dark, at both common widths", async () => {
  const { page } = browser;
  for (const colorScheme of ["light", "dark"] as const) {
    await turn(colorScheme);
    for (const width of [1280, 1920]) {
      await page.setViewportSize({ width, height: 1000 });
      const picture = page.locator("section.vt").first();
      await picture.evaluate((section) => section.scrollIntoView());
      await page.waitForFunction((isLight) => {
        const panel = document.querySelector(".jp-NotebookPanel") as Element;
        const [red = 0] = (getComputedStyle(panel).backgroundColor.match(/\d+/g) ?? []).map(Number);
        return red > 128 === isLight;
      }, colorScheme === "light");
      await page.waitForFunction(() => {
        const section = document.querySelector("section.vt") as Element;
        const edge = section.closest(".jp-Notebook")?.getBoundingClientRect().right ?? 0;
        return section.getBoundingClientRect().right <= edge;
      });
      for (const [i, title] of TITLES.entries()) {
        await page
          .locator("section.vt")
          .nth(i)
          .evaluate((section) => section.scrollIntoView());
        await browser.screenshot(`first-look-${title}-${colorScheme}-${width}`.toLowerCase());
      }
    }
  }
  await turn("light");
  await page.setViewportSize({ width: 1280, height: 900 });
});

/** A phone, and a window of 1280 x 1024 at 400 %. */
const NARROW = [
  { width: 390, height: 844 },
  { width: 320, height: 256 },
] as const;

/** Left and right edge of the side panels, their bars and what is between them, where they are seen. */
const edges = (): Promise<Record<string, number[]>> =>
  browser.page.evaluate(() => {
    const parts = ["#jp-left-stack", "#jp-right-stack", ".jp-SideBar", "#jp-main-dock-panel"];
    const found = parts.flatMap((part) => [...document.querySelectorAll(part)]);
    const seen = found.filter((e) => e.checkVisibility({ visibilityProperty: true }));
    return Object.fromEntries(
      seen.map((element) => {
        const { left, right } = element.getBoundingClientRect();
        return [`${element.id} ${element.getAttribute("data-side") ?? ""}`, [left, right]];
      }),
    );
  });

/** Makes the window narrow, and waits until all of it belongs to the notebook. */
async function narrowTo(size: (typeof NARROW)[number]): Promise<void> {
  await browser.page.setViewportSize(size);
  await browser.page.waitForFunction(() => {
    const notebook = document
      .querySelector(".jp-NotebookPanel:not(.lm-mod-hidden)")
      ?.getBoundingClientRect();
    return notebook !== undefined && notebook.width >= innerWidth - 8;
  });
}

async function widen(): Promise<void> {
  await browser.page.setViewportSize({ width: 1280, height: 900 });
  await browser.page.locator(".jp-SideBar.jp-mod-left").waitFor();
}

test("on a phone and at 400 % zoom the notebook has the page, and the panels come back with the room", async () => {
  const { page } = browser;
  await browser.command("filebrowser:activate");
  await browser.command("vitrine:show-variables");
  await page.locator(".vitrine-variables tr[data-name=run]").waitFor();
  const nSeen = async (): Promise<number> => Object.keys(await edges()).length;
  await untilEqual(nSeen, 5, "two panels, two bars and the notebook are seen");
  await framesDrawn(page); // JupyterLab gives panels their places in the frame after they are shown
  const before = await edges();
  try {
    for (const size of NARROW) {
      await narrowTo(size);
      await untilEqual(async () => Object.keys(await edges()), ["jp-main-dock-panel "]);
      await page.locator("section.vt[data-vt-width=narrow]").nth(2).waitFor();
      await untilEqual(() => outsidePage(page), []);
      const menus = page.locator("#jp-MainMenu .lm-MenuBar-item");
      await untilEqual(() => menus.last().textContent(), "Help");
      await until(`menus within ${size.width} pixels`, async () => {
        const end = await menus.last().evaluate((item) => item.getBoundingClientRect().right);
        return end <= size.width;
      });
      for (const colorScheme of ["dark", "light"] as const) {
        await turn(colorScheme);
        await page
          .locator("section.vt")
          .first()
          .evaluate((section) => section.scrollIntoView());
        await browser.screenshot(`first-look-${colorScheme}-${size.width}`);
      }
    }
    await browser.choose("View", "File Browser");
    await panelShown("left");
    const files = async () => (await edges())["jp-left-stack "];
    await untilEqual(files, [33, 313], "the panel has the page beside its bar");
    await browser.command("vitrine:show-variables");
    await panelShown("right");
    await page.locator("#jp-left-stack").waitFor({ state: "hidden" });
    await page.locator(".jp-SideBar.jp-mod-right .lm-mod-current").click();
    await panelShown("none");
  } finally {
    await widen();
  }
  await page.locator("#jp-right-stack").waitFor();
  await panelShown("none");
  await untilEqual(edges, before);
  await browser.command("application:toggle-right-area");
});

/** Waits until the narrow page belongs to a panel at one side, or to the notebook. */
async function panelShown(side: "left" | "right" | "none"): Promise<void> {
  await browser.page.waitForSelector(`body[data-vitrine-narrow=${side}]`, { state: "attached" });
}

test("after a reload the pictures are live again", async () => {
  await browser.command("docmanager:save");
  await browser.reload();
  await browser.page.locator("section.vt").nth(2).waitFor();
  await untilEqual(headings, TITLES);
});

test("the saved notebook opened without its kernel has pictures that respond, and still ones beside them", async () => {
  const { page } = browser;
  await browser.shutDownKernel();
  await browser.reload();
  const notes = page.locator(".vitrine-picture-note", { hasText: "Saved with the notebook." });
  await notes.nth(2).waitFor();
  assert.equal(await notes.count(), 3);
  await untilEqual(headings, TITLES);
  const saved = JSON.parse(readFileSync(join(lab.root, NOTEBOOK), "utf8"));
  const bundles = saved.cells.flatMap((cell: { outputs?: { data?: Record<string, unknown> }[] }) =>
    (cell.outputs ?? []).flatMap((output) => output.data ?? []),
  );
  const widgets = bundles.filter(
    (data: Record<string, unknown>) => "application/vnd.jupyter.widget-view+json" in data,
  );
  assert.equal(widgets.length, 3);
  for (const data of widgets) assert.ok(data["image/svg+xml"] && data["text/plain"]);
});

test("on a narrow page long words, tables, logs and errors of a notebook can be read", async () => {
  const { page } = browser;
  writeFileSync(join(lab.root, "long.ipynb"), longNotebook());
  try {
    await page.setViewportSize(NARROW[1]);
    const url = new URL(lab.url);
    url.pathname = "/lab/tree/long.ipynb";
    await browser.open(url.href);
    await page.waitForFunction(() => document.title.startsWith("long"));
    await narrowTo(NARROW[1]);
    await untilEqual(() => outsidePage(page), []);
    await browser.screenshot("narrow-long");
  } finally {
    await widen();
  }
});

/** One Markdown cell and one code cell, whose saved outputs have no place in a narrow page to break at. */
function longNotebook(): string {
  const word = "https://example.org/".padEnd(200, "unbroken/");
  const row = (text: string): string => `|${` ${text} |`.repeat(12)}\n`;
  const table = row("column") + row("---") + row("cell");
  const cells = [
    { cell_type: "markdown", id: "m", metadata: {}, source: `# ${word}\n\n${word}\n\n${table}` },
    {
      ...{ cell_type: "code", id: "c", metadata: {}, execution_count: 1, source: `"${word}"` },
      outputs: [
        { output_type: "stream", name: "stdout", text: `${word}\n${"some words ".repeat(40)}\n` },
        { output_type: "error", ename: "Error", evalue: word, traceback: [`Error: ${word}`] },
        {
          ...{ output_type: "display_data", metadata: {} },
          data: { "text/html": `<p>${word}<table><tr>${"<td>cell of a table".repeat(20)}</table>` },
        },
      ],
    },
  ];
  const metadata = { kernelspec: { name: "vitrine", display_name: "TypeScript (Vitrine)" } };
  return JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 });
}

test("nothing was asked of another host, and no request failed", () => {
  assert.deepEqual(browser.foreignRequests, []);
  assert.deepEqual(browser.problems, []);
});
