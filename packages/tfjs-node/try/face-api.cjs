// @vladmandic/face-api with generated weights: what its networks say is nonsense, how they compute it is not. Every network
// gives on nodegrad what it gives on the JavaScript backend.

const assert = require("node:assert/strict");
const faceapi = require("@vladmandic/face-api");

const { tf } = faceapi;

/** As many weights as a network takes, which it says when it gets too many. */
function loadGenerated(network) {
  const most = 1e7;
  const weights = (count) => {
    let state = 1;
    const next = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    return Float32Array.from({ length: count }, () => 0.2 * (next() - 0.5));
  };
  try {
    network.extractWeights(new Float32Array(most));
  } catch (error) {
    const left = Number(/weights \w+ after extract: (\d+)/.exec(error.message)?.[1]);
    assert(left > 0, error.message);
    network.extractWeights(weights(most - left));
  }
}

const networks = {
  tinyFaceDetector: (input) => faceapi.nets.tinyFaceDetector.forward(input, 224),
  faceLandmark68Net: (input) => faceapi.nets.faceLandmark68Net.forward(input),
  faceLandmark68TinyNet: (input) => faceapi.nets.faceLandmark68TinyNet.forward(input),
  faceExpressionNet: (input) => faceapi.nets.faceExpressionNet.forward(input),
  faceRecognitionNet: (input) => faceapi.nets.faceRecognitionNet.forward(input),
};

/** A picture of 160 × 120 that goes through a JPEG file. */
async function picture() {
  const samples = tf.tidy(() => {
    const [rows, columns] = [tf.range(0, 120).reshape([120, 1, 1]), tf.range(0, 160).reshape([1, 160, 1])];
    const shades = [rows.mul(2).add(columns.mul(0)), columns.add(rows.mul(0)), rows.add(columns).mul(0.9)];
    return tf.concat(shades, 2).round().cast("int32");
  });
  const decoded = tf.node.decodeImage(await tf.node.encodeJpeg(samples), 3);
  assert.deepEqual(decoded.shape, [120, 160, 3]);
  samples.dispose();
  return decoded;
}

async function main() {
  assert.equal(tf.getBackend(), "nodegrad");
  const image = await picture();
  for (const name of Object.keys(networks)) loadGenerated(faceapi.nets[name]);
  for (const [name, forward] of Object.entries(networks)) {
    const results = {};
    for (const backend of ["nodegrad", "cpu", "tensorflow"]) {
      await tf.setBackend(backend);
      const before = tf.memory().numTensors;
      const result = await forward(image);
      results[backend] = await result.data();
      result.dispose();
      assert.equal(tf.memory().numTensors, before, `${name} leaves tensors behind`);
    }
    const largest = results.cpu.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert(Number.isFinite(largest));
    for (const backend of ["nodegrad", "tensorflow"]) {
      const distance = results.cpu.reduce((most, value, i) => Math.max(most, Math.abs(value - results[backend][i])), 0);
      assert(distance <= 1e-4 * (1 + largest), `${name}: ${distance} of ${largest}`);
    }
    console.log(`${name}: ${results.cpu.length} values as on the JavaScript backend`);
  }
  await tf.setBackend("nodegrad");
  const options = new faceapi.TinyFaceDetectorOptions({ inputSize: 224, scoreThreshold: 0.01 });
  const faces = await faceapi.detectAllFaces(image, options).withFaceLandmarks(true).withFaceExpressions();
  console.log(`detectAllFaces: ${faces.length} boxes with landmarks and expressions`);
  const descriptor = await faceapi.computeFaceDescriptor(image);
  assert.equal(new faceapi.FaceMatcher(descriptor).findBestMatch(descriptor).label, "person 1");
}

main();
