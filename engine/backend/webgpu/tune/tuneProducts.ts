import type { Progress } from "../../../base/progress.ts";
import type { WeightBytes } from "../../backend.ts";
import type { Operator } from "../../operators.ts";
import {
  CANDIDATES,
  COLUMN_CLASSES,
  type FormChoice,
  type ProductChoice,
  sameForm,
  usesSubgroups,
} from "../products/productChoice.ts";
import type { WebGpuBackend } from "../webGpuBackend.ts";

export interface TuningOptions {
  /** Opens the adapter with forms of products. */
  readonly open: (products: ProductChoice) => Promise<WebGpuBackend>;
  /** What it would take untuned; kept where nothing is faster by 3 %. */
  readonly untuned: ProductChoice;
  /** May forms exchange numbers in subgroups? */
  readonly subgroups: boolean;
  /** Rows and columns of the weights, a multiple of 64. */
  readonly size: number;
  /** Measurements of each form, of which the median counts. */
  readonly rounds: number;
  /** Default: all of them. */
  readonly candidates?: typeof CANDIDATES;
  readonly onProgress?: (progress: Progress) => void;
}

/** How long products with so many columns take in a form: of all kinds of weights that were tried, together. */
export interface MeasuredForm {
  readonly columns: keyof ProductChoice;
  readonly choice: FormChoice;
  readonly timeNs: number;
}

export interface Tuning {
  readonly products: ProductChoice;
  readonly measured: readonly MeasuredForm[];
}

/** Columns that stand for their class. */
const COLUMNS: Readonly<Record<keyof ProductChoice, number>> = { one: 1, few: 4, many: 64 };

const FASTER = 0.97;

/**
 * Measures the forms of matrix products on an adapter by its timestamps, in turn, and chooses the fastest for one column, for few and for many.
 * @throws BackendError ERR_NO_TIMESTAMPS, ERR_NO_DEVICE, ERR_OUT_OF_MEMORY
 */
export async function tuneProducts(options: TuningOptions): Promise<Tuning> {
  const { untuned, rounds, onProgress } = options;
  const candidates = COLUMN_CLASSES.map((columns) => ({
    columns,
    forms: formsOf(columns, options),
  }));
  const most = Math.max(...candidates.map(({ forms }) => forms.length));
  const benches: Bench[] = [];
  const times = new Map<string, number[]>();
  try {
    for (let i = 0; i < most; i++) {
      const [one, few, many] = candidates.map(({ forms }) => forms[i % forms.length] as FormChoice);
      const products = { one, few, many } as ProductChoice;
      benches.push(new Bench(await options.open(products), options.size));
    }
    for (let round = -1; round < rounds; round++) {
      for (const [i, bench] of benches.entries())
        for (const { columns, forms } of candidates) {
          if (i >= forms.length) continue;
          const timeNs = await bench.measure(COLUMNS[columns]);
          const key = `${columns} ${i}`;
          if (round >= 0) times.set(key, [...(times.get(key) ?? []), timeNs]); // the first compiles
        }
      onProgress?.({
        stage: "tune",
        done: round + 2,
        total: rounds + 1,
        label: `round ${round + 2}`,
      });
    }
  } finally {
    for (const bench of benches) bench.dispose();
  }
  const measured = candidates.flatMap(({ columns, forms }) =>
    forms.map((choice, i) => ({
      columns,
      choice,
      timeNs: median(times.get(`${columns} ${i}`) ?? []),
    })),
  );
  const fastest = (columns: keyof ProductChoice) => fastestOf(measured, columns, untuned[columns]);
  const products = { one: fastest("one"), few: fastest("few"), many: fastest("many") };
  return { products, measured };
}

/** What is tried on the adapter, what it would take untuned among it. */
function formsOf(
  columns: keyof ProductChoice,
  { subgroups, candidates = CANDIDATES }: TuningOptions,
): readonly FormChoice[] {
  return candidates[columns].filter(
    (form) => subgroups || !usesSubgroups({ one: form, few: form, many: form }),
  );
}

function fastestOf(
  measured: readonly MeasuredForm[],
  columns: keyof ProductChoice,
  untuned: FormChoice,
): FormChoice {
  const own = measured.filter((form) => form.columns === columns);
  const [best] = own.toSorted((a, b) => a.timeNs - b.timeNs);
  const before = own.find(({ choice }) => sameForm(choice, untuned));
  if (best === undefined || before === undefined) return untuned;
  return best.timeNs < FASTER * before.timeNs ? best.choice : untuned;
}

/** Products with weights of several kinds on one device. */
class Bench {
  readonly #backend: WebGpuBackend;
  readonly #program: readonly Operator[];

  constructor(backend: WebGpuBackend, size: number) {
    this.#backend = backend;
    const rows = Math.max(...Object.values(COLUMNS));
    const x = backend.alloc([rows, size], "f32", "x");
    backend.write(
      x,
      0,
      Float32Array.from({ length: rows * size }, (_, i) => Math.sin(i)),
    );
    this.#program = weightsOf(size * size).map((bytes): Operator => {
      const weight = backend.allocWeight([size, size], bytes.dtype, bytes.dtype);
      backend.writeWeight(weight, 0, bytes);
      const out = backend.alloc([rows, size], "f32", "out");
      return { kind: "matmul", rows: "tokens", x, weight, bias: null, residual: null, out };
    });
  }

  /** @returns nanoseconds of all its products with so many columns */
  async measure(columns: number): Promise<number> {
    const step = { nTokens: columns, start: 0 };
    const { durationNs } = await this.#backend.profile(this.#program, step);
    return durationNs.reduce((a, b) => a + b, 0);
  }

  dispose(): void {
    this.#backend.dispose();
  }
}

/** Weights of two bytes, of one and of a half; their values do not matter. */
function weightsOf(length: number): WeightBytes[] {
  const halves = new Uint8Array(new Uint16Array(length).map((_, i) => 0x3f00 + (i % 128)).buffer);
  const scales = new Uint8Array(new Uint16Array(length / 32).fill(0x2c00).buffer);
  const codes = new Uint8Array(length).map((_, i) => i * 7);
  return [
    { dtype: "bf16", data: halves },
    { dtype: "q8_0", data: codes, scales, group: 32 },
    { dtype: "q4_0", data: codes.subarray(0, length / 2), scales, group: 32 },
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
