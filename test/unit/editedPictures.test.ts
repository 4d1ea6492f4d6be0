import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { experts, heads, loadModel, zero } from "../../engine/index.node.ts";
import { DISPLAY } from "../../kernel/display/host.ts";
import { attentionText } from "../../widgets/attention/data.ts";
import { attention, cost, routing } from "../../widgets/index.ts";
import { describeRun, runName } from "../../widgets/render/runSource.ts";
import { packBlock, routeOf, routingText, unpackBlock } from "../../widgets/routing/data.ts";
import { expertLoad } from "../../widgets/routing/expertCounts.ts";

describe("pictures of an edited run", () => {
  it("say so, and of a plain one say nothing", async (t) => {
    const model = await loadModel("tiny", { backend: "reference" });
    t.after(() => model.dispose());
    const plain = await model.run([5, 80, 200]);
    const edited = await model.run([5, 80, 200], {
      edits: [
        zero("blocks.3.attn.hook_z", { head: 2 }),
        experts({ layer: 4 }).force([3]),
        experts({ layer: 2 }).count(1),
        heads({ layer: 1, head: 0 }).edge(2, 1),
      ],
    });
    const named = "tiny, edited: zero blocks.3.attn.hook_z head 2; experts of layer 4 and 2 more";
    assert.equal(runName(edited.record), named);
    assert.equal(runName(plain.record), "tiny");
    assert.match(describeRun(edited.record), /^tiny, edited: zero .* · deepseek_v3 · 3 tokens/);
    assert.match(attentionText(edited.record), /Attention of tiny, edited: /);
    for (const picture of [attention(edited), routing(edited), cost(edited)]) {
      const { "image/svg+xml": svg, "text/plain": text } = await picture[DISPLAY]();
      assert.ok(String(svg).includes(named), String(svg).slice(0, 600));
      assert.match(String(text), /edited: zero/);
    }
  });

  it("count the experts that tokens were sent to, where edits send some to fewer", async (t) => {
    const model = await loadModel("tiny", { backend: "reference" });
    t.after(() => model.dispose());
    const run = await model.run([5, 80, 200, 31], {
      edits: [experts({ layer: 2, position: [1, 3] }).count(1), experts({ layer: 3 }).count(4)],
    });
    const record = await run.routing();
    const load = expertLoad(record);
    const ofLayer = (i: number) => load.subarray(i * 16, (i + 1) * 16).reduce((a, b) => a + b, 0);
    assert.deepEqual([0, 1, 2, 3, 4].map(ofLayer), [8, 6, 16, 8, 8]);
    assert.match(routingText(run.record, record), /layer 2: .* of 6 routes \(uniform 0\.375\)/);
    const block = unpackBlock(packBlock(record, 0).buffer as ArrayBuffer, 0, 5, 4);
    assert.deepEqual(
      [0, 1, 2, 3].map((token) => routeOf(block, 4, 1, token)?.experts.length),
      [2, 1, 1, 2],
    );
  });
});
