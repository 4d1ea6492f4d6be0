import * as base from "@jupyter-widgets/base";
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import anywidget from "anywidget";

/** Lets a kernel show widgets whose code comes with their state. */
export const anywidgetPlugin: JupyterFrontEndPlugin<void> = {
  id: "vitrine:anywidget",
  description: "Registers anywidget with the widget manager.",
  autoStart: true,
  requires: [base.IJupyterWidgetRegistry],
  activate: (_app: JupyterFrontEnd, registry: base.IJupyterWidgetRegistry) => {
    registry.registerWidget({
      name: "anywidget",
      version: "0.11.0",
      exports: anywidget(base) as never,
    });
  },
};
