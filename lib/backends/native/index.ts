export { candidates, glibcVersion, isBundled, PACKAGE_ROOT, PREBUILT_PLATFORMS, platformName } from "./candidates.js";
export { type Addon, type LoadFailure, type LoadFault, loadAddon, type NativeMemory } from "./loader.js";
export { NativeBackend } from "./native.js";
export { cgroupQuota, defaultThreads } from "./threads.js";
