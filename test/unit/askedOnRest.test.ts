import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { type AskedOnRest, askedOnRest } from "../../widgets/render/askedOnRest.ts";

/** Rests and lets what was asked come back. */
async function restOn(asked: AskedOnRest<string>, key: number): Promise<void> {
  asked.rest(key);
  mock.timers.tick(60);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

describe("what is asked when a reader rests on a thing", () => {
  it("is asked once, and again after a failure when the reader comes back", async (t) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => mock.timers.reset());
    const answers: (string | Error)[] = [new Error("No kernel answers."), "told"];
    const keys: number[] = [];
    const asked = askedOnRest<string>({
      ask: async (key) => {
        keys.push(key);
        const answer = answers.shift() ?? "asked too often";
        if (answer instanceof Error) throw answer;
        return answer;
      },
      signal: new AbortController().signal,
      onTold: () => {},
    });
    await restOn(asked, 3);
    assert.equal(asked.of(3), "No kernel answers.");
    await restOn(asked, 3); // the drawing of the failure says the same again
    assert.deepEqual(keys, [3]);
    asked.rest(null);
    await restOn(asked, 3);
    assert.equal(asked.of(3), "told");
    asked.rest(null);
    await restOn(asked, 3);
    assert.deepEqual(keys, [3, 3]);
  });

  it("is not asked where the reader passes by", async (t) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => mock.timers.reset());
    const keys: number[] = [];
    const asked = askedOnRest<string>({
      ask: async (key) => {
        keys.push(key);
        return "told";
      },
      signal: new AbortController().signal,
      onTold: () => {},
    });
    asked.rest(1);
    mock.timers.tick(59);
    await restOn(asked, 2);
    assert.deepEqual(keys, [2]);
    assert.equal(asked.of(1), undefined);
  });
});
