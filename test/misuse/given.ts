/** What misuses are made with: the package without its types, and a few values. */

import * as typedBlas from "../../lib/blas/index.js";
import * as typedClassical from "../../lib/classical/index.js";
import * as typedData from "../../lib/data/index.js";
import type { NodegradError } from "../../lib/errors.js";
import * as typedNodegrad from "../../lib/index.js";
import * as typedIo from "../../lib/io/index.js";
import * as typedModels from "../../lib/models/index.js";
import * as typedNn from "../../lib/nn/index.js";
import * as typedOptim from "../../lib/optim/index.js";
import * as typedProgram from "../../lib/program/index.js";
import * as typedTrain from "../../lib/train/index.js";

/** A call, the class of its error, and all of its message. */
export type Misuse = readonly [use: () => unknown, type: new (message: string) => NodegradError, message: string];

/** A misuse of each function by its name; `"f()"` is what `f` returns, and `"f().g"` a member of that. */
export type Misuses = Readonly<Record<string, Misuse>>;

// biome-ignore lint/suspicious/noExplicitAny: the point of these calls is that types do not fit
type Unchecked = any;

export const ng: Unchecked = typedNodegrad;
export const nn: Unchecked = typedNn;
export const optim: Unchecked = typedOptim;
export const data: Unchecked = typedData;
export const io: Unchecked = typedIo;
export const models: Unchecked = typedModels;
export const train: Unchecked = typedTrain;
export const classical: Unchecked = typedClassical;
export const blas: Unchecked = typedBlas;
export const program: Unchecked = typedProgram;

/** `[2, 3]` of float32. */
export const matrix = ng.reshape(ng.arange(6), [2, 3]);
/** `[3]` of int32. */
export const counts = ng.tensor(Int32Array.of(1, 2, 3));
/** `[2]` of bool. */
export const mask = ng.tensor([true, false]);
export const w = ng.variable([1, 2], { name: "w" });
/** From 3 to 2 features. */
export const linear = new nn.Linear(3, 2, { seed: 1 });
export const emptyProgram = new program.ProgramWriter().finish();

/** A tensor without values any more. */
export const disposed = ng.tensor([1]);
disposed.dispose();
