/** Files: tensors in and out. */

export {
  decodeSafetensors,
  encodeSafetensors,
  loadSafetensors,
  type SafetensorsFile,
  saveSafetensors,
  type TensorData,
} from "./safetensors.js";
