#!/usr/bin/env node
import { existsSync } from "node:fs";

const entry = new URL("../dist/cli.js", import.meta.url);
if (existsSync(entry)) {
  await import(entry.href);
} else {
  process.stderr.write("vitrine: expected dist/cli.js, got no such file. Run: npm run build\n");
  process.exitCode = 1;
}
