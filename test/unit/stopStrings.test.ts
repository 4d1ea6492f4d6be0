import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StopStrings } from "../../engine/generate/stopStrings.ts";
import fc from "../fixtures/fastCheck.ts";

/** All pieces that come out, and whether it stopped. */
function feed(stops: string[], pieces: string[]) {
  const watcher = new StopStrings(stops);
  const out: string[] = [];
  for (const piece of pieces) {
    const result = watcher.push(piece);
    out.push(...result.pieces);
    if (result.stopped) return { out, stopped: true };
  }
  return { out: [...out, ...watcher.flush()], stopped: false };
}

describe("StopStrings", () => {
  it("passes text on at once when nothing can begin a stop string", () => {
    assert.deepEqual(new StopStrings(["END"]).push("hello").pieces, ["hello"]);
  });

  it("holds back the beginning of a stop string until it is decided", () => {
    const watcher = new StopStrings(["END"]);
    assert.deepEqual(watcher.push("a E"), { pieces: [], stopped: false });
    assert.deepEqual(watcher.push("N"), { pieces: [], stopped: false });
    assert.deepEqual(watcher.push("ough"), { pieces: ["a E", "N", "ough"], stopped: false });
  });

  it("cuts a stop string off that is spread over several pieces", () => {
    assert.deepEqual(feed(["END"], ["so E", "N", "D and on"]), {
      out: ["so ", "", ""],
      stopped: true,
    });
  });

  it("stops at the earliest of several stop strings", () => {
    assert.deepEqual(feed(["yy", "x"], ["ab yx", "c"]), { out: ["ab y"], stopped: true });
  });

  it("ignores empty stop strings", () => {
    assert.deepEqual(feed([""], ["a", "b"]), { out: ["a", "b"], stopped: false });
  });

  it("gives the text before the first stop string, however the text is cut into pieces", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 8 }),
        fc.array(fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 }), {
          minLength: 1,
          maxLength: 3,
        }),
        (pieces, stops) => {
          const text = pieces.join("");
          const ends = stops
            .filter((stop) => text.includes(stop))
            .map((stop) => ({ at: text.indexOf(stop), end: text.indexOf(stop) + stop.length }));
          const { out, stopped } = feed(stops, pieces);
          assert.equal(stopped, ends.length > 0);
          const joined = out.join("");
          assert.ok(text.startsWith(joined));
          if (!stopped) assert.equal(joined, text);
          else assert.ok(ends.some(({ at }) => at === joined.length));
        },
      ),
    );
  });
});
