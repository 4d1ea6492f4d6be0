import { Command } from "commander";
import { submitKubernetesCommand } from "../submit/submitKubernetes.ts";
import { submitRayCommand } from "../submit/submitRay.ts";
import { submitSlurmCommand } from "../submit/submitSlurm.ts";

/** `vitrine submit`: an evaluation in shards on a cluster that somebody runs. */
export function submitCommand(): Command {
  return new Command("submit")
    .description("Evaluate in shards on a cluster: Slurm, Ray or Kubernetes.")
    .addCommand(submitSlurmCommand())
    .addCommand(submitRayCommand())
    .addCommand(submitKubernetesCommand())
    .addHelpText(
      "after",
      `
Every worker runs vitrine evaluate on its shard, in a folder of its own. One that is lost is started again and goes on from there; vitrine merge
joins the shards to the bytes that one machine would have written. What it will take is predicted before anything is submitted.

Examples:
  vitrine submit slurm ./task.ts --model ./my-model --shards 16 --out runs/mine --partition gpu --sbatch --gres=gpu:1
  vitrine submit ray arithmetic --address http://head:8265 --model tiny --shards 4 --out /shared/runs/sums
  vitrine submit kubernetes arithmetic --model tiny --shards 4 --out /runs/sums --image vitrine:0.1 --claim runs --dry-run`,
    );
}
