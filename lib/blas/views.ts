/**
 * Vectors and matrices in memory that belongs to the caller: windows with strides, so that the order of a matrix, a
 * transposition and an increment are the same thing to everything below.
 */

/** Elements `data[offset + i · stride]`, 0 ≤ i < length. */
export interface Vector {
  readonly data: Float32Array;
  readonly length: number;
  readonly offset: number;
  readonly stride: number;
}

/** Elements `data[offset + i · rowStride + j · colStride]`, 0 ≤ i < rows, 0 ≤ j < cols. */
export interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly cols: number;
  readonly offset: number;
  readonly rowStride: number;
  readonly colStride: number;
}

/** A vector as a matrix of one column. */
export function asColumn({ data, length, offset, stride }: Vector): Matrix {
  return { data, rows: length, cols: 1, offset, rowStride: stride, colStride: 1 };
}

/** A vector as a matrix of one row. */
export function asRow(vector: Vector): Matrix {
  return transpose(asColumn(vector));
}

/** aᵀ. */
export function transpose({ data, rows, cols, offset, rowStride, colStride }: Matrix): Matrix {
  return { data, rows: cols, cols: rows, offset, rowStride: colStride, colStride: rowStride };
}

/** The rows from last to first. */
export function reverseRows(a: Matrix): Matrix {
  return { ...a, offset: a.offset + Math.max(0, a.rows - 1) * a.rowStride, rowStride: -a.rowStride };
}

/** The columns from last to first. */
export function reverseCols(a: Matrix): Matrix {
  return transpose(reverseRows(transpose(a)));
}

/** `rows` rows from `row` on and `cols` columns from `col` on. */
export function block(a: Matrix, row: number, rows: number, col: number, cols: number): Matrix {
  return { ...a, rows, cols, offset: a.offset + row * a.rowStride + col * a.colStride };
}

/** A matrix without gaps, row by row, in memory of its own. */
export function compactMatrix(data: Float32Array, rows: number, cols: number): Matrix {
  return { data, rows, cols, offset: 0, rowStride: cols, colStride: 1 };
}

/** The elements in memory of their own; the ones that lie side by side stay so. */
export function copyMatrix(a: Matrix): Matrix {
  if (a.colStride !== 1 && a.rowStride === 1) return transpose(copyMatrix(transpose(a)));
  const copy = compactMatrix(new Float32Array(a.rows * a.cols), a.rows, a.cols);
  for (let i = 0; i < a.rows; i++) {
    const from = a.offset + i * a.rowStride;
    if (a.colStride === 1) copy.data.set(a.data.subarray(from, from + a.cols), i * a.cols);
    else for (let j = 0; j < a.cols; j++) copy.data[i * a.cols + j] = a.data[from + j * a.colStride] as number;
  }
  return copy;
}

/** What a routine reads as it was before it writes its result: a copy, where the memory of the two may meet. */
export function apart(operand: Matrix, result: Matrix): Matrix {
  return mayOverlap(operand, result) ? copyMatrix(operand) : operand;
}

/** Whether the stretches of memory from the first to the last element meet. Both have elements. */
export function mayOverlap(a: Matrix, b: Matrix): boolean {
  if (a.data.buffer !== b.data.buffer) return false;
  const [startA, startB] = [a.data.byteOffset / 4 + lowest(a), b.data.byteOffset / 4 + lowest(b)];
  return startA <= startB + extent(b) && startB <= startA + extent(a);
}

/** Index of the first element in memory. */
function lowest({ rows, cols, offset, rowStride, colStride }: Matrix): number {
  return offset + Math.min(0, (rows - 1) * rowStride) + Math.min(0, (cols - 1) * colStride);
}

/** From the first element in memory to the last. */
function extent({ rows, cols, rowStride, colStride }: Matrix): number {
  return Math.abs((rows - 1) * rowStride) + Math.abs((cols - 1) * colStride);
}
