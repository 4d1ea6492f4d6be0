import { Cell, cellContext } from "../../kernel/cell/cell.ts";
import { CommManager } from "../../kernel/display/comms.ts";
import { installKernelHost, type KernelHost } from "../../kernel/display/host.ts";
import { liveWidgets } from "../../kernel/display/liveWidgets.ts";
import { ProcessHost } from "../../kernel/display/processHost.ts";
import type { Header } from "../../kernel/protocol/messages.ts";
import type { Outgoing } from "../../kernel/transport/outgoing.ts";

export const header = (id: string, type = "comm_msg"): Header => ({
  msg_id: id,
  msg_type: type,
  session: "s",
  username: "u",
  date: "",
  version: "5.5",
});

/** The kernel's own host and comms, with what they send kept in a list. */
export function kernel() {
  const sent: Outgoing[] = [];
  const errors: unknown[] = [];
  const send = (message: Outgoing): void => void sent.push(message);
  const comms = new CommManager({ send, onError: (error) => errors.push(error) });
  const startTimer: KernelHost["startTimer"] = (run, delayMs) => setTimeout(run, delayMs);
  const host = new ProcessHost({ send, comms, lastCell: () => null, startTimer });
  installKernelHost(host);
  const receive = (id: string, data: object, buffers: Uint8Array[] = []): Promise<void> =>
    comms.handle(header("request"), { comm_id: id, data }, {}, buffers);
  const inCell = <Result>(cellId: string, run: () => Result): Result => {
    const cell = new Cell({
      header: header(cellId, "execute_request"),
      ids: [],
      cellId,
      source: `cell ${cellId}`,
      isSilent: false,
      allowStdin: false,
    });
    return cellContext.run({ cell, request: cell.header }, run);
  };
  return { sent, errors, comms, host, receive, inCell };
}

/** Takes the host and the widgets of the last test away. */
export function forgetKernel(): void {
  installKernelHost(null as unknown as KernelHost);
  liveWidgets().clear();
}
