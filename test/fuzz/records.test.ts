import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { fromExactJson } from "../../engine/record/exactJson.ts";
import { loadRun } from "../../engine/record/loadRun.node.ts";
import { checkManifest, MANIFEST } from "../../engine/record/manifest.ts";
import { openRecord } from "../../engine/record/openRecord.node.ts";
import { readRunRecord } from "../../engine/record/readRunRecord.node.ts";
import { checkRunContent } from "../../engine/record/runContent.ts";
import { decodeTable, encodeTable } from "../../engine/record/table.node.ts";
import { TENSORS } from "../../engine/record/tensorNames.ts";
import { resealed, resealRecord } from "../fixtures/resealRecord.ts";
import { fuzz } from "./fuzz.ts";

const whole = fileURLToPath(new URL("../fixtures/records/run-v1", import.meta.url));
const text = readFileSync(join(whole, MANIFEST), "utf8");
const json = JSON.parse(text) as Record<string, unknown>;
type Content = Record<string, unknown>;

/** As a reader takes a manifest, without the files. */
function read(changed: unknown): void {
  const manifest = checkManifest(changed, MANIFEST);
  checkRunContent(fromExactJson(manifest.content) as Content, MANIFEST);
}

fuzz("damaged manifests are read or refused", 6_000, () => (mutator) => read(mutator.json(json)));

fuzz("damaged content of manifests is read or refused", 3_000, () => (mutator) => {
  const content = mutator.json(json.content);
  read({ ...json, content });
});

/** A copy of the record for one test. */
function copy(): string {
  const folder = mkdtempSync(join(tmpdir(), "vitrine-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(whole, folder, { recursive: true });
  return folder;
}

fuzz("records with a damaged file are opened or refused", 400, () => {
  const folder = copy();
  const names = readdirSync(whole);
  return async (mutator) => {
    const name = mutator.pick(names);
    const bytes = new Uint8Array(readFileSync(join(whole, name)));
    // A record that nobody damaged is among them.
    writeFileSync(join(folder, name), mutator.below(20) === 0 ? bytes : mutator.bytes(bytes));
    try {
      await openRecord(folder);
    } finally {
      writeFileSync(join(folder, name), bytes);
    }
  };
});

fuzz("records whose content is damaged under its own seal are loaded or refused", 80, () => {
  const folder = copy();
  return async (mutator) => {
    const content = mutator.json(json.content);
    writeFileSync(join(folder, MANIFEST), JSON.stringify(resealed({ ...json, content })));
    await readRunRecord(folder);
  };
});

const SCHEMA = { at: "i32", number: "f64", words: "text", is_so: "flag" } as const;

/** Values of every type, some of them nothing, in runs and in none. */
const rows = Array.from({ length: 90 }, (_, i) => ({
  at: i % 7 === 0 ? null : i,
  number: i < 40 ? 1.5 : i / 3,
  words: i % 3 === 0 ? "a word that comes again" : `word ${i}`,
  is_so: i % 11 < 5,
}));
const decode = async (bytes: Uint8Array<ArrayBuffer>) => decodeTable("rows.parquet", SCHEMA, bytes);

fuzz("damaged tables are read or refused", 4_000, async () => {
  const bytes = await encodeTable("rows", SCHEMA, rows);
  return (mutator) => decode(mutator.below(20) === 0 ? bytes.slice() : mutator.bytes(bytes));
});

fuzz("tables whose footers or pages lie are read or refused", 4_000, async () => {
  const bytes = await encodeTable("rows", SCHEMA, rows.slice(0, 12));
  return (mutator) => {
    const forged = bytes.slice();
    // Numbers of the compact protocol, most of them huge, over whatever stands there.
    const huge = mutator.pick([[0xfe, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0x7f], [0], [1], [2]]);
    const at = mutator.below(forged.length - huge.length);
    if (mutator.below(20) > 0) forged.set(huge, at);
    return decode(forged);
  };
});

/** As a record has them: damaged tables whose hashes are those of their bytes. */
fuzz("records whose tables are damaged under their seal are loaded or refused", 60, () => {
  const folder = copy();
  const names = readdirSync(whole).filter((name) => name.endsWith(".parquet"));
  return async (mutator) => {
    const path = join(folder, mutator.pick(names));
    const bytes = new Uint8Array(readFileSync(path));
    writeFileSync(path, mutator.below(10) === 0 ? bytes : mutator.bytes(bytes));
    try {
      await resealRecord(folder);
      (await loadRun(folder)).dispose();
    } finally {
      writeFileSync(path, bytes);
      writeFileSync(join(folder, MANIFEST), text);
    }
  };
});

fuzz("records whose tensors are damaged under their seal are loaded or refused", 40, () => {
  const folder = copy();
  const path = join(folder, TENSORS);
  const bytes = new Uint8Array(readFileSync(path));
  return async (mutator) => {
    // Most of the file is numbers, which may be any: half of the damage is in the header.
    const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const [head, numbers] = [bytes.subarray(0, header), bytes.subarray(header)];
    const isWhole = mutator.below(10) === 0;
    const damaged = mutator.below(2)
      ? Buffer.concat([mutator.bytes(head), numbers])
      : mutator.bytes(bytes);
    writeFileSync(path, isWhole ? bytes : damaged);
    try {
      await resealRecord(folder);
      (await loadRun(folder)).dispose();
    } finally {
      writeFileSync(path, bytes);
      writeFileSync(join(folder, MANIFEST), text);
    }
  };
});
