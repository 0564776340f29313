/** Graphs in the language of Graphviz. */

import type { Tensor } from "../../graph/tensor.js";
import { escapeXml } from "../../markup.js";
import { BACKWARD, FORWARD } from "./colors.js";
import { type PictureNode, type PictureOptions, pictureOf } from "./picture.js";

/**
 * The graph that computes a tensor, as `graphSvg` shows it, in the DOT language: for Graphviz, which lays out large
 * graphs well.
 *
 * ```ts
 * await writeFile("graph.dot", graphDot(f, { names: { x, y, z } })); // dot -Tpdf graph.dot
 * ```
 *
 * @param output A tensor that has not been computed yet: values have no graph.
 * @throws {OptionError} when an option is wrong, or there are more than 1,000 nodes.
 * @throws {GradientError} when derivatives are asked for that do not exist.
 */
export function graphDot(output: Tensor, options: PictureOptions = {}): string {
  const nodes = pictureOf("graphDot", output, options);
  const edges = nodes.flatMap(({ operands }, i) =>
    operands.map((operand) => `  n${operand} -> n${i}${wireLabel(nodes[operand] as PictureNode)};`),
  );
  const last = nodes.length - 1;
  return [
    "digraph {",
    "  rankdir=LR;",
    '  node [fontname="sans-serif"];',
    '  edge [fontname="sans-serif"];',
    ...nodes.map(({ label, expression, operands }, i) => {
      const shape = operands.length === 0 ? "plaintext" : "ellipse";
      return `  n${i} [shape=${shape}, label=<${escapeXml(label)}>, tooltip=<${escapeXml(expression)}>];`;
    }),
    '  output [shape=point, style=invis, label=""];',
    ...edges,
    `  n${last} -> output${wireLabel(nodes[last] as PictureNode)};`,
    "}",
    "",
  ].join("\n");
}

/** The value above the gradient, as the label of an edge. */
function wireLabel({ value, gradient }: PictureNode): string {
  const lines = [...colored(FORWARD, value), ...colored(BACKWARD, gradient)];
  return lines.length === 0 ? "" : ` [label=<${lines.join("<br/>")}>]`;
}

/** A line of a label, if there is any text. */
function colored(color: string, text: string): string[] {
  return text === "" ? [] : [`<font color="${color}">${escapeXml(text)}</font>`];
}
