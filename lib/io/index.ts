/** Files: tensors in and out. */

export { decodeNpy, encodeNpy, loadNpy, saveNpy } from "./npy.js";
export {
  decodeSafetensors,
  encodeSafetensors,
  loadSafetensors,
  loadSafetensorsMetadata,
  type SafetensorsFile,
  saveSafetensors,
} from "./safetensors.js";
export type { TensorData } from "./tensor-data.js";
