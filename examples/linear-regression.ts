/**
 * Linear regression y = wx by least squares (L2) and by least absolute deviations (L1): outliers move one, not the other.
 *
 *     node build-examples/examples/linear-regression.js
 */

import { LinearRegression } from "nodegrad/classical";

const plain = { x: [10, 2, 3.5, 1], y: [10.1, 1.9, 3.4, 1.1] };
const outliers = { x: [...plain.x, 2, 4, 5, 0.6], y: [...plain.y, 20.1, 13.1, 2.4, 0.1] };

for (const [name, { x, y }] of Object.entries({ plain, outliers })) {
  for (const loss of ["l2", "l1"] as const) {
    // L2 in closed form by singular values, L1 as the median of y/x, weighted by |x|.
    const [exact] = new LinearRegression({ loss, bias: false }).fit(Float32Array.from(x), y).weight;
    const descent = new LinearRegression({ loss, bias: false, solver: "descent", epochs: 1500, learningRate: 0.02 });
    const [found] = descent.fit(Float32Array.from(x), y).weight;
    console.log(`${name}, ${loss}: w = ${exact?.toFixed(4)}, by gradient descent ${found?.toFixed(4)}`);
  }
}
