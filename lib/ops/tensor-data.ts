/** Data of a caller as the typed array of a tensor: checked, copied, converted. */

import { allocate, checkDType, type DType, hasMemory, isFloat, type TypedArray } from "../dtype.js";
import { DTypeError, OptionError, ShapeError, show } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import { checkShape, MAX_RANK, type Shape, showShape, sizeOf } from "../shape.js";

/** Numbers or booleans in arrays in arrays, one level per axis. */
export type NestedData = readonly (number | boolean | NestedData)[];

/** What a tensor can be made of. */
export type TensorData = number | boolean | NestedData | TypedArray | Uint8ClampedArray;

/** How data becomes a tensor. */
export interface DataOptions {
  /** Element type (default: that of a typed array; float32 for numbers, bool for booleans). */
  readonly dtype?: DType;
  /** Elements along each axis (default: that of the nesting; one axis for a typed array). */
  readonly shape?: Shape;
}

/** The data of a tensor. */
export interface Elements {
  readonly values: TypedArray;
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * Reads data into the typed array that a tensor owns.
 *
 * @throws {ShapeError} when arrays are ragged or the shape has another size than the data.
 * @throws {DTypeError} for elements that are no numbers or booleans, mix both, or are not values of the dtype.
 * @throws {OptionError} for anything else that is no data, and for a typed array whose buffer is detached.
 */
export function elementsOf(op: string, data: TensorData, options: DataOptions): Elements {
  const dtype = options.dtype === undefined ? undefined : checkDType(op, options.dtype);
  const { values, shape, type } = ArrayBuffer.isView(data) ? fromTypedArray(op, data) : fromNested(op, data);
  const wanted = options.shape === undefined ? shape : checkShape(op, options.shape);
  if (sizeOf(wanted) !== values.length) {
    throw new ShapeError(
      `${op}: shape ${showShape(wanted)} does not fit the data: ${sizeOf(wanted)} elements wanted, ${values.length} given`,
    );
  }
  return { values: converted(op, values, dtype ?? type, type), shape: wanted, dtype: dtype ?? type };
}

interface Source {
  readonly values: ArrayLike<number>;
  readonly shape: Shape;
  readonly type: DType;
}

function fromTypedArray(op: string, data: ArrayBufferView): Source {
  const type = typedArrayDType(data);
  if (type === undefined) {
    throw new DTypeError(
      `${op}: no dtype for ${show(data)}; expected a Float32Array, Float64Array, Int32Array or Uint8Array`,
    );
  }
  if (!hasMemory(data)) throw new OptionError(`${op}: the buffer of ${show(data)} is detached`);
  const values = data as TypedArray;
  return { values, shape: checkShape(op, [values.length]), type };
}

function typedArrayDType(data: ArrayBufferView): DType | undefined {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Int32Array) return "int32";
  return data instanceof Uint8Array || data instanceof Uint8ClampedArray ? "uint8" : undefined;
}

function fromNested(op: string, data: unknown): Source {
  if (data instanceof Tensor) {
    throw new OptionError(`${op}: data is already a tensor; pass its values (dataSync()) to copy it`);
  }
  if (typeof data === "number") return { values: [data], shape: [], type: "float32" };
  if (typeof data === "boolean") return { values: [Number(data)], shape: [], type: "bool" };
  if (!Array.isArray(data)) {
    throw new OptionError(
      `${op}: data must be a number, a boolean, arrays of them or a typed array, got ${show(data)}`,
    );
  }
  const shape: number[] = [];
  for (let level: unknown = data; Array.isArray(level); level = level[0]) {
    if (shape.push(level.length) > MAX_RANK) throw new ShapeError(`${op}: more than ${MAX_RANK} levels of arrays`);
  }
  const reader = new NestedReader(op, checkShape(op, shape));
  reader.read(data, 0);
  return { values: reader.values, shape, type: reader.type() };
}

/** Collects the elements of nested arrays in row-major order; every array of a level is as long as the first. */
class NestedReader {
  readonly values: number[] = [];
  #booleans = 0;
  readonly #op: string;
  readonly #shape: Shape;
  /** Where the array being read lies, for messages. */
  readonly #position: number[] = [];

  constructor(op: string, shape: Shape) {
    this.#op = op;
    this.#shape = shape;
  }

  read(data: unknown, level: number): void {
    const length = this.#shape[level] as number;
    if (!Array.isArray(data) || data.length !== length) {
      throw new ShapeError(
        `${this.#op}: arrays are ragged: got ${show(data)} at [${this.#position.join(", ")}], expected ${length} elements`,
      );
    }
    const isInnermost = level === this.#shape.length - 1;
    for (let i = 0; i < length; i++) {
      this.#position[level] = i;
      if (isInnermost) this.#take(data[i]);
      else this.read(data[i], level + 1);
    }
    this.#position.length = level;
  }

  #take(element: unknown): void {
    if (typeof element === "boolean") {
      this.#booleans++;
    } else if (typeof element !== "number") {
      const where = `at [${this.#position.join(", ")}]`;
      if (Array.isArray(element)) {
        throw new ShapeError(
          `${this.#op}: arrays are ragged: got ${show(element)} ${where}, expected a single element`,
        );
      }
      throw new DTypeError(`${this.#op}: element ${where} must be a number or a boolean, got ${show(element)}`);
    }
    this.values.push(Number(element));
  }

  /** @throws {DTypeError} when numbers and booleans are mixed. */
  type(): DType {
    if (this.#booleans === 0) return "float32";
    if (this.#booleans < this.values.length) throw new DTypeError(`${this.#op}: numbers and booleans are mixed`);
    return "bool";
  }
}

/**
 * A copy of the values in the array of a dtype.
 *
 * @throws {DTypeError} for a value that an integer type or bool does not have.
 */
export function converted(op: string, values: ArrayLike<number>, dtype: DType, from?: DType): TypedArray {
  const out = allocate(dtype, values.length);
  out.set(values);
  if (isFloat(dtype) || dtype === from) return out;
  for (let i = 0; i < out.length; i++) {
    const value = values[i] as number;
    const isValue = out[i] === value && (dtype !== "bool" || value === 0 || value === 1);
    if (!isValue) throw new DTypeError(`${op}: element ${i} is not a value of ${dtype}: ${value}`);
  }
  return out;
}
