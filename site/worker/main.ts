import { VitrineError } from "../../engine/base/errors.ts";
import { installKernelHost } from "../../kernel/display/host.ts";
import type { FromWorker, ToWorker } from "../messages.ts";
import { CommHost } from "./commHost.ts";
import { LiveSession } from "./liveSession.ts";
import { provideRandomUuid } from "./randomUuid.ts";

/** The part of a worker's scope that is used here. */
interface WorkerScope {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToWorker>) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const say = (message: FromWorker, transfer: Transferable[] = []): void =>
  scope.postMessage(message, transfer);

provideRandomUuid();
const host = new CommHost(say);
installKernelHost(host);
const session = new LiveSession((message) => say(message));

async function obey(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case "load":
      return session.load(message.model, message.backend);
    case "run":
      return session.run(message);
    case "generate":
      return session.generate(message, message.maxTokens);
    case "stop":
      return session.stop();
    case "show":
      return session.show(message.picture);
    case "comm":
      return host.receive(message.id, message.data, message.buffers);
    case "closeComm":
      return host.close(message.id);
  }
}

/** Every refusal is told; nothing is tried in another way. */
function tell(message: ToWorker, error: unknown): void {
  const code = error instanceof VitrineError ? error.code : "ERR_UNEXPECTED";
  const said = error instanceof Error ? error.message : String(error);
  const picture = message.kind === "show" ? { picture: message.picture } : {};
  say({ kind: "failed", during: message.kind, code, message: said, ...picture });
}

scope.addEventListener("message", ({ data }) => {
  obey(data).catch((error: unknown) => tell(data, error));
});
