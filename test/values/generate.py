"""Makes torch.json and torch-layers.json: values and derivatives of operations and of layers, computed in float64 by PyTorch.

    python3 test/values/generate.py

Inputs are multiples of 1/8, so that they are exact in float32 and short in the file. Results are written with 10
significant digits. Every array of results comes with a scale, the largest sum of the magnitudes of the terms it
is made of, and every case with the number of terms: what a bound on rounding errors needs.
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

random = np.random.RandomState(20)
cases = []


def eighths(*shape, low=-2.0, high=2.0):
    """Random multiples of 1/8 in [low, high]."""
    return torch.tensor(random.randint(int(low * 8), int(high * 8) + 1, shape) / 8, dtype=torch.float64)


def distinct(*shape):
    """Different multiples of 1/8 in random order: no ties for maxima."""
    size = int(np.prod(shape))
    return torch.tensor((random.permutation(size) - size // 2).reshape(shape) / 8, dtype=torch.float64)


def digits(values):
    return [float(f"{v:.10g}") for v in values.detach().flatten().tolist()]


def largest(values):
    return float(f"{values.detach().abs().max().item():.3g}")


def evaluate(function, inputs, cotangent):
    """The value of a function and the derivative of its product with a cotangent."""
    leaves = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
    value = function(*leaves)
    grads = torch.autograd.grad(value, [x for x in leaves if x.requires_grad], cotangent)
    return value, grads


def case(op, function, inputs, options=None, terms=1, scales=None):
    """Adds a case.

    terms   the longest chain of roundings in a result
    scales  of the output and of each gradient; absent for functions linear in each input with positive
            coefficients: then they are the results for the magnitudes of the inputs
    """
    value = function(*inputs)
    cotangent = eighths(*value.shape)
    value, grads = evaluate(function, inputs, cotangent)
    if scales is None:
        magnitudes = evaluate(function, [x.abs() for x in inputs], cotangent.abs())
        scales = [largest(magnitudes[0]), *map(largest, magnitudes[1])]
    cases.append(
        {
            "op": op,
            "options": options or {},
            "inputs": [{"shape": list(x.shape), "data": digits(x), **({} if x.is_floating_point() else {"dtype": "int32"})} for x in inputs],
            "cotangent": digits(cotangent),
            "terms": terms,
            "output": {"shape": list(value.shape), "data": digits(value), "scale": scales[0]},
            "gradients": [{"data": digits(g), "scale": s} for g, s in zip(grads, scales[1:], strict=True)],
        }
    )


def convolutions():
    x, w = (2, 3, 7, 6), (4, 3, 3, 3)
    for shapes, options in [
        ((x, w), {}),
        ((x, w), {"stride": 2, "padding": 1}),
        ((x, (4, 3, 3, 2)), {"stride": [2, 1], "padding": [1, 2], "dilation": [1, 2]}),
        ((x, w), {"padding": [[0, 2], [3, 1]]}),
        (((2, 4, 5, 5), (6, 2, 3, 3)), {"groups": 2, "padding": 1}),
        (((1, 5, 6, 5), (5, 1, 3, 3)), {"groups": 5, "stride": 2}),
        (((2, 5, 3, 4), (7, 5, 1, 1)), {}),
        (((1, 2, 9, 8), (3, 2, 5, 5)), {"stride": 3, "padding": 2, "dilation": 1}),
    ]:
        inputs = [eighths(*shape) for shape in shapes]
        padding = options.get("padding", 0)
        uneven = isinstance(padding, list) and isinstance(padding[0], list)
        around = [*padding[1], *padding[0]] if uneven else [0, 0, 0, 0]
        more = {k: v for k, v in options.items() if k in ("stride", "dilation", "groups")}

        def convolve(x, w):
            return F.conv2d(F.pad(x, around), w, padding=0 if uneven else padding, **more)

        places = convolve(*inputs)[:, 0].numel()
        terms = max(inputs[1][0].numel(), places, inputs[1][:, 0].numel())
        case("conv2d", convolve, inputs, options, terms)


def poolings():
    for options in [
        {"kernel": 2},
        {"kernel": 3, "stride": 2, "padding": 1},
        {"kernel": [2, 3], "stride": [1, 2], "padding": [1, 0]},
    ]:
        names = {"kernel": "kernel_size", "stride": "stride", "padding": "padding"}
        more = {names[k]: v for k, v in options.items()}
        x = distinct(2, 2, 6, 7)
        # A gradient is a sum of at most as many elements as windows overlap.
        case("maxPool2d", lambda x: F.max_pool2d(x, **more), [x], options, 9, [11, 18])
        for count in (True, False):
            average = {**options, "countIncludePadding": count}
            pool = lambda x: F.avg_pool2d(x, **more, count_include_pad=count)
            case("avgPool2d", pool, [eighths(2, 2, 6, 7)], average, 10)


def softmaxes():
    for shape, axis in [((4, 10), -1), ((3, 5, 4), 1), ((6, 3), 0)]:
        x = eighths(*shape, low=-4, high=4)
        length = shape[axis]
        # Values lie in [0, 1] and logarithms in [-8 - ln 10, 0]; cotangents are at most 2, so are the sums' factors.
        case("softmax", lambda x: F.softmax(x, axis), [x], {"axis": axis}, length + 8, [1, 4])
        case("logSoftmax", lambda x: F.log_softmax(x, axis), [x], {"axis": axis}, length + 8, [10.4, 2 + 2 * length])


def activations():
    """Errors are a few units in the last place of the largest intermediate value; inputs are at most 4."""
    x = torch.cat([eighths(40, low=-4, high=4), torch.tensor([0.125, -0.125, 3.875], dtype=torch.float64)])
    x = x[x != 0]
    positive = x.abs()
    for name, function, at, scales in [
        ("relu", F.relu, x, [4, 2]),
        ("leakyRelu", F.leaky_relu, x, [4, 2]),
        ("elu", F.elu, x, [4, 2]),
        ("gelu", F.gelu, x, [4, 4]),
        ("silu", F.silu, x, [4, 4]),
        ("softplus", F.softplus, x, [5, 2]),
        ("sigmoid", torch.sigmoid, x, [1, 1]),
        ("tanh", torch.tanh, x, [1, 4]),
        ("erf", torch.erf, x, [1, 4]),
        ("exp", torch.exp, x, [55, 110]),
        ("expm1", torch.expm1, x, [55, 112]),
        ("log", torch.log, positive, [3, 16]),
        ("log1p", torch.log1p, positive, [2, 2]),
        ("sqrt", torch.sqrt, positive, [2, 6]),
        ("rsqrt", torch.rsqrt, positive, [3, 46]),
        ("sin", torch.sin, x, [1, 2]),
        ("cos", torch.cos, x, [1, 2]),
        ("abs", torch.abs, x, [4, 2]),
        ("square", torch.square, x, [16, 16]),
        ("reciprocal", torch.reciprocal, positive, [8, 128]),
    ]:
        case(name, function, [at], terms=16, scales=scales)
    # d(a^b) = a^b (b/a da + ln a db), with a^b at most 8^2.
    case("pow", torch.pow, [positive, eighths(positive.numel())], terms=16, scales=[64, 2048, 300])


def reductions():
    for axes, keep in [([0, 1, 2], False), ([1], False), ([0, 2], True)]:
        shape = (3, 4, 5)
        options = {"axes": axes, "keepDims": keep}
        count = int(np.prod([shape[a] for a in axes]))
        case("sum", lambda x: x.sum(axes, keep), [eighths(*shape)], options, count)
        case("mean", lambda x: x.mean(axes, keep), [eighths(*shape)], options, count + 2)
        log_sum = lambda x: torch.logsumexp(x, axes, keep)
        case("logSumExp", log_sum, [eighths(*shape)], options, count + 8, [8, 4])
        case("max", lambda x: x.amax(axes, keep), [distinct(*shape)], options, 2, [4, 2])
        case("min", lambda x: x.amin(axes, keep), [distinct(*shape)], options, 2, [4, 2])
    for zeros in (0, 1, 2):
        x = eighths(4, 6, low=0.5, high=2)
        x.view(-1)[:zeros] = 0
        case("prod", lambda x: x.prod(1), [x], {"axes": [1]}, 12, [64, 256])


def products():
    for a, b in [((2, 3, 4), (2, 4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (3, 4, 2)), ((4,), (2, 4, 3)), ((3, 4), (4,)), ((17, 33), (33, 9))]:
        case("matmul", torch.matmul, [eighths(*a), eighths(*b)], terms=66)


def normalizations():
    names = ["mean", "variance", "gamma", "beta"]
    x = eighths(4, 3, 2, 5)
    mean, variance, gamma, beta = eighths(3), eighths(3, low=0.5, high=2), eighths(3), eighths(3)
    view = lambda v: v.view(1, -1, 1, 1)
    # PyTorch's own takes the statistics as constants.
    given = lambda x, m, v, g, b: (x - view(m)) / torch.sqrt(view(v) + 1e-5) * view(g) + view(b)
    expected = F.batch_norm(x, mean, variance, gamma, beta, False, 0, 1e-5)
    assert torch.allclose(given(x, mean, variance, gamma, beta), expected)
    n, d, g, b = 40, 2, largest(gamma), largest(beta)
    inverse, centred = 1 / variance.min().sqrt().item(), largest(x - view(mean))
    hat = centred * inverse
    output, dgamma, dbeta = hat * g + b, n * d * hat, n * d
    scales = [output, d * g * inverse, n * d * g * inverse, n * d * g * centred * inverse**3 / 2, dgamma, dbeta]
    case("batchNorm", given, [x, mean, variance, gamma, beta], {"names": names}, n + 8, scales)

    def trained_scales(x, axes, gamma, beta, sums):
        """dx = γ/σ (dy - mean(dy) - x̂ mean(dy·x̂))."""
        mean, variance = x.mean(axes, True), x.var(axes, False, True)
        hat, inverse = largest((x - mean) / variance.sqrt()), 1 / variance.min().sqrt().item()
        g, b = largest(gamma), largest(beta)
        return [hat * g + b, d * g * inverse * (2 + hat**2), sums * d * hat, sums * d]

    trained = lambda x, g, b: F.batch_norm(x, None, None, g, b, True, 0, 1e-5)
    scales = trained_scales(x, [0, 2, 3], gamma, beta, n)
    case("batchNormTraining", trained, [x, gamma, beta], {}, 2 * n + 8, scales)
    x, gamma, beta = eighths(5, 12), eighths(12), eighths(12)
    layer = lambda x, g, b: F.layer_norm(x, [12], g, b, 1e-5)
    case("layerNorm", layer, [x, gamma, beta], {}, 2 * 12 + 8, trained_scales(x, [1], gamma, beta, 5))
    moment = lambda x: torch.var(x, [0, 2], unbiased=False)
    case("variance", moment, [eighths(4, 3, 5)], {"axes": [0, 2]}, 2 * 20 + 8, [16, 16])


def indexing():
    rows = torch.tensor([[2, 0], [4, 2], [2, 2]])
    case("gather", lambda x, i: x[i], [eighths(5, 3), rows], {"axis": 0}, 6)
    case("gather", lambda x, i: x[:, i], [eighths(3, 6, 2), torch.tensor([5, 5, 0, 1])], {"axis": 1}, 6)
    picks = torch.tensor(random.randint(0, 6, (4, 3)))
    case("takeAlongAxis", lambda x, i: torch.gather(x, 1, i), [eighths(4, 6), picks], {"axis": 1}, 6)
    inputs = [eighths(4, 6), picks, eighths(4, 3)]
    case("scatterAdd", lambda b, i, u: torch.scatter_add(b, 1, i, u), inputs, {"axis": 1}, 6)


for family in (convolutions, poolings, softmaxes, activations, reductions, products, normalizations, indexing):
    family()

layers = []


def write_tensor(x):
    return {"shape": list(x.shape), "data": digits(x), **({} if x.is_floating_point() else {"dtype": "int32"})}


def flat(result):
    """The tensors of a result, in order."""
    return [result] if torch.is_tensor(result) else [x for part in result if part is not None for x in flat(part)]


def layer(name, arguments, module, inputs, call=None, training=True, forward=None):
    """Adds a layer: its state by PyTorch's names, results, what it leaves in its buffers, and derivatives with respect to
    inputs and parameters."""
    module = module.double().train(training)
    for key, values in module.state_dict().items():
        if values.is_floating_point():
            low = 0.5 if key.endswith("running_var") else -1
            values.copy_(eighths(*values.shape, low=low, high=1) / (1 if values.dim() < 2 else 2))
    state = {key: write_tensor(values) for key, values in module.state_dict().items()}
    leaves = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
    outputs = flat((forward or module)(*leaves))
    cotangents = [eighths(*y.shape) for y in outputs]
    parameters = dict(module.named_parameters())
    sources = [x for x in leaves if x.requires_grad] + list(parameters.values())
    gradients = torch.autograd.grad(outputs, sources, cotangents)
    cumulative = getattr(module, "momentum", 0) is None  # so that the number of batches matters
    layers.append(
        {
            "layer": name,
            "arguments": arguments,
            "call": call or {},
            "training": training,
            "state": state,
            "inputs": [write_tensor(x) for x in inputs],
            "outputs": [write_tensor(y) for y in outputs],
            "cotangents": [digits(c) for c in cotangents],
            "gradients": [digits(g) for g in gradients],
            "parameters": list(parameters),
            "buffers": {key: digits(b) for key, b in module.named_buffers() if b.is_floating_point() or cumulative},
        }
    )


class Block(torch.nn.Module):
    """A residual block of two or three convolutions under the names that checkpoints have."""

    def __init__(self, sizes, kernels, strides, shortcut):
        super().__init__()
        self.count = len(kernels)
        for i, (kernel, stride) in enumerate(zip(kernels, strides)):
            conv = torch.nn.Conv2d(sizes[i], sizes[i + 1], kernel, stride, kernel // 2, bias=False)
            setattr(self, f"conv{i + 1}", conv)
            setattr(self, f"bn{i + 1}", torch.nn.BatchNorm2d(sizes[i + 1]))
        self.downsample = shortcut

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = y if i == self.count else F.relu(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


def projection(inputs, outputs, stride):
    conv = torch.nn.Conv2d(inputs, outputs, 1, stride, bias=False)
    return torch.nn.Sequential(conv, torch.nn.BatchNorm2d(outputs))


def feed_forward_layers():
    nn = torch.nn
    for training in (True, False):
        layer("BatchNorm2d", [3], nn.BatchNorm2d(3), [eighths(3, 3, 2, 4)], training=training)
        layer("BatchNorm1d", [3, {"momentum": 0.25, "epsilon": 0.125}], nn.BatchNorm1d(3, 0.125, 0.25), [eighths(5, 3)], training=training)
        layer("BatchNorm1d", [2, {"affine": False}], nn.BatchNorm1d(2, affine=False), [eighths(3, 2, 4)], training=training)
    layer("LayerNorm", [[2, 3]], nn.LayerNorm([2, 3]), [eighths(4, 2, 3)])
    conv = {"stride": 2, "padding": 1, "dilation": 2, "groups": 2}
    layer("Conv1d", [4, 6, 3, conv], nn.Conv1d(4, 6, 3, **conv), [eighths(2, 4, 11)])
    layer("Conv1d", [3, 2, 4, {"padding": "same", "bias": False}], nn.Conv1d(3, 2, 4, padding="same", bias=False), [eighths(2, 3, 6)])
    layer("ConvTranspose2d", [3, 2, 3], nn.ConvTranspose2d(3, 2, 3), [eighths(2, 3, 4, 3)])
    up = {"stride": 2, "padding": 1, "outputPadding": 1}
    layer("ConvTranspose2d", [4, 6, 3, {**up, "groups": 2}], nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, 2), [eighths(1, 4, 3, 4)])
    odd = {"stride": [3, 2], "padding": [0, 2], "outputPadding": [2, 0], "dilation": [1, 2], "bias": False}
    layer("ConvTranspose2d", [2, 3, [2, 3], odd], nn.ConvTranspose2d(2, 3, (2, 3), (3, 2), (0, 2), (2, 0), 1, False, (1, 2)), [eighths(2, 2, 3, 4)])
    for size in ([2, 3], 1, [7, 4]):
        layer("AdaptiveAvgPool2d", [size], nn.AdaptiveAvgPool2d(size), [eighths(2, 2, 5, 7)])
    layer("Embedding", [6, 3], nn.Embedding(6, 3), [torch.tensor([[0, 5, 5], [2, 0, 5]])])
    for training in (True, False):
        block = Block([2, 3, 3], [3, 3], [2, 1], projection(2, 3, 2))
        layer("ResidualBlock", [2, 3, {"stride": 2}], block, [eighths(2, 2, 5, 4)], training=training)
        block = Block([3, 2, 2, 8], [1, 3, 1], [1, 2, 1], projection(3, 8, 2))
        layer("Bottleneck", [3, 2, {"stride": 2}], block, [eighths(2, 3, 4, 4)], training=training)
    layer("ResidualBlock", [3, 3], Block([3, 3, 3], [3, 3], [1, 1], None), [eighths(2, 3, 3, 4)])


def recurrent_layers():
    nn = torch.nn
    for name in ("RNN", "LSTM", "GRU"):
        cell = getattr(nn, f"{name}Cell")
        states = [eighths(3, 4, low=-1, high=1) for _ in range(2 if name == "LSTM" else 1)]
        pair = name == "LSTM"
        step = cell(2, 4)
        given = lambda x, *s: step(x, s if pair else s[0])
        layer(f"{name}Cell", [2, 4], step, [eighths(3, 2), *states], forward=given)
        layer(f"{name}Cell", [2, 4, {"bias": False}], cell(2, 4, bias=False), [eighths(3, 2)])
        network = getattr(nn, name)
        layer(name, [3, 4], network(3, 4, batch_first=True), [eighths(2, 5, 3)])
        deep = network(3, 2, 2, batch_first=True, bidirectional=True)
        states = [eighths(4, 2, 2, low=-1, high=1) for _ in states]
        run = lambda x, *s: deep(x, s if pair else s[0])
        layer(name, [3, 2, {"layers": 2, "bidirectional": True}], deep, [eighths(2, 4, 3), *states], forward=run)


def attention_layers():
    for bias in (True, False):
        module = torch.nn.MultiheadAttention(6, 2, bias=bias, batch_first=True)
        hidden = torch.ones(4, 4, dtype=torch.bool).triu(1)
        causal = lambda x: module(x, x, x, need_weights=False, attn_mask=hidden)
        layer("MultiheadAttention", [6, 2, {"bias": bias}], module, [eighths(2, 4, 6)], {"causal": True}, forward=causal)
    module = torch.nn.MultiheadAttention(6, 3, batch_first=True)
    cross = lambda q, k, v: module(q, k, v, need_weights=False)
    layer("MultiheadAttention", [6, 3], module, [eighths(2, 3, 6), eighths(2, 5, 6), eighths(2, 5, 6)], forward=cross)


def statistics_layers():
    nn = torch.nn
    for training in (True, False):
        untracked = nn.BatchNorm2d(2, track_running_stats=False)
        layer("BatchNorm2d", [2, {"trackRunningStats": False}], untracked, [eighths(3, 2, 2, 3)], training=training)
        cumulative = nn.BatchNorm1d(3, momentum=None)
        cumulative.num_batches_tracked.fill_(3)
        layer("BatchNorm1d", [3, {"momentum": None}], cumulative, [eighths(5, 3)], training=training)


for family in (feed_forward_layers, recurrent_layers, attention_layers, statistics_layers):
    family()


def write(name, entries):
    text = "[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries) + "\n]\n"
    pathlib.Path(__file__).with_name(name).write_text(text)
    print(f"{name}: {len(entries)} cases, {len(text)} bytes")


write("torch.json", cases)
write("torch-layers.json", layers)
