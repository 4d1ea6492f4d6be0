import { readFileSync } from "node:fs";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import { FIXTURES } from "../golden/openModel.ts";
import { fuzz } from "./fuzz.ts";

for (const model of FIXTURES)
  fuzz(`damaged config.json files of ${model} make a plan or are refused`, 1500, () => {
    const path = new URL(`../fixtures/hf-random/${model}/config.json`, import.meta.url);
    const config: unknown = JSON.parse(readFileSync(path, "utf8"));
    return (mutator) => compilePlan(normalizeConfig(mutator.json(config)));
  });
