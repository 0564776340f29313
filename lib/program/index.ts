/**
 * Programs: what a machine is handed. For whoever writes a backend of their own, or wants to see what runs.
 *
 * @packageDocumentation
 */

export * from "./format.js";
export * from "./opcodes.js";
export { printProgram } from "./print.js";
export * from "./reader.js";
export { verifyProgram } from "./verify.js";
export * from "./writer.js";
