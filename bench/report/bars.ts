/**
 * Bars of the cases of a group on one number of threads: nodegrad, the reference backend and the peers.
 *
 * Where the cases have limits, a bar is the share of it that a contestant reaches: the longer the better. Where not, it
 * is the time a unit takes, on a logarithmic axis.
 */

import type { Result, Times } from "../harness/result.js";
import { formatFigure, formatRate, percent } from "./format.js";
import { decades, drawing, element, label, line, linearScale, logScale, type Point, type Scale } from "./svg.js";

const WIDTH = 680;
/** From the axis to where the longest bar ends: names stand before it, figures behind. */
const RANGE: Point = [130, 520];
const BAR = 14;
const GAP = 2;
/** The name of a case, and the space above it. */
const TITLE = 26;
const AXIS = 24;

interface Bar {
  readonly name: string;
  readonly times: Times;
}

/** How far a bar reaches, what is written behind it, and the lines across all bars. */
interface Measure {
  readonly scale: Scale;
  value(times: Times): number;
  text(result: Result, times: Times): string;
  readonly ticks: readonly (readonly [value: number, text: string])[];
  /** A line that means something: the limit. */
  readonly mark?: number;
}

/** One drawing. */
export function drawBars(title: string, results: readonly Result[]): string {
  const cases = results.map((result) => ({ result, bars: barsOf(result) })).filter(({ bars }) => bars.length > 0);
  if (cases.length === 0) return "";
  const measure = cases.every(({ bars }) => bars.every(({ times }) => times.share !== undefined))
    ? ofLimit(cases)
    : ofTime(cases);
  const rows: string[] = [];
  let y = AXIS;
  for (const { result, bars } of cases) {
    rows.push(label(0, y + TITLE - 8, result.case, "start", "case"));
    y += TITLE;
    for (const bar of bars) {
      rows.push(drawBar(result, bar, y, measure));
      y += BAR + GAP;
    }
  }
  return drawing(WIDTH, y + 4, title, [...drawAxis(measure, y), ...rows]);
}

/** nodegrad first; the others as their case lists them. */
function barsOf({ nodegrad, peers }: Result): Bar[] {
  const all = [["nodegrad", nodegrad] as const, ...Object.entries(peers)];
  // A difference of two times that are nearly the same may come out as nothing, or less.
  return all.flatMap(([name, times]) => (times && times.median > 0 ? [{ name, times }] : []));
}

type Cases = readonly { readonly result: Result; readonly bars: readonly Bar[] }[];

function ofLimit(cases: Cases): Measure {
  const value = ({ share }: Times) => share?.median ?? 0;
  const most = Math.max(1, ...cases.flatMap(({ bars }) => bars.map(({ times }) => value(times))));
  const step = most > 2 ? 0.5 : 0.25;
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
  return {
    scale: linearScale([0, most], RANGE),
    value,
    text: (result, times) => `${percent(value(times))}, ${formatRate(result, times.median)}`,
    ticks: ticks.map((share) => [share, share === 1 ? "limit" : percent(share)]),
    mark: 1,
  };
}

/** Of time, or of bytes: the cases of a group have one unit. */
function ofTime(cases: Cases): Measure {
  const some = (cases[0] as Cases[number]).result;
  const ticks = decades(cases.flatMap(({ bars }) => bars.map(({ times }) => times.median)));
  return {
    scale: logScale([ticks[0] as number, ticks.at(-1) as number], RANGE),
    value: ({ median }) => median,
    text: (result, { median }) => formatFigure(result, median),
    ticks: ticks.map((value) => [value, formatFigure(some, value).replace(/\.0+ /, " ")]),
  };
}

function drawBar(result: Result, { name, times }: Bar, y: number, measure: Measure): string {
  const end = Math.max(measure.scale(measure.value(times)), RANGE[0] + 1);
  const kind = kindOf(name, result);
  const textKind = kind === "own" ? "own-text" : "";
  return [
    label(RANGE[0] - 8, y + BAR - 3, name, "end", textKind),
    element("rect", { x: RANGE[0], y, width: end - RANGE[0], height: BAR, class: kind }),
    label(end + 6, y + BAR - 3, measure.text(result, times), "start", textKind),
  ].join("");
}

/** The class of a bar: one's own, the best peer's, and others. */
function kindOf(name: string, { bestPeer }: Result): string {
  if (name === "nodegrad") return "own";
  if (name === "reference") return "reference";
  return name === bestPeer ? "peer best" : "peer";
}

function drawAxis({ scale, ticks, mark }: Measure, bottom: number): string[] {
  return ticks.flatMap(([value, text]) => [
    line([scale(value), AXIS - 4], [scale(value), bottom], value === mark ? "mark" : "grid"),
    label(scale(value), AXIS - 10, text, "middle", value === mark ? "mark-text" : ""),
  ]);
}
