import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import type { Backend, BackendName } from "../../engine/backend/backend.ts";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import { isPacked } from "../../engine/backend/packed.ts";
import type { HostArray } from "../../engine/tensor/tensor.ts";

/** A kind of backend, and how one of it is opened. */
export interface BackendKind {
  readonly name: BackendName;
  /** What is special about it, for the report. */
  readonly on?: string;
  /** Why its device is not measured, as the refusal says it; absent where it is. */
  readonly notMeasured?: RegExp;
  open(): Promise<Backend>;
}

export const ONE_TOKEN = { nTokens: 1, start: 0 };

/**
 * The backend under test, the same for all tests of a `describe`. After each of them it has to hold nothing and to
 * compute: whatever was refused left it in order.
 */
export class Subject {
  #backend: Backend | null = null;
  #tensors: DeviceTensor[] = [];

  constructor({ name, open }: BackendKind) {
    before(async () => {
      this.#backend = await open();
    });
    afterEach(async () => {
      this.freeAll();
      assert.deepEqual({ ...this.backend.memory }, { tensors: 0, bytes: 0 });
      assert.equal(this.backend.info.name, name, "another backend was opened");
      await this.#compute();
      this.freeAll();
    });
    after(() => this.backend.dispose());
  }

  get backend(): Backend {
    assert.ok(this.#backend);
    return this.#backend;
  }

  alloc(shape: readonly number[], dtype: "f32" | "i32", label = "tensor"): DeviceTensor {
    const tensor = this.backend.alloc(shape, dtype, label);
    this.#tensors.push(tensor);
    return tensor;
  }

  allocWeight(...args: Parameters<Backend["allocWeight"]>): DeviceTensor {
    const tensor = this.backend.allocWeight(...args);
    this.#tensors.push(tensor);
    return tensor;
  }

  floats(shape: readonly number[], values: readonly number[], label?: string): DeviceTensor {
    const tensor = this.alloc(shape, "f32", label);
    this.backend.write(tensor, 0, Float32Array.from(values));
    return tensor;
  }

  ints(shape: readonly number[], values: readonly number[], label?: string): DeviceTensor {
    const tensor = this.alloc(shape, "i32", label);
    this.backend.write(tensor, 0, Int32Array.from(values));
    return tensor;
  }

  free(tensor: DeviceTensor): void {
    this.backend.free(tensor);
    this.#tensors = this.#tensors.filter((other) => other !== tensor);
  }

  freeAll(): void {
    for (const tensor of this.#tensors.splice(0)) this.backend.free(tensor);
  }

  async values(tensor: DeviceTensor, offset?: number, count?: number): Promise<number[]> {
    return [...(await this.backend.read(tensor, offset, count))];
  }

  /** The call is refused with that code and an error that says what to do; no tensor of ours changed, none came or went. */
  async refuses(code: string, call: () => unknown): Promise<void> {
    const before = { ...this.backend.memory };
    const held = await this.#contents();
    await refuses(code, call);
    assert.deepEqual({ ...this.backend.memory }, before);
    assert.deepEqual(await this.#contents(), held);
  }

  async #contents(): Promise<HostArray[]> {
    const readable = this.#tensors.filter(
      ({ dtype, label }) => !isPacked(dtype) && label !== "packed",
    );
    return Promise.all(readable.map((tensor) => this.backend.read(tensor)));
  }

  async #compute(): Promise<void> {
    const [a, b] = [this.floats([1, 2], [1, 2]), this.floats([1, 2], [10, 20])];
    const out = this.alloc([1, 2], "f32");
    this.backend.execute([{ kind: "add", a, b, out }], ONE_TOKEN);
    assert.deepEqual(await this.values(out), [11, 22]);
    await this.backend.flush();
  }
}

/** A call that returns a promise rejects, any other throws. */
export async function refuses(code: string, call: () => unknown): Promise<void> {
  const expected = (error: unknown) => {
    assert.ok(error instanceof Error && "code" in error, `expected ${code}, got ${error}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, /: expected .*, got .*\. [A-Z].*\.$/s);
    return true;
  };
  let returned: unknown;
  try {
    returned = call();
  } catch (error) {
    expected(error);
    return;
  }
  assert.ok(returned instanceof Promise, `expected ${code}, got no error`);
  await assert.rejects(returned, expected);
}

export const bytesOf = (array: HostArray | Uint16Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
