import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { exportNotebook } from "../../cli/export/exportNotebook.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { onFile } from "./fileOnDisk.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

let browser: Browser;
before(async () => {
  browser = await WidgetPage.launch();
});
after(() => browser?.close());

test("the page of the notebook of an evaluation responds where no network is", async (t) => {
  const out = join(await temporaryFolder(t), "evaluation.html");
  const { live } = await exportNotebook(inRepository("notebooks/06-evaluation.ipynb"), {
    ...{ to: "html", out, maxBytes: 20_000_000, hashWeights: [] },
    signal: new AbortController().signal,
  });
  assert.equal(live, 4, "two figures, the samples and the certificate");
  await onFile(browser, out, async (page) => {
    const { at, has } = hands(() => page);
    assert.equal(await at('[data-live="yes"]').count(), live);
    const first = at(".vt-samples-rows tbody td:first-child button").first();
    const name = await first.textContent();
    await first.click();
    await has(".vt-sample h4", `sample ${name}`);
    await has(".vt-sample-runs", "To open runs, pass evaluations");
    await has(".vt-certificate", "vitrine verify notebooks/06-evaluation.ipynb");
  });
});
