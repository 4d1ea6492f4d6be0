import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Model } from "../../engine/model.ts";
import type { ProfileTrace, TraceSlice } from "../../engine/trace/schema.ts";
import { fixtureFolder, MIXED, openModel, promptOf, tinyFolder } from "./openModel.ts";

/** What Perfetto keeps of a time: whole nanoseconds. */
const nanoseconds = (microseconds: number): number => Math.trunc(microseconds * 1000);

const isSlice = (event: ProfileTrace["traceEvents"][number]): event is TraceSlice =>
  event.ph === "X";

/** Holds a trace to the format's rules, as it is read back from a file. @returns its slices */
function checked(made: ProfileTrace): TraceSlice[] {
  const trace = JSON.parse(JSON.stringify(made)) as ProfileTrace;
  assert.deepEqual(trace, made, "something in it is no JSON");
  const slices = trace.traceEvents.filter(isSlice);
  const named = trace.traceEvents.filter(({ ph }) => ph === "M");
  assert.equal(slices.length + named.length, trace.traceEvents.length);
  const threads = new Map(
    named.flatMap((event) => (event.name === "thread_name" ? [[event.tid, event.args]] : [])),
  );
  const open = new Map<number, TraceSlice[]>();
  const last = new Map<number, number>();
  for (const slice of slices) {
    const { tid, pid, name } = slice;
    assert.equal(pid, 1);
    assert.ok(threads.has(tid), `thread ${tid} has no name`);
    const [start, end] = [nanoseconds(slice.ts), endOf(slice)];
    assert.ok(start >= 0 && end >= start, `${name} from ${slice.ts} for ${slice.dur}`);
    assert.ok(start >= (last.get(tid) ?? 0), `${name} begins before the slice before it`);
    last.set(tid, start);
    const around = open.get(tid) ?? [];
    while (around.length > 0 && endOf(around.at(-1) as TraceSlice) < start) around.pop();
    for (const outer of around) {
      assert.ok(end < endOf(outer), `${name} ends after ${outer.name}, in which it begins`);
      // Other viewers add up floats.
      assert.ok(slice.ts + slice.dur < outer.ts + outer.dur, `${name} ends after ${outer.name}`);
    }
    open.set(tid, [...around, slice]);
  }
  return slices;
}

function endOf({ ts, dur }: TraceSlice): number {
  return nanoseconds(ts) + nanoseconds(dur);
}

/** The operators of a run with their times, by phase, layer and value, as `run.profile` has them. */
function sums(slices: readonly TraceSlice[], phases: readonly string[]) {
  const found = new Map<string, { calls: number; ns: number }>();
  let step = -1;
  for (const { cat, args, dur } of slices) {
    if (cat === "step") step += 1;
    if (cat !== "operator") continue;
    const key = [phases[step], args.kind, args.layer, args.writes].join();
    const { calls, ns } = found.get(key) ?? { calls: 0, ns: 0 };
    found.set(key, { calls: calls + 1, ns: ns + nanoseconds(dur) });
  }
  return found;
}

async function continued(model: Model, prompt: readonly number[], options: object = {}) {
  const all = { temperature: 0, ignoreEos: true, stop: [], maxTokens: 5, ...options };
  const generation = model.generate(prompt, { ...all, profile: true });
  for await (const { id } of generation) assert.ok(id >= 0);
  return generation.run;
}

for (const backendName of ["reference", "cpu", "webgpu"] as const)
  for (const fixture of ["qwen3_moe", MIXED])
    describe(`the trace of ${fixture} on ${backendName}`, () => {
      test("nests steps, layers and operators, whose times and counts are those of the profile", async () => {
        const { model } = await openModel(backendName, fixtureFolder(fixture));
        const run = await continued(model, promptOf(fixture));
        const slices = checked(run.profileTrace());
        const steps = slices.filter(({ cat }) => cat === "step");
        const phases = steps.map(({ args }) => String(args.phase));
        assert.deepEqual(phases, ["prefill", ...new Array(5).fill("decode")]);
        const found = sums(slices, phases);
        const rows = run.profile();
        assert.equal(found.size, rows.length);
        for (const { phase, kind, layer, name, calls, timeNs } of rows) {
          const sum = found.get([phase, kind, layer, name].join());
          assert.equal(sum?.calls, calls, name);
          assert.ok(Math.abs(sum.ns - timeNs) <= calls, `${name}: ${sum.ns} ns, not ${timeNs}`);
        }
        const layers = slices.filter(({ cat }) => cat === "layer");
        assert.ok(layers.length >= steps.length * model.spec.nLayers);
        model.dispose();
      });

      test("gives each operator the FLOPs and bytes that the run's cost adds up", async () => {
        const { model } = await openModel(backendName, fixtureFolder(fixture));
        const run = await continued(model, promptOf(fixture));
        const operators = checked(run.profileTrace()).filter(({ cat }) => cat === "operator");
        for (const { costClass, ...cost } of run.cost().classes)
          for (const quantity of ["flops", "weightBytes", "kvReadBytes", "kvWriteBytes"] as const) {
            const sum = operators
              .filter(({ args }) => args.costClass === costClass)
              .reduce((total, { args }) => total + Number(args[quantity]), 0);
            const wanted = cost[quantity];
            assert.ok(
              Math.abs(sum - wanted) <= 1e-9 * wanted,
              `${costClass} ${quantity}: ${sum}, not ${wanted}`,
            );
          }
        model.dispose();
      });
    });

test("drafts have a track of their own, and rejected tokens are in the step that computed them", async () => {
  const { model } = await openModel("cpu", tinyFolder);
  const prompt = [...model.tokenizer.encode("12 + 29 = ")];
  const run = await continued(model, prompt, { speculate: "mtp", maxTokens: 12 });
  const made = run.profileTrace();
  const slices = checked(made);
  const drafts = slices.filter(({ cat }) => cat === "draft");
  assert.ok(drafts.length > 0);
  assert.deepEqual(new Set(drafts.map(({ tid }) => tid)), new Set([2]));
  const names = made.traceEvents.flatMap((event) => (event.ph === "M" ? [event.args.name] : []));
  assert.deepEqual(names.slice(1), ["forward pass", "draft module"]);
  const steps = slices.filter(({ cat }) => cat === "step");
  const computed = steps.reduce((n, { args }) => n + Number(args.nTokens), 0);
  assert.equal(computed, run.tokens.length);
  model.dispose();
});

test("a part of the steps, what is refused, and experts whose routes nobody kept", async () => {
  const { model } = await openModel("cpu", fixtureFolder(MIXED));
  const prompt = promptOf(MIXED);
  const plain = await model.run(prompt);
  assert.throws(() => plain.profileTrace(), { code: "ERR_NOT_KEPT", message: /profile: true/ });
  const run = await model.run(prompt, { profile: true, chunkSize: 16, keep: "nothing" });
  const steps = (slices: readonly TraceSlice[]) => slices.filter(({ cat }) => cat === "step");
  assert.equal(steps(checked(run.profileTrace())).length, 3);
  const second = steps(checked(run.profileTrace({ steps: [1, 2] })));
  assert.deepEqual(
    second.map(({ ts, args }) => [ts, args.start, args.nTokens]),
    [[0, 16, 16]],
  );
  for (const wrong of [[1, 1], [0, 4], [-1, 2], [0.5, 2], [0], 2, "all"])
    assert.throws(() => run.profileTrace({ steps: wrong as never }), {
      code: "ERR_OPTION",
      message: /^profileTrace steps: expected \[start, end\) within the run's 3 steps/,
    });
  const operators = checked(run.profileTrace()).filter(({ cat }) => cat === "operator");
  for (const { args } of operators) {
    const isExperts = args.kind === "expertsUp" || args.kind === "expertsDown";
    assert.equal(args.flops === null, isExperts, String(args.kind));
  }
  model.dispose();
});
