import { after } from "node:test";
import type { Backend, BackendName } from "../../engine/backend/backend.ts";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import { openBackend } from "../../engine/backend/openBackend.node.ts";

/**
 * Mesa's software driver shares each dispatch out among threads, which costs more than the dispatch where models are as small
 * as here. That its threads change no number is shown in test/differential and test/contract, whose devices have them all.
 */
process.env.LP_NUM_THREADS ??= "0";

/** The one device of this file, once something has asked for it: every further one would compile all its pipelines again. */
let shared: Promise<Backend> | null = null;
let isOver = false;
after(async () => {
  isOver = true; // models that are disposed of after this have nothing left to free
  (await shared)?.dispose();
});

/**
 * A backend as if it were one's own: its memory is what was allocated through it, and disposing of it frees that and leaves
 * the device to the next test. Other backends than webgpu have nothing to compile, and are opened anew.
 */
export async function lendBackend(name: BackendName): Promise<Backend> {
  if (name !== "webgpu") return (await openBackend(name)).backend;
  shared ??= openBackend(name).then(({ backend }) => backend);
  return lent(await shared);
}

function lent(backend: Backend): Backend {
  const before = { ...backend.memory };
  const mine = new Set<DeviceTensor>();
  const keep = (tensor: DeviceTensor): DeviceTensor => {
    mine.add(tensor);
    return tensor;
  };
  const own: Partial<Backend> & { readonly memory: Backend["memory"] } = {
    get memory() {
      const { tensors, bytes } = backend.memory;
      return { tensors: tensors - before.tensors, bytes: bytes - before.bytes };
    },
    alloc: (...given) => keep(backend.alloc(...given)),
    allocWeight: (...given) => keep(backend.allocWeight(...given)),
    free(tensor) {
      if (!isOver) backend.free(tensor);
      mine.delete(tensor);
    },
    dispose() {
      if (!isOver) for (const tensor of mine) backend.free(tensor);
      mine.clear();
    },
  };
  return new Proxy(backend, {
    get(target, key) {
      if (Object.hasOwn(own, key)) return Reflect.get(own, key);
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
