import { Command } from "commander";
import { UsageError } from "../usageError.ts";

interface PlaceOptions {
  readonly user?: boolean;
  readonly prefix?: string;
}

/** Where the kernelspec goes: the user's Jupyter folder unless a prefix is named. */
function place(command: string, options: PlaceOptions): { prefix?: string } {
  if (options.user && options.prefix !== undefined) {
    throw new UsageError(`${command}: expected --user or --prefix, got both. Leave one out.`);
  }
  return options.prefix === undefined ? {} : { prefix: options.prefix };
}

const withPlace = (command: Command): Command =>
  command
    .option("--user", "in the folder of this user, where every Jupyter looks (the default)")
    .option("--prefix <dir>", "in DIR/share/jupyter/kernels, for one environment");

/** `vitrine install`: makes the kernel known to every Jupyter. */
export function installCommand(): Command {
  return withPlace(
    new Command("install").description(
      "Register the kernel, so that any Jupyter offers TypeScript (Vitrine).",
    ),
  )
    .addHelpText(
      "after",
      `
JupyterLab 4 and Notebook 7 then offer the kernel. VS Code reads the same folder, but is not tested. Widgets are live where
Jupyter has its extensions for them, and are still pictures elsewhere:
  pip install jupyterlab_widgets anywidget

Examples:
  vitrine install
  vitrine install --prefix /opt/jupyter`,
    )
    .action(async (options: PlaceOptions) => {
      const { installKernelspec } = await import("../../kernel/install/index.ts");
      const folder = await installKernelspec(place("install", options));
      process.stdout.write(`Kernel "vitrine" is registered in ${folder}\n`);
    });
}

/** `vitrine uninstall`: takes the kernelspec away again. */
export function uninstallCommand(): Command {
  return withPlace(new Command("uninstall").description("Remove the kernel from Jupyter."))
    .addHelpText(
      "after",
      "\nExamples:\n  vitrine uninstall\n  vitrine uninstall --prefix /opt/jupyter",
    )
    .action(async (options: PlaceOptions) => {
      const { uninstallKernelspec } = await import("../../kernel/install/index.ts");
      const folder = await uninstallKernelspec(place("uninstall", options));
      process.stdout.write(
        folder === null
          ? 'Kernel "vitrine" was not registered there.\n'
          : `Kernel "vitrine" is gone from ${folder}\n`,
      );
    });
}
