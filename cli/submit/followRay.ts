import { setTimeout as sleep } from "node:timers/promises";
import { type RayJobRequest, type RayJobState, type RayJobs, RayUnreachable } from "./rayJobs.ts";

/** A shard's command, and the job that carries it out now. */
interface Followed {
  readonly shard: number;
  readonly request: RayJobRequest;
  readonly tries: number;
  readonly status: string;
}

export interface FollowOptions {
  /** How often a shard whose job failed is submitted again: Ray does not do that by itself. */
  readonly retries: number;
  readonly pollMs: number;
  /** Is told in a line what has changed. */
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A head that is away for a while is asked this often, once in each round. */
const MOST_UNREACHABLE = 30;
/** A wrong command line is wrong again, and a command that a shell does not find is not there the next time. */
const HOPELESS = [2, 126, 127];
const LOG_LINES = 12;

/**
 * Waits for jobs, and submits the shard of one that is lost again: it goes on from what its folder holds.
 * @throws Error that names the shards that could not be finished, with the end of a log; RayUnreachable; AbortError of the signal
 */
export async function followRay(
  jobs: RayJobs,
  requests: readonly RayJobRequest[],
  options: FollowOptions,
): Promise<void> {
  let open: Followed[] = requests.map((request, i) => ({
    ...{ shard: i + 1, request, tries: 1, status: "PENDING" },
  }));
  const failures: string[] = [];
  let unreachable = 0;
  while (open.length > 0) {
    await sleep(options.pollMs, undefined, { signal: options.signal });
    const next: Followed[] = [];
    for (const [i, job] of open.entries()) {
      try {
        const left = await step(jobs, job, options);
        if (typeof left === "string") failures.push(left);
        else if (left !== null) next.push(left);
        unreachable = 0;
      } catch (error) {
        unreachable += 1;
        if (!(error instanceof RayUnreachable) || unreachable > MOST_UNREACHABLE) throw error;
        next.push(...open.slice(i));
        break;
      }
    }
    open = next;
  }
  if (failures.length > 0)
    throw new Error(
      `submit ray: expected every shard to be finished, got ${failures.length} that failed. Correct what follows and submit again: what is finished is not asked again.\n${failures.join("\n")}`,
    );
}

/** @returns the job as it is now; null once it has succeeded; a text why it is given up */
async function step(
  jobs: RayJobs,
  job: Followed,
  { retries, tell }: FollowOptions,
): Promise<Followed | string | null> {
  const { shard, request, tries, status } = job;
  const state = await jobs.state(request.submissionId);
  const now = state?.status ?? "LOST";
  if (now !== status) tell(`shard ${shard}: ${now} (${request.submissionId})`);
  if (now === "SUCCEEDED") return null;
  if (now === "PENDING" || now === "RUNNING") return { ...job, status: now };
  const isOver = now === "STOPPED" || HOPELESS.includes(state?.exitCode ?? 0) || tries > retries;
  if (isOver) return `shard ${shard} ${now}: ${await reason(jobs, request, state)}`;
  const again = {
    ...request,
    submissionId: `${request.submissionId.replace(/-try\d+$/, "")}-try${tries + 1}`,
  };
  await jobs.submit(again);
  tell(`shard ${shard}: submitted again (${again.submissionId})`);
  return { shard, request: again, tries: tries + 1, status: "PENDING" };
}

async function reason(
  jobs: RayJobs,
  { submissionId }: RayJobRequest,
  state: RayJobState | null,
): Promise<string> {
  const logs = await jobs.logs(submissionId).catch(() => "");
  const end = logs.trimEnd().split("\n").slice(-LOG_LINES).join("\n");
  return end === "" ? (state?.message ?? "Ray does not know the job any more") : end;
}
