const compute = require("./compute.cjs");

compute(require("nodegrad"), require("nodegrad/optim"));
