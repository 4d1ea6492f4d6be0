import { rowSize } from "../backend/checkOperator.ts";
import type { FeedForwardSpec, ModelSpec } from "../model/spec.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { TensorGroup } from "./tensorGroup.ts";

/** Tokens in one tensor. */
const BLOCK = 64;

/** The experts chosen for tokens that were computed and rejected, whose rows the next step writes over. */
export class RejectedRoutes {
  readonly #device: ModelDevice;
  readonly #spec: ModelSpec;
  readonly #blocks: TensorGroup;
  readonly #layers: readonly number[];
  #count = 0;

  /** @param keepsRoutes whether the sequence keeps those of its own tokens; else nothing is noted */
  constructor(device: ModelDevice, spec: ModelSpec, keepsRoutes: boolean) {
    this.#device = device;
    this.#spec = spec;
    this.#blocks = new TensorGroup(device);
    const layers = spec.layers.flatMap(({ feedForward }, i) =>
      feedForward.kind === "moe" ? [i] : [],
    );
    this.#layers = keepsRoutes ? layers : [];
  }

  /** Copies the routes of the tokens at positions [start, end) from `storage`. */
  append(storage: TensorGroup, start: number, end: number): void {
    const { backend } = this.#device;
    for (let position = start; position < end; position++, this.#count++)
      for (const layer of this.#layers) {
        const from = storage.get(`blocks.${layer}.mlp.hook_expert_indices`);
        if (from === undefined) throw new Error(`layer ${layer} keeps no routes`);
        const k = rowSize(from);
        const name = `rejected.${layer}.${Math.floor(this.#count / BLOCK)}`;
        const to = this.#blocks.get(name) ?? this.#blocks.alloc(name, [BLOCK, k], "i32");
        backend.copy(from, position * k, to, (this.#count % BLOCK) * k, k);
      }
  }

  /** @returns (n, layers, k) in the order in which they were appended; -1 where a layer chose fewer than k */
  read(): Promise<Int32Array> {
    return this.#device.mutex.run(async () => {
      const most = Math.max(0, ...this.#spec.layers.map(({ feedForward }) => chosen(feedForward)));
      const routes = new Int32Array(this.#count * this.#layers.length * most).fill(-1);
      for (const [row, layer] of this.#layers.entries()) {
        const k = chosen(this.#spec.layers[layer]?.feedForward);
        for (let first = 0; first < this.#count; first += BLOCK) {
          const count = Math.min(BLOCK, this.#count - first);
          const block = this.#blocks.get(`rejected.${layer}.${first / BLOCK}`);
          if (block === undefined) throw new Error("the sequence was finished");
          const indices = await this.#device.backend.read(block, 0, count * k);
          for (let i = 0; i < count; i++)
            routes.set(
              indices.subarray(i * k, (i + 1) * k),
              ((first + i) * this.#layers.length + row) * most,
            );
        }
      }
      return routes;
    });
  }

  dispose(): void {
    this.#blocks.freeAll();
  }
}

function chosen(layer: FeedForwardSpec | undefined): number {
  return layer?.kind === "moe" ? layer.nExpertsPerToken : 0;
}
