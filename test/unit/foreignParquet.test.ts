import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readSamples } from "../../engine/evaluate/readSamples.node.ts";
import { FOREIGN_ROWS, foreignParquet } from "../fixtures/foreignParquet.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

describe("samples of a Parquet file of somebody else", () => {
  it("are read with lists, structs and nothing, of both versions of pages", async (t) => {
    const folder = await temporaryFolder(t);
    for (const version of ["v1", "v2"])
      for (const compression of ["snappy", "uncompressed"]) {
        const options = `parquet_version ${version}, compression ${compression}`;
        const path = join(folder, `${version}-${compression}.parquet`);
        await writeFile(path, await foreignParquet(folder, options));
        assert.deepEqual(await readSamples(path), FOREIGN_ROWS, options);
      }
  });

  it("are refused by name where their codec is not read", async (t) => {
    const folder = await temporaryFolder(t);
    await foreignParquet(folder, "compression zstd");
    await assert.rejects(readSamples(join(folder, "foreign.parquet")), {
      code: "ERR_SAMPLES",
      message:
        /expected a Parquet file, got bytes that do not read \(the codec ZSTD\)\. Write it with Snappy/,
    });
  });

  it("are refused where a few bytes claim many rows", async (t) => {
    const folder = await temporaryFolder(t);
    const bytes = await foreignParquet(folder, "compression uncompressed");
    const path = join(folder, "forged.parquet");
    // The footer's third field, as 40 rows in zigzag: nothing before it but the version and the schema.
    const end = bytes.length - 8;
    const start = end - new DataView(bytes.buffer).getUint32(end, true);
    const at = bytes.findIndex((byte, i) => i > start && byte === 0x16 && bytes[i + 1] === 80);
    assert.ok(at > 0);
    const forged = Uint8Array.from([
      ...bytes.slice(0, at + 1),
      ...[0x80, 0x80, 0x80, 0x80, 0x10],
      ...bytes.slice(at + 2),
    ]);
    new DataView(forged.buffer).setUint32(forged.length - 8, forged.length - 8 - start, true);
    await writeFile(path, forged);
    await assert.rejects(readSamples(path), {
      code: "ERR_SAMPLES",
      message: /got bytes that do not read \(\d{10} rows in \d+ bytes\)/,
    });
  });
});
