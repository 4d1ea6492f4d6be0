import { availableParallelism, totalmem } from "node:os";
import { Command } from "commander";
import { openBackend } from "../../engine/backend/openBackend.node.ts";
import {
  type AdapterDescription,
  adapterName,
  describeAdapter,
} from "../../engine/backend/webgpu/adapter.ts";
import {
  COLUMN_CLASSES,
  describeForm,
} from "../../engine/backend/webgpu/products/productChoice.ts";
import { readTuning } from "../../engine/backend/webgpu/tune/tunings.node.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { describeMeasured, measuredReport, measureMachine } from "../measureMachine.ts";
import { packageVersion } from "../packageVersion.ts";
import { wholeNumber } from "../parseNumbers.ts";

interface DoctorOptions {
  readonly json?: boolean;
  readonly measure?: boolean;
  readonly rounds: number;
}

/** What WebGPU finds here, or why it finds nothing. */
async function adapterReport() {
  try {
    const { adapter, release } = await requireNodeAdapter();
    const { limits, ...description } = describeAdapter(adapter);
    release();
    const whole = { limits, ...description };
    const tuned = await tuningReport(whole);
    return { found: true as const, name: adapterName(whole), ...description, tuned };
  } catch (error) {
    return { found: false as const, reason: (error as Error).message };
  }
}

/** The forms of products that `vitrine tune` chose here, in words. */
async function tuningReport(adapter: AdapterDescription): Promise<string> {
  try {
    const products = await readTuning(adapter);
    if (products === null) return "no: vitrine tune measures what is fastest";
    return COLUMN_CLASSES.map((columns) => `${columns}: ${describeForm(products[columns])}`).join(
      ", ",
    );
  } catch (error) {
    return (error as Error).message;
  }
}

/** What `backend: "auto"` takes, found out by opening it. */
async function autoReport() {
  try {
    const { backend, reason } = await openBackend("auto");
    const { name, device, driver, arithmetic } = backend.info;
    backend.dispose();
    return { opened: true as const, name, device, driver, arithmetic, reason };
  } catch (error) {
    return { opened: false as const, reason: (error as Error).message };
  }
}

async function report() {
  const adapter = await adapterReport();
  return {
    vitrine: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    threads: availableParallelism(),
    memoryBytes: totalmem(),
    measured: await measuredReport(adapter.found ? adapter : null),
    adapter,
    auto: await autoReport(),
  };
}

type Report = Awaited<ReturnType<typeof report>>;

function lines({ adapter, auto, measured, ...machine }: Report): string {
  const rows: [string, string][] = [
    ["Vitrine", machine.vitrine],
    ["Node", `${machine.node} on ${machine.platform}`],
    ["Threads", `${machine.threads}`],
    ["Memory", `${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
  ];
  rows.push(["Measured", `cpu: ${describeMeasured(measured.cpu)}`]);
  if (adapter.found) {
    rows.push(["Adapter", `${adapter.name} (${adapter.software ? "software" : "hardware"})`]);
    rows.push(["Driver", adapter.description || "unnamed"]);
    rows.push(["Features", adapter.features.join(" ") || "none"]);
    rows.push(["Tuned", adapter.tuned]);
    rows.push(["Measured", `webgpu: ${describeMeasured(measured.webgpu)}`]);
  } else rows.push(["Adapter", `none: ${adapter.reason}`]);
  if (auto.opened) {
    rows.push(["Auto", `${auto.name} on ${auto.device} (${auto.reason})`]);
    rows.push(["Products", auto.arithmetic]);
  } else rows.push(["Auto", `cannot open a backend: ${auto.reason}`]);
  return rows.map(([name, value]) => `${name.padEnd(9)} ${value}`).join("\n");
}

/** `vitrine doctor`: what this machine can run, and what `auto` would take. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Say what this machine offers and which backend auto would take, and why.")
    .option(
      "--measure",
      "first measure how many bytes and FLOPs a second this machine does at most, and keep it",
    )
    .option(
      "--rounds <n>",
      "with --measure: measurements of each kind, of which the best counts",
      wholeNumber(1, 1000),
      15,
    )
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  vitrine doctor\n  vitrine doctor --measure\n  vitrine doctor --json",
    )
    .action(async (options: DoctorOptions) => {
      if (options.measure)
        await measureMachine({ rounds: options.rounds, signal: interruptSignal() });
      const found = await report();
      process.stdout.write(`${options.json ? JSON.stringify(found, null, 2) : lines(found)}\n`);
      if (!found.auto.opened) throw new Error("doctor: expected a backend that opens, got none.");
    });
}
