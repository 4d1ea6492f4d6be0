import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Places } from "../../engine/base/places.ts";

/** Takes a place and notes who had one when. */
function entering(places: Places, entered: string[], name: string, signal?: AbortSignal) {
  return places.take(signal).then(() => entered.push(name));
}

describe("Places", () => {
  it("lets in who waits longest, as many as there are places", async () => {
    const places = new Places(2);
    const entered: string[] = [];
    const all = ["a", "b", "c", "d"].map((name) => entering(places, entered, name));
    await Promise.all(all.slice(0, 2));
    assert.deepEqual([entered, places.taken, places.waiting], [["a", "b"], 2, 2]);
    places.giveBack();
    await all[2];
    assert.deepEqual([entered, places.taken, places.waiting], [["a", "b", "c"], 2, 1]);
    for (let i = 0; i < 3; i++) places.giveBack();
    await all[3];
    assert.deepEqual([entered.at(-1), places.taken, places.waiting], ["d", 0, 0]);
  });

  it("forgets who is told to wait no longer, and keeps the order of the others", async () => {
    const places = new Places(1);
    await places.take();
    const entered: string[] = [];
    const controller = new AbortController();
    const left = entering(places, entered, "left", controller.signal);
    const stays = entering(places, entered, "stays");
    controller.abort(new Error("gone"));
    await assert.rejects(left, { code: "ERR_ABORTED", cause: new Error("gone") });
    assert.equal(places.waiting, 1);
    places.giveBack();
    await stays;
    assert.deepEqual(entered, ["stays"]);
    await assert.rejects(places.take(AbortSignal.abort()), { code: "ERR_ABORTED" });
  });

  it("tells all who wait when it closes, and lets nobody in afterwards", async () => {
    const places = new Places(1);
    await places.take();
    const waiting = places.take();
    places.close();
    await assert.rejects(waiting, { code: "ERR_ABORTED" });
    places.giveBack();
    await assert.rejects(places.take(), { code: "ERR_ABORTED" });
    assert.equal(places.taken, 0);
  });
});
