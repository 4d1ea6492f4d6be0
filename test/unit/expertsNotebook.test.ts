import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";

interface BalanceRecord {
  readonly step: number;
  readonly loss: number;
  /** By layer; the last is that of multi-token prediction. */
  readonly violation: readonly number[];
  /** (layers, experts) */
  readonly bias: readonly (readonly number[])[];
}

interface BalanceRuns {
  readonly layers: readonly (number | "mtp")[];
  readonly runs: Readonly<Record<"bias" | "loss" | "none", readonly BalanceRecord[]>>;
}

/** What a cell of notebooks/08-experts.ipynb has of these runs. */
interface Twins {
  readonly steps: readonly number[];
  readonly violation: Readonly<Record<"bias" | "loss" | "none", readonly number[]>>;
  readonly loss: Readonly<Record<"bias" | "loss" | "none", readonly number[]>>;
  /** (steps, experts), of the last layer. */
  readonly bias: readonly (readonly number[])[];
}

const NAME = "08-experts.ipynb";

test("the curves of the notebook of experts are those of models/balance", () => {
  const { cells } = JSON.parse(readFileSync(inRepository("notebooks", NAME), "utf8")) as {
    cells: { source: string[] }[];
  };
  const code = cells.map(({ source }) => source.join("")).join("\n");
  const twins = JSON.parse(/const twins = (\{[\s\S]*?\n\});/.exec(code)?.[1] ?? "") as Twins;
  const file = inRepository("models/balance/runs.json");
  const { layers, runs } = JSON.parse(readFileSync(file, "utf8")) as BalanceRuns;
  const rounded = (x: number) => Number(x.toFixed(2)) + 0; // no -0, which JSON has not
  for (const kind of ["bias", "loss", "none"] as const) {
    const records = runs[kind];
    assert.deepEqual(
      records.map(({ step }) => step),
      twins.steps,
    );
    assert.deepEqual(
      records.map(({ loss }) => rounded(loss)),
      twins.loss[kind],
    );
    const ofLayers = records.map(({ violation }) => violation.slice(0, layers.indexOf("mtp")));
    assert.deepEqual(
      ofLayers.map((of) => rounded(of.reduce((sum, x) => sum + x, 0) / of.length)),
      twins.violation[kind],
    );
  }
  const last = layers.indexOf("mtp") - 1;
  assert.deepEqual(
    runs.bias.map(({ bias }) => bias[last]?.map(rounded)),
    twins.bias,
  );
});
