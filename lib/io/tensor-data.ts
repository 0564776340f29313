/** Tensors as plain data: what files hold. */

import { type ArrayOf, checkDType, type DType, dtypeInfo, hasMemory } from "../dtype.js";
import { OptionError, ShapeError, show } from "../errors.js";
import { checkShape, type Shape, showShape, sizeOf } from "../shape.js";

/** One tensor as plain data: `data` holds `shape` row-major, as the typed array of `dtype`. */
export interface TensorData<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: ArrayOf[D];
}

/**
 * @param what The operation, and which of its tensors, for messages.
 * @throws {OptionError} for what has no dtype, shape and data, and for data of another typed array class.
 * @throws {DTypeError} for an unknown dtype.
 * @throws {ShapeError} for a bad shape, or data of another length.
 */
export function checkTensorData(what: string, value: unknown): TensorData {
  if (typeof value !== "object" || value === null || !("data" in value)) {
    throw new OptionError(`${what}: must be { dtype, shape, data }, got ${show(value)}`);
  }
  const { dtype, shape, data } = value as TensorData;
  const { Array: Expected } = dtypeInfo[checkDType(what, dtype)];
  if (!(data instanceof Expected)) {
    throw new OptionError(`${what}: data of ${dtype} must be a ${Expected.name}, got ${show(data)}`);
  }
  if (!hasMemory(data)) throw new OptionError(`${what}: the buffer of ${show(data)} is detached`);
  const size = sizeOf(checkShape(what, shape));
  if (data.length !== size) {
    throw new ShapeError(`${what}: ${showShape(shape)} holds ${size} elements, got ${data.length}`);
  }
  return value as TensorData;
}
