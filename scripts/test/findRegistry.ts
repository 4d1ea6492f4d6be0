import { repositoryRoot } from "../build/repository.ts";
import { runNpm } from "./runNpm.ts";

/** Whether the registry of npm packages answers; it is asked three times within a few seconds. */
export function findRegistry(): boolean {
  const patience = ["--fetch-retries=2", "--fetch-retry-mintimeout=1000"];
  return runNpm(["ping", ...patience], repositoryRoot).status === 0;
}
