/**
 * The roofline: what each kernel case does a second against its floating-point operations per byte, under what the
 * machine allows: its arithmetic, and what each size of memory can feed.
 */

import type { Result } from "../harness/result.js";
import { formatRate, percent } from "./format.js";
import { decades, drawing, element, escapeText, label, line, logScale, type Point, type Scale } from "./svg.js";

const WIDTH = 760;
const HEIGHT = 460;
const LEFT = 56;
const RIGHT = WIDTH - 16;
const TOP = 16;
const BOTTOM = HEIGHT - 48;

/** A case that counts both its operations and its bytes, and ran. */
interface Spot {
  readonly result: Result;
  /** Floating-point operations per byte. */
  readonly intensity: number;
  /** Floating-point operations a second. */
  readonly rate: number;
}

/** What the machine allows at most, a second. */
interface Roofs {
  /** Floating-point operations. */
  readonly arithmetic: number | undefined;
  /** Bytes, by the sweep that measured them. */
  readonly bandwidths: readonly (readonly [name: string, rate: number])[];
}

/**
 * One drawing and its legend, for results on one number of threads; empty where there is nothing to draw.
 *
 * Roofs come from the cases of the level `limits`, arithmetic from any case if need be.
 */
export function drawRoofline(title: string, results: readonly Result[]): string {
  const spots = results.filter(({ level }) => level === "kernels").flatMap(spotOf);
  if (spots.length === 0) return "";
  const roofs = roofsOf(results);
  const rates = [...spots.map(({ rate }) => rate), ...(roofs.arithmetic === undefined ? [] : [roofs.arithmetic])];
  const xTicks = decades([...spots.map(({ intensity }) => intensity), ...knees(roofs)]);
  const yTicks = decades(rates);
  const x = logScale([xTicks[0] as number, xTicks.at(-1) as number], [LEFT, RIGHT]);
  const y = logScale([yTicks[0] as number, yTicks.at(-1) as number], [BOTTOM, TOP]);
  const groups = [...new Set(spots.map(({ result }) => result.group))];
  const chart = drawing(WIDTH, HEIGHT, title, [
    ...drawAxes(xTicks, yTicks, x, y),
    ...drawRoofs(roofs, xTicks, yTicks, x, y),
    ...spots.map((spot) => drawSpot(spot, [x(spot.intensity), y(spot.rate)], groups.indexOf(spot.result.group))),
  ]);
  return chart + drawLegend(groups);
}

function spotOf(result: Result): Spot[] {
  const { flops, bytes, nodegrad } = result;
  if (!flops || !bytes || nodegrad === undefined) return [];
  return [{ result, intensity: flops / bytes, rate: flops / nodegrad.median }];
}

function roofsOf(results: readonly Result[]): Roofs {
  const limits = results.filter(({ level }) => level === "limits");
  const rates = (source: readonly Result[]) =>
    source.flatMap(({ limit, flops, limitSeconds }) => {
      return limit === "fma" && limitSeconds !== undefined && flops !== undefined ? [flops / limitSeconds] : [];
    });
  const arithmetic = [...rates(limits), ...rates(results)][0];
  const bandwidths = limits.flatMap(({ limit, bytes, limitSeconds, case: name }) => {
    if (limit !== "read" || bytes === undefined || limitSeconds === undefined) return [];
    return [[name.split(":")[0] as string, bytes / limitSeconds] as const];
  });
  return { arithmetic, bandwidths };
}

/** The operations per byte from which on a memory can feed all the arithmetic. */
function knees({ arithmetic, bandwidths }: Roofs): number[] {
  return arithmetic === undefined ? [] : bandwidths.map(([, rate]) => arithmetic / rate);
}

function drawAxes(xTicks: readonly number[], yTicks: readonly number[], x: Scale, y: Scale): string[] {
  return [
    ...xTicks.flatMap((tick) => [
      line([x(tick), TOP], [x(tick), BOTTOM], "grid"),
      label(x(tick), BOTTOM + 16, formatTick(tick), "middle"),
    ]),
    ...yTicks.flatMap((tick) => [
      line([LEFT, y(tick)], [RIGHT, y(tick)], "grid"),
      label(LEFT - 6, y(tick) + 4, formatTick(tick / 1e9), "end"),
    ]),
    label((LEFT + RIGHT) / 2, HEIGHT - 10, "floating-point operations per byte", "middle"),
    element(
      "text",
      { transform: `translate(14 ${(TOP + BOTTOM) / 2}) rotate(-90)`, "text-anchor": "middle" },
      "GFLOP/s",
    ),
  ];
}

/** Bandwidths rise with the intensity until they meet the arithmetic, or the edge of the drawing. */
function drawRoofs(roofs: Roofs, xTicks: readonly number[], yTicks: readonly number[], x: Scale, y: Scale): string[] {
  const [left, right] = [xTicks[0] as number, xTicks.at(-1) as number];
  const [bottom, top] = [yTicks[0] as number, roofs.arithmetic ?? (yTicks.at(-1) as number)];
  const drawn = roofs.bandwidths.flatMap(([name, rate]) => {
    const [from, to] = [Math.max(left, bottom / rate), Math.min(right, top / rate)];
    if (from >= to) return [];
    const [start, end]: [Point, Point] = [
      [x(from), y(from * rate)],
      [x(to), y(to * rate)],
    ];
    const angle = (Math.atan2(end[1] - start[1], end[0] - start[0]) * 180) / Math.PI;
    const transform = `translate(${start.map((at) => at.toFixed(1)).join(" ")}) rotate(${angle.toFixed(1)})`;
    const text = escapeText(`${name} ${gigas(rate)} GB/s`);
    return [line(start, end, "roof"), element("text", { transform, dx: 8, dy: -5, class: "roof-text" }, text)];
  });
  if (roofs.arithmetic === undefined) return drawn;
  const height = y(roofs.arithmetic);
  const text = `arithmetic ${gigas(roofs.arithmetic)} GFLOP/s`;
  return [
    ...drawn,
    line([x(Math.min(right, ...knees(roofs))), height], [x(right), height], "roof"),
    label(x(right) - 4, height - 6, text, "end", "roof-text"),
  ];
}

function gigas(rate: number): string {
  return (rate / 1e9).toPrecision(3);
}

/** 0.1, 1, 10; no exponents for what axes hold. */
function formatTick(value: number): string {
  return String(Number(value.toPrecision(1)));
}

/** A point that tells what it is when pointed at. */
function drawSpot({ result, rate }: Spot, at: Point, group: number): string {
  const share = result.nodegrad?.share;
  const ofLimit = share === undefined ? "" : `, ${percent(share.median)} of its limit`;
  const flops = `${gigas(rate)} GFLOP/s`;
  const own = formatRate(result, result.nodegrad?.median ?? 1);
  const text = `${result.group}: ${result.case}: ${own === flops ? flops : `${flops}, ${own}`}${ofLimit}`;
  return element("g", {}, element("title", {}, escapeText(text)), symbol(at, group));
}

/** Groups differ in shape and colour. */
function symbol([x, y]: Point, group: number): string {
  const kind = `spot spot-${group % 6}`;
  switch (group % 4) {
    case 0:
      return element("circle", { cx: x, cy: y, r: 4.5, class: kind });
    case 1:
      return element("rect", { x: x - 4, y: y - 4, width: 8, height: 8, class: kind });
    case 2:
      return element("path", { d: `M${x.toFixed(1)} ${(y - 5.5).toFixed(1)}l5 9h-10z`, class: kind });
    default:
      return element("path", { d: `M${x.toFixed(1)} ${(y - 6).toFixed(1)}l5 6l-5 6l-5-6z`, class: kind });
  }
}

function drawLegend(groups: readonly string[]): string {
  const items = groups.map((name, i) => {
    const key = element("svg", { viewBox: "0 0 16 16", class: "key", "aria-hidden": "true" }, symbol([8, 8], i));
    return element("li", {}, key, escapeText(name));
  });
  return element("ul", { class: "legend" }, ...items);
}
