import assert from "node:assert/strict";
import { test } from "node:test";
import {
  loadModel,
  type Model,
  type Run,
  type Stepper,
  type StepperToken,
  type Stop,
  type Tensor,
} from "../../engine/index.node.ts";
import type { StepperWidget } from "../../widgets/index.ts";
import { readPage, runPage } from "../fixtures/pageModule.ts";

const { text: PAGE, blocks: BLOCKS } = readPage("stepper.md");

interface Page {
  readonly model: Model;
  readonly stepper: Stepper;
  readonly residual: Tensor;
  readonly stop: Stop;
  readonly other: Stepper;
  readonly run: Run;
  readonly changed: Run;
  readonly slow: Stepper;
  readonly text: string;
  readonly probability: number;
  readonly begun: Stepper;
  readonly picture: StepperWidget;
}

test("every call of docs/stepper.md does what the page says", async (t) => {
  assert.equal(BLOCKS.length, 6);
  const page = (await runPage(t, BLOCKS)) as Page;
  const { model, stepper, residual, stop, other, run, changed, slow } = page;
  const plain = await model.run("The keys to the cabinet", { capture: "**" });

  assert.deepEqual(residual.data, (await plain.get("blocks.3.hook_resid_mid")).data);

  // The undecided router: the first token of the first layer behind the place of which the page's condition holds.
  assert.equal(stop.reason, "breakpoint");
  assert.ok(stop.token !== undefined && stop.token.index > 0);
  const scores = await plain.get(stop.site ?? "");
  assert.ok(Math.max(...scores.row(stop.token.index).data) < 0.6);
  for (let token = 1; token < stop.token.index; token++)
    assert.ok(Math.max(...scores.row(token).data) >= 0.6);

  // Two futures of one past.
  assert.ok(stepper.isOver && other.isOver);
  assert.deepEqual((await run.get("hook_logits")).data, (await plain.get("hook_logits")).data);
  assert.equal(run.edits.length, 0);
  assert.deepEqual(
    changed.edits.map(({ edit, positions }) => [edit.kind, positions]),
    [["replace", [3, 4]]],
  );
  const written = await changed.get("blocks.2.hook_resid_mid");
  assert.ok(written.row(3).data.every((x) => x === 0));
  const before = await plain.get("blocks.2.hook_resid_mid");
  assert.deepEqual(written.row(2).data, before.row(2).data);
  const again = await model.run("The keys to the cabinet", {
    edits: changed.edits.map(({ edit }) => edit as never),
  });
  assert.deepEqual((await again.get("hook_logits")).data, (await changed.get("hook_logits")).data);

  // Token by token.
  assert.ok(slow.isOver);
  assert.equal(
    slow.tokens
      .map(({ text }) => text)
      .join("")
      .endsWith(page.text),
    true,
  );
  assert.ok(page.probability > 0 && page.probability <= 1);

  // In the page.
  assert.deepEqual(page.picture.steppers, [page.begun]);
  assert.deepEqual(page.picture.runs, [null]);
  assert.equal(page.begun.place.executed, 0);
  model.dispose();
});

test("what the page says beside its blocks of stepping is so", async () => {
  const model = await loadModel("tiny", { backend: "cpu" });
  const stepper = await model.step("The keys to the cabinet", { tokensPerStep: 4 });
  assert.equal(stepper.place.executed, 0, "nothing has run");
  await stepper.next();
  assert.equal(stepper.place.executed, 1);
  await stepper.next("layer");
  assert.equal(stepper.place.next?.layer, 1);
  const id = stepper.addBreakpoint({ layer: 2, operator: "route" });
  assert.deepEqual([...stepper.breakpoints.keys()], [id]);
  assert.match(PAGE, /`breakpoints` lists those/);
  const failed = await stepper.runTo(() => {
    throw new Error("no such thing");
  });
  assert.equal(failed.reason, "condition failed");
  assert.equal((failed.error as Error).message, "no such thing");
  await stepper.back("token");
  assert.equal(stepper.place.executed, 0, "the beginning of the step");
  stepper.removeBreakpoint(id);
  assert.equal((await stepper.run()).reason, "end");
  const length = stepper.tokens.length;
  const likeliest: StepperToken = await stepper.nextToken();
  await stepper.next("token");
  assert.equal(stepper.tokens.at(-1)?.id, likeliest.id);
  await stepper.back("token");
  await stepper.back("token");
  assert.equal(stepper.tokens.length, length, "what was appended is taken back");
  stepper.dispose();
  model.dispose();
});
