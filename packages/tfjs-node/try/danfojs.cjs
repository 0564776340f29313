// danfojs-node: frames, its scalers and encoders, and tensors of it in a model.

const assert = require("node:assert/strict");
const dfd = require("danfojs-node");

const tf = dfd.tensorflow;
const close = (actual, expected) => {
  for (const [i, value] of actual.flat().entries()) assert(Math.abs(value - expected[i]) < 1e-5);
};

async function main() {
  assert.equal(tf.getBackend(), "nodegrad");
  const frame = new dfd.DataFrame({ a: [1, 2, 3, 4], b: [10, 20, 30, 50], c: ["x", "y", "x", "z"] });
  assert.deepEqual(frame.shape, [4, 3]);
  assert.deepEqual(frame.column("a").add(frame.column("b")).values, [11, 22, 33, 54]);
  assert.equal(frame.column("b").mean(), 27.5);
  assert.deepEqual(frame.query(frame.column("a").gt(2)).column("c").values, ["x", "z"]);
  assert.deepEqual(frame.groupby(["c"]).col(["b"]).sum().column("b_sum").values, [40, 20, 50]);

  const numbers = frame.loc({ columns: ["a", "b"] });
  const tensor = numbers.tensor;
  assert(tensor instanceof tf.Tensor);
  assert.deepEqual(await tensor.array(), [
    [1, 10],
    [2, 20],
    [3, 30],
    [4, 50],
  ]);
  assert.deepEqual(numbers.add(1).values, [
    [2, 11],
    [3, 21],
    [4, 31],
    [5, 51],
  ]);

  const standard = new dfd.StandardScaler().fitTransform(numbers);
  const expected = [1, 2, 3, 4].flatMap((a, i) => [
    (a - 2.5) / Math.sqrt(1.25),
    ([10, 20, 30, 50][i] - 27.5) / Math.sqrt(218.75),
  ]);
  close(standard.values, expected);
  const scaler = new dfd.MinMaxScaler();
  const scaled = scaler.fitTransform(numbers);
  close(scaled.values, [0, 0, 1 / 3, 0.25, 2 / 3, 0.5, 1, 1]);
  close(scaler.inverseTransform(scaled).values, [1, 10, 2, 20, 3, 30, 4, 50]);
  assert.deepEqual(new dfd.LabelEncoder().fitTransform(frame.column("c")).values, [0, 1, 0, 2]);
  assert.deepEqual(new dfd.OneHotEncoder().fit(frame.column("c")).transform(["y"]), [[0, 1, 0]]);
  assert.deepEqual(dfd.getDummies(frame.column("c")).shape, [4, 3]);
  assert.equal((await frame.sample(2)).shape[0], 2);

  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  model.compile({ optimizer: tf.train.adam(0.1), loss: "meanSquaredError" });
  const target = tf.tensor2d([1, 2, 3, 4], [4, 1]);
  const { history } = await model.fit(standard.tensor, target, { epochs: 100, verbose: 0 });
  assert(history.loss.at(-1) < 0.1 * history.loss[0]);
  console.log(`danfojs-node: loss ${history.loss[0].toFixed(3)} to ${history.loss.at(-1).toFixed(3)}`);
}

main();
