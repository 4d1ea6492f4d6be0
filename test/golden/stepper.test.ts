import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Model, type Stop, zero } from "../../engine/index.ts";
import { assertSameBits } from "./compare.ts";
import { expected, fixtureFolder, openModel, tinyFolder } from "./openModel.ts";

const IDS = [5, 80, 200, 31, 7, 9];
const MID = "blocks.3.hook_resid_mid";

describe("a stepper", () => {
  let model: Model;
  before(async () => {
    model = (await openModel("cpu", tinyFolder)).model;
  });
  after(() => model.dispose());

  test("says where it stands, and what flows in and out", async () => {
    const stepper = await model.step(IDS);
    assert.equal(stepper.place.last, null);
    assert.equal(stepper.place.next?.kind, "embed");
    const first = await stepper.next();
    assert.deepEqual([first.start, first.end, first.executed, first.phase], [0, 6, 1, "prompt"]);
    assert.deepEqual(first.last?.sites, ["hook_embed", "blocks.0.hook_resid_pre"]);
    assert.deepEqual(first.last?.writes, [{ name: "hook_embed", shape: [6, 192] }]);
    const layer = await stepper.next("layer");
    assert.deepEqual([layer.last?.layer, layer.next?.layer], [0, 1]);
    assert.match(`${stepper}`, /Stepper at positions 0 to 5: after \w+ of layer 0/);
    stepper.dispose();
  });

  test("stops where it is told to", async () => {
    const stepper = await model.step(IDS);
    const at = async (stop: Promise<Stop>) => {
      const { reason, last, site, token } = await stop;
      return [reason, last?.kind, last?.layer, site, token?.index];
    };
    const scores = "blocks.*.mlp.hook_router_scores";
    assert.deepEqual(await at(stepper.runTo(MID)), ["breakpoint", "add", 3, MID, undefined]);
    assert.deepEqual(await at(stepper.runTo({ operator: "route" })), [
      "breakpoint",
      "route",
      3,
      undefined,
      undefined,
    ]);
    assert.deepEqual(await at(stepper.runTo({ layer: 5 })), [
      "breakpoint",
      "rmsNorm",
      5,
      undefined,
      undefined,
    ]);
    await stepper.back("token");
    assert.deepEqual(
      await at(stepper.runTo({ site: scores, layer: 2, token: 31, when: () => true })),
      ["breakpoint", "route", 2, "blocks.2.mlp.hook_router_scores", 3],
    );
    let asked = 0;
    const last = stepper.runTo(({ site, value }) => {
      asked += 1;
      return site === "ln_final.hook_normalized" && value.shape.length === 1;
    });
    assert.deepEqual(await at(last), [
      "breakpoint",
      "rmsNorm",
      null,
      "ln_final.hook_normalized",
      0,
    ]);
    assert.ok(asked > 100);
    assert.equal((await stepper.runTo({ token: 1999 })).reason, "end");
    stepper.dispose();
  });

  test("keeps breakpoints until they are removed", async () => {
    const stepper = await model.step(IDS, { tokensPerStep: 6 });
    const id = stepper.addBreakpoint("blocks.*.hook_resid_post");
    const stops: unknown[] = [];
    for (let stop = await stepper.run(); stop.reason !== "end"; stop = await stepper.run())
      stops.push([stop.breakpoint, stop.site]);
    assert.deepEqual(
      stops,
      [0, 1, 2, 3, 4, 5].map((layer) => [id, `blocks.${layer}.hook_resid_post`]),
    );
    await stepper.back("token");
    stepper.removeBreakpoint(id);
    assert.equal((await stepper.run()).reason, "end");
    stepper.dispose();
  });

  test("gives its breakpoints to a branch, which then has its own", async () => {
    const stepper = await model.step(IDS);
    const first = stepper.addBreakpoint("blocks.2.hook_resid_post");
    const passing = stepper.runTo(MID);
    const other = await stepper.branch(); // waits until the other stands at its first stop
    await passing;
    assert.deepEqual(
      [...other.breakpoints.keys()],
      [first],
      "those of runTo last as long as it does",
    );
    const { breakpoint, site } = await stepper.runTo(MID);
    assert.deepEqual([breakpoint === first, site], [false, MID]);
    await other.back("layer");
    assert.equal((await other.run()).breakpoint, first);
    const second = other.addBreakpoint("blocks.5.hook_resid_post");
    assert.ok(second > first);
    other.removeBreakpoint(first);
    assert.deepEqual([...stepper.breakpoints.keys()], [first]);
    assert.deepEqual([...other.breakpoints.keys()], [second]);
    assert.equal((await other.run()).breakpoint, second);
    assert.equal((await stepper.run()).reason, "end");
    stepper.dispose();
    other.dispose();
  });

  test("stops where a condition throws, and says so", async () => {
    const stepper = await model.step(IDS);
    const stop = await stepper.runTo({
      site: MID,
      when: () => {
        throw new RangeError("mine");
      },
    });
    assert.deepEqual([stop.reason, stop.site, stop.token?.index], ["condition failed", MID, 0]);
    assert.match(String(stop.error), /RangeError: mine/);
    await stepper.next();
    stepper.dispose();
  });

  test("shows attention maps of its step", async () => {
    const run = await model.run(IDS);
    const stepper = await model.step(IDS);
    await stepper.runTo("blocks.4.attn.hook_z");
    const [seen, whole] = await Promise.all([
      stepper.value("blocks.4.attn.hook_pattern"),
      run.get("blocks.4.attn.hook_pattern"),
    ]);
    assert.deepEqual(seen.shape, whole.shape);
    assertSameBits(seen, whole, "the pattern");
    stepper.dispose();
  });

  test("undoes what was written when it goes back before it", async () => {
    const stepper = await model.step(IDS);
    await stepper.runTo(MID);
    const before = await stepper.value(MID);
    await stepper.set(MID, 0, { position: 2 });
    assert.equal(stepper.edits.length, 1);
    assert.equal((await stepper.value(MID)).at(2, 5), 0);
    await stepper.back();
    assert.equal(stepper.edits.length, 0);
    await stepper.next();
    assertSameBits(await stepper.value(MID), before, "after going back");
    stepper.dispose();
  });

  test("refuses in a sentence what it cannot do, and goes on", async () => {
    const stepper = await model.step(IDS, { edits: [zero("blocks.0.hook_mlp_out")], maxTokens: 1 });
    const refused: readonly (readonly [() => unknown, RegExp])[] = [
      [
        () => stepper.value(MID),
        /hook_resid_mid: expected operator \d+ to be executed, got a stepper after 0 operators\. Call runTo/,
      ],
      [() => stepper.value("blocks.3.hook_resid_midd"), /Did you mean blocks\.3\.hook_resid_mid/],
      [
        () => stepper.value("blocks.3.attn.hook_result"),
        /computed from a finished run\. Call finish\(\), then run\.get/,
      ],
      [() => stepper.set(MID, 0), /set blocks\.3\.hook_resid_mid: expected numbers that are there/],
      [() => stepper.next("step" as never), /expected "operator", "layer" or "token", got "step"/],
      [() => stepper.runTo("blocks.9.*"), /expected a name or glob/],
      [() => stepper.runTo({ operator: "rout" }), /a kind of operator of this model/],
      [() => stepper.runTo({}), /a site, an operator, a layer, a token or a condition/],
      [() => stepper.runTo({ when: 3 as never }), /a function as when/],
      [() => stepper.addBreakpoint({ sit: MID } as never), /Did you mean site/],
      [() => stepper.nextToken(), /the last operator of the last token/],
      [() => stepper.append(3), /the last operator of the last token/],
      [
        () => model.step(IDS, { edits: [zero("blocks.9.hook_mlp_out")] }),
        /expected a name or glob/,
      ],
    ];
    for (const [call, message] of refused) await assert.rejects(async () => call(), message);
    await stepper.runTo(MID);
    await assert.rejects(
      stepper.set(MID, [1, 2]),
      /expected 192 numbers, or 6 rows of 192, got 2 numbers/,
    );
    await assert.rejects(stepper.set(MID, 0, { position: 6 }), /positions from/);
    await stepper.next();
    await assert.rejects(
      stepper.set(MID, 0),
      /numbers that no operator has read yet, got blocks\.3\.hook_resid_mid, which rmsNorm has read/,
    );
    await assert.rejects(stepper.set("blocks.0.mlp.hook_pre", 0), /no operator has read yet/);
    await stepper.next("token");
    await assert.rejects(stepper.append(99_999), /a token id from 0 to/);
    await stepper.append(7);
    await stepper.next("token");
    await assert.rejects(stepper.append(7), /at most 7 tokens/);
    const run = await stepper.finish();
    assert.deepEqual(
      run.tokens.map(({ id }) => id),
      [...IDS, 7],
    );
    for (const call of [
      () => stepper.next(),
      () => stepper.branch(),
      () => stepper.value(MID),
      () => stepper.finish(),
    ])
      await assert.rejects(call, {
        code: "ERR_DISPOSED",
        message: /finished or disposed of\. Begin again/,
      });
    run.dispose();
  });

  test("frees what it holds, finished or not", async () => {
    (await (await model.step(IDS)).finish()).dispose();
    const { bytes, tensors } = model.deviceMemory();
    const stepper = await model.step(IDS);
    await stepper.runTo(MID);
    const other = await stepper.branch();
    const run = await other.finish();
    assert.ok(model.deviceMemory().bytes > bytes);
    run.dispose();
    stepper.dispose();
    stepper.dispose();
    assert.deepEqual([model.deviceMemory().bytes, model.deviceMemory().tensors], [bytes, tensors]);
  });

  test("shows the indexer's scores of the keys so far", async () => {
    const { model: sparse } = await openModel("cpu", fixtureFolder("deepseek_v32"));
    const ids = expected("deepseek_v32").ids.slice(0, 9);
    const run = await sparse.run(ids, { capture: "**" });
    const stepper = await sparse.step(ids, { tokensPerStep: 9, maxTokens: 2 });
    await stepper.next("token");
    const scores = sparse.sites().filter(({ name }) => name.endsWith("hook_index_scores"));
    assert.ok(scores.length > 0);
    for (const { name } of scores) {
      const value = await stepper.value(name);
      assert.deepEqual(value.shape, [9, 9]);
      assertSameBits(value, await run.get(name), name);
    }
    await stepper.next("token");
    assert.deepEqual((await stepper.value(scores[0]?.name ?? "")).shape, [1, 10]);
    stepper.dispose();
    run.dispose();
    sparse.dispose();
  });
});
