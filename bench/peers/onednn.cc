// oneDNN: onednn THREADS KIND ARGUMENTS…, with tensors in plain layouts as a user has them.
//
//     matmul NN|NT|TN|TT M N K
//     conv forward|data|weights NCHW|NHWC N C H W FILTERS KERNEL STRIDE PADDING GROUPS
//     softmax|logSoftmax ROWS COLUMNS
//     pool max|avg NCHW|NHWC N C H W
//     batchNorm NCHW|NHWC N C H W
//
// A convolution may run in oneDNN's own layouts, with the time of bringing the tensors there and back. What
// is fastest of the ways there are is found before the first turn, and stands behind the version.

#include <functional>
#include <numeric>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol.h"

using dnnl::memory;
using Arguments = std::unordered_map<int, memory>;

namespace {

dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
dnnl::stream queue(cpu);

// One way of doing the work: primitives in the order they run, each with its arguments.
struct Way {
  std::string name;
  std::vector<std::pair<dnnl::primitive, Arguments>> steps;
};

void run(void* state) {
  for (const auto& [primitive, arguments] : static_cast<Way*>(state)->steps)
    primitive.execute(queue, arguments);
  queue.wait();
}

// The first run makes ready what later ones keep; one of a second is that of a reference, and tells enough.
double seconds(Way& way) {
  const double first = now();
  run(&way);
  double best = now() - first;
  for (int i = 0; i < 5 && best < 1; i++) {
    const double start = now();
    run(&way);
    best = std::min(best, now() - start);
  }
  return best;
}

// Serves the fastest way.
int serve_fastest(std::vector<Way> ways, const memory& output) {
  if (ways.empty()) {
    fprintf(stderr, "oneDNN cannot do this\n");
    return 1;
  }
  std::vector<double> times;
  for (Way& way : ways) times.push_back(seconds(way));
  Way& best = ways[std::min_element(times.begin(), times.end()) - times.begin()];
  const dnnl_version_t* v = dnnl_version();
  const std::string version = std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
                              std::to_string(v->patch) + ", " + best.name;
  return serve(version.c_str(), run, &best,
               {static_cast<const float*>(output.get_data_handle()),
                long(output.get_desc().get_size() / sizeof(float))});
}

// A tensor of numbers of the sequence `seed` in a plain layout.
memory tensor(const memory::dims& sizes, memory::format_tag layout, uint32_t seed) {
  const long count = std::accumulate(sizes.begin(), sizes.end(), 1L, std::multiplies<long>());
  return memory({sizes, memory::data_type::f32, layout}, cpu, numbers(count, seed));
}

int matmul(char** argv) {
  const std::string letters = argv[0];
  const memory::dim m = atol(argv[1]), n = atol(argv[2]), k = atol(argv[3]);
  using tag = memory::format_tag;
  const memory a = tensor({m, k}, letters[0] == 'T' ? tag::ba : tag::ab, 1);
  const memory b = tensor({k, n}, letters[1] == 'T' ? tag::ba : tag::ab, 2);
  const memory c = tensor({m, n}, tag::ab, 3);
  const dnnl::matmul::primitive_desc product({a.get_desc(), b.get_desc(), c.get_desc()}, cpu);
  const Arguments arguments = {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}};
  return serve_fastest({{product.impl_info_str(), {{dnnl::matmul(product), arguments}}}}, c);
}

// The tensors of a convolution, and what oneDNN must know of it.
struct Convolution {
  memory x, weights, y;
  memory::dims strides, padding;
};

// Does a way: what the primitive reads comes from plain layouts, what it writes goes back into one.
template <typename Primitive>
Way convolve(const typename Primitive::primitive_desc& desc, const std::string& name,
             std::initializer_list<std::tuple<int, memory, memory::desc>> inputs,
             std::tuple<int, memory, memory::desc> output) {
  Way way{name + " " + desc.impl_info_str(), {}};
  Arguments arguments;
  for (const auto& [argument, plain, wanted] : inputs) {
    memory own = plain;
    if (plain.get_desc() != wanted) {
      own = memory(wanted, cpu);
      way.steps.push_back({dnnl::reorder(plain, own), {{DNNL_ARG_FROM, plain}, {DNNL_ARG_TO, own}}});
    }
    arguments.insert({argument, own});
  }
  const auto& [argument, plain, wanted] = output;
  const memory own = plain.get_desc() == wanted ? plain : memory(wanted, cpu);
  arguments.insert({argument, own});
  way.steps.push_back({Primitive(desc), arguments});
  if (plain.get_desc() != wanted) {
    way.steps.push_back({dnnl::reorder(own, plain), {{DNNL_ARG_FROM, own}, {DNNL_ARG_TO, plain}}});
  }
  return way;
}

Way forward(const Convolution& c, const std::string& name, dnnl::algorithm algorithm, const memory::desc& x,
            const memory::desc& weights, const memory::desc& y) {
  using dnnl::convolution_forward;
  const convolution_forward::primitive_desc desc(
      {dnnl::prop_kind::forward_training, algorithm, x, weights, y, c.strides, c.padding, c.padding}, cpu);
  return convolve<convolution_forward>(
      desc, name, {{DNNL_ARG_SRC, c.x, desc.src_desc()}, {DNNL_ARG_WEIGHTS, c.weights, desc.weights_desc()}},
      {DNNL_ARG_DST, c.y, desc.dst_desc()});
}

Way backward(const Convolution& c, const std::string& name, dnnl::algorithm algorithm, const memory::desc& x,
             const memory::desc& weights, const memory::desc& y, bool data) {
  const dnnl::convolution_forward::primitive_desc hint(
      {dnnl::prop_kind::forward_training, algorithm, x, weights, y, c.strides, c.padding, c.padding}, cpu);
  if (data) {
    using dnnl::convolution_backward_data;
    const convolution_backward_data::primitive_desc desc(
        {algorithm, x, weights, y, c.strides, c.padding, c.padding}, cpu, hint);
    return convolve<convolution_backward_data>(
        desc, name,
        {{DNNL_ARG_DIFF_DST, c.y, desc.diff_dst_desc()}, {DNNL_ARG_WEIGHTS, c.weights, desc.weights_desc()}},
        {DNNL_ARG_DIFF_SRC, c.x, desc.diff_src_desc()});
  }
  using dnnl::convolution_backward_weights;
  const convolution_backward_weights::primitive_desc desc(
      {algorithm, x, weights, y, c.strides, c.padding, c.padding}, cpu, hint);
  return convolve<convolution_backward_weights>(
      desc, name, {{DNNL_ARG_SRC, c.x, desc.src_desc()}, {DNNL_ARG_DIFF_DST, c.y, desc.diff_dst_desc()}},
      {DNNL_ARG_DIFF_WEIGHTS, c.weights, desc.diff_weights_desc()});
}

int convolution(char** argv) {
  const std::string direction = argv[0], layout = argv[1];
  memory::dim sizes[9];
  for (int i = 0; i < 9; i++) sizes[i] = atol(argv[2 + i]);
  const auto [n, c, h, w, filters, kernel, stride, padding, groups] = sizes;
  const memory::dim oh = (h + 2 * padding - kernel) / stride + 1,
                    ow = (w + 2 * padding - kernel) / stride + 1;
  using tag = memory::format_tag;
  const tag plain = layout == "NCHW" ? tag::nchw : tag::nhwc;
  const memory weights = groups == 1
                             ? tensor({filters, c, kernel, kernel}, tag::oihw, 2)
                             : tensor({groups, filters / groups, c / groups, kernel, kernel}, tag::goihw, 2);
  const Convolution conv{tensor({n, c, h, w}, plain, 1),
                         weights,
                         tensor({n, filters, oh, ow}, plain, 3),
                         {stride, stride},
                         {padding, padding}};

  std::vector<Way> ways;
  const auto any = [](const memory& m) {
    return memory::desc(m.get_desc().dims(), memory::data_type::f32, tag::any);
  };
  const auto attempt = [&](const std::string& name, dnnl::algorithm algorithm, bool plain_data,
                           bool plain_weights) {
    const memory::desc x = plain_data ? conv.x.get_desc() : any(conv.x);
    const memory::desc y = plain_data ? conv.y.get_desc() : any(conv.y);
    const memory::desc w = plain_weights ? conv.weights.get_desc() : any(conv.weights);
    try {
      ways.push_back(direction == "forward" ? forward(conv, name, algorithm, x, w, y)
                                            : backward(conv, name, algorithm, x, w, y, direction == "data"));
    } catch (const dnnl::error&) {
      // Not every algorithm works in every layout.
    }
  };
  for (const dnnl::algorithm algorithm :
       {dnnl::algorithm::convolution_direct, dnnl::algorithm::convolution_winograd}) {
    attempt("plain", algorithm, true, true);
    attempt("own weights", algorithm, true, false);
    attempt("own layouts", algorithm, false, false);
  }
  return serve_fastest(ways, direction == "forward" ? conv.y : direction == "data" ? conv.x : conv.weights);
}

template <typename Primitive>
int softmax(char** argv) {
  using tag = memory::format_tag;
  const memory x = tensor({atol(argv[0]), atol(argv[1])}, tag::ab, 1);
  const memory y = tensor({atol(argv[0]), atol(argv[1])}, tag::ab, 2);
  const typename Primitive::primitive_desc desc({dnnl::prop_kind::forward_inference, x.get_desc(), 1}, cpu);
  const Arguments arguments = {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}};
  return serve_fastest({{desc.impl_info_str(), {{Primitive(desc), arguments}}}}, y);
}

memory::format_tag layout_of(const char* name) {
  return strcmp(name, "NCHW") == 0 ? memory::format_tag::nchw : memory::format_tag::nhwc;
}

int pool(char** argv) {
  const memory::dim n = atol(argv[2]), c = atol(argv[3]), h = atol(argv[4]), w = atol(argv[5]);
  const memory x = tensor({n, c, h, w}, layout_of(argv[1]), 1);
  const memory y = tensor({n, c, h / 2, w / 2}, layout_of(argv[1]), 2);
  const auto algorithm = strcmp(argv[0], "max") == 0 ? dnnl::algorithm::pooling_max
                                                     : dnnl::algorithm::pooling_avg_exclude_padding;
  const memory::dims two = {2, 2}, zero = {0, 0};
  const dnnl::pooling_forward::primitive_desc desc(
      {dnnl::prop_kind::forward_inference, algorithm, x.get_desc(), y.get_desc(), two, two, zero, zero}, cpu);
  const Arguments arguments = {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}};
  return serve_fastest({{desc.impl_info_str(), {{dnnl::pooling_forward(desc), arguments}}}}, y);
}

int batch_norm(char** argv) {
  using flags = dnnl::normalization_flags;
  using tag = memory::format_tag;
  const memory::dims sizes = {atol(argv[1]), atol(argv[2]), atol(argv[3]), atol(argv[4])},
                     channels = {sizes[1]};
  const memory x = tensor(sizes, layout_of(argv[0]), 1), y = tensor(sizes, layout_of(argv[0]), 4);
  const memory gamma = tensor(channels, tag::a, 2), beta = tensor(channels, tag::a, 3);
  const memory mean = tensor(channels, tag::a, 5), variance = tensor(channels, tag::a, 6);
  const dnnl::batch_normalization_forward::primitive_desc desc(
      {dnnl::prop_kind::forward_training, x.get_desc(), 1e-5f, flags::use_scale | flags::use_shift}, cpu);
  const Arguments arguments = {{DNNL_ARG_SRC, x},      {DNNL_ARG_DST, y},     {DNNL_ARG_SCALE, gamma},
                               {DNNL_ARG_SHIFT, beta}, {DNNL_ARG_MEAN, mean}, {DNNL_ARG_VARIANCE, variance}};
  return serve_fastest({{desc.impl_info_str(), {{dnnl::batch_normalization_forward(desc), arguments}}}}, y);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc > 2 ? argv[2] : "";
  if (kind == "matmul" && argc == 7) return matmul(argv + 3);
  if (kind == "conv" && argc == 14) return convolution(argv + 3);
  if (kind == "softmax" && argc == 5) return softmax<dnnl::softmax_forward>(argv + 3);
  if (kind == "logSoftmax" && argc == 5) return softmax<dnnl::logsoftmax_forward>(argv + 3);
  if (kind == "pool" && argc == 9) return pool(argv + 3);
  if (kind == "batchNorm" && argc == 8) return batch_norm(argv + 3);
  return 1;
}
