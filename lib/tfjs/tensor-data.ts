/** What the backend keeps for a data id of TF.js: one of four forms of values. */

import type { DataType, TensorInfo } from "@tensorflow/tfjs-core";
import type { Tensor } from "../index.js";

/** The real and the imaginary part of a complex tensor, each a float32 tensor of its own. */
export interface ComplexParts {
  readonly real: TensorInfo;
  readonly imag: TensorInfo;
}

/** Values behind a data id. It is its own data id unless it came from another backend. */
export class TensorData {
  /** Data ids of the core that share it: `Identity` and `Reshape` copy nothing. */
  refCount: number;
  readonly dtype: DataType;
  /** Numbers: a lazy tensor. Shapes may differ from those of the data ids that share it, sizes not. */
  tensor: Tensor | undefined;
  /** A single number that JavaScript knows, beside its tensor. */
  readonly number: number | undefined;
  /** Strings, as UTF-8. */
  readonly strings: readonly Uint8Array[] | undefined;
  readonly complex: ComplexParts | undefined;
  /** How often it has been read as weights; see `NodegradBackend.weightsOf`. */
  uses = 0;

  constructor(
    dtype: DataType,
    values: { tensor?: Tensor; number?: number; strings?: readonly Uint8Array[]; complex?: ComplexParts },
    refCount = 1,
  ) {
    this.dtype = dtype;
    this.tensor = values.tensor;
    this.number = values.number;
    this.strings = values.strings;
    this.complex = values.complex;
    this.refCount = refCount;
  }
}
