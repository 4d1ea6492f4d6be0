import { FIXTURES, MIXED } from "../golden/openModel.ts";
import { editsSuite } from "./editsSuite.ts";

editsSuite("cpu", [...FIXTURES, MIXED], 4);
