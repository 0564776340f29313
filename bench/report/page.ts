/** A run as one HTML page that needs nothing else: no script, no font, no picture from elsewhere. */

import { readFileSync } from "node:fs";
import { formatMachine, type Machine } from "../harness/machine.js";
import { SOURCES } from "../harness/places.js";
import type { Result } from "../harness/result.js";
import { drawBars } from "./bars.js";
import { formatFigure, formatRate, formatRatio, formatTarget, formatThreads, percent, verdict } from "./format.js";
import { drawRoofline } from "./roofline.js";
import { SUMMARY_HEADER, summaryRows } from "./summary.js";
import { element, escapeText } from "./svg.js";
import { formatAbsent } from "./table.js";

/** What the page shows. */
export interface Run {
  /** When it ended, as `Date.toISOString` writes it. */
  readonly date: string;
  readonly machine: Machine;
  readonly quick: boolean;
  readonly results: readonly Result[];
}

const STYLE = new URL("report/style.css", SOURCES);

const TITLES: Readonly<Record<Result["level"], string>> = {
  limits: "Limits of the machine",
  overhead: "Overhead",
  kernels: "Kernels",
  blocks: "Blocks",
  training: "Training steps",
  models: "Models",
};

/** The page. */
export function formatPage({ date, machine, quick, results }: Run): string {
  const levels = [...new Set(results.map(({ level }) => level))];
  const body = [
    element("h1", {}, "nodegrad benchmarks"),
    paragraph(`${date.slice(0, 16).replace("T", " ")} UTC. ${formatMachine(machine)}.${quick ? " A quick run." : ""}`),
    paragraph(HOW_TO_READ),
    formatSummary(results),
    formatRoofline(results),
    ...levels.map((level) =>
      formatLevel(
        level,
        results.filter((result) => result.level === level),
      ),
    ),
    formatMissing(results),
  ];
  return `<!DOCTYPE html>\n${element(
    "html",
    { lang: "en" },
    element(
      "head",
      {},
      '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
      '<meta name="color-scheme" content="light dark">',
      element("title", {}, "nodegrad benchmarks"),
      element("style", {}, readFileSync(STYLE, "utf8")),
    ),
    element("body", {}, element("main", {}, ...body)),
  )}\n`;
}

const HOW_TO_READ =
  "Every contestant of a case runs in a process of its own, all by turns; figures are medians over the rounds. " +
  "A limit is what a program of nothing but multiply-adds, or a sweep over as many bytes of memory, reached in the " +
  "same rounds. Algorithms that need less arithmetic than the direct one can pass it.";

function paragraph(text: string): string {
  return element("p", {}, escapeText(text));
}

/** A chart for each number of threads, side by side where there is room. */
function forThreads(results: readonly Result[], draw: (title: string, results: readonly Result[]) => string): string {
  const charts = [...new Set(results.map(({ threads }) => threads))].map((threads) => {
    const drawn = draw(
      formatThreads(threads),
      results.filter((result) => result.threads === threads),
    );
    return drawn === "" ? "" : element("figure", {}, element("figcaption", {}, formatThreads(threads)), drawn);
  });
  return charts.every((chart) => chart === "") ? "" : element("div", { class: "charts" }, ...charts);
}

function formatSummary(results: readonly Result[]): string {
  const rows = summaryRows(results);
  if (rows.length === 0) return "";
  return element(
    "section",
    {},
    element("h2", {}, "Summary"),
    paragraph(SUMMARY),
    drawTable("summary", SUMMARY_HEADER, rows),
  );
}

const SUMMARY =
  "Geometric means over the cases of a group: the share of the limit, and nodegrad's time over the best peer's, which " +
  "is below 1 where nodegrad is faster.";

function formatRoofline(results: readonly Result[]): string {
  const charts = forThreads(results, (threads, some) => drawRoofline(`Roofline of the kernels, ${threads}`, some));
  return charts === "" ? "" : element("section", {}, element("h2", {}, "Roofline"), paragraph(ROOFLINE), charts);
}

const ROOFLINE =
  "What nodegrad's kernels reach under the machine's roofs. Pointing at a mark shows its case. Points above a slope of " +
  "memory work in a faster cache than that slope's.";

function formatLevel(level: Result["level"], results: readonly Result[]): string {
  const groups = [...new Set(results.map(({ group }) => group))];
  const sections = groups.map((group) => {
    const rows = results.filter((result) => result.group === group);
    return [
      group === level ? "" : element("h3", {}, escapeText(group)),
      forThreads(rows, (threads, some) => drawBars(`${group}, ${threads}`, some)),
      element("details", {}, element("summary", {}, "All figures"), formatFigures(rows)),
    ].join("");
  });
  return element("section", {}, element("h2", {}, TITLES[level]), ...sections);
}

/** A row for each contestant of each case. */
function formatFigures(results: readonly Result[]): string {
  const head = [
    "case",
    "threads",
    "contestant",
    "version",
    "median",
    "from",
    "to",
    "rate",
    "of limit",
    "ratio",
    "target",
    "",
  ];
  const rows = results.flatMap((result) => {
    const { nodegrad, peers, ratio } = result;
    const contestants = [["nodegrad", nodegrad] as const, ...Object.entries(peers)];
    return contestants.map(([name, time]) => {
      const own = name === "nodegrad";
      const cells = [result.case, String(result.threads), name];
      if (time === undefined) return [...cells, "", "failed"];
      const { version, median, min, max, share } = time;
      return [
        ...cells,
        version,
        ...[median, min, max].map((value) => formatFigure(result, value)),
        formatRate(result, median),
        share === undefined ? "" : percent(share.median),
        own && ratio ? formatRatio(ratio.median) : "",
        own ? formatTarget(result) : "",
        own ? verdict(result) : "",
      ];
    });
  });
  return drawTable("figures", head, rows);
}

/** A table of text, which scrolls by itself where it is wider than the page. */
function drawTable(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], cell: string) => {
    return element("tr", {}, ...cells.map((text) => element(cell, {}, escapeText(text))));
  };
  const table = element(
    "table",
    {},
    element("thead", {}, row(head, "th")),
    element("tbody", {}, ...rows.map((cells) => row(cells, "td"))),
  );
  return element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": title }, table);
}

function formatMissing(results: readonly Result[]): string {
  const absent = formatAbsent(results);
  if (absent.length === 0) return "";
  const items = absent.map((text) => element("li", {}, escapeText(text.replace(/^absent: /, ""))));
  return element("section", {}, element("h2", {}, "Absent"), element("ul", {}, ...items));
}
