import { type Command, InvalidArgumentError } from "commander";
import type { RemoteModel } from "../engine/index.node.ts";
import { addModelOptions, type ModelOptions } from "./modelOptions.ts";
import { wholeNumber } from "./parseNumbers.ts";
import { UsageError } from "./usageError.ts";

/** Who replies: a model that runs here, or one behind a server. */
export interface EngineOptions extends Omit<ModelOptions, "model"> {
  readonly model?: string;
  readonly remote?: string;
  readonly remoteModel?: string;
  readonly remoteKeyEnv?: string;
  /** Seconds. */
  readonly remotePatience?: number;
}

/** Options that are of a model that runs here, in the order in which a command line is written. */
const LOCAL = {
  "--model": "model",
  "--backend": "backend",
  "--threads": "threads",
  "--arithmetic": "arithmetic",
  "--expert-cache": "expertCache",
} as const satisfies Record<string, keyof ModelOptions>;

/** The options of every command that asks either. */
export function addEngineOptions(command: Command): Command {
  return addModelOptions(command, { isRequired: false })
    .option(
      "--remote <url>",
      "ask a server with OpenAI's API instead: http://127.0.0.1:8000/v1",
      address,
    )
    .option("--remote-model <name>", "the model as the server names it")
    .option("--remote-key-env <name>", "the environment variable that holds the server's API key")
    .option(
      "--remote-patience <seconds>",
      "how long a server that is busy or away is asked again (default: 600)",
      wholeNumber(0),
    );
}

/** @throws UsageError unless a model is named, either here or behind a server */
export function checkEngine(what: string, options: EngineOptions): void {
  const { model, remote, remoteModel, remoteKeyEnv, remotePatience } = options;
  if ((model === undefined) === (remote === undefined))
    throw new UsageError(
      `${what}: expected either --model or --remote, got ${model === undefined ? "neither" : "both"}. Name a model, or a server with --remote and --remote-model.`,
    );
  if ((remote === undefined) !== (remoteModel === undefined))
    throw new UsageError(
      `${what}: expected --remote and --remote-model together, got one of them. Name the server and its model.`,
    );
  const ofServers = { "--remote-key-env": remoteKeyEnv, "--remote-patience": remotePatience };
  for (const [flag, value] of Object.entries(ofServers))
    if (remote === undefined && value !== undefined)
      throw new UsageError(
        `${what} ${flag}: expected --remote beside it, got none. Leave it out, or name the server.`,
      );
  if (remote === undefined) return;
  const local = Object.entries(LOCAL).find(
    ([, name]) =>
      options[name] !== undefined && !(name === "backend" && options.backend === "auto"),
  );
  if (local !== undefined)
    throw new UsageError(
      `${what} ${local[0]}: expected none beside --remote, where a server computes. Leave it out.`,
    );
}

/** The same as words of a command line, for one that runs elsewhere. */
export function engineWords(options: EngineOptions): string[] {
  const { remote, remoteModel, remoteKeyEnv, remotePatience } = options;
  const plain = {
    ...(remote === undefined &&
      Object.fromEntries(Object.entries(LOCAL).map(([flag, name]) => [flag, options[name]]))),
    "--remote": remote,
    "--remote-model": remoteModel,
    "--remote-key-env": remoteKeyEnv,
    "--remote-patience": remotePatience,
  };
  return Object.entries(plain).flatMap(([flag, value]) =>
    value === undefined || (flag === "--backend" && value === "auto") ? [] : [flag, String(value)],
  );
}

/** @throws UsageError where the variable of the key is empty; InputError ERR_OPTION */
export async function openRemote({
  remote = "",
  remoteModel: model = "",
  remoteKeyEnv,
}: EngineOptions): Promise<RemoteModel> {
  const { remoteModel } = await import("../engine/index.node.ts");
  const apiKey = remoteKeyEnv === undefined ? undefined : process.env[remoteKeyEnv];
  if (remoteKeyEnv !== undefined && !apiKey)
    throw new UsageError(
      `--remote-key-env: expected an API key in ${remoteKeyEnv}, got none. Export it where the command runs.`,
    );
  return remoteModel({ baseUrl: remote, model, ...(apiKey !== undefined && { apiKey }) });
}

/** An argument of a command line that is an address of http. A password in it would stand in scripts, manifests and messages. */
export function address(text: string): string {
  if (URL.canParse(text)) {
    const { protocol, username, password, search, hash } = new URL(text);
    const hasMore = [username, password, search, hash].some((part) => part !== "");
    if (/^https?:$/.test(protocol) && !hasMore) return text;
  }
  throw new InvalidArgumentError(
    "Expected an address without a password, ? and #, for example http://127.0.0.1:8000/v1.",
  );
}
