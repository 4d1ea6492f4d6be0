import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openSplitBackend } from "../fixtures/splitAlways.ts";
import { FIXTURES } from "../golden/openModel.ts";
import { everythingComputed } from "./everythingComputed.ts";

const everything = async (fixture: string, threads: number) =>
  everythingComputed(fixture, await openSplitBackend(threads));

describe("a model has the same bits on 1, 2 and 8 threads, in steps of any length", () => {
  for (const fixture of FIXTURES)
    test(fixture, async () => {
      const wanted = await everything(fixture, 1);
      assert.ok(wanted.every(({ size }) => size > 10));
      for (const threads of [2, 8]) assert.deepEqual(await everything(fixture, threads), wanted);
    });
});
