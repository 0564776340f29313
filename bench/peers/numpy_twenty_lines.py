"""The twenty-line network in numpy, which takes the number of threads from the environment."""

from protocol import serve  # first: it chooses the instruction set of what is imported below

import numpy as np

BATCH, INPUTS, HIDDEN, OUTPUTS = 64, 1000, 100, 10
LEARNING_RATE = np.float32(1e-4)

generator = np.random.default_rng(1)
x, y, w1, w2 = (
    generator.standard_normal(shape, dtype=np.float32)
    for shape in [(BATCH, INPUTS), (BATCH, OUTPUTS), (INPUTS, HIDDEN), (HIDDEN, OUTPUTS)]
)
one = np.float32(1)


def step():
    h = x @ w1
    np.negative(h, out=h)
    np.exp(h, out=h)
    h += one
    np.reciprocal(h, out=h)
    error = h @ w2
    error -= y
    loss = np.vdot(error, error)
    error *= np.float32(2)
    grad_w2 = h.T @ error
    grad_h = error @ w2.T
    grad_h *= h
    grad_h *= one - h
    grad_w1 = x.T @ grad_h
    grad_w1 *= LEARNING_RATE
    grad_w2 *= LEARNING_RATE
    np.subtract(w1, grad_w1, out=w1)
    np.subtract(w2, grad_w2, out=w2)
    return loss


serve(np.__version__, step)
