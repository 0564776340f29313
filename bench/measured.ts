/**
 * Writes the tables of docs/measured.md anew, from the runs kept in bench/history.jsonl: the newest figures of each case.
 * The text between the tables stays. In a checkout:
 *
 *     npm run bench -- --threads 1,2 --keep
 *     npm run measured
 */

import { readFileSync, writeFileSync } from "node:fs";
import { groups } from "./cases/index.js";
import { HISTORY } from "./harness/options.js";
import { newestRows, readRuns } from "./report/history.js";
import { formatTables, replaceTables } from "./report/markdown.js";

const PAGE = "docs/measured.md";

writeFileSync(PAGE, replaceTables(readFileSync(PAGE, "utf8"), formatTables(newestRows(readRuns(HISTORY), groups))));
