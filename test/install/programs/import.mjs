import * as nodegrad from "nodegrad";
import * as optim from "nodegrad/optim";
import compute from "./compute.cjs";

await compute(nodegrad, optim);
