import { UsageError } from "../usageError.ts";
import { jobName, type Submission, workerLines } from "./submission.ts";

export interface KubernetesOptions {
  readonly image: string;
  /** The PersistentVolumeClaim that is mounted where shards are kept, unless they are in a store; all nodes have to write to it. */
  readonly claim?: string;
  /** The Secret whose entries are variables of the container. */
  readonly secret?: string;
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
  const { image, claim, secret, parallelism = shards, limits } = options;
  if (claim !== undefined) checkName("--claim", "a PersistentVolumeClaim", claim);
  if (secret !== undefined) checkName("--secret", "a Secret", secret);
  const command = workerLines(submission, '"$((JOB_COMPLETION_INDEX + 1))"').join(" ");
  const container = {
    name: "vitrine",
    image,
    command: ["/bin/sh", "-c", `exec ${command}`],
    ...(limits !== undefined && { resources: { limits } }),
    ...(secret !== undefined && { envFrom: [{ secretRef: { name: secret } }] }),
    ...(claim !== undefined && { volumeMounts: [{ name: "runs", mountPath: out }] }),
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
          ...(claim !== undefined && {
            volumes: [{ name: "runs", persistentVolumeClaim: { claimName: claim } }],
          }),
        },
      },
    },
  };
}

function checkName(option: string, what: string, name: string): void {
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) return;
  throw new UsageError(
    `submit kubernetes ${option}: expected the name of ${what}, got ${JSON.stringify(name)}. Write small letters, digits, - and .`,
  );
}

/** Pods have the Job's name with their number behind it as the name of their host, which is a label of DNS. */
function indexedName(submission: Submission): string {
  const longest = LABEL_LENGTH - `-${submission.shards - 1}`.length;
  return jobName(submission).slice(0, longest).replace(/-+$/, "");
}
