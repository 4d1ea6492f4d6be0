import { spawnSync } from "node:child_process";

/** What a cluster of one's own consists of; the daemons lie where a plain user's PATH does not look. */
const COMMANDS = ["munged", "slurmctld", "slurmd", "sbatch", "squeue"];

/** PATH with the folders of daemons. */
export const daemonPath = (): string => `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;

/** Whether Slurm and munge are installed. */
export function findSlurm(): boolean {
  const env = { ...process.env, PATH: daemonPath() };
  return COMMANDS.every(
    (command) =>
      spawnSync("sh", ["-c", `command -v ${command}`], { env, stdio: "ignore" }).status === 0,
  );
}
