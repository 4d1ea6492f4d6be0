import { Command } from "commander";
import type { Model } from "../../engine/index.node.ts";
import type { RunningServe } from "../../serve/index.ts";
import { onInterrupt } from "../interruptSignal.ts";
import { addModelOptions, type ModelOptions, withModel } from "../modelOptions.ts";
import { wholeNumber } from "../parseNumbers.ts";

const HIGHEST_PORT = 65_535;

interface ServeCommandOptions extends ModelOptions {
  readonly port: number;
  readonly host: string;
  readonly token?: string;
  readonly name?: string;
  readonly atOnce: number;
  readonly queue: number;
  readonly context?: number;
  readonly prefixCache: number;
  readonly drain: number;
  readonly slowClient: number;
}

/** A request that can be copied into a shell. */
function example({ url, name }: RunningServe, hasToken: boolean): string {
  const body = JSON.stringify({ model: name, messages: [{ role: "user", content: "Hello" }] });
  const token = hasToken ? ' -H "Authorization: Bearer $VITRINE_TOKEN"' : "";
  return `curl ${url}/v1/chat/completions -H "Content-Type: application/json"${token} -d '${body}'`;
}

async function serve(options: ServeCommandOptions): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const { host, port, atOnce, queue, context, name } = options;
  const token = options.token ?? (process.env.VITRINE_TOKEN || undefined);
  const loading = new AbortController();
  let onStop = () => loading.abort();
  const stopped = new Promise<void>((resolve) => {
    onInterrupt(() => {
      onStop();
      resolve();
    });
  });
  const withServer = async (model: Model): Promise<void> => {
    const { startServe } = await import("../../serve/index.ts");
    const server = await startServe({
      ...{ model, host, port, atOnce, queue },
      ...{ drainMs: options.drain * 1000, slowClientMs: options.slowClient * 1000 },
      ...(token !== undefined && { token }),
      ...(name !== undefined && { name }),
      ...(context !== undefined && { contextLength: context }),
      log: (level, message) => process.stderr.write(`${level}: ${message}\n`),
    });
    onStop = () => {
      process.stdout.write(
        `\nWaiting up to ${options.drain} s for texts at work. Ctrl-C again ends them at once.\n`,
      );
    };
    const { url, contextLength } = server;
    process.stdout.write(
      `${model}\nserved as ${JSON.stringify(server.name)}: ${atOnce} texts at once, ${queue} more may wait, ${contextLength} tokens each\n\n    ${url}/v1\n\n${example(server, token !== undefined)}\n\nCtrl-C stops it.\n`,
    );
    await stopped;
    await server.close();
  };
  const { prefixCache: prefixCacheBytes } = options;
  await withModel(options, loading.signal, withServer, { prefixCacheBytes });
}

/** `vitrine serve`: a model behind OpenAI's API, until Ctrl-C. */
export function serveCommand(): Command {
  return addModelOptions(
    new Command("serve").description("Serve a model to programs that speak OpenAI's API."),
  )
    .option(
      "--port <n>",
      "port to listen on; 0 takes any free one",
      wholeNumber(0, HIGHEST_PORT),
      8000,
    )
    .option(
      "--host <address>",
      "address to listen on; any but this computer's own needs a token",
      "127.0.0.1",
    )
    .option("--token <text>", "what requests must carry, as clients send an API key")
    .option("--name <name>", "what requests call the model (default: its own name)")
    .option("--at-once <n>", "texts that are generated at the same time", wholeNumber(1), 16)
    .option("--queue <n>", "texts that may wait beyond those; more get 429", wholeNumber(0), 256)
    .option(
      "--context <n>",
      "tokens of the longest text, its prompt included (default: the model's context, at most 4096)",
      wholeNumber(2),
    )
    .option(
      "--prefix-cache <bytes>",
      "keep so much of texts that ended for those that begin alike; 0: nothing",
      wholeNumber(0),
      2 ** 28,
    )
    .option(
      "--slow-client <seconds>",
      "end a stream whose client has taken nothing for so long",
      wholeNumber(1),
      30,
    )
    .option("--drain <seconds>", "what texts at work have left after Ctrl-C", wholeNumber(0), 30)
    .addHelpText(
      "after",
      `
Environment:
  VITRINE_TOKEN        as --token, out of sight of other programs

Examples:
  vitrine serve --model tiny
  vitrine serve --model deepseek-ai/DeepSeek-V2-Lite --at-once 8 --context 8192
  VITRINE_TOKEN=... vitrine serve --model ./my-model --host 0.0.0.0`,
    )
    .action(serve);
}
