import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { URLExt } from "@jupyterlab/coreutils";
import { ILauncher } from "@jupyterlab/launcher";
import { Drive, ServerConnection } from "@jupyterlab/services";
import { notebookIcon } from "@jupyterlab/ui-components";

const COMMAND = "vitrine:open-notebook";
/** Where copies are that the served folder cannot hold. */
const DRIVE = "Vitrine";
const TEMPORARY =
  "This folder cannot be written, so that the notebook is a temporary copy. It can be run and changed, and is gone when the server ends.";

interface ShippedNotebook {
  readonly name: string;
  readonly title: string;
}

/** The launcher's section with the notebooks that come with Vitrine. Opening one copies it into the folder shown. */
export const shippedPlugin: JupyterFrontEndPlugin<void> = {
  id: "vitrine:shipped-notebooks",
  description: "Offers the notebooks that come with Vitrine.",
  autoStart: true,
  requires: [ILauncher],
  activate: ({ commands, serviceManager }: JupyterFrontEnd, launcher: ILauncher) => {
    const { serverSettings, contents } = serviceManager;
    contents.addDrive(
      new Drive({ name: DRIVE, apiEndpoint: "api/vitrine/contents", serverSettings }),
    );

    const ask = async (path: string, init: RequestInit): Promise<unknown> => {
      const url = URLExt.join(serverSettings.baseUrl, "api/vitrine/notebooks", path);
      const response = await ServerConnection.makeRequest(url, init, serverSettings);
      if (!response.ok) throw await ServerConnection.ResponseError.create(response);
      return await response.json();
    };

    commands.addCommand(COMMAND, {
      label: ({ title }) => String(title),
      caption: ({ name }) => `Copies ${name} into this folder and opens it`,
      icon: notebookIcon,
      execute: async ({ name, cwd }) => {
        const body = JSON.stringify({ folder: typeof cwd === "string" ? cwd : "" });
        const opened = await ask(encodeURIComponent(String(name)), { method: "POST", body });
        const { path, isTemporary } = opened as { path: string; isTemporary: boolean };
        if (isTemporary)
          void commands.execute("apputils:notify", { message: TEMPORARY, type: "warning" });
        return await commands.execute("docmanager:open", {
          path: isTemporary ? `${DRIVE}:${path}` : path,
        });
      },
    });

    void ask("", {}).then((list) => {
      for (const [rank, { name, title }] of (list as ShippedNotebook[]).entries())
        launcher.add({
          command: COMMAND,
          args: { name, title },
          category: "Notebooks of Vitrine",
          categoryRank: 10,
          rank,
        });
    });
  },
};
