import { test } from "node:test";
import { conversationCost, PRICES } from "../../engine/index.node.ts";
import type { Displayable } from "../../kernel/display/host.ts";
import { certificate, conversation, cost, samples, thinking } from "../../widgets/index.ts";
import { THINKING } from "../fixtures/curveRecords.ts";
import { SUMS_BEFORE, SUMS_NOW } from "../fixtures/evaluationRecords.ts";
import { inBothSchemes } from "./inBothSchemes.ts";

inBothSchemes(({ press, has, isClean, onPage }) => {
  test("in samples beside others, one opened, and in a certificate", () =>
    onPage(async ({ page }) => {
      await page.show(samples(SUMS_NOW, SUMS_BEFORE));
      await page.page.locator(".vt-samples-rows td button").first().click();
      await page.page.locator(".vt-sample summary, .vt-sample pre").first().waitFor();
      await isClean("samples");
      await page.page.getByLabel("Text in samples").fill("no such text");
      await has(".vt-pager", "no samples");
      await isClean("no samples");
      const { selector } = await page.show(certificate(SUMS_NOW, { replay: "vitrine evaluate" }));
      await has(".vt-certificate", "vitrine evaluate");
      await isClean("certificate", `${selector} section.vt`);
    }));

  test("in cost, and its prices", () =>
    onPage(async ({ page, run }) => {
      await page.show(cost(run));
      await page.page.locator(".vt-charts canvas").focus();
      await press("ArrowRight", "Enter");
      await page.page.locator(".vt-actions button").click();
      await page.page.locator(".vt-table tbody tr").first().waitFor();
      await isClean("cost");
      await page.page.locator(".vt-price-table tbody tr input[type=number]").first().fill("-3");
      await isClean("a price that cannot be");
    }));

  test("in what a cost goes to, with a token or a part chosen and its table open", () =>
    onPage(async ({ page, run }) => {
      await page.show(cost(run));
      for (const label of ["By token", "Cache", "Parameters", "Roofline"]) {
        await page.page.locator(".vt-segments label", { hasText: label }).first().click();
        const chart = page.page.locator(".vt-panel .vt-chart");
        if ((await chart.count()) > 0) {
          await chart.focus();
          await press("ArrowRight", "ArrowRight", "Enter");
          await page.page.locator(".vt-panel .vt-chart-bar .vt-button").click();
          await page.page.locator(".vt-panel .vt-table tbody tr").first().waitFor();
        }
        await isClean(label);
      }
    }));

  test("in a conversation's price and an accuracy curve", () =>
    onPage(async ({ page }) => {
      const usage = { inputTokens: 9, cachedInputTokens: 3, outputTokens: 4, reasoningTokens: 0 };
      const record = conversationCost([{ usage }, { usage }], Object.values(PRICES));
      for (const picture of [conversation(record), thinking(THINKING)]) {
        const { selector } = await page.show(picture as Displayable);
        await page.page.locator(`${selector} .vt-chart`).focus();
        await press("ArrowRight", "Enter");
        await page.page.locator(`${selector} .vt-actions button`).click();
        await page.page.locator(`${selector} .vt-table tbody tr`).first().waitFor();
        await isClean("its table", `${selector} section.vt`);
      }
    }));
});
