/**
 * Elements picked and added by index. Indices are int32 (uint8 is cast) in [0, length of the axis); others make
 * the run throw `IndexError`, before any variable has been written. Derivatives flow through values, not indices.
 */

import { checkDType, type DType, isFloat } from "../dtype.js";
import { checkOptions, DTypeError, OptionError, ShapeError, show } from "../errors.js";
import { defineOp, type InstructionDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { broadcastShapes, checkShape, normalizeAxis, type Shape, showShape } from "../shape.js";
import { broadcastTo } from "./broadcast.js";
import { equal } from "./comparison.js";
import { arange, zerosLike } from "./create.js";
import { cast } from "./elementwise.js";
import { expandDims, reshape } from "./movement.js";
import { checkTensor, first, sameDTypeOperands, second, type TensorLike } from "./operands.js";

type AxisAttributes = { readonly axis: number };

const axisOf = (node: Tensor) => (node.attributes as AxisAttributes).axis;
const words = (node: Tensor) => ({ axis: axisOf(node) });

const gatherOp = defineOp<AxisAttributes, InstructionDeclaration<AxisAttributes>>({
  name: "gather",
  kind: "index",
  opcode: "gather",
  words,
  infer: ([source, indices]) => ({ shape: (indices as Tensor).shape, dtype: (source as Tensor).dtype }),
  vjp: [(t, n) => addAt(zerosLike(first(n)), second(n), t, axisOf(n)), null],
  jvp: [(t, n) => pickAt(t, second(n), axisOf(n)), null],
});

/** out[…, j, …] = source[…, indices[…, j, …], …]. */
function pickAt(source: Tensor, indices: Tensor, axis: number): Tensor {
  return apply(gatherOp, [source, indices], { axis });
}

const scatterAddOp = defineOp<AxisAttributes, InstructionDeclaration<AxisAttributes>>({
  name: "scatterAdd",
  kind: "index",
  opcode: "scatterAdd",
  words,
  infer: ([base]) => ({ shape: (base as Tensor).shape, dtype: (base as Tensor).dtype }),
  vjp: [(t) => t, null, (t, n) => pickAt(t, second(n), axisOf(n))],
  jvp: [(t) => t, null, (t, n) => addAt(zerosLike(n), second(n), t, axisOf(n))],
});

/** out = base; out[…, indices[…, j, …], …] += updates[…, j, …]. */
function addAt(base: Tensor, indices: Tensor, updates: Tensor, axis: number): Tensor {
  return apply(scatterAddOp, [base, indices, updates], { axis });
}

/** Indices as int32. */
function checkIndices(op: string, indices: unknown): Tensor {
  const tensor = checkTensor(op, indices, "indices");
  if (tensor.dtype === "int32") return tensor;
  if (tensor.dtype === "uint8") return cast(tensor, "int32");
  throw new DTypeError(`${op}: indices must be int32 or uint8, got ${tensor.dtype}`);
}

/** A shape with the length of one axis replaced. */
function withLength(shape: Shape, axis: number, length: number): Shape {
  return shape.map((old, i) => (i === axis ? length : old));
}

/** A list of indices as a tensor of `rank` axes that lies along `axis`. */
function along(list: Tensor, axis: number, rank: number): Tensor {
  return reshape(list, withLength(new Array<number>(rank).fill(1), axis, list.size));
}

function checkAxis(op: string, x: Tensor, axis: unknown): number {
  if (x.rank === 0) throw new ShapeError(`${op}: needs at least 1 axis, got ${showShape(x.shape)}`);
  return normalizeAxis(op, axis, x.rank);
}

/**
 * Slices of x at the given positions of an axis (default 0), as NumPy's `take`: the result has the shape
 * `[...x.shape[:axis], ...indices.shape, ...x.shape[axis + 1:]]`. Rows of an embedding, for instance:
 * `gather(table, words)` with table `[words, features]`. Any dtype.
 *
 * @throws {DTypeError} unless the indices are int32 or uint8.
 * @throws {IndexError} when it is computed and an index is out of range.
 */
export function gather(x: Tensor, indices: Tensor, options: { readonly axis?: number } = {}): Tensor {
  checkTensor("gather", x, "x");
  checkOptions("gather", options, ["axis"]);
  const positions = checkIndices("gather", indices);
  const axis = checkAxis("gather", x, options.axis ?? 0);
  const shape = checkShape("gather", [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
  const list = broadcastTo(along(positions, axis, x.rank), withLength(x.shape, axis, positions.size));
  return reshape(pickAt(x, list, axis), shape);
}

/**
 * Elements of x at positions that differ from place to place along an axis (default −1):
 * out[…, j, …] = x[…, indices[…, j, …], …]. Off the axis the shapes of x and of the indices broadcast. Any dtype.
 *
 * `takeAlongAxis(logits, expandDims(labels, 1))` is the score of the right class in each row.
 *
 * @throws {ShapeError} when the ranks differ or the shapes do not broadcast off the axis.
 * @throws {DTypeError} unless the indices are int32 or uint8.
 * @throws {IndexError} when it is computed and an index is out of range.
 */
export function takeAlongAxis(x: Tensor, indices: Tensor, options: { readonly axis?: number } = {}): Tensor {
  checkTensor("takeAlongAxis", x, "x");
  checkOptions("takeAlongAxis", options, ["axis"]);
  const positions = checkIndices("takeAlongAxis", indices);
  const axis = checkAxis("takeAlongAxis", x, options.axis ?? -1);
  if (positions.rank !== x.rank) {
    throw new ShapeError(
      `takeAlongAxis: ranks differ: x ${showShape(x.shape)} and indices ${showShape(indices.shape)}`,
    );
  }
  const [length, count] = [x.shape[axis] as number, positions.shape[axis] as number];
  const off = broadcastShapes("takeAlongAxis", withLength(x.shape, axis, 1), withLength(positions.shape, axis, 1));
  const source = broadcastTo(x, withLength(off, axis, length));
  return pickAt(source, broadcastTo(positions, withLength(off, axis, count)), axis);
}

/**
 * `base` with values added at the given positions of an axis (default 0); positions named more than once get the
 * sum, added in the order of the list. float32, float64, int32.
 *
 * A list of indices adds whole slices, the inverse of `gather`; indices of the rank of base differ from place
 * to place, the inverse of `takeAlongAxis`. Updates have base's shape but for the axis, which is as long as the
 * indices; they and the indices broadcast to that. A histogram: `scatterAdd(zeros([10]), labels, 1)`.
 *
 * @throws {ShapeError} when the indices have neither one axis nor those of base, or shapes do not broadcast.
 * @throws {DTypeError} unless base and updates have one dtype, float or int32, and indices are int32 or uint8.
 * @throws {IndexError} when it is computed and an index is out of range.
 */
export function scatterAdd(
  base: Tensor,
  indices: Tensor,
  updates: TensorLike,
  options: { readonly axis?: number } = {},
): Tensor {
  checkTensor("scatterAdd", base, "base");
  checkOptions("scatterAdd", options, ["axis"]);
  const positions = checkIndices("scatterAdd", indices);
  if (!isFloat(base.dtype) && base.dtype !== "int32") {
    throw new DTypeError(`scatterAdd: needs float or int32 tensors, got ${base.dtype}; cast first`);
  }
  const [, values] = sameDTypeOperands("scatterAdd", [base, updates]) as [Tensor, Tensor];
  const axis = checkAxis("scatterAdd", base, options.axis ?? 0);
  if (positions.rank !== 1 && positions.rank !== base.rank) {
    throw new ShapeError(
      `scatterAdd: indices must have 1 axis or the ${base.rank} of base ${showShape(base.shape)}, ` +
        `got ${showShape(indices.shape)}`,
    );
  }
  const placed = positions.rank === 1 ? along(positions, axis, base.rank) : positions;
  const shape = withLength(base.shape, axis, placed.shape[axis] as number);
  return addAt(base, stretch("indices", placed, shape), stretch("updates", values, shape), axis);
}

function stretch(what: string, x: Tensor, shape: Shape): Tensor {
  const fits = x.rank <= shape.length && x.shape.every((n, i) => n === 1 || n === shape[i + shape.length - x.rank]);
  if (fits) return broadcastTo(x, shape);
  throw new ShapeError(`scatterAdd: ${what} ${showShape(x.shape)} do not broadcast to ${showShape(shape)}`);
}

/**
 * Labels `[…]` as rows `[…, depth]` that are 1 at the label and 0 elsewhere. A label outside [0, depth) gives a row
 * of zeros.
 *
 * @param options `dtype` of the result (default float32).
 * @throws {DTypeError} unless the labels are int32 or uint8.
 * @throws {OptionError} unless the depth is a non-negative integer.
 */
export function oneHot(labels: Tensor, depth: number, options: { readonly dtype?: DType } = {}): Tensor {
  checkOptions("oneHot", options, ["dtype"]);
  const positions = checkIndices("oneHot", labels);
  if (!Number.isInteger(depth) || depth < 0) {
    throw new OptionError(`oneHot: depth must be a non-negative integer, got ${show(depth)}`);
  }
  const dtype = checkDType("oneHot", options.dtype ?? "float32");
  checkShape("oneHot", [...positions.shape, depth]);
  const classes = arange(depth, { dtype: "int32" });
  return cast(equal(expandDims(positions, positions.rank), classes), dtype);
}
