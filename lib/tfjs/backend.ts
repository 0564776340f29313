/** The storage of the TF.js backend: data ids, and how values get in and out. */

import {
  type BackendTimingInfo,
  backend_util,
  type DataType,
  engine,
  KernelBackend,
  type TensorInfo,
  util,
} from "@tensorflow/tfjs-core";
import { DTypeError, full, OptionError, type Tensor, type TypedArray, tensor, Variable, variable } from "../index.js";
import type { GivesWay } from "./give-way.js";
import { PendingTensors } from "./pending.js";
import { TensorData } from "./tensor-data.js";

/** Values as TF.js hands them over: typed arrays, or lists of numbers, of booleans, or of strings as UTF-8. */
export type BackendValues = backend_util.BackendValues;

/** The arrays of the dtypes that nodegrad computes with. */
const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** The inputs of a kernel by name, as lazy tensors; kernels of lists have them by number. */
export type TensorsOf<I> = { readonly [K in keyof I]: I[K] extends TensorInfo | undefined ? Tensor : I[K] };

/** After so many Programs have read an array as weights, it is taken for constant. */
const WEIGHT_USES = 2;

/**
 * A backend of TF.js whose kernels build nodegrad's lazy graph. It is compiled and run when values are read, or when a
 * step is complete: see `PendingTensors`.
 */
export class NodegradBackend extends KernelBackend implements GivesWay {
  readonly #pending = new PendingTensors();
  /** Data whose ids were made by another backend. */
  readonly #moved = new WeakMap<object, TensorData>();
  #count = 0;

  // ── data ids ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Keeps a copy of the values; returns their data id. */
  override write(values: BackendValues, shape: number[], dtype: DataType): object {
    return this.#keep(this.#dataOf(values, shape, dtype, 1));
  }

  /** Keeps values that come from another backend, under the data id they had there. */
  override move(id: object, values: BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    this.#moved.set(id, this.#keep(this.#dataOf(values, shape, dtype, refCount)));
  }

  /** Every data id that is not disposed. */
  override numDataIds(): number {
    return this.#count;
  }

  override refCount(id: object): number {
    return this.#find(id)?.refCount ?? 0;
  }

  override incRef(id: object): void {
    this.dataOf(id).refCount++;
  }

  decRef(id: object): void {
    const data = this.#find(id);
    if (data !== undefined) data.refCount--;
  }

  /** Gives up one reference, or all; returns whether the data is gone. */
  override disposeData(id: object, force = false): boolean {
    const data = this.#find(id);
    if (data === undefined) return true;
    data.refCount = force ? 0 : data.refCount - 1;
    if (data.refCount > 0) return false;
    this.#count--;
    data.tensor = undefined;
    if (data.complex !== undefined) {
      this.disposeData(data.complex.real.dataId, true);
      this.disposeData(data.complex.imag.dataId, true);
    }
    return true;
  }

  /**
   * What is kept for a data id. Values that another backend has come here first.
   *
   * @throws {OptionError} when the data id is disposed.
   */
  dataOf(id: object): TensorData {
    const data = this.#find(id) ?? this.#fetch(id);
    if (data === undefined) throw new OptionError("tfjs: the tensor has been disposed");
    return data;
  }

  /** What is kept here; an id that was made here may have been away and come back. */
  #find(id: object): TensorData | undefined {
    if (id instanceof TensorData && id.refCount > 0) return id;
    const moved = this.#moved.get(id);
    return moved !== undefined && moved.refCount > 0 ? moved : undefined;
  }

  /** Has the core move values here from the backend that has them. */
  #fetch(id: object): TensorData | undefined {
    const info = engine().state.tensorInfo.get(id);
    if (info === undefined || info.backend === this) return undefined;
    engine().moveData(this, id);
    return this.#find(id);
  }

  #keep(data: TensorData): TensorData {
    this.#count++;
    return data;
  }

  #dataOf(values: BackendValues, shape: readonly number[], dtype: DataType, refCount: number): TensorData {
    if (dtype === "string") return new TensorData(dtype, { strings: values as Uint8Array[] }, refCount);
    if (dtype === "complex64") {
      const { real, imag } = backend_util.splitRealAndImagArrays(values as Float32Array);
      const part = (array: Float32Array) => this.makeTensorInfo(shape, "float32", array);
      return new TensorData(dtype, { complex: { real: part(real), imag: part(imag) } }, refCount);
    }
    const array = arrayOf(values, dtype);
    if (shape.length > 0) return new TensorData(dtype, { tensor: tensor(array, { shape, dtype }) }, refCount);
    // A number is an argument of the Program, not an array.
    const number = array[0] as number;
    return new TensorData(dtype, { tensor: full([], number, { dtype }), number }, refCount);
  }

  // ── tensors of kernels ─────────────────────────────────────────────────────────────────────────────────────

  /**
   * The lazy tensor behind a tensor of TF.js, of its shape.
   *
   * @param kernelName The kernel that asks, for the message of the error.
   * @param name Which of its inputs this is, likewise.
   * @throws {DTypeError} for strings and complex numbers, which a kernel has to ask for by their own methods.
   */
  tensorOf({ dataId, shape, dtype }: TensorInfo, kernelName = "tfjs", name = "the input"): Tensor {
    const { tensor } = this.dataOf(dataId);
    if (tensor === undefined) throw new DTypeError(`${kernelName}: ${name} must be a tensor of numbers, got ${dtype}`);
    return sameShape(tensor.shape, shape) ? tensor : tensor.reshape(shape);
  }

  /**
   * The same for an operand that is likely to be the weights of a layer. Those that several Programs have read unchanged
   * become a variable, so that they are packed once for products and convolutions.
   */
  weightsOf(info: TensorInfo): Tensor {
    const data = this.dataOf(info.dataId);
    // Every run reads it at least once; a Program that reads it twice is no harm.
    const { tensor } = data;
    if (tensor?.storage !== undefined && !(tensor instanceof Variable) && ++data.uses > WEIGHT_USES) {
      data.tensor = variable(tensor, { name: "weights", trainable: false });
    }
    return this.tensorOf(info);
  }

  /** The lazy tensors behind those inputs of a kernel that there are. */
  tensorsOf<I extends object>(inputs: I, kernelName?: string): TensorsOf<I> {
    const tensors: Record<string, Tensor> = {};
    for (const name in inputs) {
      const info = inputs[name] as TensorInfo | null | undefined;
      if (info != null) tensors[name] = this.tensorOf(info, kernelName, name);
    }
    return tensors as TensorsOf<I>;
  }

  /** A lazy tensor as the result of a kernel. */
  adopt(tensor: Tensor): TensorInfo {
    const { shape, dtype } = tensor;
    const data = this.#keep(new TensorData(dtype as DataType, { tensor }));
    this.#pending.add(data, tensor.size);
    return { dataId: data, shape: shape as number[], dtype: dtype as DataType };
  }

  /** Values as the result of a kernel; strings may be given as such. */
  makeTensorInfo(shape: readonly number[], dtype: DataType, values: BackendValues | readonly string[]): TensorInfo {
    const encoded =
      dtype === "string" && util.isString(values[0] as object)
        ? (values as readonly string[]).map((text) => util.encodeString(text))
        : (values as BackendValues);
    return { dataId: this.write(encoded, shape as number[], dtype), shape: shape as number[], dtype };
  }

  /** A complex tensor of two real ones, which it owns from now on. */
  makeComplex(real: TensorInfo, imag: TensorInfo): TensorInfo {
    const dataId = this.#keep(new TensorData("complex64", { complex: { real, imag } }));
    return { dataId, shape: real.shape, dtype: "complex64" };
  }

  /** The same tensor once more, or one of another shape of as many elements: nothing is copied. */
  share({ dataId, dtype }: TensorInfo, shape: readonly number[]): TensorInfo {
    this.incRef(dataId);
    return { dataId, shape: shape as number[], dtype };
  }

  // ── values ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** The values now. Computes what is pending. */
  override readSync(id: object): BackendValues {
    const data = this.dataOf(id);
    if (data.strings !== undefined) return data.strings as Uint8Array[];
    if (data.complex !== undefined) {
      const { real, imag } = data.complex;
      const parts = [real, imag].map(({ dataId }) => this.readSync(dataId) as Float32Array);
      return backend_util.mergeRealAndImagArrays(parts[0] as Float32Array, parts[1] as Float32Array);
    }
    const known = this.knownValues({ dataId: id } as TensorInfo);
    if (known !== undefined) return known as BackendValues;
    this.#pending.compute();
    return (data.tensor as Tensor).dataSync() as BackendValues;
  }

  /** The values, computed off the calling thread. */
  override async read(id: object): Promise<BackendValues> {
    const data = this.dataOf(id);
    if (data.strings !== undefined || data.number !== undefined) return this.readSync(id);
    if (data.complex !== undefined) {
      const { real, imag } = data.complex;
      const parts = await Promise.all([real, imag].map(({ dataId }) => this.read(dataId)));
      return backend_util.mergeRealAndImagArrays(parts[0] as Float32Array, parts[1] as Float32Array);
    }
    const tensor = data.tensor as Tensor;
    this.#pending.submit();
    return (await tensor.data()) as BackendValues;
  }

  /** The values, if they are there without running anything. */
  knownValues({ dataId }: TensorInfo): TypedArray | undefined {
    const { tensor, number, dtype } = this.dataOf(dataId);
    if (number !== undefined) return ARRAYS[dtype as "float32"].of(number);
    const { storage } = tensor ?? {};
    return storage === undefined || storage.pending !== undefined ? undefined : tensor?.dataSync();
  }

  /** Starts what is pending; resolves when another step can be started without holding the thread. */
  giveWay(): Promise<void> {
    return this.#pending.giveWay();
  }

  // ── the rest of the contract ───────────────────────────────────────────────────────────────────────────────

  /** Time of a function and of the runs it asks for, in milliseconds. */
  override async time(body: () => void): Promise<BackendTimingInfo> {
    this.#pending.compute();
    const start = performance.now();
    body();
    this.#pending.compute();
    return { kernelMs: performance.now() - start };
  }

  override timerAvailable(): boolean {
    return true;
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return {
      unreliable: true,
      reasons: ["Tensors that are not computed yet take no memory; what is freed waits for garbage collection."],
    };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.#pending.discard();
  }
}

/** Values as an array of the dtype; a copy is made by who keeps it. */
function arrayOf(values: BackendValues, dtype: DataType): TypedArray {
  const ArrayType = ARRAYS[dtype as keyof typeof ARRAYS];
  if (values instanceof ArrayType) return values;
  return ArrayType.from(values as ArrayLike<number>);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}
