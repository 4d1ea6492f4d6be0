import type { FuzzTarget } from "./fuzzTarget.ts";
import { fuzzHttp } from "./httpTarget.ts";
import { fuzzWebSocket } from "./webSocketTarget.ts";
import { fuzzZmq } from "./zmqTarget.ts";

export type FuzzTargetName = "zmq" | "websocket" | "http";

/** Everything that takes bytes from others. */
export const FUZZ_TARGETS: Readonly<Record<FuzzTargetName, FuzzTarget>> = {
  zmq: fuzzZmq,
  websocket: fuzzWebSocket,
  http: fuzzHttp,
};
