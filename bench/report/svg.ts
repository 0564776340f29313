/**
 * What the charts are drawn with.
 *
 * Two kinds of chart with known axes need no library: a scale is one multiplication, and ticks of logarithmic axes are
 * powers of ten. Colours and fonts are classes of style.css, so that the page decides on light or dark.
 */

/** Text as it may stand in HTML and SVG, attributes included. */
export function escapeText(text: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] as string);
}

/** An element; numbers are rounded to what can be seen. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly string[]
): string {
  const words = Object.entries(attributes).map(([key, value]) => {
    return ` ${key}="${typeof value === "number" ? round(value) : escapeText(value)}"`;
  });
  return `<${name}${words.join("")}>${children.join("")}</${name}>`;
}

/** A drawing that scales with its column; screen readers get its title. */
export function drawing(width: number, height: number, title: string, children: readonly string[]): string {
  const attributes = { viewBox: `0 0 ${round(width)} ${round(height)}`, role: "img", "aria-label": title };
  return element("svg", attributes, ...children);
}

/** Text at a point; `anchor` says which part of it lies there. */
export function label(x: number, y: number, text: string, anchor: "start" | "middle" | "end" = "start", kind = "") {
  return element("text", { x, y, "text-anchor": anchor, ...(kind && { class: kind }) }, escapeText(text));
}

export function line(from: Point, to: Point, kind: string): string {
  return element("line", { x1: from[0], y1: from[1], x2: to[0], y2: to[1], class: kind });
}

export type Point = readonly [x: number, y: number];

/** Where on the drawing a value lies. */
export type Scale = (value: number) => number;

/** Maps the values from `low` to `high` to the places from `start` to `end`. */
export function linearScale([low, high]: Point, [start, end]: Point): Scale {
  return (value) => start + ((value - low) / (high - low)) * (end - start);
}

/** The same by their logarithms. */
export function logScale([low, high]: Point, range: Point): Scale {
  const scale = linearScale([Math.log10(low), Math.log10(high)], range);
  return (value) => scale(Math.log10(value));
}

/** The powers of ten that enclose all values: the bounds of an axis, and its ticks. */
export function decades(values: readonly number[]): number[] {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(Math.ceil(Math.log10(Math.max(...values))), first + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
