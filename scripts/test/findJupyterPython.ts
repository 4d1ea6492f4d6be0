import { spawnSync } from "node:child_process";

const CANDIDATES = ["/usr/bin/python3", "python3", "python"];

/** A Python that can import jupyter_client, jupyter_kernel_test and nbclient: PYTHON, the system's, or the first on the path. */
export function findJupyterPython(): string | null {
  const named = process.env.PYTHON;
  const candidates = named ? [named] : CANDIDATES;
  const works = (command: string): boolean =>
    spawnSync(command, ["-c", "import jupyter_client, jupyter_kernel_test, nbclient"], {
      stdio: "ignore",
    }).status === 0;
  return candidates.find(works) ?? null;
}
