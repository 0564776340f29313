// The matmul instruction as a batch of matrix products.

#include "gemm.h"

namespace ng {
namespace {

MatrixView matrix_of(const View& view) {
  MatrixView matrix = {&view, view.strides[view.rank - 2], view.strides[view.rank - 1], {}};
  for (int axis = 0; axis < view.rank - 2; axis++) matrix.batch[axis] = view.strides[axis];
  return matrix;
}

// Turns batch axes into rows while B is the same for all of them and A and C continue row by row: one large
// product instead of many small ones ([batch, time, features] · weights).
void fold_batch(GemmProblem& problem) {
  while (problem.batch_rank > 0) {
    const int axis = problem.batch_rank - 1;
    if (problem.m == 1) {  // the stride of an axis of length 1 says nothing
      problem.a.row = problem.a.batch[axis];
      problem.c.row = problem.c.batch[axis];
    }
    const bool continues = problem.a.batch[axis] == problem.m * problem.a.row &&
                           problem.c.batch[axis] == problem.m * problem.c.row;
    if (problem.batch[axis] != 1 && (problem.b.batch[axis] != 0 || !continues)) return;
    problem.m *= problem.batch[axis];
    problem.batch_rank--;
    problem.axes.batch.pop_back();
    problem.axes.rows.insert(problem.axes.rows.begin(), axis);
  }
}

}  // namespace

std::string prepare_kMatmul(const Instruction& instruction, Builder& builder) {
  const View& a = *instruction.inputs[0];
  const View& b = *instruction.inputs[1];
  const View& out = *instruction.outputs[0];
  if (a.dtype != DType::kFloat32 || b.dtype != DType::kFloat32) {
    return "matmul computes in float32 on this backend";
  }
  GemmProblem problem = {};
  problem.m = out.shape[out.rank - 2];
  problem.n = out.shape[out.rank - 1];
  problem.k = a.shape[a.rank - 1];
  problem.a = matrix_of(a);
  problem.b = matrix_of(b);
  problem.c = matrix_of(out);
  problem.batch_rank = out.rank - 2;
  for (int axis = 0; axis < problem.batch_rank; axis++) {
    problem.batch[axis] = out.shape[axis];
    problem.axes.batch.push_back(axis);
  }
  problem.axes.rows = {out.rank - 2};
  problem.axes.cols = {out.rank - 1};
  fold_batch(problem);
  return add_gemm(problem, instruction, 2, builder);
}

}  // namespace ng
