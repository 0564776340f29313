/** The cases of all kernels. */

import { elementwise, type Generators } from "./elementwise.js";
import { host } from "./host.js";
import { images } from "./images.js";
import { movement } from "./movement.js";
import { reducing } from "./reductions.js";
import { windows } from "./windows.js";

export const generators: Generators = { ...elementwise, ...movement, ...reducing, ...windows, ...images, ...host };
