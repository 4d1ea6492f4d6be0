import { plainJson } from "../protocol/plainJson.ts";
import { type BufferPath, removeBuffers, type SplitState } from "./buffers.ts";
import type { KernelHost } from "./host.ts";
import { type LiveWidget, liveWidgets } from "./liveWidgets.ts";

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
      const failures: unknown[] = [];
      for (const [id, widget] of liveWidgets()) {
        const split = stateOf(widget, failures);
        if (split === null) continue;
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
      if (failures.length > 0) throw failures[0];
    });
  });
}

/** The state of a widget as it travels; null, with a word why, if something was put into it since that cannot. */
function stateOf(widget: LiveWidget, failures: unknown[]): SplitState | null {
  try {
    const split = removeBuffers(widget.fullState());
    return { ...split, state: plainJson(split.state, "widget state") as SplitState["state"] };
  } catch (error) {
    failures.push(error);
    return null;
  }
}
