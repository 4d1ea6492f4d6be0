import { Command } from "commander";
import { convertCommand } from "./commands/convert.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { evaluateCommand, mergeCommand } from "./commands/evaluate.ts";
import { exportCommand } from "./commands/export.ts";
import { generateCommand } from "./commands/generate.ts";
import { installCommand, uninstallCommand } from "./commands/install.ts";
import { labCommand } from "./commands/lab.ts";
import { passwordCommand } from "./commands/password.ts";
import { planCommand } from "./commands/plan.ts";
import { replayCommand } from "./commands/replay.ts";
import { runCommand } from "./commands/run.ts";
import { serveCommand } from "./commands/serve.ts";
import { submitCommand } from "./commands/submit.ts";
import { traceCommand } from "./commands/trace.ts";
import { tuneCommand } from "./commands/tune.ts";
import { verifyCommand } from "./commands/verify.ts";
import { packageVersion } from "./packageVersion.ts";

/** The `vitrine` command with its subcommands; throws CommanderError instead of ending the process. */
export function createProgram(): Command {
  const program = new Command("vitrine")
    .description(
      "A TypeScript notebook with its own language-model engine, built to be looked into.",
    )
    .version(packageVersion(), "-V, --version", "print the version")
    .helpCommand("help [command]", "print the help of a command")
    .showHelpAfterError("Add --help for what can be said here.")
    .addHelpText(
      "after",
      `
Examples:
  vitrine lab                                open the notebooks of this folder
  vitrine generate --model tiny --prompt "12 + 29 ="
  vitrine serve --model tiny                 the same model behind OpenAI's API
  vitrine evaluate arithmetic --model tiny --thinking 0,16,free
  vitrine run look.ipynb                     a notebook from a clean kernel
  vitrine doctor                             what this machine can run

Exit codes: 0 done, 1 failed, 2 wrong command line, 130 interrupted.
VITRINE_DEBUG=1 prints the stack of an error.`,
    );
  for (const command of [
    labCommand(),
    passwordCommand(),
    installCommand(),
    uninstallCommand(),
    generateCommand(),
    serveCommand(),
    traceCommand(),
    evaluateCommand(),
    mergeCommand(),
    submitCommand(),
    planCommand(),
    runCommand(),
    verifyCommand(),
    convertCommand(),
    replayCommand(),
    exportCommand(),
    doctorCommand(),
    tuneCommand(),
  ]) {
    program.addCommand(command);
  }
  inherit(program);
  return program;
}

/** Commands of commands, too: they throw as the program does, and print where it prints. */
function inherit(parent: Command): void {
  parent.exitOverride();
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inherit(command);
  }
}
