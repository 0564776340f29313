#include "arrays.h"

#include "../program/text.h"

namespace ng {
namespace {

napi_typedarray_type array_type(DType dtype) {
  switch (dtype) {
    case DType::kFloat32: return napi_float32_array;
    case DType::kFloat64: return napi_float64_array;
    case DType::kInt32: return napi_int32_array;
    default: return napi_uint8_array;
  }
}

}  // namespace

bool get_span(napi_env env, napi_value value, Span* span) {
  bool is_typed_array = false;
  void* data = nullptr;
  if (napi_is_typedarray(env, value, &is_typed_array) != napi_ok || !is_typed_array) return false;
  if (napi_get_typedarray_info(env, value, &span->type, &span->length, &data, nullptr, nullptr) != napi_ok) {
    return false;
  }
  span->data = static_cast<char*>(data);
  return true;
}

std::string check_array(napi_env env, napi_value value, DType dtype, int64_t length, char** data) {
  Span span;
  if (!get_span(env, value, &span)) return format("not a typed array; expected %s", name_of(dtype));
  if (span.type != array_type(dtype)) return format("array of another type; expected %s", name_of(dtype));
  if (static_cast<int64_t>(span.length) < length) {
    return format("%zu elements (0 when it has been transferred); expected %lld", span.length,
                  static_cast<long long>(length));
  }
  *data = span.data;
  return "";
}

std::string get_elements(napi_env env, napi_value array, int32_t count, std::vector<napi_value>* values) {
  uint32_t length = 0;
  if (napi_get_array_length(env, array, &length) != napi_ok) return "not an array";
  if (length != static_cast<uint32_t>(count)) return format("%u arrays; expected %d", length, count);
  values->resize(count);
  for (int32_t i = 0; i < count; i++) {
    if (napi_get_element(env, array, i, &(*values)[i]) != napi_ok)
      return format("element %d cannot be read", i);
  }
  return "";
}

bool is_resizable(napi_env env, napi_value value) {
  napi_value buffer;
  if (napi_get_typedarray_info(env, value, nullptr, nullptr, nullptr, &buffer, nullptr) != napi_ok)
    return false;
  for (const char* name : {"resizable", "growable"}) {
    napi_value property;
    bool yes = false;
    if (napi_get_named_property(env, buffer, name, &property) != napi_ok) return true;
    napi_get_value_bool(env, property, &yes);  // leaves false where there is no such property
    if (yes) return true;
  }
  return false;
}

}  // namespace ng
