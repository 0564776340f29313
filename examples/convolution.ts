/**
 * Convolutions and pooling: shapes, parameters, work, what a value sees, and the table of LeNet-5.
 *
 *     node build-examples/examples/convolution.js
 */

import { avgPool2d, conv2d, eye, flip, maxPool2d, randomNormal, type Tensor, tensor } from "nodegrad";
import { lenet5 } from "nodegrad/models";
import { Conv2d, Linear, Sequential, summary } from "nodegrad/nn";

const difference = (a: Tensor, b: Tensor) => a.sub(b).abs().max().item().toExponential(0);

// (H − K + 2P)/S + 1 values along each axis.
const [image, filter] = [randomNormal([1, 1, 7, 7], { seed: 1 }), randomNormal([1, 1, 3, 3], { seed: 2 })];
for (const options of [{}, { stride: 2 }, { padding: 1 }, { dilation: 2 }]) {
  const [, , height, width] = conv2d(image, filter, options).shape;
  console.log(`7×7 by 3×3 ${JSON.stringify(options)}: ${height}×${width}`);
}

// Each filter has 5·5·3 weights and a bias, and is applied at every place.
for (const layer of [new Conv2d(3, 6, 5), new Conv2d(3, 10, 5, { padding: 2 })]) {
  const { layers, parameters, multiplyAdds } = summary(layer, [3, 32, 32]);
  const shape = layers[0]?.outputShape.join("×");
  console.log(`3×32×32 → ${shape}: ${parameters} parameters, ${multiplyAdds} multiply-adds`);
}

// A filter of one pixel is a linear layer over the channels, the same at every pixel.
const pixels = randomNormal([1, 64, 8, 8], { seed: 3 });
const linear = new Linear(64, 16, { bias: false, seed: 4 });
const pointwise = conv2d(pixels, linear.weight.reshape([16, 64, 1, 1]));
const each = linear.forward(pixels.transpose([0, 2, 3, 1])).transpose([0, 3, 1, 2]);
console.log(`a 1×1 convolution and a linear layer differ by at most ${difference(pointwise, each)}`);

// Two convolutions without activation are one: a pixel of light shows its filter, mirrored.
const two = new Sequential([
  new Conv2d(3, 8, 3, { bias: false, seed: 5 }),
  new Conv2d(8, 4, 3, { bias: false, seed: 6 }),
]);
const light = eye(3)
  .reshape([3, 3, 1, 1])
  .pad([
    [0, 0],
    [0, 0],
    [4, 4],
    [4, 4],
  ]);
const filters = flip(two.forward(light), { axes: [2, 3] }).transpose([1, 0, 2, 3]);
const picture = randomNormal([1, 3, 32, 32], { seed: 7 });
console.log(
  `two 3×3 convolutions and one ${filters.shape.slice(2).join("×")} differ by at most ` +
    difference(two.forward(picture), conv2d(picture, filters)),
);

// Behind L layers of K × K a value sees 1 + L(K − 1) pixels along each axis; strides make it more.
const convolutions = (stride: number) =>
  new Sequential([1, 2, 3, 4].map(() => new Conv2d(1, 1, 3, { padding: 1, stride })));
for (const stride of [1, 2]) {
  const fields = summary(convolutions(stride), [1, 64, 64]).layers.map(({ receptiveField }) => receptiveField?.[0]);
  console.log(`receptive fields of 3×3 with stride ${stride}: ${fields.join(", ")}`);
}

const slice = tensor([1, 1, 2, 4, 5, 6, 7, 8, 3, 2, 1, 0, 1, 2, 3, 4], { shape: [1, 1, 4, 4] });
console.log(`maxima of the lecture's slice: ${maxPool2d(slice, { kernel: 2 }).dataSync().join(", ")}`);
console.log(`averages: ${avgPool2d(slice, { kernel: 2 }).dataSync().join(", ")}`);

console.log(`LeNet-5\n${summary(lenet5(), [1, 28, 28])}`);
