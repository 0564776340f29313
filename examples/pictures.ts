/** Pictures of several charts, and charts of the plane, for the examples. Curves over an axis are drawn by `lineChart`. */

import { encodePng, type Image } from "nodegrad/data";

/** Points of the plane by name, and what lies under them. */
export interface PlaneChart {
  readonly title: string;
  readonly points: Readonly<Record<string, readonly (readonly [x: number, y: number])[]>>;
  /** Whether the points of a name are joined by a line (default false: each is a dot). */
  readonly joined?: boolean;
  /** What is seen, and its picture. */
  readonly x: readonly [left: number, right: number];
  readonly y: readonly [bottom: number, top: number];
  readonly background: Image;
}

const COLOURS = ["#0969da", "#cf222e", "#1a7f37", "#e16f24", "#8250df", "#57606a", "#1b7c83"];
/** In pixels: the side of the plane, and what surrounds it. */
const [SIDE, LEFT, TOP, RIGHT, BOTTOM] = [300, 40, 36, 120, 32];

/** SVG documents of one size in one, row by row. */
export function sheet(charts: readonly string[], columns = charts.length): string {
  const lengthOf = (name: string) => Number(new RegExp(`${name}="(\\d+)"`).exec(charts[0] ?? "")?.[1]);
  const [w, h] = [lengthOf("width"), lengthOf("height")];
  const places = charts.map((chart, i) => {
    return `<g transform="translate(${(i % columns) * w} ${Math.floor(i / columns) * h})">${chart}</g>`;
  });
  const size = `width="${columns * w}" height="${Math.ceil(charts.length / columns) * h}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${places.join("\n")}</svg>\n`;
}

/** Points or paths of the plane, as an SVG document. */
export function planeChart({
  title,
  points,
  joined = false,
  x: [left, right],
  y: [bottom, top],
  background,
}: PlaneChart): string {
  const place = ([x, y]: readonly [number, number]) =>
    [(x - left) / (right - left), (top - y) / (top - bottom)].map((share) => (SIDE * share).toFixed(1)).join(",");
  const drawn = Object.values(points).map((list, i) => {
    if (!joined) return list.map((point) => dot(place(point), i)).join("");
    return `<polyline fill="none" stroke="${COLOURS[i]}" stroke-width="2" points="${list.map(place).join(" ")}"/>`;
  });
  const legend = Object.keys(points).map((name, i) => {
    return `${dot(`${SIDE + 14},${6 + 18 * i}`, i)}<text x="${SIDE + 24}" y="${10 + 18 * i}">${name}</text>`;
  });
  const url = `data:image/png;base64,${Buffer.from(encodePng(background)).toString("base64")}`;
  const area = `x="0" y="0" width="${SIDE}" height="${SIDE}"`;
  const size = `width="${LEFT + SIDE + RIGHT}" height="${TOP + SIDE + BOTTOM}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">`,
    `<rect ${size} fill="white"/><g transform="translate(${LEFT} ${TOP})">`,
    `<text y="-14" font-size="14" font-weight="bold">${title}</text>`,
    `<image ${area} href="${url}"/><svg ${area}>${drawn.join("")}</svg>`,
    ...[left, right].map(
      (value, i) => `<text x="${SIDE * i}" y="${SIDE + 18}" text-anchor="middle">${show(value)}</text>`,
    ),
    ...[top, bottom].map((value, i) => `<text x="-6" y="${SIDE * i + 4}" text-anchor="end">${show(value)}</text>`),
    `${legend.join("")}</g></svg>\n`,
  ].join("");
}

const show = (value: number) => `${value}`.replace("-", "−");

function dot(place: string, i: number): string {
  const [x, y] = place.split(",");
  return `<circle cx="${x}" cy="${y}" r="2.5" fill="${COLOURS[i]}"/>`;
}
