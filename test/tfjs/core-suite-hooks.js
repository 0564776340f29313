/**
 * Loader hooks for the core's specs, which are published as ES modules that name their neighbours without an extension
 * and lie in a package that says it is CommonJS.
 */

const DIST = "/@tensorflow/tfjs-core/dist/";

// Node finds no names in this CommonJS package, which the core imports as a namespace.
const SEEDRANDOM = 'data:text/javascript,export const { alea } = globalThis.require("seedrandom");';

export async function resolve(specifier, context, nextResolve) {
  const fromCore = context.parentURL?.includes(DIST) ?? false;
  if (fromCore && specifier === "seedrandom") return { url: SEEDRANDOM, format: "module", shortCircuit: true };
  if (!fromCore || !specifier.startsWith(".")) return nextResolve(specifier, context);
  for (const ending of ["", ".js", "/index.js"]) {
    try {
      return { ...(await nextResolve(specifier + ending, context)), format: "module" };
    } catch {
      // The next ending.
    }
  }
  return nextResolve(specifier, context);
}

export async function load(url, context, nextLoad) {
  return nextLoad(url, context.format === "module" ? { ...context, format: "module" } : context);
}
