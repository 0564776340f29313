import { afterEach, describe, expect, it } from "vitest";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { compile, randomNormal, setBackend, tensor, Variable, zeros } from "../../lib/index.js";
import { decodeSafetensors, encodeSafetensors, type TensorData } from "../../lib/io/index.js";
import {
  alexnet,
  type ClassifierOptions,
  cifarConvnet,
  resnet18,
  resnet20,
  resnet34,
  resnet50,
  vgg11,
  vgg13,
  vgg16,
  vgg19,
} from "../../lib/models/index.js";
import { crossEntropy, type Initializer, type Sequential } from "../../lib/nn/index.js";
import { SGD } from "../../lib/optim/index.js";

afterEach(() => setBackend("auto"));

/** Weights of 0 whose memory is never written, so that the system need not provide it. */
const initializer: Initializer = (name, shape) => {
  const size = shape.reduce((product, length) => product * length, 1);
  return new Variable(new Float32Array(size), shape, "float32", name, true);
};

const countParameters = (model: Sequential) =>
  Object.values(model.parameters()).reduce((sum, { size }) => sum + size, 0);

describe("parameters", () => {
  it.each<[string, () => Sequential, number]>([
    ["AlexNet", () => alexnet({ initializer }), 61_100_840],
    ["VGG-11", () => vgg11({ initializer }), 132_863_336],
    ["VGG-13", () => vgg13({ initializer }), 133_047_848],
    ["VGG-16", () => vgg16({ initializer }), 138_357_544],
    ["VGG-16 with batch normalisation", () => vgg16({ initializer, batchNorm: true }), 138_365_992],
    ["VGG-19", () => vgg19({ initializer }), 143_667_240],
    ["ResNet-18", () => resnet18(), 11_689_512],
    ["ResNet-20", () => resnet20(), 269_722],
    ["ResNet-34", () => resnet34(), 21_797_672],
    ["ResNet-50", () => resnet50(), 25_557_032],
    ["the network for CIFAR-10", () => cifarConvnet(), 307_946],
  ])("of %s", (_, make, count) => {
    expect(countParameters(make())).toBe(count);
  });
});

describe("names", () => {
  it("are those of torchvision", () => {
    const shapes = (model: Sequential) =>
      Object.fromEntries(Object.entries(model.variables()).map(([path, { shape }]) => [path, shape]));
    expect(shapes(alexnet({ initializer }))).toMatchObject({
      "features.0.weight": [64, 3, 11, 11],
      "features.10.bias": [256],
      "classifier.1.weight": [4096, 9216],
      "classifier.4.weight": [4096, 4096],
      "classifier.6.weight": [1000, 4096],
    });
    expect(shapes(vgg16({ initializer }))).toMatchObject({
      "features.28.weight": [512, 512, 3, 3],
      "classifier.0.weight": [4096, 25088],
      "classifier.3.bias": [4096],
      "classifier.6.weight": [1000, 4096],
    });
    expect(shapes(vgg11({ initializer, batchNorm: true }))).toMatchObject({
      "features.0.weight": [64, 3, 3, 3],
      "features.1.running_mean": [64],
      "features.4.weight": [128, 64, 3, 3],
    });
    const residual = shapes(resnet50());
    expect(residual).toMatchObject({
      "conv1.weight": [64, 3, 7, 7],
      "bn1.running_var": [64],
      "layer1.0.downsample.0.weight": [256, 64, 1, 1],
      "layer1.0.conv3.weight": [256, 64, 1, 1],
      "layer4.0.conv2.weight": [512, 512, 3, 3],
      "layer4.2.bn3.bias": [2048],
      "fc.weight": [1000, 2048],
    });
    expect(residual["layer1.1.downsample.0.weight"]).toBeUndefined();
    // 53 convolutions, as many batch normalisations of four variables, and the last layer.
    expect(Object.keys(residual)).toHaveLength(53 * 5 + 2);
    expect(Object.keys(shapes(resnet18())).filter((path) => path.includes("downsample"))).toHaveLength(3 * 5);
  });

  it("with what PyTorch saves besides are read from safetensors", () => {
    const [source, target] = [resnet20({ seed: 1 }), resnet20({ seed: 2 })];
    const counter: TensorData = { dtype: "int32", shape: [], data: Int32Array.of(7) };
    const state = {
      ...source.state(),
      "bn1.num_batches_tracked": counter,
      "layer1.0.bn2.num_batches_tracked": counter,
    };
    target.loadState(decodeSafetensors(encodeSafetensors(state)).tensors);
    expect(target.state()).toEqual(source.state());
    expect(() => target.loadState({ ...state, "conv1.num_batches_tracked": counter })).toThrow("unknown variable");
  });
});

/** Models small enough to learn in a test; without dropout, whose noise is larger than what a few steps gain. */
const small: readonly [string, (options: ClassifierOptions) => Sequential, size: number][] = [
  ["AlexNet", (options) => alexnet({ ...options, hidden: 16, dropRate: 0 }), 63],
  ["VGG-11", (options) => vgg11({ ...options, hidden: 16, dropRate: 0 }), 32],
  ["VGG-13 with batch normalisation", (options) => vgg13({ ...options, hidden: 16, dropRate: 0, batchNorm: true }), 32],
  ["ResNet-18", resnet18, 32],
  ["ResNet-50", resnet50, 32],
  ["ResNet-20", resnet20, 32],
  ["the network for CIFAR-10", cifarConvnet, 32],
];

describe("steps on four images", () => {
  it.each(small)("lower the loss of %s", { timeout: 120_000 }, (_, make, size) => {
    setBackend("auto");
    const model = make({ classes: 5, seed: 1 });
    const x = randomNormal([4, 3, size, size], { seed: 2 }).realize();
    const y = tensor(Int32Array.of(0, 1, 4, 1));
    const loss = () => crossEntropy(model.eval().forward(x), y);
    const optimizer = new SGD(model.parameters(), { learningRate: 5e-4 });
    const step = compile(() => {
      const trained = crossEntropy(model.train().forward(x), y);
      trained.backward();
      optimizer.step();
      return trained;
    });
    expect(model.forward(x).shape).toEqual([4, 5]);
    const losses = Array.from({ length: 4 }, () => step().item());
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    expect(Number.isFinite(loss().item())).toBe(true);
  });
});

describe("classifiers", () => {
  it("start from their seed, every layer with numbers of its own", () => {
    const weights = (seed: number) => resnet20({ seed }).state();
    expect(weights(3)).toEqual(weights(3));
    const [a, b] = [weights(3), weights(4)];
    expect(a["fc.weight"]).not.toEqual(b["fc.weight"]);
    expect(a["layer1.0.conv1.weight"]).not.toEqual(a["layer1.1.conv1.weight"]);
    expect(a["layer1.0.conv1.weight"]).not.toEqual(a["layer1.0.conv2.weight"]);
  });

  it("have the shapes of the literature on the way", () => {
    const model = resnet20({ seed: 1 });
    let x = zeros([2, 3, 32, 32]);
    const shapes = Object.values(model.layers).map((layer) => {
      x = layer.forward(x);
      return x.shape.slice(1).join("×");
    });
    expect(shapes).toEqual(["16×32×32", "16×32×32", "16×32×32", "16×32×32", "32×16×16", "64×8×8", "64", "10"]);
  });

  it("refuse options and images that are wrong", () => {
    expect(() => vgg16({ classes: 0 })).toThrow(OptionError);
    expect(() => vgg16({ batchnorm: true } as object)).toThrow(
      'vgg16: unknown option "batchnorm"; did you mean "batchNorm"?',
    );
    expect(() => alexnet({ hidden: 1.5 })).toThrow('alexnet: option "hidden" must be');
    expect(() => resnet18({ seed: -1 })).toThrow(OptionError);
    expect(() => resnet50({ classes: 10, width: 3 } as object)).toThrow('resnet50: unknown option "width"');
    expect(() => vgg11({ initializer, dropRate: 1 })).toThrow(OptionError);
    expect(() => cifarConvnet().forward(zeros([1, 1, 32, 32]))).toThrow(ShapeError);
  });
});
