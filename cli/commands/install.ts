import { Command } from "commander";
import { UsageError } from "../usageError.ts";

interface PlaceOptions {
  readonly user?: boolean;
  readonly prefix?: string;
}

/** Where the kernelspec and the extension go: the user's Jupyter folder unless a prefix is named. */
function place(command: string, options: PlaceOptions): { prefix?: string } {
  if (options.user && options.prefix !== undefined) {
    throw new UsageError(`${command}: expected --user or --prefix, got both. Leave one out.`);
  }
  return options.prefix === undefined ? {} : { prefix: options.prefix };
}

const withPlace = (command: Command): Command =>
  command
    .option("--user", "in the folder of this user, where every Jupyter looks (the default)")
    .option("--prefix <dir>", "in DIR/share/jupyter, for one environment");

/** `vitrine install`: makes the kernel known to every Jupyter, and saved pictures alive there. */
export function installCommand(): Command {
  return withPlace(
    new Command("install").description(
      "Register the kernel, so that any Jupyter offers TypeScript (Vitrine).",
    ),
  )
    .addHelpText(
      "after",
      `
JupyterLab 4 and Notebook 7 then offer the kernel, and pictures that were saved with a notebook respond there before a kernel
runs. VS Code reads the same folder, but is not tested. Widgets are live where Jupyter has its extensions for them:
  pip install jupyterlab_widgets anywidget

Examples:
  vitrine install
  vitrine install --prefix /opt/jupyter`,
    )
    .action(async (options: PlaceOptions) => {
      const { installKernelspec, installLabExtension } = await import(
        "../../kernel/install/index.ts"
      );
      const where = place("install", options);
      process.stdout.write(`Kernel "vitrine" is registered in ${await installKernelspec(where)}\n`);
      process.stdout.write(`Saved pictures respond by ${await installLabExtension(where)}\n`);
    });
}

/** `vitrine uninstall`: takes both away again. */
export function uninstallCommand(): Command {
  return withPlace(new Command("uninstall").description("Remove the kernel from Jupyter."))
    .addHelpText(
      "after",
      "\nExamples:\n  vitrine uninstall\n  vitrine uninstall --prefix /opt/jupyter",
    )
    .action(async (options: PlaceOptions) => {
      const { uninstallKernelspec, uninstallLabExtension } = await import(
        "../../kernel/install/index.ts"
      );
      const where = place("uninstall", options);
      const folder = await uninstallKernelspec(where);
      const extension = await uninstallLabExtension(where);
      process.stdout.write(
        folder === null
          ? 'Kernel "vitrine" was not registered there.\n'
          : `Kernel "vitrine" is gone from ${folder}\n`,
      );
      if (extension !== null)
        process.stdout.write(`The extension for saved pictures is gone from ${extension}\n`);
    });
}
