import { RemoteError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";

/** Experts that a server says tokens were sent to. Their weights it does not tell. */
export interface RemoteRoutes {
  /** Layers with routed experts, ascending; null where the server does not say which its `nLayers` are. */
  readonly layers: readonly number[] | null;
  readonly nLayers: number;
  /** From the prompt's first on; the last token of a reply has not been through the model. */
  readonly nTokens: number;
  readonly nExpertsPerToken: number;
  /** (layers, tokens, k) as `run.routing()` has them. */
  readonly indices: Int32Array;
}

const READERS: Readonly<Record<string, (data: DataView, i: number) => number>> = {
  "|u1": (data, i) => data.getUint8(i),
  "|i1": (data, i) => data.getInt8(i),
  "<u2": (data, i) => data.getUint16(2 * i, true),
  "<i2": (data, i) => data.getInt16(2 * i, true),
  "<u4": (data, i) => data.getUint32(4 * i, true),
  "<i4": (data, i) => data.getInt32(4 * i, true),
};

const MAGIC = "\u0093NUMPY";

/** @param given vLLM's `routed_experts`, or the record of `vitrine serve` @throws RemoteError ERR_REMOTE_ROUTES for another form */
export function readRoutes(given: string | JsonObject): RemoteRoutes {
  return typeof given === "string" ? fromNumPy(given) : fromRecord(given);
}

/** A RoutingRecord with lists in the place of typed arrays. */
function fromRecord({ layers, nTokens, nExpertsPerToken, indices }: JsonObject): RemoteRoutes {
  const isWhole = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every(Number.isSafeInteger);
  if (!isWhole(layers) || !isWhole(indices) || !isWhole([nTokens, nExpertsPerToken]))
    throw refusal("layers, tokens and lists of whole numbers", "another record");
  const sizes = { nTokens: Number(nTokens), nExpertsPerToken: Number(nExpertsPerToken) };
  if (indices.length !== layers.length * sizes.nTokens * sizes.nExpertsPerToken)
    throw refusal("an expert for every layer, token and slot", `${indices.length} in all`);
  return { layers, nLayers: layers.length, ...sizes, indices: Int32Array.from(indices) };
}

/** A NumPy file in base64, (tokens - 1, layers, k), small whole numbers. */
function fromNumPy(base64: string): RemoteRoutes {
  const bytes = decoded(base64);
  const text = String.fromCharCode(...bytes.subarray(0, 10));
  if (!text.startsWith(MAGIC) || bytes.length < 12)
    throw refusal("a NumPy file in base64", text.slice(0, 6));
  const view = new DataView(bytes.buffer);
  const isLong = view.getUint8(6) > 1;
  const start = isLong ? 12 : 10;
  const length = isLong ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = String.fromCharCode(...bytes.subarray(start, start + length));
  const [, type = ""] = /'descr':\s*'([^']+)'/.exec(header) ?? [];
  const [, sizes = ""] = /'shape':\s*\(([\d, ]*)\)/.exec(header) ?? [];
  const [nTokens = 0, nLayers = 0, nExpertsPerToken = 0, ...more] = sizes.split(",").map(Number);
  const read = READERS[type];
  const size = Number(type.slice(2)) * nTokens * nLayers * nExpertsPerToken;
  const isWhole = bytes.length - start - length === size && more.every((n) => n === 0);
  if (read === undefined || !/'fortran_order':\s*False/.test(header) || !isWhole || size === 0)
    throw refusal("whole numbers, (tokens, layers, experts)", header.trim());
  const data = new DataView(bytes.buffer, start + length);
  const indices = new Int32Array(nTokens * nLayers * nExpertsPerToken);
  for (let t = 0; t < nTokens; t++)
    for (let l = 0; l < nLayers; l++)
      for (let k = 0; k < nExpertsPerToken; k++)
        indices[(l * nTokens + t) * nExpertsPerToken + k] = read(
          data,
          (t * nLayers + l) * nExpertsPerToken + k,
        );
  return { layers: null, nLayers, nTokens, nExpertsPerToken, indices };
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    throw refusal("a NumPy file in base64", base64.slice(0, 20));
  }
}

function refusal(expected: string, got: string): RemoteError {
  return new RemoteError(
    "ERR_REMOTE_ROUTES",
    `reply.routes: expected ${expected}, as vLLM or vitrine serve sends routes, got ${JSON.stringify(got)}. Read the field yourself.`,
  );
}
