"""The twenty-line network in PyTorch: torch_twenty_lines.py THREADS by_hand|autograd."""

import sys

from protocol import serve  # first: it chooses the instruction set of what is imported below

import torch

BATCH, INPUTS, HIDDEN, OUTPUTS = 64, 1000, 100, 10
LEARNING_RATE = 1e-4

threads, gradients = int(sys.argv[1]), sys.argv[2]
torch.set_num_threads(threads)
torch.manual_seed(1)
x, y = torch.randn(BATCH, INPUTS), torch.randn(BATCH, OUTPUTS)
w1 = torch.randn(INPUTS, HIDDEN, requires_grad=gradients == "autograd")
w2 = torch.randn(HIDDEN, OUTPUTS, requires_grad=gradients == "autograd")


def by_hand():
    h = torch.sigmoid(x.mm(w1))
    error = h.mm(w2).sub_(y)
    loss = error.square().sum()
    slope = error.mul_(2)
    grad_w2 = h.t().mm(slope)
    grad_w1 = x.t().mm(slope.mm(w2.t()).mul_(h).mul_(1 - h))
    w1.sub_(grad_w1, alpha=LEARNING_RATE)
    w2.sub_(grad_w2, alpha=LEARNING_RATE)
    return loss


def autograd():
    error = torch.sigmoid(x.mm(w1)).mm(w2) - y
    loss = error.square().sum()
    loss.backward()
    with torch.no_grad():
        for w in (w1, w2):
            w.sub_(w.grad, alpha=LEARNING_RATE)
            w.grad = None
    return loss


serve(torch.__version__, by_hand if gradients == "by_hand" else autograd)
