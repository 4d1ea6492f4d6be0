import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Locator } from "playwright-core";
import { loadModel, type Model, type Stepper } from "../../engine/index.node.ts";
import { type StepperWidget, stepper } from "../../widgets/index.ts";
import { exactF32 } from "../../widgets/render/formatNumber.ts";
import { until, untilEqual } from "../fixtures/until.ts";
import { hands } from "./hands.ts";
import { WidgetPage } from "./widgetPage.ts";

const PROMPT = "The keys to the cabinet";
const SITE = "blocks.3.hook_resid_mid";

let model: Model;
let browser: Browser;
let page: WidgetPage;
let s: Stepper;
let shown: StepperWidget;

before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  browser = await WidgetPage.launch();
});
after(async () => {
  await browser?.close();
  model?.dispose();
});

/** Opens a page with a new stepper for one test; it must have stayed without errors and requests. */
async function onPage(
  body: () => Promise<void>,
  options: Parameters<typeof WidgetPage.open>[1] = {},
): Promise<void> {
  page = await WidgetPage.open(browser, options);
  s = await model.step(PROMPT);
  shown = stepper(s);
  try {
    await page.show(shown);
    await has(".vt-header p", "before the first operator");
    await body();
    assert.deepEqual(page.problems, []);
  } finally {
    for (const each of shown.steppers) each.dispose();
    for (const run of shown.runs) run?.dispose();
    await page.close();
  }
}

const { press, at, has, button } = hands(() => page.page);
const field = (name: string): Locator => page.page.getByLabel(name, { exact: true });
const executed = (n: number): Promise<void> => has(".vt-header p", ` ${n} of 143 operators`);

test("the numbers in the page are those of the stepper, digit for digit", () =>
  onPage(async () => {
    await s.runTo(SITE);
    const value = await s.value(SITE);
    await has(".vt-value-title", `${SITE} (T 9, M 192)`);
    await at(".vt-matrix canvas").focus();
    await press("ArrowDown", "ArrowDown", ...Array(5).fill("ArrowRight"));
    await has(".vt-value-readout", "token 2 ·key, column 5: ");
    await has(".vt-value-readout strong", exactF32(value.at(2, 5)));
    await press("End", "ArrowUp");
    await has(".vt-value-readout", "token 1 The, column 191: ");
    await has(".vt-value-readout strong", exactF32(value.at(1, 191)));
    const data = [...value.data];
    await untilEqual(
      async () => (await at(".vt-statistics dd").allTextContents()).slice(0, 2),
      [exactF32(Math.min(...data)), exactF32(Math.max(...data))],
    );
    const norm = Math.hypot(...value.row(3).data);
    const row = at(".vt-norm-table tr").nth(3);
    await untilEqual(
      () => row.locator("td").last().textContent(),
      exactF32(Number(norm.toPrecision(5))),
    );
    await button("Table").click();
    const cells = at(".vt-table tbody tr").nth(7).locator("td");
    await untilEqual(
      () => cells.allTextContents(),
      ["0", "<｜begin▁of▁sentence｜>", "7", exactF32(value.at(0, 7))],
    );
  }));

test("heads are small side by side, and the one that is chosen is read", () =>
  onPage(async () => {
    await s.runTo("blocks.2.attn.hook_z");
    const value = await s.value("blocks.2.attn.hook_z");
    const radios = page.page.getByRole("radio");
    await radios.nth(3).waitFor();
    await untilEqual(() => radios.count(), 4);
    await radios.nth(0).focus();
    await press("ArrowRight", "ArrowRight");
    await has(".vt-value-title", "head 2");
    await at(".vt-matrix canvas").focus();
    await press("ArrowDown", "ArrowRight");
    await has(".vt-value-readout strong", exactF32(value.at(1, 2, 1)));
  }));

test("a cell's move shows in the page, and the page's move in the cell", () =>
  onPage(async () => {
    await s.next("layer");
    await executed(s.place.executed);
    await s.next();
    await has(".vt-operator h4", "rmsNorm · layer 0 · operator 1");
    await has(".vt-operator", "hook_embed (9, 192)");
    await has(".vt-operator", "ln1");
    await button("next operator").click();
    await until("the stepper has moved", () => s.place.executed === 3);
    await button("back operator").click();
    await until("the stepper is back", () => s.place.executed === 2);
    await executed(2);
    await button("next token").click();
    await until("the tokens are through", () => s.place.next === null);
    const { text, probability } = await s.nextToken();
    await has(".vt-likeliest", text.replace(/^ /, "·"));
    await has(".vt-step-tokens", `${(100 * probability).toFixed(1)} %`);
  }));

test("by keyboard alone: moves, the operators of the model, the places visited", () =>
  onPage(async () => {
    await press("Tab", "Tab", "Tab"); // the table, the menu that saves, then the one button of the moves that Tab reaches
    await press("Enter");
    await executed(1);
    await press("o", "o");
    await executed(3);
    await press("l");
    const layer0 = s.operators.findLastIndex((each) => each.layer === 0) + 1;
    await executed(layer0);
    await press("O");
    await executed(layer0 - 1);
    await press("ArrowRight", "Enter"); // the next button is that of the layer
    await executed(layer0);
    await at(".vt-model canvas").focus();
    await press("ArrowUp", "ArrowUp", "Enter"); // the last operator first, then a row up
    await executed(1);
    await press("ArrowDown", "ArrowDown", "Enter");
    await has(".vt-operator h4", "layer 1");
    assert.equal(s.place.last?.layer, 1);
    const places = page.page.getByRole("toolbar", { name: "Places visited" });
    await places.locator("button").last().focus();
    await press("ArrowLeft", "Enter");
    await executed(1);
    assert.equal(s.place.executed, 1);
    const outline = (): Promise<string> =>
      at(":focus-visible").evaluate((node) => getComputedStyle(node).outlineWidth);
    // The list is drawn anew with the focus kept: a button that was found may be gone when it is asked.
    await until("an outline round what has the focus", async () => (await outline()) === "2px");
  }));

test("a place is gone back to with what was written before it kept", () =>
  onPage(async () => {
    await s.runTo("blocks.1.hook_resid_mid");
    const there = s.place.executed;
    await s.set("blocks.1.hook_resid_mid", 0.5, { position: 2 });
    await s.runTo("blocks.4.hook_resid_mid");
    await has(".vt-panel .vt-list", "replace blocks.1.hook_resid_mid at 2");
    await page.page.getByRole("button", { name: "layer 1: hook_resid_mid" }).first().click();
    await executed(there);
    assert.equal(s.place.executed, there);
    assert.equal(s.edits.length, 1);
  }));

test("breakpoints are checked at their fields, kept, met, told and removed", () =>
  onPage(async () => {
    const add = async (fields: Readonly<Record<string, string>>): Promise<void> => {
      for (const [name, text] of Object.entries(fields)) await field(name).fill(text);
      await button("Add breakpoint").click();
    };
    const clear = async (...names: string[]): Promise<void> => {
      for (const name of names) await field(name).fill("");
    };
    await add({ "site or glob": "blocks.*.nothing" });
    await has(".vt-field-problem", "expected a name or glob of model.sites(), got");
    await clear("site or glob");
    await add({ operator: "convolution" });
    await has(".vt-field-problem", 'No operator is of the kind "convolution"');
    await clear("operator");
    await add({ layer: "6" });
    await has(".vt-field-problem", "Expected a layer from 0 to 5, got 6.");
    await clear("layer");
    await add({ condition: "value.daat[0] > 1" });
    await has(".vt-field-problem", "Property 'daat' does not exist");
    await add({ condition: "value.data[0] >" });
    await has(".vt-field-problem", "Expression expected.");
    await add({ condition: "value.data.length" });
    await has(".vt-field-problem", "Type 'number' is not assignable to type 'boolean'.");
    assert.equal(s.breakpoints.size, 0);
    const when =
      "layer === 3 && token.text === ' cab' && (value.data as ArrayLike<number>)[0]! < 99";
    await add({ "site or glob": "blocks.*.hook_resid_mid", condition: when });
    await has(".vt-breakpoints li code", `site blocks.*.hook_resid_mid, when ${when}`);
    await button("run").click();
    await has(".vt-status", `Stopped by breakpoint 1 at ${SITE}, token 6 " cab".`);
    await has(".vt-value-title", SITE);
    assert.equal(s.place.last?.writes[0]?.name, SITE);
    await button("Remove").click();
    await until("it is gone", () => s.breakpoints.size === 0);
    s.addBreakpoint({ token: " cab", layer: 4 });
    await has(".vt-breakpoints li code", 'layer 4, token " cab"');
  }));

test("a condition that throws stops there and is told, and the stepper goes on", () =>
  onPage(async () => {
    await field("condition").fill("value.at(0, 0, 0, 0) > 1");
    await press("Enter");
    await has(".vt-breakpoints li code", "when value.at(0, 0, 0, 0) > 1");
    await button("run").click();
    await has(
      ".vt-status.vt-warning",
      /The condition failed at .*: Tensor\.at: expected 1 indices/,
    );
    await button("next layer").click();
    await until("it goes on", () => s.place.executed > 1);
  }));

test("a number that is written is used by what follows, marked, and can be refused", () =>
  onPage(async () => {
    await s.runTo(SITE);
    await has(".vt-value-title", SITE);
    await page.page.getByRole("spinbutton", { name: "token" }).fill("4");
    await press("Enter");
    await field("column").fill("17");
    await press("Enter");
    await has(".vt-value-readout", "token 4 ·to, column 17: ");
    await field("number").fill("two");
    await press("Enter");
    await has(".vt-field-problem", "Expected a number, such as -0.25.");
    await field("number").fill("2.5");
    await press("Enter");
    await has(".vt-value-readout strong", /^2\.5$/);
    await has(".vt-list code", `replace ${SITE} at 4`);
    await has(".vt-scale", "framed is written by hand");
    const row = (await s.value(SITE)).row(4);
    assert.equal(row.at(17), 2.5);
    const other = await model.step(PROMPT);
    await other.runTo(SITE);
    await other.set(SITE, row, { position: 4 });
    await button("next layer").click();
    await until("the layer is through", () => s.place.next?.layer === 4);
    await other.next("layer");
    const made = "blocks.3.hook_resid_post";
    assert.deepEqual((await s.value(made)).data, (await other.value(made)).data);
    other.dispose();
    await at(".vt-site-list").selectOption(SITE);
    await has(".vt-value-title", SITE);
    await field("number").fill("1");
    await press("Enter");
    await has(".vt-field-problem", "expected numbers that no operator has read yet");
    assert.equal(s.edits.length, 1);
  }));

test("what cannot be done is said where it was tried, and the stepper goes on", () =>
  onPage(async () => {
    const lacking = "blocks.0.mlp.hook_router_scores"; // the first layer has no router
    await field("site or glob").fill(lacking);
    await button("Add breakpoint").click();
    await has(
      ".vt-field-problem",
      `got "${lacking}". Did you mean blocks.1.mlp.hook_router_scores`,
    );
    await field("site or glob").fill("");
    const write = async (number: string): Promise<void> => {
      await field("number").fill(number);
      await press("Enter");
    };
    const choose = async (site: string): Promise<void> => {
      await s.runTo(site);
      await has(".vt-sites option", site);
      await at(".vt-site-list").selectOption(site);
      await has(".vt-value-title", site);
    };
    await choose("blocks.1.attn.hook_pattern");
    await write("1");
    await has(".vt-field-problem", "expected a site with rows of numbers, got the map");
    await choose("blocks.1.mlp.hook_router_scores");
    await write("1");
    await has(".vt-field-problem", "Nothing reads it again; use experts({ layer })");
    await choose(SITE);
    await write("1e400");
    await has(".vt-field-problem", "Expected a number, such as -0.25.");
    for (const number of ["3", "4"]) {
      await write(number);
      await has(".vt-value-readout strong", new RegExp(`^${number}$`));
    }
    assert.equal((await s.value(SITE)).at(0, 0), 4, "of two numbers for one place the later holds");
    await button("next layer").click();
    await until("it goes on", () => s.place.next?.layer === 4);
    s.dispose();
    await has(".vt-status", "This stepper is over.");
    await at(".vt-matrix canvas").focus();
    await press("b");
    await has(
      ".vt-status",
      "got one that was finished or disposed of. Begin again with model.step",
    );
    await press("r");
    await has(".vt-status", "Begin again with model.step, or branch before finishing.");
    assert.equal(shown.steppers.length, 1);
  }));

test("what is no stepper is refused before there is a picture", () => {
  const wrong = [undefined, model, model.step(PROMPT).then((each) => each.dispose())];
  for (const each of wrong)
    assert.throws(
      () => stepper(each as never),
      /expected what model\.step gives, got .* Write stepper/,
    );
});

test("branches are steppers of their own, shown in tabs", () =>
  onPage(async () => {
    await s.next("layer");
    await s.next("layer");
    const there = s.place.executed;
    await executed(there);
    await button("branch").click();
    await has("[role=tab][aria-selected=true]", "branch 1");
    await executed(there);
    await button("next layer").click();
    const [, other] = shown.steppers;
    await until("the branch has moved", () => (other?.place.executed ?? 0) > there);
    assert.equal(s.place.executed, there);
    await page.page.getByRole("tab", { name: "branch 1" }).focus();
    await press("ArrowLeft", "Enter");
    await has("[role=tab][aria-selected=true]", "main");
    await executed(there);
    await page.page.getByRole("tab", { name: "branch 1" }).click();
    await button("Close this branch").click();
    await until("the branch is over", () => other?.isOver === true);
    await at("[role=tab]").first().waitFor({ state: "hidden" });
    assert.deepEqual(shown.steppers, [s]);
  }));

test("a stepper that is over shows its last state and says so", () =>
  onPage(async () => {
    await s.runTo(SITE);
    const last = exactF32((await s.value(SITE)).at(0, 0));
    await has(".vt-value-readout strong", last);
    await button("branch").click();
    await has("[role=tab][aria-selected=true]", "branch 1");
    await button("finish").click();
    await has(".vt-status", "This stepper is over.");
    await executed(143);
    const run = shown.runs[1];
    assert.ok(run);
    const whole = await model.run(PROMPT);
    assert.deepEqual((await run.get("hook_logits")).data, (await whole.get("hook_logits")).data);
    whole.dispose();
    await press("o");
    await has(".vt-status", "Begin again with model.step");
    await page.page.getByRole("tab", { name: "main" }).click();
    await has(".vt-value-title", SITE);
    s.dispose();
    await has(".vt-status", "This stepper is over.");
    await has(".vt-value-readout strong", last);
  }));

test("a large value comes in windows that say what they are, none above 1 MB", () =>
  onPage(async () => {
    await s.runTo("hook_logits");
    const logits = await s.value("hook_logits");
    await has(".vt-windows", "columns 0 to 511 of 3072");
    await at(".vt-matrix canvas").focus();
    await press("PageDown", "PageDown", "ArrowDown");
    await has(".vt-windows", "columns 1024 to 1535 of 3072");
    await has(".vt-value-readout", "token 1 The, column 1024: ");
    await has(".vt-value-readout strong", exactF32(logits.at(1, 1024)));
    await button("‹ columns").click();
    await has(".vt-windows", "columns 512 to 1023 of 3072");
    assert.ok(page.largestBufferBytes > 0 && page.largestBufferBytes <= 2 ** 20);
  }));

test("nothing is cut off at common widths, in light and dark, and everything has a name", () =>
  onPage(
    async () => {
      await s.runTo("blocks.3.attn.hook_pattern");
      await has(".vt-value-title", "hook_pattern");
      for (const width of [1920, 1280, 900, 560, 320]) {
        await page.page.setViewportSize({ width, height: 900 });
        await page.framesDrawn();
        const cut = await at("section.vt").evaluate((root) =>
          [...root.querySelectorAll("button, input, select, h4, code, dd, p")]
            .filter(
              (part) =>
                part.checkVisibility() && !part.closest(".vt-map-host, .vt-matrix, .vt-live"),
            )
            .filter((part) => part.getBoundingClientRect().right > innerWidth + 0.5)
            .map((part) => part.outerHTML.slice(0, 120)),
        );
        assert.deepEqual(cut, [], `${width} pixels`);
        assert.ok(
          (await page.page.evaluate(() => document.documentElement.scrollWidth)) <= width,
          `${width} pixels`,
        );
      }
      const nameless = await at("section.vt").evaluate((root) =>
        [...root.querySelectorAll("button, input, select, [tabindex]")]
          .filter((part) => {
            const label = part.id === "" ? null : root.querySelector(`label[for="${part.id}"]`);
            const texts = [part.getAttribute("aria-label"), label?.textContent, part.textContent];
            return !part.closest("label") && texts.every((text) => !text?.trim());
          })
          .map((part) => part.outerHTML.slice(0, 120)),
      );
      assert.deepEqual(nameless, []);
      await page.page.evaluate(() => {
        document.body.style.background = "#fff";
      });
      await at("section.vt[data-vt-theme=light]").waitFor();
    },
    { dark: true },
  ));

test("a saved notebook has the layers, the operator and its value as a picture and in words", () =>
  onPage(async () => {
    await s.runTo(SITE);
    const { bundle } = await page.show(stepper(s));
    const svg = String(bundle["image/svg+xml"]);
    assert.ok(svg.length < 150_000, `${svg.length} characters`);
    assert.match(
      svg,
      /aria-label="A forward pass after 81 of 143 operators: after add of layer 3"/,
    );
    const value = await s.value(SITE);
    const least = exactF32(Number(Math.min(...value.data).toPrecision(4)));
    assert.match(
      String(bundle["text/plain"]),
      new RegExp(`${SITE}: \\(T 9, M 192\\), min ${least},`),
    );
    const isRead = await page.page.evaluate((markup) => {
      const parsed = new DOMParser().parseFromString(markup, "image/svg+xml");
      return parsed.querySelector("parsererror") === null;
    }, svg);
    assert.ok(isRead, "the SVG is well-formed");
  }));
