/** The three convolutions: patches of one image laid out as a matrix (im2col), and a product of matrices. */

import type { Instruction, ProgramView } from "../../program/reader.js";
import { gemm } from "./gemm.js";
import type { Step } from "./kernel.js";
import { MicroMachine } from "./micro.js";
import { Operand } from "./strided.js";

/** Sizes of y = x ⋆ w; one image of one group is a product of matrices. */
interface Geometry {
  readonly images: number;
  readonly groups: number;
  /** Channels, height and width of x in a group. */
  readonly input: readonly [channels: number, height: number, width: number];
  /** Height and width of the kernel. */
  readonly kernel: readonly [height: number, width: number];
  /** Output channels in a group. */
  readonly filters: number;
  /** Height and width of y. */
  readonly output: readonly [height: number, width: number];
  /** Elements of a patch: channels in a group · kernel height · kernel width. */
  readonly patch: number;
  /** Number of patches: height · width of y. */
  readonly places: number;
  readonly window: Readonly<Record<string, number>>;
}

/** y = x ⋆ w: each row of y is weights `[filters, patch]` times patches. */
export function conv2d(instruction: Instruction): Step {
  const [x, w] = instruction.inputs as [ProgramView, ProgramView];
  const g = geometry(instruction, x, w, instruction.outputs[0] as ProgramView);
  const [xs, ws] = [new Operand(x), new Operand(w)];
  const machine = new MicroMachine(instruction, x.buffer.dtype);
  return (memory) => {
    const input = xs.readDoubles(memory);
    const weights = ws.readDoubles(memory);
    const indices = patchIndices(g, { place: g.patch, element: 1 });
    const patches = new Float64Array(indices.length);
    const result = new Float64Array(g.images * g.groups * g.filters * g.places);
    forEachGroup(g, (at) => {
      extract(input.subarray(at.x), indices, patches);
      const sizes = { m: g.filters, n: g.places, k: g.patch };
      gemm(sizes, weights.subarray(at.w), patches, result.subarray(at.y));
    });
    machine.writeOutputs(memory, result.length, result);
  };
}

/** dx: each patch of it is weightsᵀ times dy, and overlapping patches add up. */
export function conv2dGradInput(instruction: Instruction): Step {
  const [dy, w] = instruction.inputs as [ProgramView, ProgramView];
  const g = geometry(instruction, instruction.outputs[0] as ProgramView, w, dy);
  const [dys, ws] = [new Operand(dy), new Operand(w)];
  const machine = new MicroMachine(instruction, dy.buffer.dtype);
  return (memory) => {
    const gradient = dys.readDoubles(memory);
    const weights = ws.readDoubles(memory);
    const indices = patchIndices(g, { place: g.patch, element: 1 });
    const patches = new Float64Array(indices.length);
    const result = new Float64Array(g.images * g.groups * imageSize(g));
    forEachGroup(g, (at) => {
      const a = transpose(gradient.subarray(at.y), g.filters, g.places);
      const b = transpose(weights.subarray(at.w), g.filters, g.patch);
      patches.fill(0);
      gemm({ m: g.places, n: g.patch, k: g.filters }, a, b, patches);
      addBack(patches, indices, result.subarray(at.x));
    });
    machine.writeOutputs(memory, result.length, result);
  };
}

/** dw: dy `[filters, places]` times patches, summed over images. */
export function conv2dGradWeight(instruction: Instruction): Step {
  const [x, dy] = instruction.inputs as [ProgramView, ProgramView];
  const g = geometry(instruction, x, instruction.outputs[0] as ProgramView, dy);
  const [xs, dys] = [new Operand(x), new Operand(dy)];
  const machine = new MicroMachine(instruction, x.buffer.dtype);
  return (memory) => {
    const input = xs.readDoubles(memory);
    const gradient = dys.readDoubles(memory);
    const indices = patchIndices(g, { place: 1, element: g.places });
    const patches = new Float64Array(indices.length);
    const result = new Float64Array(g.groups * g.filters * g.patch);
    forEachGroup(g, (at) => {
      extract(input.subarray(at.x), indices, patches);
      const sizes = { m: g.filters, n: g.patch, k: g.places };
      gemm(sizes, gradient.subarray(at.y), patches, result.subarray(at.w));
    });
    machine.writeOutputs(memory, result.length, result);
  };
}

function geometry({ attributes }: Instruction, x: ProgramView, w: ProgramView, y: ProgramView): Geometry {
  const [images, channels, height, width] = x.shape as [number, number, number, number];
  const [, , kernelH, kernelW] = w.shape as [number, number, number, number];
  const [, filters, oh, ow] = y.shape as [number, number, number, number];
  const groups = attributes.groups as number;
  return {
    images,
    groups,
    input: [channels / groups, height, width],
    kernel: [kernelH, kernelW],
    filters: filters / groups,
    output: [oh, ow],
    patch: (channels / groups) * kernelH * kernelW,
    places: oh * ow,
    window: attributes,
  };
}

/** Elements of x in one image and group. */
function imageSize({ input: [channels, height, width] }: Geometry): number {
  return channels * height * width;
}

/** Where x, w and y of one image and group begin, when they are contiguous. */
interface Beginnings {
  readonly x: number;
  readonly w: number;
  readonly y: number;
}

function forEachGroup(g: Geometry, visit: (at: Beginnings) => void): void {
  for (let image = 0; image < g.images; image++) {
    for (let group = 0; group < g.groups; group++) {
      const index = image * g.groups + group;
      visit({ x: index * imageSize(g), w: group * g.filters * g.patch, y: index * g.filters * g.places });
    }
  }
}

/**
 * For each element of each patch, which element of the image it is: its index, or −1 in the padding.
 *
 * @param step How far apart the places and the elements of a patch lie in the table.
 */
function patchIndices(g: Geometry, step: { readonly place: number; readonly element: number }): Int32Array {
  const { strideH, strideW, padTop, padLeft, dilationH, dilationW } = g.window as Record<string, number>;
  const [channels, height, width] = g.input;
  const ow = g.output[1];
  const indices = new Int32Array(g.places * g.patch).fill(-1);
  let element = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let kh = 0; kh < g.kernel[0]; kh++) {
      for (let kw = 0; kw < g.kernel[1]; kw++, element++) {
        for (let place = 0; place < g.places; place++) {
          const row = Math.floor(place / ow) * (strideH as number) - (padTop as number) + kh * (dilationH as number);
          const column = (place % ow) * (strideW as number) - (padLeft as number) + kw * (dilationW as number);
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          indices[place * step.place + element * step.element] = (channel * height + row) * width + column;
        }
      }
    }
  }
  return indices;
}

/** Copies the patches of an image; padding stays 0. */
function extract(image: Float64Array, indices: Int32Array, patches: Float64Array): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    if (index >= 0) patches[i] = image[index] as number;
  }
}

/** Adds patches to the places of the image that they were taken from. */
function addBack(patches: Float64Array, indices: Int32Array, image: Float64Array): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    if (index >= 0) image[index] = (image[index] as number) + (patches[i] as number);
  }
}

/** A contiguous `[columns, rows]` copy of a matrix `[rows, columns]`. */
function transpose(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j] as number;
  }
  return out;
}
