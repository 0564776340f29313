"""
Single operations in numpy, into memory that is allocated already where numpy lets us:

    numpy_kernels.py THREADS map FUNCTION SIZE
    numpy_kernels.py THREADS reduce sum|mean|max AXIS ROWS COLUMNS
    numpy_kernels.py THREADS transpose ROWS COLUMNS
    numpy_kernels.py THREADS broadcast row|column ROWS COLUMNS
    numpy_kernels.py THREADS gather ROWS PICKED WIDTH
    numpy_kernels.py THREADS add SIZE
"""

import sys

from protocol import numbers, serve  # first: it chooses the instruction set of what is imported below

import numpy as np

one = np.float32(1)
power = np.float32(1.7)


def sigmoid(x, y):
    np.negative(x, out=y)
    np.exp(y, out=y)
    np.add(y, one, out=y)
    np.reciprocal(y, out=y)


def of_absolute(function):
    def apply(x, y):
        np.abs(x, out=y)
        function(y, out=y)

    return apply


FUNCTIONS = {
    "x + 1": lambda x, y: np.add(x, one, out=y),
    "relu": lambda x, y: np.maximum(x, np.float32(0), out=y),
    "exp": lambda x, y: np.exp(x, out=y),
    "sigmoid": sigmoid,
    "tanh": lambda x, y: np.tanh(x, out=y),
    "sin": lambda x, y: np.sin(x, out=y),
    "cos": lambda x, y: np.cos(x, out=y),
    "log |x|": of_absolute(np.log),
    "sqrt |x|": of_absolute(np.sqrt),
    "|x| ** 1.7": of_absolute(lambda y, out: np.power(y, power, out=out)),
}


def map_of(name, size):
    x, y, function = numbers([int(size)], 1), np.empty(int(size), np.float32), FUNCTIONS[name]
    return (lambda: function(x, y)), (lambda _: y)


def reduce(name, axis, rows, columns):
    x, axis, function = numbers([int(rows), int(columns)], 1), int(axis), getattr(np, name)
    y = np.empty(x.shape[1 - axis], np.float32)
    return (lambda: function(x, axis=axis, out=y)), (lambda _: y)


def transpose(rows, columns):
    x, y = numbers([int(rows), int(columns)], 1), np.empty([int(columns), int(rows)], np.float32)
    return (lambda: np.copyto(y, x.T)), (lambda _: y)


def broadcast(kind, rows, columns):
    x, y = numbers([int(rows), int(columns)], 1), np.empty([int(rows), int(columns)], np.float32)
    b = numbers([int(columns)] if kind == "row" else [int(rows), 1], 2)
    return (lambda: np.add(x, b, out=y)), (lambda _: y)


def gather(rows, picked, width):
    x, indices = numbers([int(rows), int(width)], 1), 7919 * np.arange(int(picked)) % int(rows)
    y = np.empty([int(picked), int(width)], np.float32)
    return (lambda: np.take(x, indices, axis=0, out=y, mode="clip")), (lambda _: y)


def add(size):
    a, b = numbers([int(size)], 1), numbers([int(size)], 2)
    return (lambda: a + b), (lambda y: y)


KINDS = {
    "map": map_of, "reduce": reduce, "transpose": transpose, "broadcast": broadcast, "gather": gather, "add": add,
}
serve(np.__version__, *KINDS[sys.argv[2]](*sys.argv[3:]))
