// run() and runAsync(): the only functions whose cost counts.
//
// They call Node-API directly: its C++ wrapper would cost as much as a small Program.

#ifndef NODEGRAD_ADDON_RUN_H_
#define NODEGRAD_ADDON_RUN_H_

#include <node_api.h>

namespace ng {

// Callbacks whose data is the Environment. Arguments: handle of a Program, input arrays, output arrays,
// Int32Array of state handles, Float64Array of scalars. The result, or what the promise holds, is undefined
// or [opcode, position, index, limit] of the first index out of range.
napi_value run(napi_env env, napi_callback_info info);
napi_value run_async(napi_env env, napi_callback_info info);

}  // namespace ng

#endif  // NODEGRAD_ADDON_RUN_H_
