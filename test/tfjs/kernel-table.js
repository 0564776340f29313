/** What each kernel of the backend does, seen while the core's specs call it: docs/tfjs-kernels.md. */

import { createRequire } from "node:module";
import { NodegradBackend } from "../../dist/tfjs/index.js";

// The copy of the core that the backend registers with.
const { getKernelsForBackend, registerKernel, unregisterKernel } = createRequire(import.meta.url)(
  "@tensorflow/tfjs-core",
);

/** What the table cannot see. */
const NOTES = {
  _FusedMatMul: "of int32: exact, and slower than of float32",
  BatchMatMul: "of int32: exact, and slower than of float32",
  GatherNd: "of strings, too",
  Multinomial: "other draws for a seed than cpu makes",
  Tan: "computed in float64",
};

const HEADER = `# TensorFlow.js kernels

All that TensorFlow.js 4.22 has kernels for in its JavaScript backend, and what they do on nodegrad. A test holds this page to
what is seen while the specs of tfjs-core run; \`node test/tfjs/core-suite.js --kernels docs/tfjs-kernels.md\` writes it.

- **lazy**: the kernel adds to a graph and returns. The graph runs later, as a whole, on all threads.
- **values**: the kernel waits for its inputs and computes on the calling thread: the shape of its result depends on them,
  or nobody computes it often.
- **complex64**, **string**: ● where the kernel takes them, beside float32, int32 and bool; strings are always computed on
  the calling thread.

| kernel | | complex64 | string | |
| --- | --- | --- | --- | --- |
`;

/** Watches the kernels from now on; returns a function that writes the table of what they did. */
export function watchKernels() {
  const seen = new Map();
  /** Whether values have been read in the kernel that runs. */
  let hasRead = false;
  const { readSync } = NodegradBackend.prototype;
  NodegradBackend.prototype.readSync = function (id) {
    hasRead = true;
    return readSync.call(this, id);
  };
  for (const kernel of getKernelsForBackend("nodegrad")) {
    const record = { isLazy: false, waits: false, dtypes: new Set(), kernel, call: undefined };
    seen.set(kernel.kernelName, record);
    const kernelFunc = (call) => {
      hasRead = false;
      const result = kernel.kernelFunc(call);
      note(record, call, result, hasRead);
      return result;
    };
    unregisterKernel(kernel.kernelName, "nodegrad");
    registerKernel({ ...kernel, kernelFunc });
  }
  const order = ([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1);
  return () => HEADER + [...seen].sort(order).map(row).join("");
}

function note(record, { inputs, attrs, backend }, result, hasRead) {
  const infos = Object.entries(inputs).filter(([, info]) => info?.dtype !== undefined);
  const dtypes = [...infos.map(([, info]) => info), ...[result].flat()].map(({ dtype }) => dtype);
  for (const dtype of dtypes) record.dtypes.add(dtype);
  if (dtypes.includes("string")) return;
  record.isLazy ||= !hasRead;
  record.waits ||= hasRead;
  if (record.call !== undefined || !dtypes.includes("float32")) return;
  const read = ([name, { dataId, shape, dtype }]) => [name, { shape, dtype, values: backend.readSync(dataId).slice() }];
  record.call = { attrs, inputs: infos.map(read) };
}

/**
 * Whether a lazy kernel takes complex numbers though no spec gives it any: it is called as a spec has called it, with
 * floats replaced. It refuses what it cannot do.
 */
function takesComplex({ kernel, call }) {
  if (call === undefined) return false;
  const backend = new NodegradBackend();
  const replace = ([name, { shape, dtype, values }]) => {
    if (dtype !== "float32") return [name, backend.makeTensorInfo(shape, dtype, values)];
    return [name, backend.makeTensorInfo(shape, "complex64", new Float32Array(2 * values.length))];
  };
  try {
    const inputs = Object.fromEntries(call.inputs.map(replace));
    const results = [kernel.kernelFunc({ inputs, attrs: call.attrs, backend })].flat();
    for (const { dataId } of results) backend.readSync(dataId);
    return results.every(({ dtype }) => dtype === "complex64");
  } catch {
    return false;
  }
}

function row([name, record]) {
  const isLazy = record.isLazy && !record.waits;
  const isComplex = record.dtypes.has("complex64") || (isLazy && takesComplex(record));
  const marks = [isComplex, record.dtypes.has("string")].map((isTaken) => (isTaken ? "●" : ""));
  const cells = [`\`${name}\``, isLazy ? "lazy" : "values", ...marks, NOTES[name] ?? ""];
  return `| ${cells.join(" | ")} |\n`.replaceAll(/ {2,}/g, " ");
}
