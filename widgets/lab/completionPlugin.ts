import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ContextCompleterProvider, ICompletionProviderManager } from "@jupyterlab/completer";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { PatientKernelProvider } from "./patientKernelProvider.ts";

const SETTINGS = "@jupyterlab/completer-extension:manager";

/** Takes the place of JupyterLab's plugin that registers the two providers, which `page.json` switches off. */
export const completionPlugin: JupyterFrontEndPlugin<void> = {
  id: "vitrine:completion",
  description: "Completes from the words of a cell and from the kernel, however late it answers.",
  autoStart: true,
  requires: [ICompletionProviderManager, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    manager: ICompletionProviderManager,
    registry: ISettingRegistry,
  ) => {
    let settings: ISettingRegistry.ISettings | null = null;
    const timeoutMs = (): number => Number(settings?.composite.providerTimeout ?? 0);
    manager.registerProvider(new ContextCompleterProvider());
    manager.registerProvider(new PatientKernelProvider(manager, timeoutMs));
    // The manager says what the schema of these settings is once the page has been restored.
    void app.restored.then(async () => {
      settings = await registry.load(SETTINGS);
    });
  },
};
