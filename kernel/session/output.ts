import { StringDecoder } from "node:string_decoder";
import type { StreamName } from "../transport/streamCoalescer.ts";

type WriteCallback = (error?: Error | null) => void;

/** Sends what this process writes to stdout and stderr to `onText` instead. */
export function captureOutput(onText: (name: StreamName, text: string) => void): void {
  for (const name of ["stdout", "stderr"] as const) {
    const decoder = new StringDecoder("utf8");
    const write = (
      chunk: string | Uint8Array,
      encodingOrCallback?: BufferEncoding | WriteCallback,
      callback?: WriteCallback,
    ): boolean => {
      const done = typeof encodingOrCallback === "function" ? encodingOrCallback : callback;
      onText(name, typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk)));
      if (done !== undefined) queueMicrotask(() => done());
      return true;
    };
    process[name].write = write as typeof process.stdout.write;
  }
}
