import type { BundledTests } from "./bundleTests.ts";
import { type FileResult, runTestFile } from "./runTestFile.ts";

/** One more than the cores the suite is made for: tests of browsers and servers wait a good part of their time. */
const CONCURRENCY = 3;

/** A failing file with everything it has to say. */
export function tellFailures({ failures, output }: FileResult): string[] {
  if (failures.length === 0) return [];
  const told = failures.map(
    ({ name, reason }) => `FAIL   ${name}\n${reason.replace(/^/gm, "         ")}`,
  );
  return output.trim() === "" ? told : [...told, output.trimEnd()];
}

/**
 * Runs a file, and once more if it hangs: Node's threads can wait for each other where a process ends or its event loop runs empty
 * (nodejs/node#54918), once in some thousands of files. What it did then is printed; a file that hangs twice fails.
 */
export async function runOrRepeat(
  run: () => Promise<FileResult>,
  print: (line: string) => void,
): Promise<FileResult> {
  const result = await run();
  if (result.hung.length === 0) return result;
  print(`hung   ${result.path}, and runs again`);
  for (const line of result.hung) print(`         ${line}`);
  return run();
}

/** Runs test files in their order, three processes at a time, and prints every file, failures at once. */
export async function runTestFiles(
  files: readonly string[],
  bundled: BundledTests,
  print: (line: string) => void,
): Promise<FileResult[]> {
  const results: FileResult[] = [];
  const queue = [...files];
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const result = await runOrRepeat(() => runTestFile(file, bundled), print);
      const { passed, failures, notRun, notes, seconds } = result;
      results.push(result);
      for (const line of tellFailures(result)) print(line);
      const counts = [
        `${passed} passed`,
        ...(failures.length > 0 ? [`${failures.length} failed`] : []),
        ...(notRun.length > 0 ? [`${notRun.length} not run`] : []),
      ];
      const mark = failures.length > 0 ? "FAIL" : "ok  ";
      const done = `${results.length}`.padStart(`${files.length}`.length);
      print(
        `${mark} ${done}/${files.length} ${seconds.toFixed(1).padStart(6)} s  ${file}  ${counts.join(", ")}`,
      );
      for (const note of notes) print(`         ${note}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return results;
}
