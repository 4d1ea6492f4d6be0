import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { readSamples } from "../../engine/evaluate/readSamples.node.ts";
import { foreignParquet } from "../fixtures/foreignParquet.ts";
import { fuzz } from "./fuzz.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "vitrine-"));
  after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

for (const version of ["v1", "v2"])
  for (const compression of ["snappy", "uncompressed"]) {
    const options = `parquet_version ${version}, compression ${compression}`;
    fuzz(`damaged samples of others are read or refused: ${options}`, 600, async () => {
      const place = folder();
      const path = join(place, "damaged.parquet");
      const bytes = await foreignParquet(place, options);
      return async (mutator) => {
        writeFileSync(path, mutator.below(20) === 0 ? bytes : mutator.bytes(bytes));
        await readSamples(path);
      };
    });

    fuzz(`samples of others whose sizes lie are read or refused: ${options}`, 600, async () => {
      const place = folder();
      const path = join(place, "forged.parquet");
      const bytes = await foreignParquet(place, options);
      return async (mutator) => {
        const forged = bytes.slice();
        // Numbers of the compact protocol, most of them huge, over whatever stands there.
        const huge = mutator.pick([[0xfe, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0x7f], [0], [2]]);
        const at = mutator.below(forged.length - huge.length);
        if (mutator.below(20) > 0) forged.set(huge, at);
        writeFileSync(path, forged);
        await readSamples(path);
      };
    });
  }
