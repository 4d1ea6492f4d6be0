import { compileWasm } from "../../scripts/build/compileWasm.ts";

/** A kernel's inner instructions without their loads, as wasm/innerLoops.ts has them. @returns how many weights were multiplied */
type InnerLoop = (weights: number) => number;

/** Formats whose row kernels it has. */
export type CodedDType = "q8_0" | "q4_k";

interface Exports {
  readonly bytesByTwo: (turns: number, x: number, out: number) => void;
  readonly bytesByOne: (turns: number, x: number, out: number) => void;
  readonly halvesByTwo: (turns: number, x: number, out: number) => void;
  readonly halvesByOne: (turns: number, x: number, out: number) => void;
  readonly tile: (turns: number, x: number, out: number) => void;
}

/** Addresses of x and of what comes out. */
const [X, OUT] = [1024, 2048];

export interface InnerLoops {
  /** Of a row by the format of the weight and how many limbs x has. */
  readonly row: Record<CodedDType, Record<1 | 2, InnerLoop>>;
  /** Of a tile, by a panel that is unpacked, for each limb. */
  readonly tile: InnerLoop;
}

export async function innerLoops(): Promise<InnerLoops> {
  const module = await WebAssembly.compile(await compileWasm("bench/measure/wasm/innerLoops.ts"));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const loops = exports as unknown as Exports;
  const lanes = new Int16Array(memory.buffer, X, 24);
  lanes.fill(12345, 0, 8).fill(321, 8, 16).fill(15, 16);
  const turnsOf =
    (each: number, run: (turns: number) => void): InnerLoop =>
    (weights) => {
      const turns = Math.ceil(weights / each);
      run(turns);
      return turns * each;
    };
  const row = {
    q8_0: {
      1: turnsOf(64, (turns) => loops.bytesByOne(turns, X, OUT)),
      2: turnsOf(32, (turns) => loops.bytesByTwo(turns, X, OUT)),
    },
    q4_k: {
      1: turnsOf(64, (turns) => loops.halvesByOne(turns, X, OUT)),
      2: turnsOf(32, (turns) => loops.halvesByTwo(turns, X, OUT)),
    },
  };
  return { row, tile: turnsOf(64, (turns) => loops.tile(turns, X, OUT)) };
}
