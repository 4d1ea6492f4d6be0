import { type BufferPath, removeBuffers } from "./buffers.ts";
import type { KernelHost } from "./host.ts";
import { liveWidgets } from "./liveWidgets.ts";

/**
 * Answers `request_states` on the control comm with every open widget in one message, which is how a page that was
 * reloaded gets its widgets back.
 * @see https://github.com/jupyter-widgets/ipywidgets/blob/main/packages/schema/messages.md
 */
export function serveWidgetControl(host: KernelHost): void {
  host.registerCommTarget("jupyter.widget.control", (comm) => {
    comm.onMessage(({ data }) => {
      if (data.method !== "request_states") return;
      const states: Record<string, unknown> = {};
      const bufferPaths: BufferPath[] = [];
      const buffers: Uint8Array[] = [];
      for (const [id, widget] of liveWidgets()) {
        const split = removeBuffers(widget.fullState());
        states[id] = {
          model_name: split.state._model_name,
          model_module: split.state._model_module,
          model_module_version: split.state._model_module_version,
          state: split.state,
        };
        bufferPaths.push(...split.bufferPaths.map((path) => [id, "state", ...path]));
        buffers.push(...split.buffers);
      }
      comm.send(
        { method: "update_states", states, buffer_paths: bufferPaths },
        { buffers: buffers as Uint8Array<ArrayBuffer>[] },
      );
    });
  });
}
