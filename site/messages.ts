import type { JsonObject } from "../kernel/display/host.ts";
import type { FetchedModel } from "./modelFiles.ts";
import type { PictureName } from "./pictures.ts";

/** Where the model computes: "auto" is a hardware adapter through WebGPU where there is one, else WebAssembly. */
export type BackendWish = "auto" | "webgpu" | "wasm";

/** How a text is read: as a user's turn of a conversation, or as it is. */
export type ReadAs = "chat" | "text";

/** What the model reads. */
export interface LiveInput {
  readonly text: string;
  readonly as: ReadAs;
}

/** A message of a comm, as Jupyter's wire has it. */
interface CommWire {
  readonly id: string;
  readonly data: JsonObject;
  readonly buffers: readonly ArrayBuffer[];
}

/** What the page says to the worker. */
export type ToWorker =
  | { readonly kind: "load"; readonly model: FetchedModel; readonly backend: BackendWish }
  | ({ readonly kind: "run" } & LiveInput)
  | ({ readonly kind: "generate"; readonly maxTokens: number } & LiveInput)
  | { readonly kind: "stop" }
  | { readonly kind: "show"; readonly picture: PictureName }
  | ({ readonly kind: "comm" } & CommWire)
  | { readonly kind: "closeComm"; readonly id: string };

/** How far the model has come: bytes fetched, or tensors on the device. */
export interface LoadProgress {
  readonly stage: "download" | "weights";
  readonly done: number;
  readonly total: number;
}

/** The model, and what it computes with. */
export interface ReadyModel {
  readonly name: string;
  readonly nParameters: number;
  /** Tokens that it takes at most. */
  readonly contextLength: number;
  /** "webgpu" or "wasm". */
  readonly backend: "webgpu" | "wasm";
  /** The adapter's name, or the kind of WebAssembly. */
  readonly device: string;
  /** Why this backend, in words. */
  readonly reason: string;
}

/** A run, whose pictures can be asked for now. */
export interface LiveRun {
  readonly nTokens: number;
  /** Of the forward pass, or of all of a generation. */
  readonly durationMs: number;
  /** Tokens of a generation, and why it ended; null for a run of what was typed. */
  readonly generated: { readonly nTokens: number; readonly finishReason: string } | null;
}

/** A refusal, in the engine's words. */
interface LiveFailure {
  readonly during: ToWorker["kind"];
  readonly code: string;
  readonly message: string;
  /** Which picture could not be shown. */
  readonly picture?: PictureName;
}

/** What the worker says to the page. */
export type FromWorker =
  | ({ readonly kind: "progress" } & LoadProgress)
  | ({ readonly kind: "ready" } & ReadyModel)
  | { readonly kind: "began"; readonly during: "run" | "generate"; readonly input: LiveInput }
  | { readonly kind: "piece"; readonly part: "reasoning" | "content"; readonly text: string }
  | ({ readonly kind: "ran" } & LiveRun)
  /** What was under way was stopped before there was anything to draw, and nothing else has begun. */
  | { readonly kind: "stopped" }
  | ({ readonly kind: "open" } & CommWire)
  | ({ readonly kind: "comm" } & CommWire)
  | { readonly kind: "shown"; readonly picture: PictureName; readonly comm: string }
  | ({ readonly kind: "failed" } & LiveFailure);
