import { FIXTURES } from "../golden/openModel.ts";
import { stepperSuite } from "./stepperSuite.ts";

stepperSuite("cpu", FIXTURES, 3);
