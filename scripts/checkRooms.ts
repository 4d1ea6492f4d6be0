/** Refuses imports that go against the order of the rooms; part of `npm run check`. */
import { readdirSync, readFileSync } from "node:fs";
import { inRepository } from "./build/repository.ts";
import { ROOMS } from "./check/rooms.ts";
import { upwardImports } from "./check/upwardImports.ts";

const files = new Map(
  Object.keys(ROOMS).flatMap((folder) =>
    readdirSync(inRepository(folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
      .map((path): [string, string] => [path, readFileSync(inRepository(path), "utf8")]),
  ),
);
const complaints = upwardImports(files);
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
process.exitCode = complaints.length > 0 ? 1 : 0;
