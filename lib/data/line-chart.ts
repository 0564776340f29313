/** Charts: curves over a common axis, such as the loss over the epochs. */

import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { element, escapeXml } from "../markup.js";
import { checkInteger } from "./check.js";
import { MAX_SIDE } from "./resize.js";

/** How a chart looks. */
export interface LineChartOptions {
  /** Where the values of every curve stand, as many as there are values (default 0, 1, 2, …). */
  readonly x?: ArrayLike<number>;
  /** What stands above the chart (default nothing). */
  readonly title?: string;
  /** What the horizontal axis shows (default nothing). */
  readonly xLabel?: string;
  /** The values at the lower and the upper edge; curves beyond are cut off (default: what holds all of them). */
  readonly yRange?: readonly [low: number, high: number];
  /** Pixels (default 480). */
  readonly width?: number;
  /** Pixels (default 300). */
  readonly height?: number;
}

/** Blue, orange, green, purple, brown, pink: told apart by most eyes, on white and on black. */
const COLOURS = ["#2f81d7", "#dd6b20", "#2f9e63", "#a35bd0", "#9c6b4a", "#d6539a"];

/** Pixels around the plot: title above, then the legend, ticks on the left and below. */
const [TOP, RIGHT, BOTTOM, LEFT] = [26, 16, 40, 56];

/** Pixels of a line of the legend, and of a character in it, on average at most: fonts differ. */
const [LEGEND, CHARACTER] = [18, 7];

/** Pixels that a mark on the edge of the plot takes outside it. */
const EDGE = 4;

/** Points of a curve up to which each is marked, and tells its value when it is pointed at. */
const MOST_MARKS = 60;

/**
 * Curves as a picture, for a file or to stand in HTML:
 *
 * ```ts
 * const curves = { training: history.column("loss"), validation: history.column("validationLoss") };
 * await writeFile("loss.svg", lineChart(curves, { x: history.column("epoch"), xLabel: "epoch", title: "Loss" }));
 * ```
 *
 * Values that are not finite are gaps. Pointing at a mark shows its value, where a curve has no more than 60.
 *
 * @param curves Values by name, all of one length.
 * @returns An SVG document on white paper. Its `<rect class="paper">` and its colour of text can be replaced by style sheets.
 * @throws {ShapeError} when the lengths differ.
 * @throws {OptionError} when an option is wrong, or a curve is no array of numbers.
 */
export function lineChart(curves: Readonly<Record<string, ArrayLike<number>>>, options: LineChartOptions = {}): string {
  const op = "lineChart";
  checkOptions(op, options, ["x", "title", "xLabel", "yRange", "width", "height"]);
  const { title = "", xLabel = "", width = 480, height = 300 } = options;
  for (const [name, value] of Object.entries({ title, xLabel })) {
    if (typeof value !== "string") throw new OptionError(`${op}: option "${name}" must be a text, got ${show(value)}`);
  }
  checkInteger(op, "width", width, LEFT + RIGHT + 1, MAX_SIDE);
  const lines = checkCurves(op, curves);
  const names = lines.map(([name]) => name);
  const legend = placeNames(names, width);
  const top = TOP + LEGEND * legend.rows;
  checkInteger(op, "height", height, top + BOTTOM + 1, MAX_SIDE);
  const x = checkPlaces(op, options.x, lines);
  const across = axisOf(x, width / 80, "within");
  const up = axisOf(
    lines.flatMap(([, values]) => values),
    height / 50,
    checkRange(op, options.yRange) ?? "around",
  );
  const toX = scale(across.range, [LEFT, width - RIGHT]);
  const toY = scale(up.range, [height - BOTTOM, top]);
  const drawn = lines.map(([name, values], i) => {
    const points = values.map((value, j) => ({ x: x[j] as number, y: value }));
    return drawCurve(name, points, colour(i), toX, toY);
  });
  // An inner drawing shows nothing outside of itself.
  const [plotWidth, plotHeight] = [width - LEFT - RIGHT, height - top - BOTTOM];
  const plot = { x: LEFT - EDGE, y: top - EDGE, width: plotWidth + 2 * EDGE, height: plotHeight + 2 * EDGE };
  const viewBox = `${plot.x} ${plot.y} ${plot.width} ${plot.height}`;
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-label": title === "" ? names.join(", ") : title,
      "font-family": "sans-serif",
      "font-size": 12,
      color: "#1f2328",
      fill: "currentColor",
    },
    element("rect", { class: "paper", width, height, fill: "#ffffff" }),
    text(LEFT, 16, title, { "font-size": 14, "font-weight": "bold" }),
    drawLegend(names, legend),
    ...up.ticks.map((tick) => drawRule(toY(tick), width) + drawTick(LEFT - 8, toY(tick) + 4, tick, up, "end")),
    ...across.ticks.map((tick) => drawTick(toX(tick), height - BOTTOM + 18, tick, across, "middle")),
    text(LEFT + plotWidth / 2, height - 6, xLabel, { "text-anchor": "middle" }),
    element("svg", { ...plot, viewBox }, ...drawn),
  );
}

type Curve = readonly [name: string, values: readonly number[]];

function checkCurves(op: string, curves: Readonly<Record<string, ArrayLike<number>>>): Curve[] {
  if (typeof curves !== "object" || curves === null || Array.isArray(curves)) {
    throw new OptionError(`${op}: curves must be arrays of numbers by name, got ${show(curves)}`);
  }
  return Object.entries(curves).map(([name, values]) => [name, checkNumbers(op, `curve ${show(name)}`, values)]);
}

function checkNumbers(op: string, what: string, values: ArrayLike<number>): number[] {
  const list = typeof values === "object" && values !== null ? Array.from(values) : undefined;
  if (list?.every((value) => typeof value === "number")) return list;
  throw new OptionError(`${op}: ${what} must be an array of numbers, got ${show(values)}`);
}

function checkPlaces(op: string, x: ArrayLike<number> | undefined, curves: readonly Curve[]): number[] {
  const [first] = curves;
  const places = x === undefined ? [...(first?.[1] ?? []).keys()] : checkNumbers(op, 'option "x"', x);
  const other = curves.find(([, values]) => values.length !== places.length);
  if (other === undefined) return places;
  const expected = x === undefined ? `${places.length} of ${show(first?.[0])}` : `${places.length} in x`;
  throw new ShapeError(`${op}: lengths differ: ${other[1].length} values of ${show(other[0])}, ${expected}`);
}

function checkRange(op: string, range: unknown): Range | undefined {
  if (range === undefined) return undefined;
  if (Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1]) {
    return range as unknown as Range;
  }
  throw new OptionError(`${op}: option "yRange" must be [low, high] in order, got ${show(range)}`);
}

type Range = readonly [low: number, high: number];

/** Where on the drawing a value lies. */
type Scale = (value: number) => number;

function scale([low, high]: Range, [start, end]: Range): Scale {
  return (value) => start + ((value - low) / (high - low)) * (end - start);
}

/** What an axis spans, and where it has ticks, `step` apart. */
interface Axis {
  readonly range: Range;
  readonly ticks: readonly number[];
  readonly step: number;
}

/**
 * An axis for some values with about `count` ticks: multiples of 1, 2 or 5 times a power of ten, and of 1 at least where
 * all values are whole.
 *
 * @param bounds Whether it ends with the values, `"within"`, with the ticks `"around"` them, or what it spans.
 */
function axisOf(values: readonly number[], count: number, bounds: "within" | "around" | Range): Axis {
  const [low, high] = typeof bounds === "string" ? spanOf(values) : bounds;
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const step = values.every(Number.isInteger) ? Math.max(1, nice) : nice;
  // Values that miss a tick by roundings are on it.
  const [below, above] = [(value: number) => Math.floor(value + 1e-9), (value: number) => Math.ceil(value - 1e-9)];
  const isAround = bounds === "around";
  const [first, last] = [(isAround ? below : above)(low / step), (isAround ? above : below)(high / step)];
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { range: isAround ? [first * step, last * step] : [low, high], ticks, step };
}

/** From the smallest finite value to the largest; around it where there is but one. */
function spanOf(values: readonly number[]): Range {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const low = finite.reduce((least, value) => Math.min(least, value));
  const high = finite.reduce((most, value) => Math.max(most, value));
  const margin = Math.abs(low) / 2 || 1;
  return low < high ? [low, high] : [low - margin, low + margin];
}

function colour(i: number): string {
  return COLOURS[i % COLOURS.length] as string;
}

/** A text, if there is one. */
function text(x: number, y: number, content: string, attributes: Readonly<Record<string, string | number>>): string {
  return content === "" ? "" : element("text", { x, y, ...attributes }, escapeXml(content));
}

/** Where the name of each curve begins, in as many rows as it takes. */
interface Legend {
  readonly rows: number;
  readonly places: readonly (readonly [x: number, y: number])[];
}

function placeNames(names: readonly string[], width: number): Legend {
  let [left, row] = [LEFT, 0];
  const places = names.map((name) => {
    const size = 36 + CHARACTER * [...name].length;
    if (left > LEFT && left + size > width) [left, row] = [LEFT, row + 1];
    const place = [left, 33 + LEGEND * row] as const;
    left += size;
    return place;
  });
  return { rows: row + 1, places };
}

/** The name of each curve beside its colour. */
function drawLegend(names: readonly string[], { places }: Legend): string {
  return names
    .map((name, i) => {
      const [x, y] = places[i] as Legend["places"][number];
      return element("rect", { x, y: y - 6, width: 14, height: 4, rx: 2, fill: colour(i) }) + text(x + 20, y, name, {});
    })
    .join("");
}

function drawRule(y: number, width: number): string {
  return element("line", { x1: LEFT, y1: y, x2: width - RIGHT, y2: y, stroke: "currentColor", "stroke-opacity": 0.15 });
}

function drawTick(x: number, y: number, tick: number, { step }: Axis, anchor: "middle" | "end"): string {
  return text(x, y, formatTick(tick, step), { "text-anchor": anchor, "fill-opacity": 0.7 });
}

/** A number with as many decimals as its neighbours need. */
function formatTick(tick: number, step: number): string {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const isPlain = decimals <= 4 && Math.abs(tick) < 1e6;
  return (isPlain ? tick.toFixed(decimals) : String(Number(tick.toPrecision(3)))).replace(/-/g, "−");
}

/** Lines between finite neighbours, and marks if the points are few. */
function drawCurve(
  name: string,
  points: readonly { readonly x: number; readonly y: number }[],
  stroke: string,
  toX: Scale,
  toY: Scale,
): string {
  const round = (value: number) => Math.round(value * 100) / 100;
  const isDrawn = points.map(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const path = points.map(({ x, y }, i) => {
    if (!isDrawn[i]) return "";
    const place = `${round(toX(x))} ${round(toY(y))}`;
    // A point without neighbours is a line of no length, which round ends make visible.
    return isDrawn[i - 1] ? `L${place}` : `M${place}h0`;
  });
  const line = { d: path.join(""), fill: "none", stroke, "stroke-width": 2, "stroke-linejoin": "round" };
  const curve = element("path", { ...line, "stroke-linecap": "round" });
  if (points.length > MOST_MARKS) return curve;
  const marks = points
    .filter((_, i) => isDrawn[i])
    .map(({ x, y }) => {
      const value = escapeXml(`${name}, ${x}: ${Number(y.toPrecision(5))}`);
      return element("circle", { cx: toX(x), cy: toY(y), r: 3, fill: stroke }, element("title", {}, value));
    });
  return curve + marks.join("");
}
