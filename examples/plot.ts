/**
 * Charts as SVG, for the examples that draw curves: axes with round numbers, a legend, several charts in a picture.
 */

import { encodePng, type Image } from "nodegrad/data";

/** Points (x, y), joined by a line or, as marks, a dot each. */
export interface Curve {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** What the legend says; curves without a name are not in it. */
  readonly name?: string;
  /** Which colour, counted from 0 (default: its place among the curves). */
  readonly colour?: number;
  readonly style?: "line" | "dashed" | "marks";
}

/** Curves on common axes. */
export interface Chart {
  readonly title: string;
  /** What the axes show. */
  readonly axes: readonly [x: string, y: string];
  readonly curves: readonly Curve[];
  /** What is seen (default: every point). */
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
  /** Whether equal heights are equal factors (default false). */
  readonly log?: boolean;
  /** What lies under the curves. */
  readonly background?: Image;
}

const COLOURS = ["#0969da", "#cf222e", "#1a7f37", "#e16f24", "#8250df", "#57606a", "#1b7c83", "#bf3989", "#9a6700"];
/** In pixels: the area of the curves, and what surrounds it. */
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM, LEGEND] = [330, 240, 60, 20, 30, 46, 130];

/** Charts beside and below each other, as an SVG document. */
export function plot(charts: readonly Chart[], columns = charts.length): string {
  const hasLegend = charts.some(({ curves }) => curves.some(({ name }) => name !== undefined));
  const [width, height] = [LEFT + WIDTH + RIGHT + (hasLegend ? LEGEND : 0), TOP + HEIGHT + BOTTOM];
  const size = `width="${columns * width}" height="${Math.ceil(charts.length / columns) * height}"`;
  const drawn = charts.map((chart, i) => {
    const corner = `${(i % columns) * width + LEFT} ${Math.floor(i / columns) * height + TOP}`;
    return `<g transform="translate(${corner})">${draw(chart)}</g>`;
  });
  const style = 'font-family="sans-serif" font-size="12" fill="#1f2328"';
  const clip = `<clipPath id="area"><rect width="${WIDTH}" height="${HEIGHT}"/></clipPath>`;
  const paper = `<rect ${size} fill="white"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>${clip}${paper}${drawn.join("\n")}</svg>\n`;
}

/** One chart, its area from (0, 0). */
function draw({ title, axes, curves, log = false, background, xRange, yRange }: Chart): string {
  const scaled = (value: number) => (log ? Math.log10(value) : value);
  const [left, right] = xRange ?? rangeOf(curves.flatMap(({ x }) => Array.from(x)));
  const [low, high] = (yRange ?? rangeOf(curves.flatMap(({ y }) => Array.from(y)))).map(scaled) as [number, number];
  const across = (x: number) => round((WIDTH * (x - left)) / (right - left));
  const down = (y: number) => round(HEIGHT * (1 - (y - low) / (high - low)));

  const columns = ticks(left, right).map((x) => [x, `M${across(x)} 0V${HEIGHT}`] as const);
  const rows = ticks(low, high).map((y) => [y, `M0 ${down(y)}H${WIDTH}`] as const);
  const height = log ? showPower : show;
  const area = `width="${WIDTH}" height="${HEIGHT}"`;
  const named = curves.flatMap((curve, i) => (curve.name === undefined ? [] : [{ curve, i }]));
  return [
    background === undefined ? "" : `<image ${area} preserveAspectRatio="none" href="${dataUrl(background)}"/>`,
    `<path d="${[...columns, ...rows].map(([, line]) => line).join("")}" stroke="#8c959f" stroke-opacity="0.3"/>`,
    ...columns.map(([x]) => text(across(x), HEIGHT + 16, "middle", show(x))),
    ...rows.map(([y]) => text(-6, down(y) + 4, "end", height(y))),
    '<g clip-path="url(#area)">',
    ...curves.map((curve, i) => {
      const points = Array.from(curve.x, (x, k) => [across(x), down(scaled(curve.y[k] as number))] as const);
      return line(curve, i, points);
    }),
    `</g><rect ${area} fill="none" stroke="#57606a"/>`,
    ...named.map(({ curve, i }, row) => {
      const y = 10 + 18 * row;
      const sample = curve.style === "marks" ? [WIDTH + 20] : [WIDTH + 8, WIDTH + 32];
      const points = sample.map((x) => [x, y - 4] as const);
      return line(curve, i, points) + text(WIDTH + 38, y, "start", curve.name as string);
    }),
    text(WIDTH / 2, -10, "middle", title, ' font-weight="bold"'),
    text(WIDTH / 2, HEIGHT + 36, "middle", axes[0]),
    text(-HEIGHT / 2, -42, "middle", axes[1], ' transform="rotate(-90)"'),
  ].join("");
}

/** A curve through points of the picture. */
function line({ colour, style = "line" }: Curve, i: number, points: readonly (readonly [number, number])[]): string {
  const paint = COLOURS[(colour ?? i) % COLOURS.length];
  if (style === "marks")
    return points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="2.5" fill="${paint}"/>`).join("");
  const dashes = style === "dashed" ? ' stroke-dasharray="5 3"' : "";
  return `<polyline fill="none" stroke="${paint}" stroke-width="1.8"${dashes} points="${points.join(" ")}"/>`;
}

const text = (x: number, y: number, anchor: string, content: string, more = "") =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}"${more}>${content.replace(/&/g, "&amp;").replace(/</g, "&lt;")}</text>`;
/** 10ᵏ, with a sign for each digit of k. */
const showPower = (k: number) =>
  Number.isInteger(k)
    ? `10${[...`${k}`].map((digit) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit) + 1] ?? "⁻").join("")}`
    : show(10 ** k);
const show = (value: number) => `${Number(value.toPrecision(3))}`.replace(/-/g, "−");
const round = (pixels: number) => Number(pixels.toFixed(1));
const dataUrl = (image: Image) => `data:image/png;base64,${Buffer.from(encodePng(image)).toString("base64")}`;

/** The least and the largest finite number. */
function rangeOf(values: readonly number[]): [number, number] {
  const finite = values.filter(Number.isFinite);
  return [Math.min(...finite), Math.max(...finite)];
}

/** About five round numbers. */
function ticks(low: number, high: number): number[] {
  const power = 10 ** Math.floor(Math.log10((high - low) / 5));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= (high - low) / 5) ?? 10);
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}
