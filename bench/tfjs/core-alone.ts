/**
 * A backend of TensorFlow.js that does nothing: what a program takes on it is the core's own cost.
 *
 * Kernels need to return tensors of the right shapes. So at first nodegrad does the work, and what each kernel returns is
 * written down; from then on the same is handed out again, in the same order, with no values.
 */

import * as tf from "@tensorflow/tfjs";
import { BACKEND_NAME } from "nodegrad/tfjs";

/** Its name in `tf.setBackend`. */
export const CORE_ALONE = "core-alone";

type Infos = tf.TensorInfo | tf.TensorInfo[];

/** What kernels returned, in the order of their calls. */
let script: Infos[] = [];
let position = 0;

class CoreAlone extends tf.KernelBackend {
  #count = 0;

  make(): object {
    this.#count++;
    return {};
  }

  override write(): object {
    return this.make();
  }
  override move(): void {
    this.#count++;
  }
  override disposeData(): boolean {
    this.#count--;
    return true;
  }
  override numDataIds(): number {
    return this.#count;
  }
  override incRef(): void {}
  override refCount(): number {
    return 1;
  }
  override readSync(): Float32Array {
    return new Float32Array(1);
  }
  override async read(): Promise<Float32Array> {
    return new Float32Array(1);
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override dispose(): void {}
}

/**
 * Does the work on nodegrad, with what its kernels return written down, and registers the backend that returns the same. It is
 * done once more before, because an optimiser makes its variables in the first step.
 */
export async function leaveCoreAlone(work: () => Promise<unknown> | unknown): Promise<void> {
  await work();
  const restore = record();
  await work();
  restore();
  tf.registerBackend(CORE_ALONE, () => new CoreAlone());
  for (const { kernelName } of tf.getKernelsForBackend(BACKEND_NAME)) {
    tf.registerKernel({ kernelName, backendName: CORE_ALONE, kernelFunc: replay });
  }
}

/** Makes nodegrad's kernels write down what they return; returns what ends that. */
function record(): () => void {
  const kernels = tf.getKernelsForBackend(BACKEND_NAME);
  const replace = (kernelOf: (kernel: tf.KernelConfig) => tf.KernelConfig) => {
    for (const kernel of kernels) {
      tf.unregisterKernel(kernel.kernelName, BACKEND_NAME);
      tf.registerKernel(kernelOf(kernel));
    }
  };
  script = [];
  replace((kernel) => ({
    ...kernel,
    kernelFunc: (call) => {
      const infos = kernel.kernelFunc(call);
      script.push(infos);
      return infos;
    },
  }));
  return () => replace((kernel) => kernel);
}

function replay({ backend }: { backend: unknown }): Infos {
  const infos = script[position] as Infos;
  position = position + 1 === script.length ? 0 : position + 1;
  const again = ({ shape, dtype }: tf.TensorInfo) => ({ dataId: (backend as CoreAlone).make(), shape, dtype });
  return Array.isArray(infos) ? infos.map(again) : again(infos);
}
