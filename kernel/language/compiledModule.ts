import { createHash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire, Module } from "node:module";
import { basename, dirname, join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { Script } from "node:vm";

export interface CompiledModule {
  readonly exports: unknown;
  /** Whether V8 took code that was kept. */
  readonly isKept: boolean;
  /**
   * Keeps what V8 has compiled of the module by now for the processes that come after, unless this one found it kept. In a
   * folder that takes no file nothing is kept.
   */
  keep(): void;
}

type Wrapped = (
  exports: unknown,
  require: NodeJS.Require,
  module: Module,
  fileName: string,
  folder: string,
) => void;

/** What is kept for other versions of Node and other flags; the oldest makes way. */
const KEPT_FILES = 4;
const DIGEST_BYTES = 32;

/**
 * A large CommonJS module, loaded with the code that V8 made of it in an earlier process: half of the time to load
 * TypeScript goes there, and what it does first compiles its functions on the way. Whoever requires the module later gets this one.
 * @param file absolute path of the module
 * @param folder where compiled code is kept
 */
export function loadCompiled(file: string, folder: string): CompiledModule {
  const require = createRequire(file);
  const loaded = require.cache[file];
  if (loaded !== undefined) return { exports: loaded.exports, isKept: false, keep: () => {} };
  const source = readFileSync(file, "utf8");
  const kept = join(folder, `${basename(file)}.${keyOf(file)}`);
  const cachedData = readKept(kept);
  const script = new Script(Module.wrap(source), {
    filename: file,
    ...(cachedData === null ? {} : { cachedData }),
  });
  const isKept = cachedData !== null && script.cachedDataRejected === false;
  const module = new Module(file);
  module.filename = file;
  require.cache[file] = module;
  try {
    const run = script.runInThisContext() as Wrapped;
    run.call(module.exports, module.exports, require, module, file, dirname(file));
  } catch (error) {
    delete require.cache[file];
    throw error;
  }
  module.loaded = true;
  let isDone = isKept;
  const keep = (): void => {
    if (isDone) return;
    isDone = true;
    writeKept(kept, script.createCachedData());
  };
  return { exports: module.exports, isKept, keep };
}

/** Names the text of the module and the V8 that compiles it: its version, its flags and the processor. */
function keyOf(file: string): string {
  const { mtimeMs, size } = statSync(file);
  return createHash("sha256")
    .update(JSON.stringify([file, mtimeMs, size, process.version, cachedDataVersionTag()]))
    .digest("hex")
    .slice(0, 16);
}

const digestOf = (data: Buffer): Buffer => createHash("sha256").update(data).digest();

/** V8 looks at the length of what it is given and not at its bytes, so that a digest stands before them. */
function readKept(path: string): Buffer | null {
  try {
    const bytes = readFileSync(path);
    const data = bytes.subarray(DIGEST_BYTES);
    return digestOf(data).equals(bytes.subarray(0, DIGEST_BYTES)) ? data : null;
  } catch {
    return null; // nothing kept, or nothing to be read
  }
}

/** Whole or not at all, whoever else writes it. */
function writeKept(path: string, data: Buffer): void {
  const folder = dirname(path);
  const part = `${path}.${process.pid}.part`;
  const age = (name: string): number => statSync(join(folder, name)).mtimeMs;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(part, Buffer.concat([digestOf(data), data]));
    renameSync(part, path);
    // What a process that died left half written is the oldest in time.
    const names = readdirSync(folder).toSorted((a, b) => age(b) - age(a));
    for (const name of names.slice(KEPT_FILES)) rmSync(join(folder, name), { force: true });
  } catch {
    // A folder of somebody else's, a full disk, or another process that tidies at the same time: no reason to end a kernel.
  }
}
