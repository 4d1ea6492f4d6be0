/**
 * Writes the sections of docs/accuracy.md on the arithmetic of whole numbers: how far it is from float32, in one product and in models.
 *   tsx scripts/arithmeticTable.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { ARITHMETIC_HEADING, arithmeticSection } from "./accuracy/arithmeticSection.ts";
import { formatAccuracyPage } from "./accuracy/formatAccuracyPage.ts";
import { inRepository } from "./build/repository.ts";

const PAGE = inRepository("docs/accuracy.md");

const [before] = readFileSync(PAGE, "utf8").split(ARITHMETIC_HEADING);
writeFileSync(PAGE, `${before?.trimEnd()}\n\n${await arithmeticSection()}`);
formatAccuracyPage(PAGE);
