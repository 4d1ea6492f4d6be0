import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, it } from "node:test";
import { followRay } from "../../cli/submit/followRay.ts";
import { type RayJobRequest, RayJobs } from "../../cli/submit/rayJobs.ts";
import { inRepository } from "../../scripts/build/repository.ts";

type State = "PENDING" | "RUNNING" | "SUCCEEDED" | "FAILED";

/** What Ray 2.58.0 answered, word for word. */
const ANSWERS: Readonly<Record<State | "submitted" | "logs", object>> & {
  readonly unknown: string;
} = JSON.parse(readFileSync(inRepository("test/fixtures/submit/rayAnswers.json"), "utf8"));

interface Asked {
  readonly line: string;
  readonly body: Record<string, unknown>;
  readonly token: string | undefined;
  /** Whether it looks like a browser, whose requests Ray refuses. */
  readonly isBrowser: boolean;
}

/** Whether to answer at all, with which status and what. */
type Answer = readonly [status: number, body: unknown] | null;

let address = "";
let asked: Asked[] = [];
let answer: (line: string, count: number) => Answer;
const server = createServer((request, response) => void answered(request, response));

async function answered(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = "";
  for await (const piece of request) text += piece;
  const line = `${request.method} ${request.url}`;
  asked.push({
    line,
    body: text === "" ? {} : JSON.parse(text),
    token: request.headers.authorization,
    isBrowser: Object.keys(request.headers).some((name) => name.startsWith("sec-")),
  });
  const given = answer(line, asked.filter((one) => one.line === line).length);
  if (given === null) {
    response.destroy();
    return;
  }
  response.writeHead(given[0], { "content-type": "application/json" });
  response.end(typeof given[1] === "string" ? given[1] : JSON.stringify(given[1]));
}

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
});

const request = (submissionId: string): RayJobRequest => ({
  ...{ submissionId, entrypoint: "exec true", cpus: 1, gpus: 0, metadata: { shard: "1/1" } },
});
const jobs = (token?: string) => new RayJobs(address, token, new AbortController().signal);

/** Follows one job, whose states are answered one after another. */
async function follow(states: readonly Answer[], retries = 2): Promise<string[]> {
  let next = 0;
  const lines: string[] = [];
  answer = (line) => {
    if (line.startsWith("POST")) return [200, ANSWERS.submitted];
    if (line.endsWith("/logs")) return [200, ANSWERS.logs];
    const state = states[next++];
    assert.ok(state !== undefined, `${line} was asked too often`);
    return state;
  };
  const signal = new AbortController().signal;
  const tell = (line: string) => void lines.push(line);
  await followRay(jobs(), [request("a-1")], { retries, pollMs: 1, tell, signal });
  assert.equal(next, states.length);
  return lines;
}

const [pending, running, succeeded, failed] = (
  ["PENDING", "RUNNING", "SUCCEEDED", "FAILED"] as const
).map((name): Answer => [200, ANSWERS[name]]) as [Answer, Answer, Answer, Answer];
const lost: Answer = [404, ANSWERS.unknown];

describe("jobs of Ray", () => {
  it("are submitted as its interface has it", async () => {
    answer = () => [200, ANSWERS.submitted];
    await jobs("secret").submit(request("a-1"));
    assert.deepEqual(asked, [
      {
        line: "POST /api/jobs/",
        token: "Bearer secret",
        isBrowser: false,
        body: {
          ...{ submission_id: "a-1", entrypoint: "exec true", metadata: { shard: "1/1" } },
          ...{ entrypoint_num_cpus: 1, entrypoint_num_gpus: 0 },
        },
      },
    ]);
  });

  it("are submitted once Ray is ready", async () => {
    const later = "No available agent to submit job, please try again later.";
    answer = (_, count) => (count === 1 ? [500, later] : [200, ANSWERS.submitted]);
    await jobs().submit(request("a-1"));
    assert.equal(asked.length, 2);
  });

  it("are submitted once where the answer was lost", async () => {
    const known = "Job with submission_id a already exists. Please use a different submission_id.";
    answer = () => [400, known];
    await jobs().submit(request("a-1"));
    answer = () => [400, "ValueError: no such resource"];
    await assert.rejects(jobs().submit(request("a-1")), /got 400: ValueError: no such resource/);
  });

  it("are followed to their end", async () => {
    assert.deepEqual(await follow([pending, pending, running, running, succeeded]), [
      "shard 1: RUNNING (a-1)",
      "shard 1: SUCCEEDED (a-1)",
    ]);
  });

  it("are submitted again where they failed, and where a new head does not know them", async () => {
    assert.deepEqual(await follow([running, failed, running, lost, succeeded]), [
      "shard 1: RUNNING (a-1)",
      "shard 1: FAILED (a-1)",
      "shard 1: submitted again (a-1-try2)",
      "shard 1: RUNNING (a-1-try2)",
      "shard 1: LOST (a-1-try2)",
      "shard 1: submitted again (a-1-try3)",
      "shard 1: SUCCEEDED (a-1-try3)",
    ]);
    assert.equal(asked.filter(({ line }) => line.startsWith("POST")).length, 2);
  });

  it("are given up with the end of their log: after the last try, stopped by somebody, or told something wrong", async () => {
    const gaveUp =
      /expected every shard to be finished, got 1 that failed\..*\nshard 1 \w+: .*Runtime env is setting up\.\nRunning entrypoint for job b-2: .*\$\$$/s;
    await assert.rejects(follow([failed, failed], 1), gaveUp);
    await assert.rejects(follow([[200, { ...ANSWERS.FAILED, status: "STOPPED" }]]), gaveUp);
    for (const driver_exit_code of [2, 127])
      await assert.rejects(follow([[200, { ...ANSWERS.FAILED, driver_exit_code }]]), gaveUp);
  });

  it("are waited for while the head is away", async () => {
    assert.deepEqual(await follow([running, null, null, succeeded]), [
      "shard 1: RUNNING (a-1)",
      "shard 1: SUCCEEDED (a-1)",
    ]);
  });

  it("are waited for while the head is away, however many they are", async () => {
    answer = (_, count) => (count === 1 ? null : succeeded);
    const many = Array.from({ length: 40 }, (_, i) => request(`a-${i + 1}`));
    const signal = new AbortController().signal;
    const lines: string[] = [];
    const tell = (line: string) => void lines.push(line);
    await followRay(jobs(), many, { retries: 0, pollMs: 1, tell, signal });
    assert.equal(lines.length, 40);
  });

  it("are refused by name: a wrong token, a wrong address, another server", async () => {
    const state = (given: Answer) => {
      answer = () => given;
      return jobs().state("a-1");
    };
    await assert.rejects(
      state([401, "Unauthorized"]),
      /expected Ray to accept the token in RAY_AUTH_TOKEN, got 401/,
    );
    await assert.rejects(state([500, "no such module"]), /got 500: no such module\./);
    await assert.rejects(state([200, "<html>"]), /expected an answer of Ray's Jobs API/);
    await assert.rejects(state([200, { status: "DONE" }]), /expected an answer of Ray's Jobs API/);
    await assert.rejects(state(null), /expected Ray's dashboard at http:.*, got no answer/);
  });
});
