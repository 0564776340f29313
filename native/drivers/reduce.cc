// The instruction `reduce`: a micro-program, then sum, product, extremum or its position over any axes.
//
// Seen from the memory of the first input, one axis is innermost. If it is reduced, blocks are matrices whose
// rows are reduced; if it is kept, matrices that are reduced down their columns. Either way a block gives a
// short vector of partial results, one for each of its positions on the kept axis (the "lanes" here), which
// is folded into the totals of these lanes. A unit of work is such a run of lanes over (a part of) everything
// reduced.
//
// Float sums and products: partial results of some thousand elements at most in float32, folded in float64.
// Where there are too few units to share out, the reduced range is cut into parts, by shape only, whose
// totals a second step combines in order.

#include "reduce.h"

#include <algorithm>
#include <cstring>

namespace ng {
namespace {

// Private memory of a thread. Lanes of results and totals are kMaxLanes apart.
struct ReduceScratch {
  char** base;   // addresses of the unit in every view
  char** at;     // moved over the reduced axes
  char** block;  // of the block, then what the micro-program makes
  double* totals;
  double* spread;  // of a block: sums, then squares
  char* partial;   // 4 bytes a lane
  int32_t* where;  // positions of extrema
  char* values;    // what the micro-program makes, kMicroBlock lanes of each result
  char* micro;

  static int64_t bytes(const ReducePlan& plan) {
    return table_bytes(plan) + lane_bytes(plan) + plan.made * kMicroBlock * 4 + plan.micro.scratch_bytes();
  }
  static int64_t table_bytes(const ReducePlan& plan) {
    return round_up(3 * static_cast<int64_t>((plan.views.size() + plan.made) * sizeof(char*)), 64);
  }
  static int64_t lane_bytes(const ReducePlan& plan) {
    const int64_t spread = plan.is_variance ? 2 * 8 : 0, where = plan.is_arg ? 4 : 0;
    return kMaxLanes * (plan.totals() * 8 + spread + plan.totals() * 4 + where);
  }
  ReduceScratch(const ReducePlan& plan, char* memory) {
    base = reinterpret_cast<char**>(memory);
    at = base + plan.views.size() + plan.made;
    block = at + plan.views.size() + plan.made;
    totals = reinterpret_cast<double*>(memory + table_bytes(plan));
    spread = totals + plan.totals() * kMaxLanes;
    partial = reinterpret_cast<char*>(spread + (plan.is_variance ? 2 * kMaxLanes : 0));
    where = reinterpret_cast<int32_t*>(partial + plan.totals() * kMaxLanes * 4);
    values = memory + table_bytes(plan) + lane_bytes(plan);
    micro = values + plan.made * kMicroBlock * 4;
  }
  char* partial_of(int result) const { return partial + result * kMaxLanes * 4; }
  double* totals_of(int total) const { return totals + total * kMaxLanes; }
};

Spread spread_at(double* totals, int64_t apart) { return {totals, totals + apart}; }

void set_identity(const ReducePlan& plan, const ReduceScratch& s, int64_t lanes) {
  for (int k = 0; k < plan.results(); k++) {
    std::fill_n(reinterpret_cast<int32_t*>(s.partial_of(k)), lanes, plan.identity);
  }
}

// The elements of a result in a block; sets how far its rows are apart.
const void* find_values(const ReducePlan& plan, const ReduceScratch& s, int result, int64_t columns,
                        int64_t* stride) {
  const int input = plan.in_place[result];
  *stride = columns;
  if (input < 0) {
    const auto made_before = std::count(plan.in_place.begin(), plan.in_place.begin() + result, -1);
    return s.values + made_before * kMicroBlock * 4;
  }
  *stride = plan.along_rows ? plan.lanes.strides[input] : plan.range.strides[input];
  return s.block[input];
}

// Reduces one block into `partial`, or a variance's into `spread`. `tile` is its number along the reduced
// axis. Returns how many elements of each lane it has.
int64_t reduce_block(const ReducePlan& plan, const ReduceScratch& s, int64_t tile, int64_t lanes) {
  const int64_t first = tile * plan.range.tile, length = std::min(plan.range.tile, plan.range.length - first);
  for (int v = 0; v < plan.inputs(); v++) {
    s.block[v] = s.at[v] + first * plan.range.strides[v] * plan.sizes[v];
  }
  const int64_t rows = plan.along_rows ? lanes : length, columns = plan.along_rows ? length : lanes;
  if (plan.made > 0) {
    for (int k = 0; k < plan.made; k++) s.block[plan.inputs() + k] = s.values + k * kMicroBlock * 4;
    plan.micro.run(s.block, plan.two_axes ? rows : columns, s.micro);
  }
  for (int k = 0; k < plan.results(); k++) {
    int64_t stride;
    const void* source = find_values(plan, s, k, columns, &stride);
    if (plan.is_arg) {
      plan.arg_reduce(s.partial, s.where, source, stride, rows, columns, first);
      continue;
    }
    plan.reduce(s.partial_of(k), source, stride, rows, columns);
    if (!plan.is_variance) continue;
    const auto spread = plan.along_rows ? plan.kernels->variance->rows : plan.kernels->variance->columns;
    spread(spread_at(s.spread, kMaxLanes), reinterpret_cast<const float*>(s.partial),
           static_cast<const float*>(source), stride, rows, columns);
  }
  return length;
}

void fold(const ReducePlan& plan, const ReduceScratch& s, int64_t lanes) {
  const ReduceKernels& kernels = *plan.kernels->reduce;
  const auto add = plan.kind == ReduceKind::kSum ? kernels.add_to_double : kernels.mul_to_double;
  for (int k = 0; k < plan.results(); k++) {
    add(s.totals_of(k), reinterpret_cast<const float*>(s.partial_of(k)), lanes);
  }
  set_identity(plan, s, lanes);
}

// Reduces blocks [begin, end) of the unit at s.base; leaves totals (in double) or partial.
void reduce_unit(const ReducePlan& plan, const ReduceScratch& s, int64_t begin, int64_t end, int64_t lanes) {
  set_identity(plan, s, lanes);
  if (plan.is_arg) std::fill_n(s.where, lanes, 0);
  for (int k = 0; plan.in_double && k < plan.totals(); k++) {
    std::fill_n(s.totals_of(k), lanes, plan.kind == ReduceKind::kProd ? 1.0 : 0.0);
  }
  if (begin >= end) return;
  const int64_t tiles = plan.range.tiles();
  std::copy(s.base, s.base + plan.views.size(), s.at);
  GridCursor cursor(plan.reduced, plan.reduced.rank, plan.sizes.data(), s.at, begin / tiles);
  int64_t tile = begin % tiles, elements = 0;
  for (int64_t i = begin; i < end; i++) {
    const int64_t more = reduce_block(plan, s, tile, lanes);
    if (plan.is_variance) {
      const Spread total = spread_at(s.totals, kMaxLanes), block = spread_at(s.spread, kMaxLanes);
      plan.kernels->variance->merge(total, static_cast<double>(elements), block, static_cast<double>(more),
                                    lanes);
      elements += more;
      set_identity(plan, s, lanes);
    } else if (plan.in_double && ((i - begin) % plan.group == plan.group - 1 || i + 1 == end)) {
      fold(plan, s, lanes);
    }
    if (++tile == tiles) {
      tile = 0;
      cursor.next();
    }
  }
}

// Writes the results of a unit: float64 totals are rounded here.
void store_unit(const ReducePlan& plan, const ReduceScratch& s, int64_t lanes) {
  const MapKernels& moves = *plan.kernels->map;
  const auto store = size_of(plan.outputs[0].dtype) == 1 ? moves.store_bytes : moves.store_words;
  const double count = static_cast<double>(plan.elements(plan.blocks()));
  for (size_t k = 0; k < plan.outputs.size(); k++) {
    // Of a variance the squares come first, then the sum.
    const int total = plan.is_variance ? 1 - static_cast<int>(k) : static_cast<int>(k);
    const double divisor = plan.is_variance && k == 0 ? count : 1;
    char* results = plan.is_arg ? reinterpret_cast<char*>(s.where) : s.partial_of(total);
    if (plan.in_double) {
      const double* totals = s.totals_of(total);
      float* rounded = reinterpret_cast<float*>(results);
      for (int64_t i = 0; i < lanes; i++) rounded[i] = static_cast<float>(totals[i] / divisor);
    }
    const size_t view = plan.inputs() + k;
    store(s.base[view], results, plan.lanes.strides[view], lanes);
  }
}

// The unit's addresses in every view, and how many lanes it has.
int64_t place_unit(const ReducePlan& plan, const Run& run, int64_t unit, const ReduceScratch& s) {
  const int64_t tiles = plan.lanes.tiles(), first = unit % tiles * plan.lanes.tile;
  for (size_t v = 0; v < plan.views.size(); v++) {
    const View& view = *plan.views[v];
    s.base[v] = run.buffers[view.buffer] + (view.offset + first * plan.lanes.strides[v]) * plan.sizes[v];
  }
  GridCursor(plan.kept, plan.kept.rank, plan.sizes.data(), s.base, unit / tiles);
  return std::min(plan.lanes.tile, plan.lanes.length - first);
}

void run_reduce(const void* data, const Run& run, int64_t chunk, Worker& worker) {
  const ReducePlan& plan = *static_cast<const ReducePlan*>(data);
  const ReduceScratch s(plan, worker.scratch);
  if (plan.made > 0) plan.micro.begin(run, s.micro);
  const int64_t end = std::min(plan.units * plan.parts, (chunk + 1) * plan.chunk_units);
  for (int64_t i = chunk * plan.chunk_units; i < end; i++) {
    const int64_t unit = i / plan.parts, part = i % plan.parts, begin = part * plan.part_blocks;
    const int64_t lanes = place_unit(plan, run, unit, s);
    reduce_unit(plan, s, begin, std::min(begin + plan.part_blocks, plan.blocks()), lanes);
    if (plan.parts == 1) {
      store_unit(plan, s, lanes);
      continue;
    }
    char* row = run.workspace + plan.workspace + i * plan.part_bytes();
    for (int k = 0; k < plan.totals(); k++, row += plan.lanes.tile * plan.total_bytes()) {
      const char* totals = plan.in_double ? reinterpret_cast<const char*>(s.totals_of(k)) : s.partial_of(k);
      std::memcpy(row, totals, lanes * plan.total_bytes());
    }
  }
}

// Adds or multiplies the totals of parts into those of the first.
void combine_totals(const ReducePlan& plan, const ReduceScratch& s, const char* parts, int64_t lanes) {
  for (int64_t part = 0; part < plan.parts; part++, parts += plan.part_bytes()) {
    for (int k = 0; k < plan.totals(); k++) {
      double* totals = s.totals_of(k);
      const double* row = reinterpret_cast<const double*>(parts) + k * plan.lanes.tile;
      if (part == 0) {
        std::copy(row, row + lanes, totals);
        continue;
      }
      for (int64_t i = 0; i < lanes; i++) {
        totals[i] = plan.kind == ReduceKind::kSum ? totals[i] + row[i] : totals[i] * row[i];
      }
    }
  }
}

void combine_spreads(const ReducePlan& plan, const ReduceScratch& s, char* parts, int64_t lanes) {
  const Spread total = spread_at(s.totals, kMaxLanes);
  std::fill_n(s.totals, 2 * kMaxLanes, 0.0);
  for (int64_t part = 0; part < plan.parts; part++, parts += plan.part_bytes()) {
    const int64_t begin = part * plan.part_blocks;
    const int64_t end = std::min(begin + plan.part_blocks, plan.blocks());
    const int64_t before = plan.elements(begin), count = plan.elements(end) - before;
    const Spread more = spread_at(reinterpret_cast<double*>(parts), plan.lanes.tile);
    plan.kernels->variance->merge(total, static_cast<double>(before), more, static_cast<double>(count),
                                  lanes);
  }
}

// Combines the parts of one unit, in order.
void run_combine(const void* data, const Run& run, int64_t unit, Worker& worker) {
  const ReducePlan& plan = *static_cast<const ReducePlan*>(data);
  const ReduceScratch s(plan, worker.scratch);
  const int64_t lanes = place_unit(plan, run, unit, s);
  char* parts = run.workspace + plan.workspace + unit * plan.parts * plan.part_bytes();
  if (plan.is_variance) {
    combine_spreads(plan, s, parts, lanes);
  } else if (plan.in_double) {
    combine_totals(plan, s, parts, lanes);
  } else {
    set_identity(plan, s, lanes);
    for (int k = 0; k < plan.results(); k++) {
      const int64_t stride = plan.totals() * plan.lanes.tile;
      plan.combine(s.partial_of(k), parts + k * plan.lanes.tile * 4, stride, plan.parts, lanes);
    }
  }
  store_unit(plan, s, lanes);
}

}  // namespace

std::string prepare_kReduce(const Instruction& instruction, Builder& builder) {
  ReducePlan* plan = builder.make_plan<ReducePlan>();
  const std::string problem = plan_reduce(instruction, builder, plan);
  if (!problem.empty() || instruction.outputs[0]->size() == 0) return problem;
  builder.reserve_scratch(ReduceScratch::bytes(*plan));

  const int64_t work = plan->units * plan->parts, elements = instruction.inputs[0]->size();
  const double each = 0.1 * plan->results() + (plan->is_variance ? 0.1 : 0) + plan->micro.cost();
  if (plan->parts > 1) plan->workspace = builder.reserve_workspace(work * plan->part_bytes());
  builder.add_step(run_reduce, plan, ceil_div(work, plan->chunk_units), elements * each + 20.0 * work);
  if (plan->parts > 1) {  // whose results lie in the caches of whoever made them
    builder.add_step(run_combine, plan, plan->units, static_cast<double>(work * plan->lanes.tile) * 0.2);
  }
  return "";
}

}  // namespace ng
