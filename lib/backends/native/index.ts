export { type Addon, type LoadFailure, loadAddon, type NativeMemory } from "./loader.js";
export { NativeBackend } from "./native.js";
export { defaultThreads } from "./threads.js";
