/** A training as one HTML file that needs nothing else: no script, no font, no picture from elsewhere. */

import { cpus } from "node:os";
import { checkOptions, OptionError, show } from "../../errors.js";
import { writeAtomically } from "../../io/files.js";
import { type AnyModule, ModelSummary, Module } from "../../nn/index.js";
import { info } from "../../runtime/info.js";
import type { Evaluation } from "../evaluate.js";
import { History } from "../history.js";
import { formatMeasure } from "../progress.js";
import { formatClasses } from "./classes.js";
import { formatCurves } from "./curves.js";
import { element, escapeXml, section, table, textElement } from "./markup.js";
import { formatFilters, formatMistakes } from "./pictures.js";
import { STYLE } from "./style.js";

/** What a report shows; what is left out is not in it. */
export interface Report {
  /** What stands above it (default `"Training report"`). */
  readonly title?: string;
  /** What the epochs gave, as curves and as a table. */
  readonly history?: History;
  /** The learning rate at the end of each epoch, as a curve; NaN where it is not known. */
  readonly learningRates?: readonly number[];
  /**
   * How well the model does: with `confusion`, the matrix with the best and the worst class; with `mistakes`, what it took
   * for something else.
   */
  readonly evaluation?: Evaluation;
  /** What the classes are called (default their indices). */
  readonly classNames?: readonly string[];
  /** The model, for the filters of its first layer; those of a linear layer need the summary as well. */
  readonly model?: AnyModule;
  /** The layers of the model: `summary(model, [1, 28, 28])`. */
  readonly summary?: ModelSummary;
  /** How it was trained: `{ "batch size": 64, seed: 1 }`. Versions and the processor are told anyway. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
}

/** Seconds after which a page of a training under way asks for itself again. */
const REFRESH = 5;

/**
 * A training as an HTML page: curves, evaluation, filters of the first layer, summary and settings. Everything is in the
 * page, and every text is escaped, whatever is in it.
 *
 * ```ts
 * const evaluation = await evaluate(model, test, { loss: crossEntropy, confusion: true, mistakes: 24 });
 * formatReport({ history, evaluation, model, summary: summary(model, [1, 28, 28]), settings: { seed: 1 } });
 * ```
 *
 * @throws {OptionError} for an option that is unknown or wrong.
 */
export function formatReport(report: Report): string {
  checkReport("formatReport", report);
  return formatPage(report);
}

/**
 * Writes the page of `formatReport`; the file appears complete or not at all.
 *
 * @throws {OptionError} for an option that is unknown or wrong, and when the file cannot be written.
 */
export async function saveReport(path: string, report: Report): Promise<void> {
  const op = "saveReport";
  checkReport(op, report);
  await writePage(op, path, formatPage(report));
}

/** @internal */
export async function writePage(op: string, path: string, page: string): Promise<void> {
  await writeAtomically(op, path, new TextEncoder().encode(page));
}

/** @internal @throws {OptionError} for an option that is unknown or wrong. */
export function checkReport(op: string, report: Report): void {
  const known = ["title", "history", "learningRates", "evaluation", "classNames", "model", "summary", "settings"];
  checkOptions(op, report, known);
  const { title, history, learningRates, evaluation, classNames, model, summary, settings } = report;
  const check = (option: string, value: unknown, isRight: boolean, what: string) => {
    if (value === undefined || isRight) return;
    throw new OptionError(`${op}: option "${option}" must be ${what}, got ${show(value)}`);
  };
  check("title", title, typeof title === "string", "a string");
  check("history", history, history instanceof History, "a History, such as fit gives");
  check("learningRates", learningRates, isListOf("number", learningRates), "a list of numbers");
  check("evaluation", evaluation, typeof evaluation?.loss === "number", "what evaluate gives");
  check("classNames", classNames, isListOf("string", classNames), "a list of strings");
  check("model", model, model instanceof Module, "a module");
  check("summary", summary, summary instanceof ModelSummary, "what summary gives");
  const isRecord = typeof settings === "object" && settings !== null;
  check("settings", settings, isRecord, "an object of settings by name");
}

function isListOf(type: string, value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === type);
}

/**
 * @internal The page of options that have been checked.
 *
 * @param status What stands under the title while the training is under way: then the page reloads by itself.
 */
export function formatPage(report: Report, status?: string): string {
  const { title = "Training report", history, learningRates, model, summary, settings } = report;
  // Browsers keep to this policy, should a text ever get past the escaping.
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  const head = [
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    status === undefined ? "" : `<meta http-equiv="refresh" content="${REFRESH}">`,
    textElement("title", title),
    element("style", {}, STYLE),
  ];
  const body = [
    textElement("h1", title),
    textElement("p", status ?? `Written ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`, {
      class: "quiet",
    }),
    history === undefined ? "" : formatCurves(history, learningRates),
    formatEvaluation(report),
    section("First layer", model === undefined ? "" : formatFilters(model, summary?.inputShape)),
    section("Model", summary === undefined ? "" : formatLines(String(summary))),
    section("Settings", formatSettings(settings)),
  ];
  const parts = [element("head", {}, ...head), element("body", {}, element("main", {}, ...body))];
  return `<!DOCTYPE html>\n${element("html", { lang: "en" }, ...parts)}\n`;
}

function formatLines(text: string): string {
  return element("pre", {}, text.split("\n").map(escapeXml).join("\n"));
}

function formatEvaluation({ evaluation, classNames = [] }: Report): string {
  if (evaluation === undefined) return "";
  const { loss, metrics, examples, confusion, mistakes } = evaluation;
  const nameOf = (index: number) => classNames[index] ?? String(index);
  const measures = Object.entries({ loss, ...metrics })
    // The confusion tells it, too.
    .filter(([name]) => name !== "accuracy" || confusion === undefined)
    .map(([name, value]) => `${name} ${formatMeasure(name, value)}`);
  return [
    section(
      "Evaluation",
      textElement("p", `${examples.toLocaleString("en-US")} examples: ${measures.join(", ")}`),
      confusion === undefined ? "" : formatClasses(confusion, nameOf),
    ),
    section("Most confident mistakes", mistakes === undefined ? "" : formatMistakes(mistakes, nameOf)),
  ].join("");
}

/** The settings with what it all ran on. */
function formatSettings(settings: Report["settings"] = {}): string {
  const { version, backend, target, threads } = info();
  const rows = Object.entries({
    ...settings,
    nodegrad: version,
    backend: `${backend} (${target}, ${threads} ${threads === 1 ? "thread" : "threads"})`,
    processor: cpus()[0]?.model ?? process.arch,
    "Node.js": `${process.version} on ${process.platform}`,
  });
  return table(
    [],
    rows.map(([name, value]) => [name, String(value)]),
    "left",
  );
}
