"""
Single operations in eager PyTorch, into memory that is allocated already where PyTorch lets us:

    torch_kernels.py THREADS matmul NN|NT|TN|TT M N K
    torch_kernels.py THREADS conv forward|data|weights NCHW|NHWC N C H W FILTERS KERNEL STRIDE PADDING GROUPS
"""

import sys

from protocol import numbers, serve  # first: it chooses the instruction set of what is imported below

import torch
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))
torch.set_grad_enabled(False)


def tensor(shape, seed, layout="NCHW"):
    """Numbers of the sequence `seed` in the order of memory; `shape` is [n, c, h, w] where the layout is NHWC."""
    if layout == "NCHW":
        return torch.from_numpy(numbers(shape, seed))
    n, c, h, w = shape
    return torch.from_numpy(numbers([n, h, w, c], seed)).permute(0, 3, 1, 2)


def memory(x, layout="NCHW"):
    """The elements in the order in which a user of this layout keeps them."""
    return (x if layout == "NCHW" else x.permute(0, 2, 3, 1)).contiguous().numpy()


def matmul(transposes, m, n, k):
    m, n, k = int(m), int(n), int(k)
    a = tensor([k, m], 1).t() if transposes[0] == "T" else tensor([m, k], 1)
    b = tensor([n, k], 2).t() if transposes[1] == "T" else tensor([k, n], 2)
    c = torch.empty(m, n)
    return (lambda: torch.mm(a, b, out=c)), memory


def conv(direction, layout, *sizes):
    n, c, h, w, filters, kernel, stride, padding, groups = map(int, sizes)
    size = lambda length: (length + 2 * padding - kernel) // stride + 1
    x = tensor([n, c, h, w], 1, layout)
    weights = tensor([filters, c // groups, kernel, kernel], 2)
    if layout == "NHWC":
        weights = weights.contiguous(memory_format=torch.channels_last)
    if direction == "forward":
        return (lambda: F.conv2d(x, weights, None, stride, padding, 1, groups)), (lambda y: memory(y, layout))
    y = tensor([n, filters, size(h), size(w)], 3, layout)
    wanted = [direction == "data", direction == "weights", False]
    pairs = [[stride, stride], [padding, padding], [1, 1]]
    work = lambda: torch.ops.aten.convolution_backward(y, x, weights, None, *pairs, False, [0, 0], groups, wanted)
    if direction == "data":
        return work, (lambda gradients: memory(gradients[0], layout))
    return work, (lambda gradients: memory(gradients[1]))


work, result = {"matmul": matmul, "conv": conv}[sys.argv[2]](*sys.argv[3:])
serve(torch.__version__, work, result)
