import { runTestFile } from "./runTestFile.ts";

const CONCURRENCY = 2;

export interface TestCount {
  passed: number;
  failed: number;
}

/** Runs test files, two processes at a time, and prints every file and every failure. */
export async function runTestFiles(
  files: readonly string[],
  print: (line: string) => void,
): Promise<TestCount> {
  const total: TestCount = { passed: 0, failed: 0 };
  const queue = [...files];
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const startMs = Date.now();
      const { passed, failed, lines } = await runTestFile(file);
      total.passed += passed;
      total.failed += failed;
      for (const line of lines) print(line);
      const seconds = ((Date.now() - startMs) / 1000).toFixed(1).padStart(6);
      const mark = failed > 0 ? "FAIL" : "ok  ";
      print(
        `${mark} ${seconds} s  ${file}  ${passed} passed${failed > 0 ? `, ${failed} failed` : ""}`,
      );
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return total;
}
