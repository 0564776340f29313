import { describe, expect, it } from "vitest";
import { type DerivativeRule, defineOp, type MapDeclaration } from "../../lib/graph/op.js";
import { apply } from "../../lib/graph/tensor.js";
import {
  argMax,
  checkGradients,
  compile,
  exp,
  floor,
  GradientError,
  grad,
  jvp,
  matmul,
  mul,
  ShapeError,
  square,
  stopGradient,
  sum,
  type Tensor,
  tanh,
  tensor,
  valueAndGrad,
  variable,
  vjp,
} from "../../lib/index.js";
import { describeOnBoth } from "../runtime/support.js";

const float = (...values: number[]) => Float32Array.from(values);
const cube = (x: Tensor) => mul(x, square(x));

describeOnBoth("grad", () => {
  it("is a function of the same arguments, by default of the first one's derivative", () => {
    const f = (x: Tensor, y: Tensor) => sum(mul(square(x), y));
    expect(grad(f)(tensor([1, 2]), tensor([3, 4])).dataSync()).toEqual(float(6, 16));
    expect(grad(f, { argument: 1 })(tensor([1, 2]), tensor([3, 4])).dataSync()).toEqual(float(1, 4));
    const both = grad(f, { argument: [1, 0] })(tensor([1, 2]), tensor([3, 4])) as unknown as Tensor[];
    expect(both.map((g) => g.dataSync())).toEqual([float(1, 4), float(6, 16)]);
  });

  it("follows trees", () => {
    type Parameters = { layers: { w: Tensor }[]; b: Tensor; name: string };
    const f = ({ layers, b }: Parameters) => layers.reduce((total, { w }) => total.add(sum(square(w))), sum(mul(b, 3)));
    const point = { layers: [{ w: tensor([1, 2]) }, { w: tensor([3]) }], b: tensor([1, 1]), name: "net" };
    const slopes = grad(f)(point) as unknown as Parameters;
    expect(slopes.layers.map(({ w }) => w.dataSync())).toEqual([float(2, 4), float(6)]);
    expect(slopes.b.dataSync()).toEqual(float(3, 3));
    expect(slopes.name).toBe("net");
  });

  it("composes: derivatives of x³ to the fourth order", () => {
    let f: (x: Tensor) => Tensor = cube;
    const derivatives: number[] = [];
    for (let order = 1; order <= 4; order++) {
      f = grad(f);
      derivatives.push(f(tensor(2)).item());
    }
    expect(derivatives).toEqual([12, 12, 6, 0]);
  });

  it("is zero where the value does not depend on the argument", () => {
    expect(grad((_x: Tensor) => tensor(3).mul(2))(tensor([1, 2])).dataSync()).toEqual(float(0, 0));
    expect(grad((x: Tensor) => sum(floor(x)))(tensor([1.5])).dataSync()).toEqual(float(0));
  });

  it("adds up all uses, but not what the function closes over", () => {
    const x = tensor([3]);
    expect(grad((y: Tensor) => sum(y.add(y).add(mul(y, y))))(x).dataSync()).toEqual(float(8));
    expect(grad((y: Tensor) => sum(mul(y, x)))(x).dataSync()).toEqual(float(3));
    const { vjp: pull } = vjp((a: Tensor, b: Tensor) => mul(a, square(b)), [x, x]);
    expect(pull(tensor([1])).map((g) => g.dataSync())).toEqual([float(9), float(18)]);
  });

  it("takes variables as arguments and leaves their grad alone", () => {
    const w = variable([1, 2]);
    expect(grad((v: Tensor) => sum(square(v)))(w).dataSync()).toEqual(float(2, 4));
    expect(w.grad).toBeUndefined();
  });

  it("stops at stopGradient", () => {
    expect(grad((x: Tensor) => sum(mul(x, stopGradient(square(x)))))(tensor([3])).dataSync()).toEqual(float(9));
    expect(grad((x: Tensor) => sum(stopGradient(x)))(tensor([3])).dataSync()).toEqual(float(0));
    const { tangents } = jvp((x: Tensor) => mul(x, stopGradient(square(x))), [tensor([3])], [tensor([1])]);
    expect(tangents[0]?.dataSync()).toEqual(float(9));
  });

  it("works inside compile", () => {
    const f = compile((x: Tensor) => valueAndGrad(cube)(x));
    for (const x of [2, 3]) {
      const { value, grad: slope } = f(tensor(x));
      expect([value.item(), (slope as Tensor).item()]).toEqual([x ** 3, 3 * x ** 2]);
    }
    expect(f.traces).toBe(1);
  });

  it("names the operation that blocks it, and the way to it", () => {
    const f = (x: Tensor) => sum(argMax(x, { axis: 1 }).cast("float32").add(1));
    expect(() => grad(f)(tensor([[1, 2]]))).toThrow(GradientError);
    expect(() => grad(f)(tensor([[1, 2]]))).toThrow(/^grad: "argMax" has no gradient \(reached through argMax → .*sum/);
    const mask = (x: Tensor) => sum(x.greater(0).cast("float32"));
    expect(() => grad(mask)(tensor([1]))).toThrow('"greater" has no gradient');
  });
});

describeOnBoth("products with Jacobians and Hessians", () => {
  const a = tensor([
    [2, -1],
    [0.5, 3],
  ]);
  const f = (x: Tensor) => tanh(matmul(a, x));
  const x = tensor([0.25, -0.5]);

  it("⟨w, jvp(u)⟩ = ⟨vjp(w), u⟩", () => {
    const [u, w] = [tensor([1, -2]), tensor([0.5, 3])];
    const forward = sum(mul(w, jvp(f, [x], [u]).tangents[0] as Tensor)).item();
    const reverse = sum(mul(u, vjp(f, [x]).vjp(w)[0] as Tensor)).item();
    // Sums of four products of numbers below 8, computed in two orders: 8 roundings of 2⁻²⁴ · 8 each.
    expect(Math.abs(forward - reverse)).toBeLessThan(64 * 2 ** -24);
    expect(Math.abs(forward)).toBeGreaterThan(0.1);
  });

  it("take several outputs and inputs", () => {
    const pair = (p: Tensor, q: Tensor) => [mul(p, q), p.add(q)];
    const [p, q] = [tensor([2]), tensor([5])];
    const pull = vjp(pair, [p, q]);
    expect(pull.outputs.map((t) => t.item())).toEqual([10, 7]);
    expect(pull.vjp(tensor([1]), tensor([10])).map((t) => t.item())).toEqual([15, 12]);
    const push = jvp(pair, [p, q], [tensor([1]), tensor([100])]);
    expect(push.tangents.map((t) => t.item())).toEqual([205, 101]);
    expect(() => pull.vjp(tensor([1]), tensor([[1]]))).toThrow(ShapeError);
  });

  /** f(x, y) = x²y + y³ has the Hessian (2y, 2x; 2x, 6y). */
  const polynomial = (v: Tensor) => {
    const [p, q] = [v.slice([[0, 1]]), v.slice([[1, 2]])];
    return sum(mul(square(p), q).add(cube(q)));
  };
  const [point, direction] = [tensor([3, 2]), tensor([1, -1])];
  const expected = float(4 * 1 + 6 * -1, 6 * 1 + 12 * -1);

  it("Hessian-vector product: forward over reverse", () => {
    expect(jvp(grad(polynomial), [point], [direction]).tangents[0]?.dataSync()).toEqual(expected);
  });

  it("Hessian-vector product: reverse over reverse", () => {
    const along = (v: Tensor) => sum(mul(grad(polynomial)(v), direction));
    expect(grad(along)(point).dataSync()).toEqual(expected);
  });

  it("Hessian-vector product: reverse over forward", () => {
    const along = (v: Tensor) => sum(jvp(polynomial, [v], [direction]).tangents[0] as Tensor);
    expect(grad(along)(point).dataSync()).toEqual(expected);
  });
});

describeOnBoth("backward", () => {
  it("leaves gradients on trainable variables only, and adds them up", () => {
    const [w, fixed, x] = [variable([1, 2]), variable([3, 4], { trainable: false }), tensor([5, 6])];
    const loss = () => sum(w.mul(fixed).mul(x));
    loss().backward();
    expect([w.grad?.dataSync(), fixed.grad, x.grad]).toEqual([float(15, 24), undefined, undefined]);
    loss().backward();
    expect(w.grad?.dataSync()).toEqual(float(30, 48));
    w.grad = undefined;
    loss().backward();
    expect((w.grad as Tensor | undefined)?.dataSync()).toEqual(float(15, 24));
  });

  it("of two losses that share a part: the first keeps the graph", () => {
    const w = variable([1, 2]);
    const shared = square(w);
    const [a, b] = [sum(shared), sum(exp(shared).mul(0))];
    a.backward({ retainGraph: true });
    b.backward();
    expect(w.grad?.dataSync()).toEqual(float(2, 4));
    expect(() => sum(shared).backward()).toThrow(GradientError);
  });

  it("gives gradients that differentiate again", () => {
    const w = variable(2);
    cube(w).backward({ retainGraph: true });
    const slope = w.grad as Tensor;
    w.grad = undefined;
    slope.backward();
    expect([slope.item(), (w.grad as Tensor | undefined)?.item()]).toEqual([12, 12]);
  });

  it("reaches a variable through an assignment only as its value", () => {
    const w = variable(2);
    w.assign(w.mul(3));
    square(w).backward();
    expect(w.grad?.item()).toBe(12);
  });
});

describe("checkGradients", () => {
  /** e^x, with the derivatives it is given. */
  function exponential(vjpRule: DerivativeRule, jvpRule: DerivativeRule): (x: Tensor) => Tensor {
    const op = defineOp<Record<string, never>, MapDeclaration<Record<string, never>>>({
      name: "exponential",
      kind: "map",
      micro: "exp",
      infer: ([x]) => ({ shape: (x as Tensor).shape, dtype: (x as Tensor).dtype }),
      vjp: [vjpRule],
      jvp: [jvpRule],
    });
    return (x) => apply(op, [x.resolve()], {});
  }

  const right: DerivativeRule = (t, node) => mul(t, node);
  const forgetful: DerivativeRule = (t) => t;
  const slightlyOff: DerivativeRule = (t, node) => mul(t, mul(node, 1.0001));
  /** Right as a derivative, but cannot be differentiated again. */
  const frozen: DerivativeRule = (t, node) => mul(t, stopGradient(node));
  const x = tensor([0.3, -0.7, 1.1]);

  it("passes a right derivative and reports its error", () => {
    const { maxRelativeError } = checkGradients(exponential(right, right), [x], { order: 3 });
    expect(maxRelativeError).toHaveLength(1);
    expect(maxRelativeError[0]).toBeLessThan(1e-6);
  });

  it.each([
    ["a wrong vjp", forgetful, right, "vjp of order 1"],
    ["a wrong jvp", right, forgetful, "jvp of order 1"],
    ["an error of 10⁻⁴", slightlyOff, right, "vjp of order 1"],
  ])("fails for %s", (_, vjpRule, jvpRule, found) => {
    const check = () => checkGradients(exponential(vjpRule, jvpRule), [x]);
    expect(check).toThrow(GradientError);
    expect(check).toThrow(`checkGradients: ${found} with respect to input 0 is `);
  });

  it("fails for a derivative that is wrong only at second order", () => {
    const fn = exponential(frozen, frozen);
    expect(checkGradients(fn, [x]).maxRelativeError[0]).toBeLessThan(1e-6);
    expect(() => checkGradients(fn, [x], { order: 2 })).toThrow(/of order 2 with respect to input 0/);
  });

  it("fails for a derivative that is lost, and for one that is NaN", () => {
    expect(() => checkGradients((y) => stopGradient(square(y)), [x])).toThrow("vjp of order 1");
    expect(() => checkGradients((y) => y.mul(NaN), [x])).toThrow("is NaN");
  });

  it("names the input", () => {
    const fn = exponential(forgetful, right);
    expect(() => checkGradients((a, b) => mul(square(a), fn(b)), [x, x])).toThrow("with respect to input 1");
  });
});

describeOnBoth("functions that read values", () => {
  /** 3x² where its sum is positive, 5x elsewhere; reads what the derivative flows through. */
  const branching = (x: Tensor) => {
    const [a, b] = [mul(square(x), 3).realize(), mul(x, 5).realize()];
    return sum(a.sum().item() + b.sum().item() > 0 ? a : b);
  };

  it("have the derivative of the branch they take", () => {
    expect(grad(branching)(tensor([1, 2])).dataSync()).toEqual(float(6, 12));
    expect(grad(branching)(tensor([-1, -0.5])).dataSync()).toEqual(float(5, 5));
    expect(grad((x: Tensor) => grad(branching)(x).sum())(tensor([1, 2])).dataSync()).toEqual(float(6, 6));
  });

  it("in forward mode too, and through vjp whose outputs are read first", () => {
    const x = tensor([1, 2]);
    expect(jvp(branching, [x], [tensor([1, 10])]).tangents[0]?.item()).toBe(126);
    const { outputs, vjp: pull } = vjp(branching, [x]);
    expect(outputs[0]?.item()).toBe(15);
    expect(pull(tensor(2))[0]?.dataSync()).toEqual(float(12, 24));
    expect(pull(tensor(3))[0]?.dataSync()).toEqual(float(18, 36));
  });

  it("keep nothing alive afterwards", () => {
    let inner: Tensor | undefined;
    grad((x: Tensor) => {
      inner = square(x).realize();
      return sum(inner);
    })(tensor([1, 2]));
    expect(inner?.inputs).toEqual([]);
  });
});
