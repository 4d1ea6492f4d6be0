import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { upwardImports } from "../../scripts/check/upwardImports.ts";

const ROOMS = { house: ["errors.ts", "cellar", "parlour", "."] };

function complaints(path: string, text: string): number {
  return upwardImports(new Map([[path, text]]), ROOMS).length;
}

describe("the order of rooms", () => {
  it("lets a room import what stands above it in the list, and itself", () => {
    assert.equal(complaints("house/parlour/a.ts", 'import { b } from "../cellar/b.ts";'), 0);
    assert.equal(complaints("house/parlour/a.ts", 'import { b } from "./deep/b.ts";'), 0);
    assert.equal(complaints("house/index.ts", 'export * from "./parlour/a.ts";'), 0);
    assert.equal(complaints("house/cellar/a.ts", 'import { E } from "../errors.ts";'), 0);
    assert.equal(complaints("garden/a.ts", 'import "../house/index.ts";'), 0);
  });

  it("refuses an import that goes up, of types too and while running", () => {
    for (const text of [
      'import { b } from "../parlour/b.ts";',
      'import type { B } from "../parlour/b.ts";',
      'export { b } from "../index.ts";',
      'const b = await import("../parlour/b.ts");',
      'type B = import("../parlour/b.ts").B;',
    ])
      assert.equal(
        complaints("house/cellar/deep/a.ts", text.replaceAll('"../', '"../../')),
        1,
        text,
      );
    assert.equal(complaints("house/errors.ts", 'import "./cellar/a.ts";'), 1);
  });

  it("refuses a room without a place", () => {
    assert.equal(complaints("house/attic/a.ts", ""), 1);
  });
});
