import { askServer, type Reply } from "./askServer.ts";

/** What one client asks for after another. */
interface Asked {
  readonly fields: object;
  readonly reply: Reply;
}

export interface LoadOptions {
  readonly url: string;
  readonly clients: number;
  /** Fields of request number `i` of a client; null: the client is done. */
  readonly next: (client: number, i: number) => object | null;
  readonly onReply?: (asked: Asked) => void;
}

/** So many clients at the same time, each with one request after the other. @returns all replies, and how long it took */
export async function load({ url, clients, next, onReply }: LoadOptions) {
  const all: Asked[] = [];
  const startedAt = performance.now();
  const client = async (number: number) => {
    for (let i = 0; ; i++) {
      const fields = next(number, i);
      if (fields === null) return;
      const asked = { fields, reply: await askServer(url, fields) };
      all.push(asked);
      onReply?.(asked);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
  return { all, seconds: (performance.now() - startedAt) / 1000 };
}
