import { UsageError } from "../usageError.ts";
import { jobName, type Submission, workerLines } from "./submission.ts";

export interface KubernetesOptions {
  readonly image: string;
  /** The PersistentVolumeClaim that is mounted where shards are kept; all nodes have to write to it. */
  readonly claim: string;
  readonly parallelism?: number;
  /** Limits of a pod by their names: { "nvidia.com/gpu": "1" }. */
  readonly limits?: Readonly<Record<string, string>>;
}

/** How often a shard is begun again after a failure of its own. */
const RETRIES = 3;
const LABEL_LENGTH = 63;

/**
 * An Indexed Job of batch/v1: a pod for each shard. Pods that the cluster takes away are started again without being counted, a wrong command line is
 * not tried again. JSON, which YAML contains.
 * @throws UsageError
 */
export function kubernetesJob(submission: Submission, options: KubernetesOptions): object {
  const { shards, out } = submission;
  const { image, claim, parallelism = shards, limits } = options;
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(claim))
    throw new UsageError(
      `submit kubernetes --claim: expected the name of a PersistentVolumeClaim, got ${JSON.stringify(claim)}. Write small letters, digits, - and .`,
    );
  const command = workerLines(submission, '"$((JOB_COMPLETION_INDEX + 1))"').join(" ");
  const container = {
    name: "vitrine",
    image,
    command: ["/bin/sh", "-c", `exec ${command}`],
    ...(limits !== undefined && { resources: { limits } }),
    volumeMounts: [{ name: "runs", mountPath: out }],
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: indexedName(submission) },
    spec: {
      completions: shards,
      parallelism: Math.min(parallelism, shards),
      completionMode: "Indexed",
      backoffLimitPerIndex: RETRIES,
      podFailurePolicy: {
        rules: [
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          {
            action: "FailIndex",
            onExitCodes: { containerName: container.name, operator: "In", values: [2] },
          },
        ],
      },
      template: {
        spec: {
          restartPolicy: "Never",
          containers: [container],
          volumes: [{ name: "runs", persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  };
}

/** Pods have the Job's name with their number behind it as the name of their host, which is a label of DNS. */
function indexedName(submission: Submission): string {
  const longest = LABEL_LENGTH - `-${submission.shards - 1}`.length;
  return jobName(submission).slice(0, longest).replace(/-+$/, "");
}
