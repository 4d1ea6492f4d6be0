import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { jupyterDataDir } from "./install/dataDir.ts";
import { installStackTraces } from "./language/stackTrace.ts";
import { readTypeErrors } from "./language/typeErrorsSetting.ts";
import type { UnreadMessage } from "./protocol/frames.ts";
import { atProcessExit } from "./session/atProcessExit.ts";
import { History } from "./session/history.ts";
import { HistoryFile } from "./session/historyFile.ts";
import { showNodeWarnings } from "./session/nodeWarnings.ts";
import { Session } from "./session/session.ts";
import { SocketThread } from "./session/socketThread.ts";

/** The kernel process: `node dist/kernel.js <connection file>`. */

const WARM_UP_DELAY_MS = 200;
/** By then the first cells have run, and what the compiler needs for them is compiled. */
const KEEP_DELAY_MS = 5_000;

const connectionFile = process.argv[2];
if (connectionFile === undefined) {
  process.stderr.write(
    "kernel: expected the path of a connection file, got none. Start it from Jupyter or `vitrine lab`.\n",
  );
  process.exit(2);
}

const packageRoot = new URL("..", import.meta.url);
const inPackage = (path: string): URL => new URL(path, packageRoot);
const { version, dependencies } = JSON.parse(readFileSync(inPackage("package.json"), "utf8")) as {
  version: string;
  dependencies: { typescript: string };
};

const sockets = new SocketThread(new URL("./kernel-worker.js", import.meta.url), {
  connectionFile,
  implementationVersion: version,
  languageVersion: dependencies.typescript, // exact: the compiler is pinned, and not loaded yet
});
const reportFatal = process.stderr.write.bind(process.stderr);
sockets.onError((error) => {
  reportFatal(`kernel: ${error.message}\n`);
  process.exit(1);
});

const historyPath = join(jupyterDataDir(), "vitrine", "history.jsonl");
const history = new History(new HistoryFile(historyPath), ({ message }) =>
  reportFatal(`kernel: history: expected to write ${historyPath}, got ${message}.\n`),
);

const session = new Session({
  sockets,
  history,
  cwd: process.cwd(),
  typeErrors: readTypeErrors(process.env),
  compiledFolder: fileURLToPath(inPackage("dist/.compiled")),
  modules: {
    vitrine: {
      url: inPackage("dist/index.js").href,
      types: fileURLToPath(inPackage("dist/types/engine/index.node.d.ts")),
    },
    "vitrine/widgets": {
      url: inPackage("dist/widgets.js").href,
      types: fileURLToPath(inPackage("dist/types/widgets/index.d.ts")),
    },
    tslab: { url: inPackage("dist/tslab.js").href },
  },
});
installStackTraces();
showNodeWarnings();
atProcessExit((code) => {
  session.end(code);
  sockets.closeNow();
});
session.start();
const handle = (message: UnreadMessage): void => {
  try {
    session.handle(message);
  } catch (error) {
    reportFatal(`vitrine kernel: message dropped: ${(error as Error).message}\n`);
  }
};
sockets.onMessage((message) => {
  if (message.kind === "request") handle(message.message);
  else if (message.kind === "interrupt") session.interrupt(message.isAgain);
  else if (message.kind === "deleteSubshell") session.deleteSubshell(message.id);
  else if (message.kind === "debugQuestion") {
    void session.answerDebugger(message.id, message.question);
  } else if (message.kind === "shutdown") void sockets.close().then(() => process.exit(0));
});
// The compiler waits until the socket thread has had its time to answer the first kernel_info.
setTimeout(() => session.notebook.warmUp(), WARM_UP_DELAY_MS);
setTimeout(() => session.notebook.keepCompiled(), KEEP_DELAY_MS);
