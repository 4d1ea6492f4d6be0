import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { editContract } from "./editContract.ts";
import { lifetimeContract } from "./lifetimeContract.ts";
import { limitsContract } from "./limitsContract.ts";
import { orderContract } from "./orderContract.ts";
import { profileContract } from "./profileContract.ts";
import { programContract } from "./programContract.ts";
import { shapeContract } from "./shapeContract.ts";
import type { BackendKind } from "./subject.ts";
import { valueContract } from "./valueContract.ts";
import { weightContract } from "./weightContract.ts";

/** Everything that engine/backend/backend.ts promises of every backend, shown on one kind. */
export function backendContract(kind: BackendKind): void {
  const on = kind.on === undefined ? "" : ` on ${kind.on}`;
  describe(`the ${kind.name} backend${on} keeps the contract`, () => {
    test("and is the one that was asked for", async () => {
      const backend = await kind.open();
      assert.equal(backend.info.name, kind.name);
      assert.ok(backend.info.maxTensorBytes >= 2 ** 20);
      backend.dispose();
    });
    describe("of sizes and memory", () => shapeContract(kind));
    describe("of values", () => valueContract(kind));
    describe("of weights", () => weightContract(kind));
    describe("of order", () => orderContract(kind));
    describe("of programs", () => programContract(kind));
    describe("of times", () => profileContract(kind));
    describe("of limits", () => limitsContract(kind));
    describe("of edits", () => editContract(kind));
    describe("of lifetimes", () => lifetimeContract(kind));
  });
}
