/**
 * Writes docs/api.md: what `vitrine` and `vitrine/widgets` export.
 *   npx tsx scripts/apiPage.ts
 */
import { writeFileSync } from "node:fs";
import { apiPage } from "./api/apiPage.ts";
import { inRepository } from "./build/repository.ts";

writeFileSync(inRepository("docs/api.md"), apiPage());
