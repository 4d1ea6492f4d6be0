import { Command } from "commander";
import { packageVersion } from "../packageVersion.ts";

interface DoctorOptions {
  readonly json?: boolean;
}

async function report() {
  const { availableParallelism, totalmem } = await import("node:os");
  const { probeBackends } = await import("../../engine/index.node.ts");
  const { adapter, auto } = await probeBackends();
  return {
    vitrine: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    threads: availableParallelism(),
    memoryBytes: totalmem(),
    adapter,
    auto,
  };
}

type Report = Awaited<ReturnType<typeof report>>;

function lines({ adapter, auto, ...machine }: Report): string {
  const rows: [string, string][] = [
    ["Vitrine", machine.vitrine],
    ["Node", `${machine.node} on ${machine.platform}`],
    ["Threads", `${machine.threads}`],
    ["Memory", `${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
  ];
  if (adapter === null) rows.push(["Adapter", "none"]);
  else {
    rows.push(["Adapter", `${adapter.device}${adapter.hardware ? "" : " (software)"}`]);
    rows.push(["Driver", adapter.driver]);
    rows.push(["Features", adapter.features.join(" ")]);
  }
  rows.push(["auto", `${auto.name}: ${auto.reason}`]);
  return rows.map(([name, value]) => `${name.padEnd(9)} ${value}`).join("\n");
}

/** `vitrine doctor`: what this machine can run, and what `auto` would take. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Say what this machine offers and which backend auto would take, and why.")
    .option("--json", "print one JSON object")
    .addHelpText("after", "\nExamples:\n  vitrine doctor\n  vitrine doctor --json")
    .action(async (options: DoctorOptions) => {
      const found = await report();
      process.stdout.write(`${options.json ? JSON.stringify(found, null, 2) : lines(found)}\n`);
    });
}
