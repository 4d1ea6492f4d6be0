/**
 * Trains a sparse autoencoder of the default model in SAELens's layout, measures it, and writes its card.
 *   tsx scripts/trainDictionary.ts [FOLDER]
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Pcg32 } from "../engine/generate/pcg32.ts";
import { loadDictionary, loadModel } from "../engine/index.node.ts";
import { inRepository } from "./build/repository.ts";
import { dictionaryCard } from "./dictionary/dictionaryCard.ts";
import { measureDictionary } from "./dictionary/measureDictionary.ts";
import { saveTopK } from "./dictionary/saveTopK.ts";
import { siteRows } from "./dictionary/siteRows.ts";
import { TopKTrainer } from "./dictionary/topKTrainer.ts";
import { trainingTexts } from "./dictionary/trainingTexts.ts";

const SITE = "blocks.3.hook_resid_post";
const [N_FEATURES, K, BATCH, STEPS, RATE] = [256, 10, 256, 2000, 2e-3];
const folder = process.argv[2] ?? inRepository("models/tiny-dictionary");

const model = await loadModel("tiny", { backend: "cpu" });
const texts = await trainingTexts(model, { samples: 240, sums: 400, seed: 1 });
const rows = await siteRows(model, texts, SITE);
const width = model.spec.dModel;
const nRows = rows.length / width;

let lengths = 0;
for (let row = 0; row < nRows; row++)
  lengths += Math.hypot(...rows.subarray(row * width, (row + 1) * width));
const scale = Math.sqrt(width) / (lengths / nRows);
const mean = new Float64Array(width);
for (let i = 0; i < rows.length; i++) {
  rows[i] = (rows[i] as number) * scale;
  mean[i % width] = (mean[i % width] as number) + (rows[i] as number) / nRows;
}

const trainer = new TopKTrainer({
  width,
  nFeatures: N_FEATURES,
  k: K,
  seed: 1,
  mean,
  deadAfter: 20_000,
});
const random = new Pcg32(2);
const batch = new Float32Array(BATCH * width);
const startedAt = process.cpuUsage();
for (let step = 0; step < STEPS; step++) {
  for (let n = 0; n < BATCH; n++) {
    const row = Math.floor(random.nextFloat() * nRows);
    batch.set(rows.subarray(row * width, (row + 1) * width), n * width);
  }
  const rate = RATE * Math.min(1, (step + 1) / 100, (STEPS - step) / (STEPS / 5));
  const loss = trainer.step(batch, rate);
  if (step % 500 === 0)
    process.stdout.write(`step ${step}: ${(loss / width).toFixed(4)} a number\n`);
}
const seconds = process.cpuUsage(startedAt).user / 1e6;

await saveTopK(trainer, { folder, site: SITE, modelName: "tiny", k: K, scale });
const fresh = await trainingTexts(model, { samples: 24, sums: 24, seed: 1_000_000 });
const measures = await measureDictionary(model, await loadDictionary(folder), fresh);
const command = "npx tsx scripts/trainDictionary.ts";
const summary = {
  site: SITE,
  nFeatures: N_FEATURES,
  k: K,
  nRows,
  steps: STEPS,
  batch: BATCH,
  seconds,
  command,
};
writeFileSync(join(folder, "README.md"), dictionaryCard(summary, measures));
process.stdout.write(`${JSON.stringify(measures, null, 2)}\n`);
model.dispose();
