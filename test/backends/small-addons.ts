/** Addons of a few lines, each with something wrong, for what looks for ours. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PROGRAM_ABI } from "../../lib/program/format.js";

const headers = fileURLToPath(new URL("../../node_modules/node-api-headers/include", import.meta.url));

/** The addon's entry, in C: exports what it is told to, and does as the body says. */
export interface SmallAddon {
  /** Its number of the Program format; none if undefined. */
  readonly abi?: number;
  /** What its self-test says. */
  readonly selfTest?: boolean;
  /** Statements to begin with. */
  readonly body?: string;
}

/** One that passes for ours. */
export const goodAddon: SmallAddon = { abi: PROGRAM_ABI, selfTest: true };

/** Source of a small addon. */
export function sourceOf({ abi, selfTest = false, body = "" }: SmallAddon): string {
  return `
    #include <node_api.h>
    #include <stdlib.h>
    #include <unistd.h>
    static napi_value self_test(napi_env env, napi_callback_info info) {
      napi_value result;
      napi_get_boolean(env, ${selfTest ? 1 : 0}, &result);
      return result;
    }
    NAPI_MODULE_INIT() {
      ${body}
      napi_value value;
      ${abi === undefined ? "" : `napi_create_int32(env, ${abi}, &value);\nnapi_set_named_property(env, exports, "abi", value);`}
      napi_create_function(env, "selfTest", NAPI_AUTO_LENGTH, self_test, NULL, &value);
      napi_set_named_property(env, exports, "selfTest", value);
      return exports;
    }
  `;
}

/** Compiles a small addon to a path. */
export function compileAddon(addon: SmallAddon, path: string): string {
  const source = `${path}.c`;
  writeFileSync(source, sourceOf(addon));
  // Like ours, it fails to load where something is missing, and not when that is called.
  execFileSync("gcc", ["-shared", "-fPIC", "-Wl,-z,now", `-I${headers}`, "-o", path, source]);
  return path;
}
