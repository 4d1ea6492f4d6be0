import assert from "node:assert/strict";
import { test } from "node:test";
import { ReadAhead } from "../../engine/weights/readAhead.ts";

/** A file in memory that writes down what is read of it. */
function fileOf(size: number) {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 255);
  const reads: [position: number, length: number][] = [];
  const state = { fails: false };
  const ahead = new ReadAhead(async (target, position) => {
    reads.push([position, target.length]);
    await null;
    if (state.fails) throw new Error("the disk");
    target.set(bytes.subarray(position, position + target.length));
  }, size);
  const read = async (position: number, length: number) => {
    const target = new Uint8Array(length);
    await ahead.read(target, position);
    assert.deepEqual(target, bytes.slice(position, position + length), `${length} at ${position}`);
  };
  return { reads, read, state };
}

test("small reads that follow each other take few reads of the file", async () => {
  const { reads, read } = fileOf(2_000_000);
  for (let at = 0; at < 2_000_000; at += 4000) await read(at, 3900); // with gaps, as of alignment
  assert.ok(reads.length < 12, `${reads.length} reads`);
});

test("each large one is read by itself, and what is small between takes a few times its bytes", async () => {
  const size = 8 * (300_000 + 2000);
  const { reads, read } = fileOf(size);
  for (let at = 0; at < size; at += 302_000) {
    await read(at, 300_000);
    await read(at + 300_000, 1000);
    await read(at + 301_000, 1000);
  }
  assert.equal(reads.filter(([, length]) => length === 300_000).length, 8);
  const all = reads.reduce((sum, [, length]) => sum + length, 0);
  assert.ok(all <= size + 8 * 4000, `${all} bytes of ${size}`);
});

test("reads in any order, side by side, and up to the end give the bytes of their places", async () => {
  const { read } = fileOf(5000);
  await Promise.all([read(0, 100), read(100, 100), read(200, 50), read(4900, 100)]);
  for (const [position, length] of [
    [0, 8],
    [8, 16],
    [3, 40],
    [4000, 0],
    [4990, 10],
    [0, 5000],
    [24, 4976],
  ] as const)
    await read(position, length);
});

test("a read that failed is made again", async () => {
  const { read, state } = fileOf(1000);
  await read(0, 10);
  state.fails = true;
  await assert.rejects(read(10, 10), /the disk/);
  await assert.rejects(read(20, 10), /the disk/);
  state.fails = false;
  await read(10, 10);
  await read(20, 10);
});
