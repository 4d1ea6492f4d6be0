import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { repeatedKey } from "../../engine/weights/repeatedKey.ts";
import {
  parseSafetensorsHeader,
  SAFETENSORS_DTYPE_BYTES,
  type SafetensorsDType,
} from "../../engine/weights/safetensors.ts";
import { writeSafetensors } from "../../engine/weights/writeSafetensors.node.ts";
import fc from "../fixtures/fastCheck.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const name = fc
  .string({ minLength: 1, maxLength: 12 })
  .filter((s) => s !== "__metadata__" && s !== "__proto__");
const tensor = fc.record({
  name,
  dtype: fc.constantFrom(...(Object.keys(SAFETENSORS_DTYPE_BYTES) as SafetensorsDType[])),
  shape: fc.array(fc.nat(4), { maxLength: 3 }),
  fill: fc.nat(255),
});
const tensors = fc.uniqueArray(tensor, { selector: (one) => one.name, maxLength: 8 });
const metadata = fc.dictionary(
  fc.string().filter((key) => key !== "__proto__"),
  fc.string(),
  { noNullPrototype: true },
);

test("what is written is read back: names, dtypes, shapes, bytes and metadata", async (t) => {
  const path = join(await temporaryFolder(t), "some.safetensors");
  await fc.assert(
    fc.asyncProperty(tensors, metadata, async (given, theMetadata) => {
      const bytesOf = ({ dtype, shape, fill }: (typeof given)[number]): Uint8Array =>
        new Uint8Array(shape.reduce((a, b) => a * b, SAFETENSORS_DTYPE_BYTES[dtype])).fill(fill);
      await writeSafetensors(
        path,
        given.map((one) => ({ ...one, data: () => bytesOf(one) })),
        { metadata: theMetadata },
      );
      const file = await readFile(path);
      const header = parseSafetensorsHeader(file, file.length);
      assert.deepEqual({ ...header.metadata }, theMetadata);
      assert.equal(header.tensors.size, given.length);
      for (const one of given) {
        const read = header.tensors.get(one.name)!;
        assert.deepEqual([read.dtype, read.shape], [one.dtype, one.shape]);
        assert.deepEqual(
          new Uint8Array(file.subarray(read.byteOffset, read.byteOffset + read.byteLength)),
          bytesOf(one),
        );
      }
    }),
    { numRuns: 150 },
  );
});

test("a repeated key is found wherever it stands, and none is found where there is none", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), (json) => {
      assert.equal(repeatedKey(json), null);
      assert.equal(repeatedKey(`{"x":${json},"y":[{"k":1},{"z":${json}, "\\u007a": 2}]}`), "z");
    }),
    { numRuns: 300 },
  );
});
