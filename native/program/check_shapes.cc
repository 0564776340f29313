#include <algorithm>

#include "check.h"
#include "text.h"

namespace ng {
namespace {

constexpr int64_t kMaxExtent = INT32_MAX;

bool is_float(const View& view) { return view.dtype == DType::kFloat32 || view.dtype == DType::kFloat64; }

bool same_shape(const View& a, const View& b) {
  if (a.rank != b.rank) return false;
  for (int axis = 0; axis < a.rank; axis++) {
    if (a.shape[axis] != b.shape[axis]) return false;
  }
  return true;
}

// The same lengths but along one axis.
bool same_shape_but(int axis, const View& a, const View& b) {
  if (a.rank != b.rank) return false;
  for (int i = 0; i < a.rank; i++) {
    if (i != axis && a.shape[i] != b.shape[i]) return false;
  }
  return true;
}

std::string shapes_differ(const char* what, const View& a, const View& b) {
  return std::string(what) + ": shapes do not fit: " + shape_text(a) + " and " + shape_text(b);
}

std::string dtypes_differ(const char* what, const View& a, const View& b) {
  return format("%s: dtypes differ: %s and %s", what, name_of(a.dtype), name_of(b.dtype));
}

// All outputs, and the inputs from number `first` on, have one shape.
std::string check_alike(const Instruction& in, size_t first) {
  const View& out = *in.outputs[0];
  for (const View* view : in.outputs) {
    if (!same_shape(*view, out)) return shapes_differ("outputs", *view, out);
  }
  for (size_t i = first; i < in.inputs.size(); i++) {
    if (!same_shape(*in.inputs[i], out)) return shapes_differ("input and output", *in.inputs[i], out);
  }
  return "";
}

// The first `count` inputs and output 0 hold one float dtype.
std::string check_float(const Instruction& in, size_t count, bool with_output) {
  for (size_t i = 0; i < count; i++) {
    if (!is_float(*in.inputs[i]))
      return format("input is %s, expected a float", name_of(in.inputs[i]->dtype));
    if (in.inputs[i]->dtype != in.inputs[0]->dtype)
      return dtypes_differ("inputs", *in.inputs[i], *in.inputs[0]);
  }
  if (with_output && in.outputs[0]->dtype != in.inputs[0]->dtype) {
    return dtypes_differ("input and output", *in.inputs[0], *in.outputs[0]);
  }
  return "";
}

std::string check_reduce(const Instruction& in) {
  const int32_t kind = in.attributes[0];
  const int32_t axis = in.attributes[1];
  if (kind < 0 || kind > static_cast<int32_t>(ReduceKind::kVariance)) return format("unknown kind %d", kind);
  if (in.inputs.empty()) return "no inputs";
  const View& first = *in.inputs[0];
  const View& out = *in.outputs[0];
  for (const View* input : in.inputs) {
    if (!same_shape(*input, first)) return shapes_differ("inputs", *input, first);
  }
  for (const View* output : in.outputs) {
    if (!same_shape(*output, out)) return shapes_differ("outputs", *output, out);
    if (output->dtype != out.dtype) return dtypes_differ("outputs", *output, out);
  }
  if (out.rank != first.rank) return shapes_differ("input and output", first, out);
  for (int i = 0; i < out.rank; i++) {
    if (out.shape[i] != 1 && out.shape[i] != first.shape[i])
      return shapes_differ("input and output", first, out);
  }
  const bool is_variance = static_cast<ReduceKind>(kind) == ReduceKind::kVariance;
  const bool index = gives_positions(static_cast<ReduceKind>(kind));
  const size_t most = is_variance ? 2 : index ? 1 : in.outputs.size();
  if (in.outputs.size() > most) return format("%zu outputs", in.outputs.size());
  if (is_variance && in.outputs.size() == 2 && in.micro.results[0] != in.micro.results[1]) {
    return format("registers %d and %d, expected one", in.micro.results[0], in.micro.results[1]);
  }
  if (!index) return axis == -1 ? "" : format("axis %d, expected -1", axis);
  if (axis < 0 || axis >= out.rank) return format("axis %d of %d", axis, out.rank);
  if (out.shape[axis] != 1 || !same_shape_but(axis, first, out)) {
    return shapes_differ("input and output", first, out);
  }
  return first.shape[axis] > 0 || out.size() == 0 ? "" : "no elements along the axis";
}

std::string check_matmul(const Instruction& in) {
  const View& a = *in.inputs[0];
  const View& b = *in.inputs[1];
  const View& out = *in.outputs[0];
  const int rank = out.rank;
  if (rank < 2 || a.rank != rank || b.rank != rank)
    return format("ranks %d, %d and %d", a.rank, b.rank, rank);
  for (int axis = 0; axis < rank - 2; axis++) {
    if (a.shape[axis] != out.shape[axis]) return shapes_differ("batch axes", a, out);
    if (b.shape[axis] != out.shape[axis]) return shapes_differ("batch axes", b, out);
  }
  if (a.shape[rank - 1] != b.shape[rank - 2]) return shapes_differ("inner dimensions", a, b);
  if (a.shape[rank - 2] != out.shape[rank - 2]) return shapes_differ("rows", a, out);
  if (b.shape[rank - 1] != out.shape[rank - 1]) return shapes_differ("columns", b, out);
  std::string error = check_float(in, 2, false);
  return error.empty() ? check_alike(in, 2) : error;
}

// The window attributes of convolutions, in the order of lib/program/opcodes.ts.
struct Window {
  int32_t stride[2];
  int32_t pad[2];
  int32_t dilation[2];
  int32_t groups;
  int32_t accuracy;
};

std::string check_window(const Window& window, const View& x, const View& w, const View& out) {
  if (x.rank != 4 || w.rank != 4 || out.rank != 4)
    return format("ranks %d, %d and %d", x.rank, w.rank, out.rank);
  if (window.accuracy < 0 || window.accuracy > static_cast<int32_t>(Accuracy::kStrict)) {
    return format("unknown accuracy %d", window.accuracy);
  }
  if (window.groups < 1) return format("%d groups", window.groups);
  const int64_t channels = x.shape[1];
  if (channels % window.groups != 0 || w.shape[0] % window.groups != 0) {
    return format("%d groups do not divide %lld and %lld channels", window.groups,
                  static_cast<long long>(channels), static_cast<long long>(w.shape[0]));
  }
  if (w.shape[1] != channels / window.groups) return shapes_differ("channels", x, w);
  if (out.shape[0] != x.shape[0]) return shapes_differ("batch", x, out);
  if (out.shape[1] != w.shape[0]) return shapes_differ("output channels", w, out);
  int64_t reach[2];
  for (int i = 0; i < 2; i++) {
    if (window.stride[i] < 1) return format("stride %d", window.stride[i]);
    if (window.dilation[i] < 1) return format("dilation %d", window.dilation[i]);
    if (window.pad[i] < 0) return format("padding %d", window.pad[i]);
    if (w.shape[2 + i] < 1) return "an empty kernel";
    // Bounded, so that drivers can reckon with positions of windows as they like.
    const int64_t extent =
        (out.shape[2 + i] - 1) * window.stride[i] + (w.shape[2 + i] - 1) * window.dilation[i] + 1;
    if (extent > kMaxExtent)
      return format("windows extend over %lld elements", static_cast<long long>(extent));
    reach[i] = std::max(x.shape[2 + i] + window.pad[i], extent) + (w.shape[2 + i] - 1) * window.dilation[i];
  }
  // Bounded like a tensor, so that drivers can lay an image out with all that windows see around it.
  const int64_t most = kMaxExtent / std::max<int64_t>(1, std::max(channels, out.shape[1]));
  if (reach[0] > most || reach[1] > most / std::max<int64_t>(1, reach[0])) {
    return format("windows see %lld by %lld elements of each channel", static_cast<long long>(reach[0]),
                  static_cast<long long>(reach[1]));
  }
  return "";
}

// `x`, `w` and `out` in their roles of the forward convolution.
std::string check_conv2d(const Instruction& in, const View& x, const View& w, const View& out) {
  const int32_t* a = in.attributes;
  const Window window = {{a[0], a[1]}, {a[2], a[3]}, {a[4], a[5]}, a[6], a[7]};
  std::string error = check_window(window, x, w, out);
  if (error.empty()) error = check_float(in, 2, false);
  return error.empty() ? check_alike(in, 2) : error;
}

// `x` is the larger side, `y` the one with an element per window.
std::string check_pool_window(const int32_t* a, const View& x, const View& y) {
  if (x.rank != 4 || y.rank != 4) return format("ranks %d and %d", x.rank, y.rank);
  if (x.shape[0] != y.shape[0] || x.shape[1] != y.shape[1]) return shapes_differ("batch and channels", x, y);
  for (int i = 0; i < 2; i++) {
    const int64_t kernel = a[1 + i];
    const int64_t stride = a[3 + i];
    const int64_t pad = a[5 + i];
    if (kernel < 1 || stride < 1) return format("kernel %d and stride %d", a[1 + i], a[3 + i]);
    if (pad < 0 || pad >= kernel) return format("padding %d of a window of %d", a[5 + i], a[1 + i]);
    // Every window holds at least one element of x.
    const int64_t last = (y.shape[2 + i] - 1) * stride - pad;
    const bool inside = y.size() == 0 || (x.shape[2 + i] > 0 && last < x.shape[2 + i]);
    if (!inside) return shapes_differ("windows lie outside", x, y);
    if (last + pad + kernel > kMaxExtent) return format("windows of %d elements", a[1 + i]);
  }
  if (a[7] < 0 || a[7] > 1) return format("countIncludePadding is %d", a[7]);
  return "";
}

std::string check_pool(const Instruction& in, bool gradient) {
  const int32_t kind = in.attributes[0];
  if (kind < 0 || kind > static_cast<int32_t>(PoolKind::kSelect)) return format("unknown kind %d", kind);
  const bool selects = kind == static_cast<int32_t>(PoolKind::kSelect);
  const bool needs_values = gradient ? kind == static_cast<int32_t>(PoolKind::kMax) : selects;
  if (gradient && selects) return "kind select has no gradient";
  if (in.inputs.size() != (needs_values ? 2u : 1u)) return format("%zu inputs", in.inputs.size());
  const View& first = *in.inputs[0];
  const View& out = *in.outputs[0];
  std::string error =
      gradient ? check_pool_window(in.attributes, out, first) : check_pool_window(in.attributes, first, out);
  if (error.empty()) error = check_float(in, in.inputs.size(), true);
  const View& x = gradient ? out : first;
  if (error.empty() && needs_values && !same_shape(*in.inputs[1], x)) {
    error = shapes_differ("inputs", *in.inputs[1], x);
  }
  return error;
}

std::string check_softmax(const Instruction& in) {
  if (in.attributes[0] < 0 || in.attributes[0] > 1) return format("log is %d", in.attributes[0]);
  if (in.outputs[0]->rank < 1) return "rank 0";
  std::string error = check_alike(in, 0);
  return error.empty() ? check_float(in, in.inputs.size(), true) : error;
}

// Scores [..., classes]; a label and a loss for each row, [..., 1].
std::string check_labels(const View& x, const View& labels, const View& losses) {
  if (x.rank < 1) return "rank 0";
  if (!is_float(x)) return format("scores are %s, expected a float", name_of(x.dtype));
  if (losses.dtype != x.dtype) return dtypes_differ("scores and losses", x, losses);
  if (labels.dtype != DType::kInt32) return format("labels are %s, expected int32", name_of(labels.dtype));
  if (!same_shape(labels, losses)) return shapes_differ("labels and losses", labels, losses);
  if (!same_shape_but(x.rank - 1, x, labels)) return shapes_differ("scores and labels", x, labels);
  return labels.shape[x.rank - 1] == 1 ? "" : shapes_differ("scores and labels", x, labels);
}

std::string check_cross_entropy_grad(const Instruction& in) {
  const View& x = *in.inputs[1];
  const View& out = *in.outputs[0];
  if (!same_shape(x, out)) return shapes_differ("scores and output", x, out);
  if (x.dtype != out.dtype) return dtypes_differ("scores and output", x, out);
  return check_labels(x, *in.inputs[2], *in.inputs[0]);
}

std::string check_axis(int32_t axis, const View& out) {
  return axis >= 0 && axis < out.rank ? "" : format("axis %d of %d", axis, out.rank);
}

std::string check_indices(const View& indices) {
  return indices.dtype == DType::kInt32 ? ""
                                        : format("indices are %s, expected int32", name_of(indices.dtype));
}

std::string check_gather(const Instruction& in) {
  const View& source = *in.inputs[0];
  const View& indices = *in.inputs[1];
  const View& out = *in.outputs[0];
  std::string error = check_axis(in.attributes[0], out);
  if (error.empty()) error = check_indices(indices);
  if (!error.empty()) return error;
  if (!same_shape(indices, out)) return shapes_differ("indices and output", indices, out);
  if (!same_shape_but(in.attributes[0], source, out)) return shapes_differ("source and output", source, out);
  return source.dtype == out.dtype ? "" : dtypes_differ("source and output", source, out);
}

std::string check_scatter_add(const Instruction& in) {
  const View& base = *in.inputs[0];
  const View& indices = *in.inputs[1];
  const View& updates = *in.inputs[2];
  const View& out = *in.outputs[0];
  std::string error = check_axis(in.attributes[0], out);
  if (error.empty()) error = check_indices(indices);
  if (!error.empty()) return error;
  if (!same_shape(base, out)) return shapes_differ("base and output", base, out);
  if (!same_shape(indices, updates)) return shapes_differ("indices and updates", indices, updates);
  if (!same_shape_but(in.attributes[0], updates, out))
    return shapes_differ("updates and output", updates, out);
  if (!is_float(out) && out.dtype != DType::kInt32) return format("cannot add %s", name_of(out.dtype));
  if (base.dtype != out.dtype) return dtypes_differ("base and output", base, out);
  return updates.dtype == out.dtype ? "" : dtypes_differ("updates and output", updates, out);
}

std::string check_copy(const Instruction& in) {
  std::string error = check_alike(in, 0);
  if (!error.empty() || in.inputs[0]->dtype == in.outputs[0]->dtype) return error;
  return dtypes_differ("input and output", *in.inputs[0], *in.outputs[0]);
}

std::string check_random(const Instruction& in) {
  const int32_t kind = in.attributes[0];
  if (kind < 0 || kind > static_cast<int32_t>(RandomKind::kNormal)) return format("unknown kind %d", kind);
  const View& key = *in.inputs[0];
  const View& out = *in.outputs[0];
  if (key.dtype != DType::kInt32 || key.rank != 1 || key.shape[0] != 2) {
    return format("key is %s ", name_of(key.dtype)) + shape_text(key) + ", expected int32 [2]";
  }
  const bool bits = kind == static_cast<int32_t>(RandomKind::kBits);
  const bool fits = bits ? out.dtype == DType::kInt32 : is_float(out);
  return fits ? "" : format("output is %s, expected %s", name_of(out.dtype), bits ? "int32" : "a float");
}

}  // namespace

std::string check_shapes(const Instruction& in) {
  switch (in.opcode) {
    case Opcode::kMap: return check_alike(in, 0);
    case Opcode::kReduce: return check_reduce(in);
    case Opcode::kMatmul: return check_matmul(in);
    case Opcode::kConv2d: return check_conv2d(in, *in.inputs[0], *in.inputs[1], *in.outputs[0]);
    case Opcode::kConv2dGradInput: return check_conv2d(in, *in.outputs[0], *in.inputs[1], *in.inputs[0]);
    case Opcode::kConv2dGradWeight: return check_conv2d(in, *in.inputs[0], *in.outputs[0], *in.inputs[1]);
    case Opcode::kPool: return check_pool(in, false);
    case Opcode::kPoolGrad: return check_pool(in, true);
    case Opcode::kSoftmax:
    case Opcode::kSoftmaxGrad: return check_softmax(in);
    case Opcode::kCrossEntropy: return check_labels(*in.inputs[0], *in.inputs[1], *in.outputs[0]);
    case Opcode::kCrossEntropyGrad: return check_cross_entropy_grad(in);
    case Opcode::kGather: return check_gather(in);
    case Opcode::kScatterAdd: return check_scatter_add(in);
    case Opcode::kCopy: return check_copy(in);
    case Opcode::kRandom: return check_random(in);
  }
  return "unknown opcode";
}

}  // namespace ng
