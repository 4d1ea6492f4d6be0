import { type Command, CommanderError } from "commander";
import { UsageError } from "./usageError.ts";

/** 0 done, 1 the work failed, 2 the command line was wrong, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (process.env.VITRINE_DEBUG === "1") return error.stack ?? error.message;
  return error.message;
}

/** Runs one command line; every failure becomes one message on stderr and an exit code. */
export async function runProgram(program: Command, args: readonly string[]): Promise<ExitCode> {
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has printed its message
    if ((error as { code?: string }).code === "ERR_ABORTED") return 130;
    process.stderr.write(`vitrine: ${describe(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}
