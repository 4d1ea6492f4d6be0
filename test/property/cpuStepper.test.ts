import { FIXTURES, MIXED } from "../golden/openModel.ts";
import { stepperSuite } from "./stepperSuite.ts";

stepperSuite("cpu", [...FIXTURES, MIXED], 2);
