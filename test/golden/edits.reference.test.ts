import { editsSuite } from "./editsSuite.ts";

editsSuite("reference", 5);
