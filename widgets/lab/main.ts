import { JupyterLab } from "@jupyterlab/application";
import { JupyterPluginRegistry, PageConfig } from "@jupyterlab/coreutils";
import { IConnectionStatus, IServiceManager } from "@jupyterlab/services";
import { collectPlugins } from "./plugins.ts";
import "../stock/pictures.css";
import "./style.css";

const { plugins, mimePlugins, available, disabledIds } = collectPlugins();
const pluginRegistry = new JupyterPluginRegistry();
pluginRegistry.registerPlugins(plugins);

const connectionStatus = await pluginRegistry.resolveOptionalService(IConnectionStatus);
const serviceManager = await pluginRegistry.resolveRequiredService(IServiceManager);

const lab = new JupyterLab({
  pluginRegistry,
  serviceManager,
  ...(connectionStatus ? { connectionStatus } : {}),
  mimeExtensions: mimePlugins as unknown as NonNullable<JupyterLab.IOptions["mimeExtensions"]>,
  disabled: { matches: disabledIds, patterns: [] },
  deferred: { matches: [], patterns: [] },
  availablePlugins: available,
});

if (PageConfig.getOption("exposeAppInBrowser").toLowerCase() === "true") {
  Object.assign(window, { jupyterapp: lab });
}
await lab.start({ ignorePlugins: [], bubblingKeydown: true });
