import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { everyPage } from "./everyPage.ts";
import { type OpenSite, openSite } from "./openSite.ts";
import { pagesIn } from "./siteReader.ts";

let site: OpenSite;

before(async () => {
  site = await openSite();
});
after(() => site?.close());

test("every page of the documentation shows no error, fits on a telephone, and axe finds nothing on it", async (t) => {
  const { out, summary } = site;
  const documents = ["index.html", ...pagesIn(out, "docs")];
  assert.equal(documents.length + pagesIn(out, "notebooks").length, summary.nPages);
  await everyPage(t, site, documents);
  const bytes = (name: string): string =>
    `${name} ${statSync(join(out, name)).size.toLocaleString("en")}`;
  t.diagnostic(`site: ${summary.nFiles} files, ${summary.bytes.toLocaleString("en")} bytes`);
  t.diagnostic(
    `bytes: ${["index.html", "docs/api.html", "search.js", "site.js", "site.css"].map(bytes).join(", ")}`,
  );
});
