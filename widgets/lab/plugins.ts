import { extensions, mimeExtensions } from "vitrine:lab-packages";
import type { JupyterFrontEndPlugin, JupyterLab } from "@jupyterlab/application";
import { PageConfig } from "@jupyterlab/coreutils";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { anywidgetPlugin } from "./anywidgetPlugin.ts";
import { cellExecutorPlugin, waitingCommandsPlugin } from "./cellExecutorPlugin.ts";
import { completionPlugin } from "./completionPlugin.ts";
import { helpPlugin } from "./helpPlugin.ts";
import { logoPlugin } from "./logoPlugin.ts";
import { narrowPlugin } from "./narrowPlugin.ts";
import { plotlyExtension } from "./plotlyRenderer.ts";
import { shippedPlugin } from "./shippedPlugin.ts";
import { stalePlugin } from "./stalePlugin.ts";
import { themePlugin } from "./themePlugin.ts";
import { variablesPlugin } from "./variablesPlugin.ts";

type Plugin = JupyterFrontEndPlugin<unknown, never, never>;
type MimePlugin = IRenderMime.IExtension;
type PluginInfo = JupyterLab.IInfo["availablePlugins"][number];

/** The plugins of a module: its default export, which CommonJS modules wrap once more. */
function pluginsOf(module: unknown): unknown[] {
  const outer = (module as { default?: unknown }).default ?? module;
  const inner = (outer as { __esModule?: boolean; default?: unknown }).__esModule
    ? (outer as { default?: unknown }).default
    : outer;
  return Array.isArray(inner) ? inner : [inner];
}

const info = (plugin: Plugin, extension: string, enabled: boolean): PluginInfo => ({
  id: plugin.id,
  description: plugin.description ?? "",
  requires: plugin.requires ?? [],
  optional: plugin.optional ?? [],
  provides: plugin.provides ?? null,
  autoStart: plugin.autoStart ?? false,
  enabled,
  extension,
});

export interface LabPlugins {
  readonly plugins: Plugin[];
  readonly mimePlugins: MimePlugin[];
  readonly available: PluginInfo[];
  readonly disabledIds: string[];
}

/** JupyterLab's plugins and ours, less those that the page's configuration switches off. */
export function collectPlugins(): LabPlugins {
  const found: LabPlugins = { plugins: [], mimePlugins: [], available: [], disabledIds: [] };
  const collect = (name: string, module: unknown, into: unknown[]): void => {
    for (const plugin of pluginsOf(module) as Plugin[]) {
      const isDisabled = PageConfig.Extension.isDisabled(plugin.id);
      found.available.push(info(plugin, name, !isDisabled));
      if (isDisabled) found.disabledIds.push(plugin.id);
      else into.push(plugin);
    }
  };
  for (const [name, module] of extensions) collect(name, module, found.plugins);
  for (const [name, module] of mimeExtensions) collect(name, module, found.mimePlugins);
  const own = [
    anywidgetPlugin,
    cellExecutorPlugin,
    completionPlugin,
    helpPlugin,
    logoPlugin,
    narrowPlugin,
    shippedPlugin,
    stalePlugin,
    themePlugin,
    variablesPlugin,
    waitingCommandsPlugin,
  ];
  collect("vitrine", { default: own }, found.plugins);
  collect("vitrine", { default: plotlyExtension }, found.mimePlugins);
  return found;
}
