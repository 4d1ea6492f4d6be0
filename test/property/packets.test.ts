import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { readPackets, type WithBytes, writePacket } from "../../kernel/server/json/packets.ts";
import { inParts, textJson } from "../../kernel/server/json/parts.ts";
import { anyText } from "../fixtures/anyText.ts";
import fc from "../fixtures/fastCheck.ts";

const packet = fc
  .record({
    name: fc.string(),
    bytes: fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 3 }),
  })
  .map(({ name, bytes }) => ({ name, bytes }));

async function written(packets: readonly WithBytes[]): Promise<Buffer> {
  const stream = new PassThrough();
  for (const each of packets) writePacket(stream, each);
  stream.end();
  return Buffer.concat(await stream.toArray());
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test("packets arrive as they were written, in pieces of any size", async () => {
  const size = fc.integer({ min: 1, max: 40 });
  await fc.assert(
    fc.asyncProperty(fc.array(packet, { maxLength: 4 }), size, async (packets, pieceBytes) => {
      const read: unknown[] = [];
      for await (const each of readPackets(inPieces(await written(packets), pieceBytes)))
        read.push({ ...each, bytes: each.bytes.map((part) => Uint8Array.from(part)) });
      assert.deepEqual(read, packets);
    }),
  );
});

test("of packets that break off the whole ones arrive", async () => {
  await fc.assert(
    fc.asyncProperty(packet, packet, fc.nat(), async (first, second, cut) => {
      const [one, both] = [await written([first]), await written([first, second])];
      const end = one.length + (cut % (both.length - one.length));
      let count = 0;
      for await (const _ of readPackets(inPieces(both.subarray(0, end), 7))) count++;
      assert.equal(count, 1);
    }),
  );
});

test("a text of any length is written as JSON, halves of characters too", () => {
  const text = fc.tuple(anyText(), fc.nat(2 ** 19 + 3), fc.string());
  fc.assert(
    fc.property(text, ([before, count, after]) => {
      const long = `${before}${"\u{1f600}\n".repeat(count)}${after}`;
      assert.equal(JSON.parse(Buffer.concat(inParts(textJson(long))).toString()), long);
    }),
    { numRuns: 20 },
  );
});
