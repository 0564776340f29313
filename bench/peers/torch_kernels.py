"""
Single operations in eager PyTorch, into memory that is allocated already where PyTorch lets us: torch_kernels.py THREADS
and the words of README.md.
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


FUNCTIONS = {
    "x + 1": lambda x, y: torch.add(x, 1, out=y),
    "relu": lambda x, y: torch.clamp_min(x, 0, out=y),
    "exp": lambda x, y: torch.exp(x, out=y),
    "sigmoid": lambda x, y: torch.sigmoid(x, out=y),
    "tanh": lambda x, y: torch.tanh(x, out=y),
    "gelu": lambda x, y: torch.ops.aten.gelu.out(x, out=y),
    "erf": lambda x, y: torch.erf(x, out=y),
    "sin": lambda x, y: torch.sin(x, out=y),
    "cos": lambda x, y: torch.cos(x, out=y),
    "log |x|": lambda x, y: torch.log(torch.abs(x, out=y), out=y),
    "sqrt |x|": lambda x, y: torch.sqrt(torch.abs(x, out=y), out=y),
    "|x| ** 1.7": lambda x, y: torch.pow(torch.abs(x, out=y), 1.7, out=y),
}


def map_of(name, size):
    x, y, function = tensor([int(size)], 1), torch.empty(int(size)), FUNCTIONS[name]
    return (lambda: function(x, y)), memory


def softmax(function):
    def prepare(rows, columns):
        x, y = tensor([int(rows), int(columns)], 1), torch.empty(int(rows), int(columns))
        return (lambda: function(x, -1, False, out=y)), memory

    return prepare


def cross_entropy(rows, columns):
    scores = tensor([int(rows), int(columns)], 1).requires_grad_()
    labels = 7 * torch.arange(int(rows)) % int(columns)

    def work():
        scores.grad = None
        with torch.enable_grad():
            F.cross_entropy(scores, labels).backward()
        return scores.grad

    return work, memory


POOLS = {"max": F.max_pool2d, "avg": F.avg_pool2d}


def pool(kind, layout, *sizes):
    x, function = tensor([int(size) for size in sizes], 1, layout), POOLS[kind]
    return (lambda: function(x, 2)), (lambda y: memory(y, layout))


def pool_gradient(kind, layout, *sizes):
    n, c, h, w = map(int, sizes)
    x, dy = tensor([n, c, h, w], 1, layout), tensor([n, c, h // 2, w // 2], 2, layout)
    pair = [2, 2]
    if kind == "avg":
        work = lambda: torch.ops.aten.avg_pool2d_backward(dy, x, pair, pair, [0, 0], False, True, None)
    else:
        # nodegrad finds the largest again in the same step.
        def work():
            _, where = torch.ops.aten.max_pool2d_with_indices(x, pair, pair, [0, 0], [1, 1], False)
            return torch.ops.aten.max_pool2d_with_indices_backward(dy, x, pair, pair, [0, 0], [1, 1], False, where)

    return work, (lambda dx: memory(dx, layout))


def batch_norm(layout, *sizes):
    x, gamma, beta = tensor([int(size) for size in sizes], 1, layout), tensor([int(sizes[1])], 2), tensor([int(sizes[1])], 3)
    return (lambda: F.batch_norm(x, None, None, gamma, beta, True)), (lambda y: memory(y, layout))


def batch_norm_gradient(layout, *sizes):
    shape = [int(size) for size in sizes]
    x, dy, gamma, beta = tensor(shape, 1, layout), tensor(shape, 4, layout), tensor(shape[1:2], 2), tensor(shape[1:2], 3)

    def work():
        _, mean, deviation = torch.ops.aten.native_batch_norm(x, gamma, beta, None, None, True, 0.1, 1e-5)
        backward = torch.ops.aten.native_batch_norm_backward
        return backward(dy, x, gamma, None, None, mean, deviation, True, 1e-5, [True, False, False])[0]

    return work, (lambda dx: memory(dx, layout))


def layer_norm(tokens, width):
    x, gamma, beta = tensor([int(tokens), int(width)], 1), tensor([int(width)], 2), tensor([int(width)], 3)
    return (lambda: F.layer_norm(x, [int(width)], gamma, beta)), memory


def layer_norm_gradient(tokens, width):
    shape, width = [int(tokens), int(width)], [int(width)]
    x, dy, gamma, beta = tensor(shape, 1), tensor(shape, 4), tensor(width, 2), tensor(width, 3)

    def work():
        _, mean, deviation = torch.ops.aten.native_layer_norm(x, width, gamma, beta, 1e-5)
        backward = torch.ops.aten.native_layer_norm_backward
        return backward(dy, x, width, mean, deviation, gamma, beta, [True, False, False])[0]

    return work, memory


def reduce(name, axis, rows, columns):
    x, function = tensor([int(rows), int(columns)], 1), {"sum": torch.sum, "mean": torch.mean, "max": torch.amax}[name]
    y, axis = torch.empty(x.shape[1 - int(axis)]), int(axis)
    return (lambda: function(x, [axis], out=y)), memory


def transpose(rows, columns):
    x, y = tensor([int(rows), int(columns)], 1), torch.empty(int(columns), int(rows))
    return (lambda: y.copy_(x.t())), memory


def broadcast(kind, rows, columns):
    x, y = tensor([int(rows), int(columns)], 1), torch.empty(int(rows), int(columns))
    b = tensor([int(columns)] if kind == "row" else [int(rows), 1], 2)
    return (lambda: torch.add(x, b, out=y)), memory


def gather(rows, picked, width):
    x, indices = tensor([int(rows), int(width)], 1), 7919 * torch.arange(int(picked)) % int(rows)
    y = torch.empty(int(picked), int(width))
    return (lambda: torch.index_select(x, 0, indices, out=y)), memory


def update(optimizer, size):
    parameters = tensor([int(size)], 1).requires_grad_()
    parameters.grad = tensor([int(size)], 2)
    return optimizer([parameters]).step, None


def momentum(size):
    return update(lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9), size)


def adam(size):
    return update(lambda parameters: torch.optim.Adam(parameters, lr=0.001), size)


def add(size):
    a, b = tensor([int(size)], 1), tensor([int(size)], 2)
    return (lambda: a + b), memory


def add_gradient(size):
    a, b = tensor([int(size)], 1).requires_grad_(), tensor([int(size)], 2).requires_grad_()
    dy = torch.ones(int(size))

    def work():
        a.grad = b.grad = None
        with torch.enable_grad():
            (a + b).backward(dy)
        return a.grad

    return work, memory


KINDS = {
    "matmul": matmul,
    "conv": conv,
    "map": map_of,
    "softmax": softmax(torch.ops.aten._softmax.out),
    "logSoftmax": softmax(torch.ops.aten._log_softmax.out),
    "crossEntropy": cross_entropy,
    "pool": pool,
    "poolGradient": pool_gradient,
    "batchNorm": batch_norm,
    "batchNormGradient": batch_norm_gradient,
    "layerNorm": layer_norm,
    "layerNormGradient": layer_norm_gradient,
    "reduce": reduce,
    "transpose": transpose,
    "broadcast": broadcast,
    "gather": gather,
    "momentum": momentum,
    "adam": adam,
    "add": add,
    "addGradient": add_gradient,
}
serve(torch.__version__, *KINDS[sys.argv[2]](*sys.argv[3:]))
