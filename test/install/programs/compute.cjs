// What a program of a user does, in small; both ways to load nodegrad hand it in. Prints one line of JSON.

module.exports = async ({ getBackend, ones, tensor, variable }, { SGD }) => {
  const product = tensor([
    [1, 2],
    [3, 4],
  ]).matmul(
    tensor([
      [5, 6],
      [7, 8],
    ]),
  );
  const weights = variable([1, 2]);
  const optimizer = new SGD([weights], { learningRate: 0.25 });
  const loss = weights.square().sum();
  loss.backward();
  const gradient = weights.grad.toArray();
  optimizer.step();
  // Large enough for threads, and off this one.
  const [sum] = await ones([256, 256])
    .matmul(ones([256, 256]))
    .sum()
    .data();
  const values = { product: product.toArray(), loss: loss.item(), gradient, weights: weights.toArray(), sum };
  console.log(JSON.stringify({ backend: getBackend().name, ...values }));
};
