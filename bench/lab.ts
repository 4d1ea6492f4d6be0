import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";

/** Runs in the server's process; tells the longest turn of its event loop whenever it is asked, and begins anew. */
const WATCH = `
  import { monitorEventLoopDelay } from "node:perf_hooks";
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  process.on("message", () => {
    process.send(delay.max / 1e6);
    delay.reset();
  });
  process.channel.unref();
`;

export interface Lab {
  readonly child: ChildProcess;
  readonly port: number;
  readonly token: string;
  /** The longest turn of the server's event loop since this was asked last, in milliseconds. */
  longestTurn(): Promise<number>;
  /** A request with the token. */
  ask(path: string, method?: string, body?: string): Promise<Response>;
}

/** `vitrine lab` over an empty folder in `folder`, with a configuration of its own. */
export async function startLab(folder: string): Promise<Lab> {
  const root = join(folder, "root");
  await mkdir(root);
  const program = fileURLToPath(new URL("../bin/vitrine.mjs", import.meta.url));
  const args = [program, "lab", "--root", root, "--port", "0", "--no-browser", "--no-trash"];
  const places = { HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
  const watch = ["--import", `data:text/javascript,${encodeURIComponent(WATCH)}`];
  const child = spawn(process.execPath, [...watch, ...args], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: { ...process.env, ...places, VITRINE_CONFIG_DIR: join(folder, "config") },
  });
  const { stdout } = child;
  if (stdout === null) throw new Error("server bench: expected what the server says.");
  let said = "";
  for await (const part of stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    said += part;
    const address = /http:\S+token=\w+/.exec(said)?.[0];
    if (address === undefined) continue;
    stdout.resume();
    const url = new URL(address);
    const token = url.searchParams.get("token") ?? "";
    const headers = { Authorization: `token ${token}` };
    const ask = (path: string, method = "GET", body?: string): Promise<Response> =>
      fetch(new URL(path, url), { method, headers, ...(body === undefined ? {} : { body }) });
    const longestTurn = async (): Promise<number> => {
      child.send("tell");
      return (await once(child, "message"))[0] as number;
    };
    return { child, longestTurn, port: Number(url.port), token, ask };
  }
  throw new Error(`server bench: expected an address, got ${said}. Build it: npm run build`);
}

/** Starts a kernel of this package. @returns its id */
export async function startKernel(server: Lab): Promise<string> {
  const started = await server.ask("api/kernels", "POST", JSON.stringify({ name: "vitrine" }));
  return ((await started.json()) as { id: string }).id;
}

/** @param protocol of the WebSocket: none is the one without a name */
export function openChannels(
  { port, token }: Lab,
  kernelId: string,
  session: string,
  protocol: readonly string[] = [],
): Promise<WebSocket> {
  const socket = new WebSocket(
    `ws://127.0.0.1:${port}/api/kernels/${kernelId}/channels?session_id=${session}&token=${token}`,
    [...protocol],
  );
  return new Promise<WebSocket>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("open", () => resolve(socket));
  });
}
