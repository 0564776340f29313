import { describe, expect, it } from "vitest";
import { checkGradients, grad, setBackend, type Tensor, tensor } from "../../../lib/index.js";
import { euclideanLoss, l1Loss, mseLoss } from "../../../lib/nn/index.js";
import { values } from "../../ops/support.js";

setBackend("reference");

const float64 = (rows: number[][]) => tensor(rows, { dtype: "float64" });
const prediction = float64([
  [1, 2],
  [-3, 0.5],
]);
const target = float64([
  [4, 6],
  [-3, 2],
]);

describe("losses of numbers", () => {
  it("are the absolute and the squared error per element", () => {
    const none = { reduction: "none" } as const;
    expect(values(l1Loss(prediction, target, none))).toEqual([3, 4, 0, 1.5]);
    expect(values(mseLoss(prediction, target, none))).toEqual([9, 16, 0, 2.25]);
    expect([l1Loss(prediction, target).item(), mseLoss(prediction, target).item()]).toEqual([8.5 / 4, 27.25 / 4]);
  });

  it("are the Euclidean distance per example, whose sum is the total cost", () => {
    expect(values(euclideanLoss(prediction, target, { reduction: "none" }))).toEqual([5, 1.5]);
    expect(euclideanLoss(prediction, target, { reduction: "sum" }).item()).toBe(6.5);
    expect(euclideanLoss(prediction, target).item()).toBe(3.25);
  });

  it("have derivatives, 0 where prediction and target are equal", () => {
    for (const loss of [l1Loss, mseLoss, euclideanLoss]) {
      expect(values(grad((x: Tensor) => loss(x, prediction))(prediction))).toEqual([0, 0, 0, 0]);
      const apart = float64([
        [4, 6],
        [-3.5, 2],
      ]);
      checkGradients((x, y) => loss(x, y), [prediction, apart], { order: loss === l1Loss ? 1 : 2 });
    }
  });

  it("are NaN where an operand is, and on average over nothing", () => {
    const broken = tensor([[Number.NaN, 1]]);
    for (const loss of [l1Loss, mseLoss, euclideanLoss]) {
      expect(loss(broken, tensor([[1, 1]])).item()).toBeNaN();
      expect(loss(tensor([], { shape: [0, 2] }), tensor([], { shape: [0, 2] })).item()).toBeNaN();
    }
  });
});
