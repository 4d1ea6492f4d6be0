import assert from "node:assert/strict";
import { test } from "node:test";
import { Signer } from "../../kernel/protocol/signing.ts";

const MIB = 2 ** 20;

test("what is signed in turns has the same signature, and others have their turns meanwhile", async () => {
  const signer = new Signer("key");
  for (const sizes of [[0], [1, 2, 3, 4], [4 * MIB, 1], [1, 4 * MIB - 1, 12 * MIB + 1, 7]]) {
    const parts = sizes.map((size, index) => Buffer.alloc(size, `${index}`));
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const signature = await signer.signInTurns(parts);
    isOver = true;
    assert.equal(signature, signer.sign(parts));
    const pieces = Math.floor((sizes.reduce((sum, size) => sum + size, 0) - 1) / (4 * MIB));
    assert.ok(turns >= pieces, `${pieces} turns or more, got ${turns}`);
    assert.equal(await signer.verifyInTurns(signature, parts), true);
    assert.equal(await signer.verifyInTurns(signature, [...parts, Buffer.from("x")]), false);
  }
  const silent = new Signer("");
  assert.equal(await silent.signInTurns([Buffer.from("x")]), "");
  assert.equal(await silent.verifyInTurns("any", []), true);
});
