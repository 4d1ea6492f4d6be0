const QUICK_SUITES = ["unit", "property", "contract", "differential"];

/**
 * Need nothing, but take long: TypeScript's own compiler, which reads its libraries for a second, over cells and over all that is
 * exported; many processes; files of a size that loading them takes time; operators of many sizes and in a second arithmetic; forward
 * passes, edits, steppers, sweeps, batches, threads and memories of every architecture; many thoughts; whole pages and all pictures.
 */
const SLOW_FILES = [
  ...["cellTypes", "cellSyntax", "cellImports", "cellNames", "kernelExecutor"].map(
    (name) => `test/unit/${name}.test.ts`,
  ),
  ...["completionWork", "foreignSyntax", "topLevelAwait", "apiPage", "jsonProcess"].map(
    (name) => `test/unit/${name}.test.ts`,
  ),
  ...["loadChunks", "loadMemory", "heldOverFile", "resolveModel"].map(
    (name) => `test/unit/${name}.test.ts`,
  ),
  ...[
    "Edits",
    "SparseEdits",
    "Stepper",
    "Sweep",
    "Batch",
    "BatchEdits",
    "OpenBatch",
    "Prefix",
    "PrefixCache",
  ].flatMap((name) =>
    ["cpu", "reference"].map((backend) => `test/property/${backend}${name}.test.ts`),
  ),
  ...["forward", "cpuOperators", "thinking"].map((name) => `test/property/${name}.test.ts`),
  ...["property", "differential"].map((suite) => `test/${suite}/cpuThreads.test.ts`),
  ...["property", "differential"].map((suite) => `test/${suite}/cpuMemories.test.ts`),
  "test/differential/cpuIntegers.test.ts",
  ...["attentionLength", "exportNotebook", "pictures", "testRunner", "whatIf"].map(
    (name) => `test/unit/${name}.test.ts`,
  ),
  ...["anatomyData", "modelAnatomy", "recordPictures", "replaceFiles", "staticPictures"].map(
    (name) => `test/unit/${name}.test.ts`,
  ),
  ...["evaluateServer", "gradientOperators", "loadModel", "records", "remoteModel"].map(
    (name) => `test/unit/${name}.test.ts`,
  ),
  "test/property/sampler.test.ts",
  "test/property/whatIf.test.ts",
];

/**
 * Whether `npm run test:quick` runs a file: it needs no browser, no Python and no graphics driver (whose tests have webgpu in
 * their file's name), and all of them take less than a minute on two cores.
 */
export const isQuick = (path: string): boolean =>
  QUICK_SUITES.includes(path.split("/")[1] ?? "") &&
  !/webgpu/i.test(path) &&
  !SLOW_FILES.includes(path);

/**
 * Variables under which no graphics driver is found: a quick test that needs one fails on every machine, with or without
 * a graphics card.
 */
export const WITHOUT_DRIVER: Readonly<Record<string, string>> = {
  VK_DRIVER_FILES: "none",
  VK_ICD_FILENAMES: "none",
};
