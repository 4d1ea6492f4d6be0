import type { Model } from "../engine/index.node.ts";

export type ServeLog = (level: "info" | "warn" | "error", message: string) => void;

/** What is served, to whom, and within what bounds. */
export interface ServeOptions {
  /** Stays the caller's: it is not disposed of when the server ends. */
  readonly model: Model;
  /** What requests call the model. Default: the model's own name. */
  readonly name?: string;
  /** Default 127.0.0.1; any other than this computer's own needs a token. */
  readonly host?: string;
  /** 0 takes any free one. Default 8000. */
  readonly port?: number;
  /** What requests carry as `Authorization: Bearer ...`. Default: none is asked for. */
  readonly token?: string;
  /** Texts that are generated at the same time. Default 16. */
  readonly atOnce?: number;
  /** Texts that may wait beyond those; more are refused with 429. Default 256. */
  readonly queue?: number;
  /** Tokens of the longest text, its prompt included. Default: the model's context, at most 4096. */
  readonly contextLength?: number;
  /** Bytes of a stream that wait for its client before its text pauses. Default 64 KiB. */
  readonly bufferBytes?: number;
  /** A stream whose client has taken nothing for so long is ended. Default 30,000. */
  readonly slowClientMs?: number;
  /** Texts that are at work when the server is told to end have so long. Default 30,000. */
  readonly drainMs?: number;
  readonly log?: ServeLog;
}

export interface RunningServe {
  /** Where it is reached: `http://127.0.0.1:8000`. */
  readonly url: string;
  readonly port: number;
  readonly name: string;
  readonly contextLength: number;
  /** Takes no further requests, waits for the texts at work for `drainMs`, then ends them and the server. */
  close(): Promise<void>;
}
