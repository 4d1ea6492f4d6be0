import { spawn } from "node:child_process";
import { join } from "node:path";
import { writeOutput } from "../../engine/base/writeOutput.node.ts";
import { UsageError } from "../usageError.ts";
import { ANOTHER_OUT, makeOutput } from "./makeOutput.ts";

const WHAT = "submit slurm";

/**
 * Keeps the script beside the shards and hands it to sbatch.
 * @returns the id of the job
 * @throws UsageError where there is no sbatch; InputError ERR_OUTPUT; Error with what sbatch says
 */
export async function submitToSlurm(script: string, out: string): Promise<string> {
  const folder = join(out, "slurm");
  await makeOutput(WHAT, folder); // sbatch makes no folder for the tasks' output
  const file = join(folder, "job.sh");
  await writeOutput(WHAT, file, script, ANOTHER_OUT);
  const { code, output, said } = await sbatch(["--parsable", file]);
  const [id] = output.trim().split(";"); // the cluster's name comes behind it where there are several
  if (code === 0 && id !== undefined && /^\d+$/.test(id)) return id;
  throw new Error(
    `submit slurm: expected sbatch to take ${file}, got ${code === 0 ? JSON.stringify(output) : `exit code ${code}: ${said.trim()}`}. Correct what it names.`,
  );
}

function sbatch(args: readonly string[]) {
  return new Promise<{ code: number | null; output: string; said: string }>((resolve, reject) => {
    const child = spawn("sbatch", args, { stdio: ["ignore", "pipe", "pipe"] });
    let [output, said] = ["", ""];
    child.stdout.on("data", (bytes) => (output += bytes));
    child.stderr.on("data", (bytes) => (said += bytes));
    child.on("close", (code) => resolve({ code, output, said }));
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "ENOENT"
          ? new UsageError(
              "submit slurm: expected the command sbatch here, got none. Submit from a login node, or write the script with --dry-run and take it there.",
            )
          : error,
      ),
    );
  });
}
