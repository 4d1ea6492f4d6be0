import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { brokenLinks } from "../../scripts/site/brokenLinks.ts";
import { type SiteSummary, writeSite } from "../../scripts/site/writeSite.ts";
import { HANG_MS } from "../fixtures/until.ts";
import { axeViolations } from "./axe.ts";
import { hands } from "./hands.ts";
import { type StaticHost, staticHost } from "./staticHost.ts";
import { WidgetPage } from "./widgetPage.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-site-"));
const out = join(folder, "site");
let summary: SiteSummary;
let host: StaticHost;
let browser: Browser;
let page: Page;

const { at, press, has, button } = hands(() => page);

before(async () => {
  summary = await writeSite({ out });
  host = await staticHost(out, { path: "/below/some/path/" });
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  host?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A page of the site; it must stay without errors and ask nothing of another origin. */
async function onPage(
  path: string,
  work: () => Promise<void>,
  { width = 1280, dark = false, base = host.address } = {},
): Promise<void> {
  const problems: string[] = [];
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: dark ? "dark" : "light",
  });
  page = await context.newPage();
  page.setDefaultTimeout(HANG_MS);
  page.on("pageerror", (error) => problems.push(String(error.stack)));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("request", (request) => {
    const isOwn = request.url().startsWith(base) || /^(data|blob):/.test(request.url());
    if (!isOwn) problems.push(`asked ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
  });
  try {
    await page.goto(base + path);
    await page.locator("html[data-site=ready]").waitFor();
    const hasPictures = (await page.locator("script[data-view]").count()) > 0;
    if (hasPictures && base === host.address)
      await page.locator("html[data-pictures=ready]").waitFor();
    await work();
    assert.deepEqual(problems, [], path);
  } finally {
    await context.close();
  }
}

const pages = (inFolder: string): string[] =>
  readdirSync(join(out, inFolder))
    .filter((name) => name.endsWith(".html"))
    .map((name) => `${inFolder}/${name}`);

const fits = async (width: number): Promise<void> => {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= width, `${page.url()} is ${wide} wide`);
};

test("a link, a file and an anchor that lead nowhere are named", () => {
  assert.deepEqual(brokenLinks(out), []);
  const bad = join(out, "docs", "bad.html");
  writeFileSync(
    bad,
    '<a href="edits.html#gradients"></a><a href="edits.html#nothing"></a><img alt="" src="../no.png"><a href="#here"></a>',
  );
  try {
    assert.deepEqual(brokenLinks(out), [
      "docs/bad.html: edits.html#nothing",
      "docs/bad.html: ../no.png",
      "docs/bad.html: #here",
    ]);
  } finally {
    rmSync(bad);
  }
});

test("a folder with other files is refused", async () => {
  const other = mkdtempSync(join(folder, "other-"));
  writeFileSync(join(other, "mine.txt"), "mine");
  await assert.rejects(
    writeSite({ out: other }),
    /site: expected a folder that is empty or holds a site/,
  );
  assert.deepEqual(readdirSync(other), ["mine.txt"]);
  writeFileSync(join(other, ".nojekyll"), ""); // somebody's own pages
  await assert.rejects(writeSite({ out: other }), /with other files/);
  assert.deepEqual(readdirSync(other), [".nojekyll", "mine.txt"]);
});

test("every page is there, shows no error, fits on a telephone, and axe finds nothing on it", async (t) => {
  const all = ["index.html", ...pages("docs"), ...pages("notebooks")];
  assert.equal(all.length, summary.nPages);
  const paints: number[] = [];
  const found: string[] = [];
  for (const path of all)
    await onPage(
      path,
      async () => {
        await fits(390);
        paints.push(await firstPaint());
        found.push(...(await axeViolations(page, "html")).map((line) => `${path}: ${line}`));
      },
      { width: 390 },
    );
  assert.deepEqual(found, []);
  const bytes = (name: string): string =>
    `${name} ${statSync(join(out, name)).size.toLocaleString("en")}`;
  t.diagnostic(`site: ${summary.nFiles} files, ${summary.bytes.toLocaleString("en")} bytes`);
  t.diagnostic(
    `bytes: ${["index.html", "docs/api.html", "search.js", "site.js", "site.css"].map(bytes).join(", ")}`,
  );
  const sorted = paints.sort((a, b) => a - b);
  t.diagnostic(
    `first paint: median ${Math.round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN)} ms, longest ${Math.round(sorted.at(-1) ?? Number.NaN)} ms`,
  );
});

/** Milliseconds from the start of the navigation. */
const firstPaint = (): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const [first] = list.getEntries();
          if (first !== undefined) resolve(first.startTime);
        }).observe({ type: "paint", buffered: true });
      }),
  );

/** Pages of each kind, as the test above does not see them. */
for (const [width, dark] of [
  [390, true],
  [1280, false],
  [1280, true],
  [1920, false],
  [1920, true],
] as const)
  test(`axe finds nothing on pages ${width} wide in ${dark ? "dark" : "light"}`, async () => {
    for (const path of ["index.html", "docs/site.html", "notebooks/03-induction.html"])
      await onPage(
        path,
        async () => {
          await fits(width);
          assert.deepEqual(await axeViolations(page, "html"), [], path);
        },
        { width, dark },
      );
  });

test("search finds by keys alone, and goes to the heading", () =>
  onPage("docs/overview.html", async () => {
    await press("/");
    await page.keyboard.type("attributionPatching");
    await has("dialog [role=option]", "Model.attributionPatching");
    assert.deepEqual(await axeViolations(page, "dialog"), []);
    const field = page.getByRole("combobox", { name: "Search" });
    assert.equal(await field.getAttribute("aria-activedescendant"), "search-result-0");
    const headings = await at("dialog [role=option] strong").allTextContents();
    const wanted = headings.indexOf("Model.attributionPatching");
    for (let i = 0; i < wanted; i++) await press("ArrowDown");
    await press("Enter");
    await page.waitForURL(/docs\/api\.html#modelattributionpatching$/);
    await page.locator("html[data-site=ready]").waitFor();
    const top = await at("#modelattributionpatching").evaluate(
      (heading) => heading.getBoundingClientRect().top,
    );
    assert.ok(top >= 0 && top < 900, `the heading is at ${top}`);
    await press("Control+k");
    await page.keyboard.type("zzzz qqqq");
    await has("dialog [role=status]", 'Nothing has all words of "zzzz qqqq".');
    await press("Escape");
    assert.equal(await at("dialog[open]").count(), 0);
  }));

test("search finds notebooks, and words with a typing error", () =>
  onPage("index.html", async () => {
    await button("Search /").click();
    await page.keyboard.type("inducton heads");
    await has("dialog [role=option]", "How does it copy?");
    await at("dialog [role=option]").filter({ hasText: "How does it copy?" }).first().click();
    await page.waitForURL(/notebooks\/03-induction\.html/);
    await page.locator("html[data-pictures=ready]").waitFor();
  }));

test("pictures of a notebook respond, and their code is shared", () =>
  onPage("notebooks/01-first-look.html", async () => {
    const answer = page.getByText("const evenShare");
    assert.equal(await answer.isVisible(), false, "the answer is folded");
    await at(".folded").filter({ has: answer }).locator("summary").click();
    assert.ok(await answer.isVisible());
    const live = await at('[data-live="yes"]').count();
    assert.ok(live >= 3, `${live} pictures respond`);
    assert.equal(await at('[data-live="no"]').count(), 0);
    const asked = await page.evaluate(() =>
      performance.getEntriesByType("resource").map(({ name }) => name),
    );
    assert.ok(asked.some((name) => name.endsWith("/views/attention.js")));
    const attention = '[data-view-name="attention"]';
    await at(`${attention} button, ${attention} canvas`).first().focus();
    await page.locator(attention).getByRole("radio", { name: "table" }).check({ force: true });
    await at(`${attention} table tbody tr`).first().waitFor();
  }));

test("the list of pages opens on a telephone", () =>
  onPage(
    "docs/edits.html",
    async () => {
      assert.equal(await at("#pages").isVisible(), false);
      await button("Pages").click();
      assert.ok(await at("#pages").isVisible());
      assert.deepEqual(await axeViolations(page, "html"), []);
      await at("#pages").getByRole("link", { name: "Step by step", exact: true }).click();
      await page.waitForURL(/docs\/stepper\.html$/);
    },
    { width: 390 },
  ));

test("from a disk the documentation is read and searched", () =>
  onPage(
    "docs/edits.html",
    async () => {
      await press("/");
      await page.keyboard.type("gradients");
      await has("dialog [role=option]", "Gradients");
    },
    { base: `${pathToFileURL(out).href}/` },
  ));
