import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { brokenLinks } from "../../scripts/site/brokenLinks.ts";
import { writeSite } from "../../scripts/site/writeSite.ts";
import { until } from "../fixtures/until.ts";
import { axeViolations } from "./axe.ts";
import { hands } from "./hands.ts";
import { type OpenSite, openSite } from "./openSite.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-site-"));
let site: OpenSite;
let page: Page;

const { at, press, has, button } = hands(() => page);

before(async () => {
  site = await openSite();
});
after(async () => {
  await site?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A page of the site, of a reader who has seen none before; it must stay without errors and ask nothing of another origin. */
async function onPage(
  path: string,
  work: () => Promise<void>,
  { width = 1280, base = site.host.address } = {},
): Promise<void> {
  const reader = await site.read(base);
  page = reader.page;
  try {
    await reader.visit(path, work, { width });
  } finally {
    await reader.close();
  }
}

test("a link, a file and an anchor that lead nowhere are named", () => {
  assert.deepEqual(brokenLinks(site.out), []);
  const out = join(folder, "linked");
  cpSync(site.out, out, { recursive: true }); // other tests read the site
  writeFileSync(
    join(out, "docs", "bad.html"),
    '<a href="edits.html#gradients"></a><a href="edits.html#nothing"></a><img alt="" src="../no.png"><a href="#here"></a>',
  );
  assert.deepEqual(brokenLinks(out), [
    "docs/bad.html: edits.html#nothing",
    "docs/bad.html: ../no.png",
    "docs/bad.html: #here",
  ]);
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
    await until("the heading in the window", async () => {
      const top = await at("#modelattributionpatching").evaluate(
        (heading) => heading.getBoundingClientRect().top,
      );
      return top >= 0 && top < 900;
    });
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
    { base: `${pathToFileURL(site.out).href}/` },
  ));
