import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { PageConfig, URLExt } from "@jupyterlab/coreutils";
import { IMainMenu } from "@jupyterlab/mainmenu";

const COMMAND = "vitrine:documentation";

/** Help, Vitrine Documentation: the pages that this server has itself. */
export const helpPlugin: JupyterFrontEndPlugin<void> = {
  id: "vitrine:help",
  description: "Leads from the Help menu to the documentation.",
  autoStart: true,
  requires: [IMainMenu],
  activate: ({ commands }: JupyterFrontEnd, menu: IMainMenu) => {
    commands.addCommand(COMMAND, {
      label: "Vitrine Documentation",
      caption: "What the kernel, the notebooks and the server do, without the net",
      execute: () => {
        window.open(URLExt.join(PageConfig.getBaseUrl(), "docs/index.html"), "_blank", "noopener");
      },
    });
    menu.helpMenu.addGroup([{ command: COMMAND }], -1);
  },
};
