import { FIXTURES } from "../golden/openModel.ts";
import { editsSuite } from "./editsSuite.ts";

editsSuite("cpu", FIXTURES, 4);
