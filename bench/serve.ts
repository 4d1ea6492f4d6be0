/**
 * `npm run bench:serve`: tokens a second of `vitrine serve` with 1, 4 and 16 clients at a time, and how long a client waits for
 * its first token; the same of llama.cpp's server, where `llama-server` is on the PATH or LLAMA_SERVER names it, and
 * --llama-model a GGUF file for it. Clients are in this process, the server in one of its own.
 */
import { spawnSync } from "node:child_process";
import { Command } from "commander";
import { positive } from "./measure/positive.ts";
import { median } from "./measure/statistics.ts";
import { load } from "./serve/load.ts";
import { type ServerProcess, startProcess, startVitrineServe } from "./serve/serverProcess.ts";

const options = new Command("serve")
  .description("Throughput of the server")
  .option("--model <name>", "model name, folder or Hugging Face id", "tiny")
  .option("--backend <name>", "cpu, webgpu or reference", "cpu")
  .option("--llama-model <file>", "the same model as a GGUF file, for llama-server")
  .option("--tokens <n>", "tokens of each reply", positive, 64)
  .option("--requests <n>", "requests of each client", positive, 4)
  .option("--rounds <n>", "rounds after the warm-up", positive, 3)
  .parse()
  .opts<{
    model: string;
    backend: string;
    llamaModel?: string;
    tokens: number;
    requests: number;
    rounds: number;
  }>();

const CLIENTS = [1, 4, 16];

/** Fields of request number `i` of a client: greedy, and as long whatever the model says. */
const request = (model: string) => (client: number, i: number) =>
  i === options.requests
    ? null
    : {
        ...{ model, temperature: 0, max_tokens: options.tokens, ignore_eos: true },
        messages: [{ role: "user", content: `${client + 1}+${i + 2}=?` }],
      };

async function measure(name: string, server: ServerProcess, model: string): Promise<void> {
  for (const clients of CLIENTS) {
    const perSecond: number[] = [];
    const firstMs: number[] = [];
    for (let round = 0; round <= options.rounds; round++) {
      const next = request(model);
      const { all, seconds } = await load({ url: server.url, clients, next });
      const broken = all.find(({ reply }) => !reply.isWhole);
      if (broken) throw new Error(`${name}: expected whole replies, got ${broken.reply.error}`);
      if (round === 0) continue;
      const tokens = all.reduce((sum, { reply }) => sum + reply.completionTokens, 0);
      perSecond.push(tokens / seconds);
      firstMs.push(...all.map(({ reply }) => reply.firstMs));
    }
    const told = [
      `${name}, ${String(clients).padStart(2)} clients:`,
      `${median(perSecond).toFixed(0)} tokens a second`,
      `(${Math.min(...perSecond).toFixed(0)} to ${Math.max(...perSecond).toFixed(0)}),`,
      `first token after ${median(firstMs).toFixed(1)} ms`,
    ];
    process.stdout.write(`${told.join(" ")}\n`);
  }
}

async function measureVitrine(): Promise<void> {
  const args = ["--model", options.model, "--backend", options.backend, "--port", "0"];
  const server = await startVitrineServe([...args, "--name", "bench"]);
  try {
    await measure("vitrine serve", server, "bench");
  } finally {
    await server.end("SIGKILL");
  }
}

async function measureLlama(): Promise<void> {
  const command = process.env.LLAMA_SERVER ?? "llama-server";
  const found = spawnSync(command, ["--version"]);
  if (found.error !== undefined || options.llamaModel === undefined) {
    const missing =
      found.error !== undefined
        ? "no llama-server on the PATH, and no LLAMA_SERVER"
        : "no --llama-model for it";
    process.stdout.write(`llama.cpp's server: not measured, ${missing}\n`);
    return;
  }
  const port = "8099";
  const most = String(CLIENTS.at(-1));
  const args = ["-m", options.llamaModel, "--port", port, "-np", most, "--host", "127.0.0.1"];
  const address = /listening on (http:\/\/[\d.:]+)/;
  const server = await startProcess(command, args, {}, address);
  try {
    await measure("llama.cpp's server", server, "bench");
  } finally {
    await server.end("SIGKILL");
  }
}

await measureVitrine();
await measureLlama();
