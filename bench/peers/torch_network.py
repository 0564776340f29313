"""
Networks in eager PyTorch, from the layers of bench/models/networks.ts:

    torch_network.py THREADS train|peak|infer|inferPeak BATCH MOMENTUM NETWORK contiguous_format|channels_last
"""

import json
import resource
import sys

from protocol import numbers, seconds, serve  # first: it chooses the instruction set of what is imported below

import numpy as np
import torch
from torch import nn

FIRST_SEED = 10
LEARNING_RATE = 1e-6


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def growth(work, count):
    """Does `work`; returns the bytes that the process has grown by, at its peak, since there was no model."""
    for _ in range(count):
        work()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before


threads, task, batch, momentum, network, layout = sys.argv[1:]
torch.set_num_threads(int(threads))
torch.manual_seed(FIRST_SEED)
before = resident_bytes()
network, batch = json.loads(network), int(batch)
seed = FIRST_SEED


def fill(parameter, scale, center=0):
    global seed
    if task == "inferPeak":  # layers keep what they start with: other numbers would take memory for themselves
        return
    values = numbers(list(parameter.shape), seed) * np.float32(scale) + np.float32(center)
    parameter.data.copy_(torch.from_numpy(values))
    seed += 1


def fill_weighted(layer, terms):
    fill(layer.weight, 2 * (6 / terms) ** 0.5)
    if layer.bias is not None:
        fill(layer.bias, 0.1)
    return layer


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class MeanPool(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def sequence(layers, shape):
    """The layers as a module, and the shape of an example after them."""
    modules = []
    for layer in layers:
        module, shape = build(layer, shape)
        modules.append(module)
    return nn.Sequential(*modules), shape


def build(layer, shape):
    kind = layer["kind"]
    if kind in ("conv", "maxPool"):
        window = layer["kernel"], layer["stride"], layer["padding"]
        size = [(length + 2 * window[2] - window[0]) // window[1] + 1 for length in shape[1:]]
    if kind == "conv":
        module = nn.Conv2d(shape[0], layer["filters"], *window, bias=layer["bias"])
        return fill_weighted(module, shape[0] * window[0] ** 2), [layer["filters"], *size]
    if kind == "maxPool":
        return nn.MaxPool2d(*window), [shape[0], *size]
    if kind == "linear":
        return fill_weighted(nn.Linear(shape[0], layer["features"]), shape[0]), [layer["features"]]
    if kind == "batchNorm":
        module = nn.BatchNorm2d(shape[0])
        fill(module.weight, 0.1, 1)
        fill(module.bias, 0.1)
        fill(module.running_mean, 0.1)
        fill(module.running_var, 0.1, 1)
        return module, shape
    if kind == "residual":
        body, after = sequence(layer["body"], shape)
        return Residual(body, sequence(layer["shortcut"], shape)[0]), after
    if kind == "relu":
        return nn.ReLU(), shape
    if kind == "meanPool":
        return MeanPool(), shape[:1]
    return nn.Flatten(), [int(np.prod(shape))]


model, _ = sequence(network["layers"], network["input"])
x = torch.from_numpy(numbers([batch, *network["input"]], 1))
if layout == "channels_last":
    model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)

if task in ("train", "peak"):
    y = 7 * torch.arange(batch) % network["classes"]
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=float(momentum))
    loss_of = nn.CrossEntropyLoss()

    def work():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

else:
    torch.set_grad_enabled(False)
    model.eval()

    def work():
        return model(x)


measure = growth if task in ("peak", "inferPeak") else seconds
serve(torch.__version__, work, lambda result: result.detach().contiguous().numpy(), measure)
