"""Makes training.json: losses with their gradients, and paths of optimisers, computed in float64 by PyTorch.

    python3 test/values/generate_training.py

Inputs are multiples of 1/8, so that they are exact in float32. Results are written with 12 significant digits.
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

random = np.random.RandomState(21)


def eighths(*shape, low=-2.0, high=2.0):
    """Random multiples of 1/8 in [low, high]."""
    return torch.tensor(random.randint(int(low * 8), int(high * 8) + 1, shape) / 8, dtype=torch.float64)


def labels(count, classes):
    return torch.tensor(random.randint(0, classes, count))


def digits(values):
    return [float(f"{v:.12g}") for v in values.detach().flatten().tolist()]


def described(x):
    dtype = {} if x.is_floating_point() else {"dtype": "int32"}
    return {"shape": list(x.shape), "data": digits(x) if x.is_floating_point() else x.flatten().tolist(), **dtype}


# ── losses ──

losses = []


def loss(name, function, prediction, target, options=None):
    """Adds a case: the value of a loss, and the gradient of the sum of it by the prediction."""
    leaf = prediction.clone().requires_grad_()
    value = function(leaf, target)
    value.sum().backward()
    losses.append(
        {
            "loss": name,
            "options": options or {},
            "prediction": described(prediction),
            "target": described(target),
            "value": digits(value),
            "gradient": digits(leaf.grad),
        }
    )


def add_losses():
    for reduction in ("mean", "sum", "none"):
        how = {"reduction": reduction}
        x, y = eighths(4, 3), eighths(4, 3)
        loss("l1Loss", lambda a, b: F.l1_loss(a, b, **how), x, y, how)
        loss("mseLoss", lambda a, b: F.mse_loss(a, b, **how), x, y, how)
        p, t = eighths(4, 3, low=0.125, high=0.875), eighths(4, 3, low=0, high=1)
        loss("binaryCrossEntropy", lambda a, b: F.binary_cross_entropy(a, b, **how), p, t, how)
        with_logits = lambda a, b: F.binary_cross_entropy_with_logits(a, b, **how)
        loss("binaryCrossEntropyWithLogits", with_logits, eighths(4, 3, low=-8, high=8), t, how)
        loss("binaryCrossEntropyWithLogits", with_logits, torch.zeros(2, dtype=torch.float64), t[0, :2], how)
        add_label_losses(how)
    for reduction, name in (("mean", "batchmean"), ("sum", "sum")):
        logs = F.log_softmax(eighths(4, 3), -1)
        target = torch.tensor([[0, 1, 0], [0.25, 0.5, 0.25], [1, 0, 0], [0.125, 0.125, 0.75]], dtype=torch.float64)
        loss("klDivergence", lambda a, b: F.kl_div(a, b, reduction=name), logs, target, {"reduction": reduction})


def add_label_losses(how):
    x, y = eighths(5, 4, low=-4, high=4), labels(5, 4)
    weights = torch.tensor([0.5, 2, 1.25, 0.125], dtype=torch.float64)
    given = {**how, "classWeights": digits(weights)}
    some = y.clone()
    some[1] = -100
    some[3] = -100
    smooth = {"label_smoothing": 0.25}
    for target, more, options in [
        (y, {}, how),
        (y, {"weight": weights}, given),
        (some, {}, {**how, "ignoreIndex": -100}),
        (some, {"weight": weights}, {**given, "ignoreIndex": -100}),
    ]:
        loss("nllLoss", lambda a, b: F.nll_loss(a, b, **more, **how), x, target, options)
        loss("crossEntropy", lambda a, b: F.cross_entropy(a, b, **more, **how), x, target, options)
        smoothed = lambda a, b: F.cross_entropy(a, b, **more, **how, **smooth)
        loss("crossEntropy", smoothed, x, target, {**options, "labelSmoothing": 0.25})
    mixed = torch.tensor([[1, 0, 0, 0], [0.25, 0, 0.5, 0.25], [0, 0, 0, 1], [0.5, 0.5, 0, 0], [0, 0.125, 0.875, 0]])
    mixed = mixed.to(torch.float64)
    loss("crossEntropy", lambda a, b: F.cross_entropy(a, b, **how), x, mixed, how)
    both = {**given, "labelSmoothing": 0.25}
    loss("crossEntropy", lambda a, b: F.cross_entropy(a, b, weight=weights, **how, **smooth), x, mixed, both)
    for power in (1, 2):
        margin = {"margin": 0.75, "squared": power == 2, "meanOverClasses": True, **how}
        hinge = lambda a, b: F.multi_margin_loss(a, b, p=power, margin=0.75, **how)
        loss("multiclassHingeLoss", hinge, x, y, margin)


# ── optimisers ──

paths = []


def path(name, optimizer, options, steps=8, **arguments):
    """Adds a case: where an optimiser leads from a start with given gradients."""
    start = eighths(5)
    gradients = [eighths(5) for _ in range(steps)]
    w = start.clone().requires_grad_()
    made = optimizer([w], **arguments)
    positions = []
    for gradient in gradients:
        w.grad = gradient.clone()
        made.step()
        positions.append(digits(w))
    paths.append(
        {
            "optimizer": name,
            "options": options,
            "start": digits(start),
            "gradients": [digits(g) for g in gradients],
            "positions": positions,
        }
    )


def add_paths():
    rate, decay = {"learningRate": 0.125}, {"weightDecay": 0.25}
    with_decay = {**rate, **decay}
    o = torch.optim
    sgd = {"momentum": 0.75, "nesterov": True}
    path("SGD", o.SGD, {**with_decay, **sgd}, lr=0.125, weight_decay=0.25, **sgd)
    path("AdaGrad", o.Adagrad, rate, lr=0.125)
    options = {**with_decay, "initialAccumulator": 0.5, "epsilon": 0.01}
    path("AdaGrad", o.Adagrad, options, lr=0.125, weight_decay=0.25, initial_accumulator_value=0.5, eps=0.01)
    path("RMSProp", o.RMSprop, rate, lr=0.125)
    path("RMSProp", o.RMSprop, {**rate, "momentum": 0.5}, lr=0.125, momentum=0.5)
    path("RMSProp", o.RMSprop, {**rate, "centered": True}, lr=0.125, centered=True)
    options = {**with_decay, "alpha": 0.875, "momentum": 0.5, "centered": True, "epsilon": 0.01}
    everything = {"alpha": 0.875, "momentum": 0.5, "centered": True, "eps": 0.01}
    path("RMSProp", o.RMSprop, options, lr=0.125, weight_decay=0.25, **everything)
    path("Adam", o.Adam, rate, steps=12, lr=0.125)
    options = {**with_decay, "betas": [0.75, 0.875], "epsilon": 0.01}
    path("Adam", o.Adam, options, lr=0.125, weight_decay=0.25, betas=(0.75, 0.875), eps=0.01)
    path("AdamW", o.AdamW, rate, steps=12, lr=0.125)
    path("AdamW", o.AdamW, options, lr=0.125, weight_decay=0.25, betas=(0.75, 0.875), eps=0.01)


def grouped(name, optimizer, options, groups, translated, steps=8, **arguments):
    """Adds a case of one parameter of 5 elements in each group; all of them are one list in the file."""
    starts = [eighths(5) for _ in groups]
    gradients = [[eighths(5) for _ in groups] for _ in range(steps)]
    leaves = [start.clone().requires_grad_() for start in starts]
    made = optimizer([{"params": [w], **own} for w, own in zip(leaves, translated)], **arguments)
    positions = []
    for parts in gradients:
        for w, part in zip(leaves, parts):
            w.grad = part.clone()
        made.step()
        positions.append(digits(torch.cat([w.detach() for w in leaves])))
    paths.append(
        {
            "optimizer": name,
            "options": options,
            "groups": groups,
            "start": digits(torch.cat(starts)),
            "gradients": [digits(torch.cat(parts)) for parts in gradients],
            "positions": positions,
        }
    )


def add_grouped_paths():
    rate, o = {"learningRate": 0.125}, torch.optim
    groups = [{"learningRate": 0.5, "momentum": 0.75}, {"weightDecay": 0}, {}]
    translated = [{"lr": 0.5, "momentum": 0.75}, {"weight_decay": 0}, {}]
    grouped("SGD", o.SGD, {**rate, "weightDecay": 0.25}, groups, translated, lr=0.125, weight_decay=0.25)
    groups, translated = [{"epsilon": 0.01}, {"learningRate": 0.25}], [{"eps": 0.01}, {"lr": 0.25}]
    grouped("AdaGrad", o.Adagrad, rate, groups, translated, lr=0.125)
    groups = [{"momentum": 0.5, "alpha": 0.875}, {"centered": True, "learningRate": 0.0625}]
    translated = [{"momentum": 0.5, "alpha": 0.875}, {"centered": True, "lr": 0.0625}]
    grouped("RMSProp", o.RMSprop, rate, groups, translated, lr=0.125)
    groups = [{"learningRate": 0.03125, "betas": [0.75, 0.875]}, {"weightDecay": 0.5}]
    translated = [{"lr": 0.03125, "betas": (0.75, 0.875)}, {"weight_decay": 0.5}]
    grouped("Adam", o.Adam, rate, groups, translated, lr=0.125)
    grouped("AdamW", o.AdamW, rate, groups, translated, lr=0.125)


add_losses()
add_paths()
add_grouped_paths()
lines = lambda cases: ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
text = f'{{"losses":[\n{lines(losses)}\n],"paths":[\n{lines(paths)}\n]}}\n'
pathlib.Path(__file__).with_name("training.json").write_text(text)
print(f"{len(losses)} losses, {len(paths)} paths, {len(text)} bytes")
