import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { makeApp } from "./app.ts";
import { isLoopback } from "./guard.ts";
import { listen, ServeError } from "./listen.ts";
import type { RunningServe, ServeOptions } from "./serveOptions.ts";
import { Service } from "./service.ts";

/** What a person can type is too easily guessed by whoever can ask as often as they like. */
const SHORTEST_PUBLIC_TOKEN = 16;
const LONGEST_CONTEXT = 4096;

/**
 * Serves a model to whoever speaks OpenAI's API.
 * @throws ServeError where the port is taken or other computers could reach it without a token; InputError ERR_OPTION;
 * ConfigError ERR_TOKENIZER_MISSING
 */
export async function startServe(options: ServeOptions): Promise<RunningServe> {
  const { model, token = null, host = "127.0.0.1", drainMs = 30_000 } = options;
  checkToken(token, host);
  model.tokenizer; // prompts are texts
  model.generationDefaults; // what the checkpoint asks for can be done
  const service = new Service({
    model,
    name: options.name ?? model.name,
    atOnce: options.atOnce ?? 16,
    queue: options.queue ?? 256,
    contextLength: options.contextLength ?? Math.min(model.spec.contextLength, LONGEST_CONTEXT),
    bufferBytes: options.bufferBytes ?? 64 * 1024,
    slowClientMs: options.slowClientMs ?? 30_000,
    log: options.log ?? (() => undefined),
  });
  const answer = getRequestListener(makeApp(service, token, host).fetch);
  const server = createServer((request, response) => void answer(request, response));
  const port = await listen(server, host, options.port ?? 8000).catch((error) => {
    service.batch.dispose();
    throw error;
  });
  let closing: Promise<void> | null = null;
  return {
    url: `http://${hostForUrl(host)}:${port}`,
    port,
    name: service.name,
    contextLength: service.batch.contextLength,
    close: () => {
      closing ??= close(server, service, drainMs);
      return closing;
    },
  };
}

/** Whoever comes now is told that the server ends; whoever is there has `drainMs`, and is then told so too. */
async function close(server: Server, service: Service, drainMs: number): Promise<void> {
  const empty = service.admission.close();
  const over = new AbortController();
  const timer = sleep(drainMs, undefined, { signal: over.signal }).catch(() => undefined);
  await Promise.race([empty, timer]);
  over.abort();
  service.stop.abort();
  await empty;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const flushed = sleep(FLUSH_MS, undefined, { ref: false }).then(() =>
    server.closeAllConnections(),
  );
  await Promise.race([closed, flushed]);
  await closed;
  service.batch.dispose();
}

/** What was said last has so long to reach its client. */
const FLUSH_MS = 500;

function checkToken(token: string | null, host: string): void {
  if (token === "")
    throw new ServeError(
      "serve: expected a token, got an empty one. Leave --token out, or name one.",
    );
  if (isLoopback(host)) return;
  if (token === null)
    throw new ServeError(
      `serve: expected a token where other computers can reach the server, got none. Pass --token with --host ${host}.`,
    );
  if (token.length < SHORTEST_PUBLIC_TOKEN)
    throw new ServeError(
      `serve: expected a token of at least ${SHORTEST_PUBLIC_TOKEN} characters where other computers can reach the server, got ${token.length}. Choose a longer one.`,
    );
}

function hostForUrl(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
