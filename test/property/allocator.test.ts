import assert from "node:assert/strict";
import { test } from "node:test";
import { Allocator } from "../../engine/backend/cpu/allocator.ts";
import fc from "../fixtures/fastCheck.ts";

const maxBytes = 2 ** 22;

test("blocks never overlap, stay inside the memory, and freeing them all makes one gap again", () => {
  const action = fc.oneof(
    fc.record({ allocate: fc.integer({ min: 1, max: 40_000 }) }),
    fc.record({ free: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: maxBytes / 65536 });
      const allocator = new Allocator(memory, 100, maxBytes);
      const blocks: { start: number; end: number }[] = [];
      for (const step of actions) {
        if ("allocate" in step) {
          const start = allocator.allocate(step.allocate, "block");
          const end = start + step.allocate;
          assert.ok(start >= 100 && start % 64 === 0 && end <= memory.buffer.byteLength);
          for (const block of blocks) assert.ok(end <= block.start || start >= block.end);
          blocks.push({ start, end });
        } else if (blocks.length > 0) {
          const [gone] = blocks.splice(step.free % blocks.length, 1);
          allocator.free(gone!.start);
        }
      }
      for (const block of blocks) allocator.free(block.start);
      const everything = memory.buffer.byteLength - 128;
      assert.equal(allocator.allocate(everything, "everything"), 128);
    }),
    { numRuns: 200 },
  );
});

test("a freed block is used again before the memory grows", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  const allocator = new Allocator(memory, 64, 4 * 65536);
  const first = allocator.allocate(60_000, "first");
  allocator.free(first);
  assert.equal(allocator.allocate(60_000, "second"), first);
  assert.equal(memory.buffer.byteLength, 65536);
  assert.throws(() => allocator.allocate(4 * 65536, "too much"), { code: "ERR_OUT_OF_MEMORY" });
  assert.equal(allocator.allocate(100, "still works"), first + 60_032);
});
