/** Where the nodes of a graph stand: in layers from left to right, with wires that pass between them. */

/** A graph in layers. */
export interface Layout {
  /** Layer of each node: the longest path from a leaf. */
  readonly layers: readonly number[];
  /**
   * Rows of each node's wire by layer, the first its own: a value that is used several layers further on passes through the
   * layers between, in a row of its own.
   */
  readonly wires: readonly (readonly number[])[];
  /** Rows of the tallest layer. */
  readonly height: number;
}

/**
 * Lays a graph out. Each node stands at the mean of its operands' rows, or below if others stand there; leaves stand in
 * their order.
 *
 * @param operands Of each node its operands, which come before it.
 */
export function layOut(operands: readonly (readonly number[])[]): Layout {
  const layers: number[] = [];
  const ends: number[] = []; // the layer before that of the last user
  operands.forEach((list) => {
    const layer = 1 + Math.max(-1, ...list.map((operand) => layers[operand] as number));
    layers.push(layer);
    ends.push(layer);
    for (const operand of list) ends[operand] = Math.max(ends[operand] as number, layer - 1);
  });

  const wires: number[][] = operands.map(() => []);
  let height = 1;
  for (let layer = 0; layer <= Math.max(...layers); layer++) {
    const rowIn = (node: number) => (wires[node] as number[])[layer - 1 - (layers[node] as number)] as number;
    const present = operands.flatMap((list, node) => {
      const own = layers[node] as number;
      if (layer < own || layer > (ends[node] as number)) return [];
      const sources = layer === own ? list : [node];
      const row = sources.reduce((sum, source) => sum + rowIn(source), 0) / sources.length;
      return [{ node, row: layer === 0 ? 0 : row }];
    });
    let free = 0;
    for (const { node, row } of present.sort((a, b) => a.row - b.row)) {
      const at = Math.max(free, row);
      (wires[node] as number[]).push(at);
      free = at + 1;
    }
    height = Math.max(height, free);
  }
  return { layers, wires, height };
}
