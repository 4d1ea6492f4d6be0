import assert from "node:assert/strict";
import { test } from "node:test";
import { toMimeBundle } from "../../kernel/display/bundle.ts";
import { loginPage } from "../../kernel/server/security/loginPage.ts";
import { attention, cost, latent, routing, stepper, thinking } from "../../widgets/index.ts";
import { THINKING } from "../fixtures/curveRecords.ts";
import { axeViolations } from "./axe.ts";
import { inBothSchemes } from "./inBothSchemes.ts";
import { PROMPT } from "./tinyPages.ts";

inBothSchemes(({ has, button, isClean, onPage }) => {
  test("in a stepper, wherever it stands", () =>
    onPage(async ({ page, model }) => {
      const s = await model.step(PROMPT);
      const shown = stepper(s);
      await page.show(shown);
      await isClean("nothing has run");
      await s.runTo("blocks.3.attn.hook_pattern");
      await has(".vt-value-title", "hook_pattern");
      await isClean("heads side by side");
      await s.runTo("blocks.3.hook_resid_mid");
      await has(".vt-value-title", "hook_resid_mid");
      await s.set("blocks.3.hook_resid_mid", 0.5, { position: 2 });
      await button("Table").click();
      await page.page.locator(".vt-table tbody tr").first().waitFor();
      await page.page.getByLabel("condition", { exact: true }).fill("value.data[0] >");
      await button("Add breakpoint").click();
      await has(".vt-field-problem", "Expression expected.");
      s.addBreakpoint({ site: "blocks.*.hook_resid_mid", when: () => false });
      await has(".vt-breakpoints li code", "blocks.*.hook_resid_mid");
      await isClean("a written number, a table, a breakpoint, one that is refused");
      await button("branch").click();
      await has("[role=tab][aria-selected=true]", "branch 1");
      await button("finish").click();
      await has(".vt-status", "This stepper is over.");
      await isClean("a branch that is over");
      for (const each of shown.steppers) each.dispose();
      for (const each of shown.runs) each?.dispose();
    }));

  test("on the page that asks for the token", () =>
    onPage(async ({ page }) => {
      const asks = { next: "/lab", action: "/login", hasPassword: true };
      for (const alert of [undefined, "That is not the token of this server."]) {
        await page.page.setContent(loginPage({ ...asks, ...(alert !== undefined && { alert }) }));
        assert.deepEqual(await axeViolations(page.page, "html"), []);
      }
    }));

  test("in saved pictures, and in values that a cell shows", () =>
    onPage(async ({ page, model, run, dark }) => {
      const s = await model.step(PROMPT);
      await s.runTo("blocks.3.hook_resid_mid");
      const data = Float32Array.from({ length: 2 * 3 * 4 * 5 }, (_, i) => i);
      const shown: unknown[] = [
        ...[attention(run), routing(run), cost(run), latent(run), stepper(s), thinking(THINKING)],
        { data, shape: [2, 3, 4, 5] },
        await run.get("hook_embed"),
        run.tokens,
      ];
      for (const [i, each] of shown.entries()) {
        const { "text/html": markup } = await toMimeBundle(each);
        await page.page.evaluate(
          ([html, isDark]) => {
            document.body.dataset.jpThemeLight = String(!isDark);
            document.body.innerHTML = `<div id="saved">${html}</div>`;
          },
          [String(markup), dark] as const,
        );
        await isClean(`output ${i}`, "#saved");
      }
      s.dispose();
    }));
});
