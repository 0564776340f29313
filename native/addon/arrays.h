// Typed arrays from JavaScript, checked.
//
// Addresses are to be fetched last: functions that may run JavaScript (a getter of a strange array, say) say
// so, and what an array was before such a call it need not be after it.

#ifndef NODEGRAD_ADDON_ARRAYS_H_
#define NODEGRAD_ADDON_ARRAYS_H_

#include <node_api.h>

#include <string>
#include <vector>

#include "../program/program.h"

namespace ng {

// The memory behind a typed array.
struct Span {
  napi_typedarray_type type;
  size_t length;  // elements
  char* data;
};

// False when `value` is no typed array.
bool get_span(napi_env env, napi_value value, Span* span);

// Empty when `value` is an array of the dtype with at least `length` elements; its address then.
std::string check_array(napi_env env, napi_value value, DType dtype, int64_t length, char** data);

// The elements of a JavaScript array of `count` elements. May run JavaScript.
std::string get_elements(napi_env env, napi_value array, int32_t count, std::vector<napi_value>* values);

// Whether a value is a typed array whose memory may move or shrink. May run JavaScript.
bool is_resizable(napi_env env, napi_value value);

}  // namespace ng

#endif  // NODEGRAD_ADDON_ARRAYS_H_
