"""A training step in eager PyTorch: torch_training.py THREADS lenet5|mlp BATCH contiguous_format|channels_last."""

import sys

from protocol import serve  # first: it chooses the instruction set of what is imported below

import torch
from torch import nn

threads, network, batch, layout = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(threads)
torch.manual_seed(1)

if network == "lenet5":
    model = nn.Sequential(
        nn.Conv2d(1, 20, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(2450, 500), nn.ReLU(), nn.Linear(500, 10),
    )
    x, momentum = torch.randn(batch, 1, 28, 28), 0.9
else:
    model = nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10),
    )
    x, momentum = torch.randn(batch, 784), 0.0
if layout == "channels_last":
    model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
y = torch.randint(10, (batch,))
optimizer = torch.optim.SGD(model.parameters(), lr=1e-6, momentum=momentum)
loss_of = nn.CrossEntropyLoss()


def step():
    optimizer.zero_grad(set_to_none=True)
    loss_of(model(x), y).backward()
    optimizer.step()


serve(torch.__version__, step)
