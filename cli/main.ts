import { createProgram } from "./program.ts";
import { runProgram } from "./runProgram.ts";

process.exitCode = await runProgram(createProgram(), process.argv.slice(2));
