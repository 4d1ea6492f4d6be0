import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IThemeManager } from "@jupyterlab/apputils";

/**
 * Shows the theme that is chosen while the workspace follows the system. JupyterLab 4.6's own command only ends the following,
 * which leaves the theme of the settings. Both changes are asked for in one turn, so that no third theme flashes by.
 */
export const themePlugin: JupyterFrontEndPlugin<void> = {
  id: "vitrine:theme",
  description: "Shows a chosen theme at the first try.",
  autoStart: true,
  requires: [IThemeManager],
  activate: ({ commands }: JupyterFrontEnd, themes: IThemeManager) => {
    commands.commandExecuted.connect((_, { id, args }) => {
      if (id !== "apputils:change-theme" || args.theme === themes.theme) return;
      // What the command has set is not in force yet.
      if (commands.isToggled("apputils:adaptive-theme")) void themes.setTheme(String(args.theme));
    });
  },
};
