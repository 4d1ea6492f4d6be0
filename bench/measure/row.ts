import { execFileSync } from "node:child_process";
import os from "node:os";
import { repositoryRoot } from "../../scripts/build/repository.ts";
import type { Contender } from "../contenders/contender.ts";
import type { Round } from "../contenders/protocol.ts";
import { median, type Spread, spread } from "./statistics.ts";

/** One contender in one run of the bench; rows of one `at` were measured in turn. */
export interface Row {
  readonly at: string;
  readonly commit: string;
  readonly machine: string;
  /** A name out of cases.ts. */
  readonly model: string;
  readonly backend: string;
  readonly contender: string;
  readonly program: string;
  readonly device: string;
  readonly threads: number;
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly rounds: number;
  /** Rounds not counted, since others took more of the machine than they may. */
  readonly discarded: number;
  /** Cores that others kept busy in the counted rounds, at most. */
  readonly otherCores: number | null;
  readonly loadSeconds: number;
  /** From the start of the process to the first token. */
  readonly coldSeconds: number;
  /** Tokens a second. */
  readonly prefill: Spread;
  readonly decode: Spread;
  /** From the last token to all that is done after it. */
  readonly finishSeconds: number;
  readonly peakBytes: number | null;
}

export function machine(): { readonly commit: string; readonly words: string } {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: repositoryRoot, encoding: "utf8" }).trim();
  const cpu = os.cpus()[0]?.model.trim() ?? "unknown";
  const gigabytes = (os.totalmem() / 1e9).toFixed(0);
  return {
    commit: git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") ? "+" : ""),
    words: `${cpu}, ${os.availableParallelism()} cores, ${gigabytes} GB, ${os.platform()}, Node ${process.versions.node}`,
  };
}

export function rowOf(given: {
  readonly at: string;
  readonly model: string;
  readonly backend: string;
  readonly threads: number;
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly contender: Contender;
  readonly rounds: readonly Round[];
  readonly discarded: number;
  readonly otherCores: number | null;
  readonly peakBytes: number | null;
}): Row {
  const { contender, rounds, promptTokens, newTokens } = given;
  const { commit, words } = machine();
  return {
    ...{ at: given.at, commit, machine: words, model: given.model, backend: given.backend },
    ...{ contender: contender.name, program: contender.loaded.program },
    ...{ device: contender.loaded.device, threads: given.threads, promptTokens, newTokens },
    ...{ rounds: rounds.length, discarded: given.discarded, otherCores: given.otherCores },
    ...{ loadSeconds: contender.loaded.seconds, coldSeconds: contender.coldSeconds },
    prefill: spread(rounds.map(({ prefillSeconds }) => promptTokens / prefillSeconds)),
    decode: spread(rounds.map(({ decodeSeconds }) => newTokens / decodeSeconds)),
    finishSeconds: median(rounds.map(({ finishSeconds }) => finishSeconds)),
    peakBytes: given.peakBytes,
  };
}
