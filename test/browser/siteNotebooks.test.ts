import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { notebookPaths } from "../../scripts/site/notebookPages.ts";
import { everyPage } from "./everyPage.ts";
import { type OpenSite, openSite } from "./openSite.ts";
import { pagesIn } from "./siteReader.ts";

let site: OpenSite;

before(async () => {
  site = await openSite();
});
after(() => site?.close());

test("every notebook shows no error, fits on a telephone, and axe finds nothing on it", async (t) => {
  const notebooks = pagesIn(site.out, "notebooks");
  assert.deepEqual(notebooks.sort(), [...notebookPaths().values()]);
  await everyPage(t, site, notebooks);
});
