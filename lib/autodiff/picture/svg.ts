/** Graphs as pictures: values flow forward above the wires, gradients backward below them. */

import type { Tensor } from "../../graph/tensor.js";
import { escapeXml } from "../../markup.js";
import { BACKWARD, FORWARD } from "./colors.js";
import { type Layout, layOut } from "./layout.js";
import { type PictureNode, type PictureOptions, pictureOf } from "./picture.js";

/** Sizes in pixels. */
const [MARGIN, ROW, BEND, NODE] = [16, 56, 48, 32];

/** Width of a character at most, on average: fonts differ. */
const CHARACTER = 8;

/** Columns of the picture: where the nodes of a layer stand, how wide they are, and where their labels end. */
interface Column {
  readonly left: number;
  readonly right: number;
  readonly end: number;
}

/**
 * The graph that computes a tensor, as a picture: leaves on the left, operations as circles, above each wire the value
 * that flows forward, below it the derivative of the output by that value, all its uses together, which flows backward.
 * Of tensors of more than four elements the type is shown. Pointing at a node shows how it is computed.
 *
 * ```ts
 * const [x, y, z] = [tensor(-2), tensor(5), tensor(-4)];
 * const q = x.add(y);
 * await writeFile("graph.svg", graphSvg(q.mul(z), { names: { x, y, z, q } }));
 * ```
 *
 * @param output A tensor that has not been computed yet: values have no graph.
 * @returns An SVG document, which can also stand in HTML.
 * @throws {OptionError} when an option is wrong, or there are more than 1,000 nodes.
 * @throws {GradientError} when derivatives are asked for that do not exist.
 */
export function graphSvg(output: Tensor, options: PictureOptions = {}): string {
  const nodes = pictureOf("graphSvg", output, options);
  const layout = layOut(nodes.map(({ operands }) => operands));
  const columns = columnsOf(nodes, layout);
  const width = (columns.at(-1) as Column).end + MARGIN;
  const height = 2 * MARGIN + layout.height * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"` +
      ' font-family="sans-serif" font-size="14" text-anchor="middle">',
    `<rect width="${width}" height="${height}" fill="white"/>`,
    '<g fill="none" stroke="#57606a">',
    ...nodes.flatMap(({ operands }, node) => operands.map((operand) => wire(layout, columns, operand, node))),
    stub(layout, columns, nodes.length - 1),
    "</g>",
    ...nodes.map((node, i) => drawNode(node, columns[layout.layers[i] as number] as Column, centre(layout, i))),
    "</svg>",
    "",
  ].join("\n");
}

/** Each as wide as its widest node and its longest label. */
function columnsOf(nodes: readonly PictureNode[], { layers }: Layout): Column[] {
  const columns: Column[] = [];
  for (let layer = 0, left = MARGIN; layer <= Math.max(...layers); layer++) {
    const inside = nodes.filter((_, i) => layers[i] === layer);
    const longest = (texts: readonly string[]) => CHARACTER * Math.max(...texts.map(({ length }) => length));
    const right = left + Math.max(NODE, longest(inside.map(({ label }) => label)) + 12);
    const end = right + 12 + longest(inside.flatMap(({ value, gradient }) => [value, gradient]));
    columns.push({ left, right, end });
    left = end + BEND;
  }
  return columns;
}

/** Height of a row. */
function y(row: number): number {
  return Math.round(MARGIN + (row + 0.5) * ROW);
}

/** Height of a node. */
function centre({ wires }: Layout, node: number): number {
  return y(wires[node]?.[0] as number);
}

/** From an operand past its label, through the layers between, to the node that uses it. */
function wire(layout: Layout, columns: readonly Column[], operand: number, node: number): string {
  const first = layout.layers[operand] as number;
  const last = layout.layers[node] as number;
  let path = `M${columns[first]?.right} ${centre(layout, operand)}`;
  let height = centre(layout, operand);
  for (let layer = first; layer < last; layer++) {
    const { end } = columns[layer] as Column;
    const { left } = columns[layer + 1] as Column;
    const next = layer + 1 === last ? centre(layout, node) : y(layout.wires[operand]?.[layer + 1 - first] as number);
    const middle = (end + left) / 2;
    path += ` H${end} C${middle} ${height} ${middle} ${next} ${left} ${next}`;
    height = next;
  }
  return `<path d="${path}"/>`;
}

/** What carries the label of the output. */
function stub(layout: Layout, columns: readonly Column[], output: number): string {
  const { right, end } = columns[layout.layers[output] as number] as Column;
  return `<path d="M${right} ${centre(layout, output)} H${end}"/>`;
}

function drawNode(
  { label, expression, value, gradient, operands }: PictureNode,
  column: Column,
  height: number,
): string {
  const { left, right, end } = column;
  const text = (x: number, y: number, fill: string, content: string) =>
    content === "" ? "" : `<text x="${x}" y="${y}" fill="${fill}">${escapeXml(content)}</text>`;
  const outline =
    `<rect x="${left}" y="${height - NODE / 2}" width="${right - left}" height="${NODE}" rx="${NODE / 2}"` +
    ' fill="#f6f8fa" stroke="#57606a"/>';
  return [
    `<g><title>${escapeXml(expression)}</title>`,
    operands.length > 0 ? outline : "",
    text((left + right) / 2, height + 5, "#1f2328", label),
    text((right + end) / 2, height - 6, FORWARD, value),
    text((right + end) / 2, height + 17, BACKWARD, gradient),
    "</g>",
  ].join("");
}
