import { Command } from "commander";
import { adapterName, describeAdapter } from "../../engine/backend/webgpu/adapter.ts";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import {
  COLUMN_CLASSES,
  describeForm,
  type ProductChoice,
  sameForm,
} from "../../engine/backend/webgpu/products/productChoice.ts";
import { canExchange, subgroupsOf } from "../../engine/backend/webgpu/products/subgroups.ts";
import { type MeasuredForm, tuneProducts } from "../../engine/backend/webgpu/tune/tuneProducts.ts";
import { tuningsFile, writeTuning } from "../../engine/backend/webgpu/tune/tunings.node.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { wholeNumber } from "../parseNumbers.ts";
import { progressBar } from "../progressBar.ts";

interface TuneOptions {
  readonly size?: number;
  readonly rounds: number;
  readonly json?: boolean;
}

/** Rows and columns of the weights that are tried. */
const SIZES = { hardware: 4096, software: 512 };

/** `vitrine tune`: measures how matrix products are shared out best on this adapter, and keeps it. */
export function tuneCommand(): Command {
  return new Command("tune")
    .description(
      "Measure how matrix products are shared out best on this machine's WebGPU adapter, and use it from then on. No number changes.",
    )
    .option(
      "--size <n>",
      `rows and columns of the weights that are tried, in units of 64 (default: ${SIZES.hardware / 64}, in software ${SIZES.software / 64})`,
      wholeNumber(1, 256),
    )
    .option("--rounds <n>", "measurements of each form", wholeNumber(1, 1000), 7)
    .option("--json", "print one JSON object")
    .addHelpText("after", "\nExamples:\n  vitrine tune\n  vitrine tune --rounds 21 --json")
    .action(tune);
}

async function tune({ size, rounds, json }: TuneOptions): Promise<void> {
  const { adapter, release } = await requireNodeAdapter();
  const description = describeAdapter(adapter);
  const subgroups = canExchange(subgroupsOf(adapter));
  const untuned = await createWebGpuBackend({ adapter, release });
  const { products: before } = untuned;
  untuned.dispose();
  const bar = progressBar();
  const open = async (products: ProductChoice) =>
    createWebGpuBackend({ ...(await requireNodeAdapter()), products });
  const { products, measured } = await tuneProducts({
    open,
    untuned: before,
    subgroups,
    size: size === undefined ? SIZES[description.software ? "software" : "hardware"] : 64 * size,
    rounds,
    onProgress: bar.update,
  }).finally(bar.clear);
  await writeTuning(description, products);
  const found = { adapter: adapterName(description), file: tuningsFile(), products, measured };
  const text = json ? JSON.stringify(found, null, 2) : lines(found);
  process.stdout.write(`${text}\n`);
}

interface Found {
  readonly adapter: string;
  readonly file: string;
  readonly products: ProductChoice;
  readonly measured: readonly MeasuredForm[];
}

function lines({ adapter, file, products, measured }: Found): string {
  const rows = COLUMN_CLASSES.flatMap((columns) =>
    measured
      .filter((form) => form.columns === columns)
      .map(({ choice, timeNs }) => {
        const mark = sameForm(choice, products[columns]) ? "*" : " ";
        const us = (timeNs / 1000).toFixed(1).padStart(10);
        return `${mark} ${columns.padEnd(4)} ${us} us  ${describeForm(choice)}`;
      }),
  );
  return [adapter, ...rows, `* is used from now on: ${file}`].join("\n");
}
