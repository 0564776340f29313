import { describe, expect, it } from "vitest";
import { FormatError, GradientError, OptionError } from "../../lib/errors.js";
import {
  compile,
  info,
  randomNormal,
  setBackend,
  type Tensor,
  tensor,
  type Variable,
  variable,
} from "../../lib/index.js";
import { decodeSafetensors, encodeSafetensors } from "../../lib/io/index.js";
import { Activation, crossEntropy, Linear, mseLoss, Sequential } from "../../lib/nn/index.js";
import {
  AdaGrad,
  Adam,
  AdamW,
  cosineSchedule,
  type Optimizer,
  type ParameterGroup,
  RMSProp,
  SGD,
  type SGDOptions,
  warmupSchedule,
} from "../../lib/optim/index.js";
import { BACKENDS, describeOnBoth } from "../runtime/support.js";

type Parameters = Record<string, Variable>;

const makers: readonly [string, (parameters: Parameters) => Optimizer][] = [
  ["SGD", (p) => new SGD(p, { learningRate: 0.05, momentum: 0.9 })],
  ["AdaGrad", (p) => new AdaGrad(p, { learningRate: 0.1 })],
  ["RMSProp", (p) => new RMSProp(p, { learningRate: 0.01, momentum: 0.5, centered: true })],
  ["Adam", (p) => new Adam(p, { learningRate: 0.01 })],
  ["AdamW", (p) => new AdamW(p, { learningRate: 0.01 })],
];

/** A small classifier, its data, and a step of an optimiser that is compiled. */
function trainer(make: (parameters: Parameters) => Optimizer) {
  const model = new Sequential({
    hidden: new Linear(6, 16, { seed: 1 }),
    relu: new Activation("relu"),
    scores: new Linear(16, 3, { seed: 2 }),
  });
  const optimizer = make(model.parameters());
  const x = randomNormal([30, 6], { seed: 3 }).realize();
  const y = tensor(Int32Array.from({ length: 30 }, (_, i) => i % 3));
  const step = compile((x: Tensor, y: Tensor, rate?: Tensor | number) => {
    const loss = crossEntropy(model.forward(x), y);
    loss.backward();
    if (rate !== undefined) optimizer.learningRate = rate;
    optimizer.step();
    return loss;
  });
  return { model, optimizer, x, y, step, train: () => step(x, y).item() };
}

describeOnBoth("every optimiser", () => {
  it.each(makers)("%s makes a loss small", (_, make) => {
    const { train } = trainer(make);
    const first = train();
    let last = first;
    for (let i = 0; i < 60; i++) last = train();
    expect(last).toBeLessThan(first / 2);
  });
});

describe("the state of an optimiser", () => {
  it.each(makers)("goes through a file, after which training continues to the same bits: %s", (_, make) => {
    setBackend("reference");
    const [whole, begun, resumed] = [trainer(make), trainer(make), trainer(make)];
    for (let i = 0; i < 8; i++) whole.train();
    for (let i = 0; i < 5; i++) begun.train();
    const file = encodeSafetensors(begun.optimizer.state());
    resumed.model.loadState(begun.model.state());
    resumed.optimizer.loadState(decodeSafetensors(file).tensors);
    expect(resumed.optimizer.stepCount).toBe(5);
    for (let i = 0; i < 3; i++) resumed.train();
    expect(resumed.model.state()).toEqual(whole.model.state());
    expect(resumed.optimizer.state()).toEqual(whole.optimizer.state());
  });

  it("is named after the parameters", () => {
    const { optimizer } = trainer((p) => new Adam(p, { learningRate: 0.5 }));
    expect(Object.keys(optimizer.state())).toEqual([
      "learningRate",
      "steps",
      ...["mean", "square"].flatMap((name) =>
        ["hidden.weight", "hidden.bias", "scores.weight", "scores.bias"].map((path) => `${name}.${path}`),
      ),
    ]);
    const w = variable([1, 2]);
    expect(Object.keys(new SGD(w, { learningRate: 1, momentum: 0.5 }).state())).toEqual([
      "learningRate",
      "steps",
      "velocity",
    ]);
    expect(Object.keys(new SGD([w, w], { learningRate: 1, momentum: 0.5 }).state())).toContain("velocity.0");
  });

  it("is replaced as a whole or not at all", () => {
    const [w, v] = [variable([1, 2]), variable([1])];
    const optimizer = new Adam({ w }, { learningRate: 0.5 });
    const before = optimizer.state();
    const other = new Adam({ w: v }, { learningRate: 0.25 }).state();
    expect(() => optimizer.loadState(other)).toThrow('"mean.w" does not fit: float32 [1]; expected float32 [2]');
    expect(() => optimizer.loadState(new SGD({ w }, { learningRate: 1 }).state())).toThrow(FormatError);
    expect(() => new SGD({ w }, { learningRate: 1 }).loadState(before)).toThrow('unknown variable: "mean.w"');
    expect(optimizer.state()).toEqual(before);
    expect(optimizer.learningRate).toBe(0.5);
  });
});

describe("a schedule", () => {
  const schedule = warmupSchedule(10, cosineSchedule(0.0625, { steps: 90 }));

  it.each(BACKENDS)("of 100 steps of Adam needs one compilation, on %s", (backend) => {
    setBackend(backend);
    const { optimizer, x, y, step } = trainer((p) => new Adam(p, { learningRate: 1 }));
    const before = info().cache.compilations;
    for (let t = 0; t < 100; t++) step(x, y, schedule(t));
    // The function's own, and none beside it.
    expect([step.traces, info().cache.compilations - before]).toEqual([1, 0]);
    expect(optimizer.stepCount).toBe(100);
    expect(optimizer.learningRate).toBe(Math.fround(schedule(99)));
  });

  it("may set the rate from outside, to numbers that a Program could contain too", () => {
    setBackend("reference");
    const { optimizer, x, y, step } = trainer((p) => new Adam(p, { learningRate: 1 }));
    optimizer.learningRate = 0.75;
    step(x, y);
    const before = info().cache.compilations;
    for (const rate of [0, 0.5, 1, 2, 0.3]) {
      optimizer.learningRate = rate;
      step(x, y);
    }
    expect(info().cache.compilations).toBe(before);
  });
});

describe("an update", () => {
  it.each(makers)(
    "of %s is one instruction for each parameter, part of the product that is its gradient",
    (_, make) => {
      setBackend("reference");
      const { optimizer, x, y, step } = trainer(make);
      const lines = step.explain(x, y).split("code\n")[1]?.trimEnd().split("\n") ?? [];
      const written = (place: RegExp) => lines.filter((line) => place.test(line.split(" = ")[0] as string));
      const buffers = step.explain(x, y).matchAll(/%(\d+) {2}state \d+ +float32 × (\d+) /g);
      const weights = [...buffers].filter(([, , size]) => Number(size) > 1);
      expect(weights).toHaveLength(Object.keys(optimizer.state()).length - 2 + optimizer.parameters.length);
      // Whatever belongs to one parameter is written by one instruction.
      const writers = new Set(weights.map(([, buffer]) => written(new RegExp(`%${buffer}\\[`)).join()));
      expect(writers.size).toBe(optimizer.parameters.length);
      expect([...writers].filter((line) => line.includes("matmul"))).toHaveLength(2);
    },
  );
});

describe("gradient accumulation", () => {
  const [x, y] = [randomNormal([48, 4], { seed: 1 }).realize(), randomNormal([48, 2], { seed: 2 }).realize()];

  /** A model, and the work on a part of a batch. */
  function learner() {
    const model = new Sequential({ hidden: new Linear(4, 8, { seed: 3 }), out: new Linear(8, 2, { seed: 4 }) });
    const optimizer = new Adam(model.parameters(), { learningRate: 0.125 });
    const backward = (x: Tensor, y: Tensor, parts: number) => {
      const loss = mseLoss(model.forward(x), y).div(parts);
      loss.backward();
      return loss;
    };
    return { model, optimizer, backward };
  }

  /** The parameters after two steps, each on the batch in some parts. */
  function trained(parts: number, how: "backward only" | "accumulate" | "accumulate, compiled"): number[] {
    const { model, optimizer, backward } = learner();
    const part = (x: Tensor, y: Tensor) => {
      const loss = backward(x, y, parts);
      if (how !== "backward only") optimizer.accumulate();
      return loss;
    };
    const step = () => {
      optimizer.step();
      return [];
    };
    const isCompiled = how === "accumulate, compiled";
    const [runPart, runStep] = isCompiled ? [compile(part), compile(step)] : [part, step];
    for (let t = 0; t < 2; t++) {
      for (let i = 0; i < parts; i++) {
        const rows: [number, number] = [(48 / parts) * i, (48 / parts) * (i + 1)];
        runPart(x.slice([rows]), y.slice([rows]));
      }
      runStep();
    }
    return Object.values(model.parameters()).flatMap((parameter) => [...parameter.dataSync()]);
  }

  it.each(["backward only", "accumulate", "accumulate, compiled"] as const)(
    "over parts is the step of the whole batch: %s",
    (how) => {
      setBackend("reference");
      const expected = trained(1, "backward only");
      trained(4, how).forEach((w, i) => {
        // Adam divides gradients by their size: relative errors of sums of 48 products of 8 terms, twice, of steps of ⅛.
        expect(Math.abs(w - (expected[i] as number))).toBeLessThan(2 * 48 * 8 * 2 ** -24);
      });
    },
  );

  it("takes the memory of one part, and adds as the gradients are made", () => {
    setBackend("reference");
    const { optimizer, backward } = learner();
    const part = compile((x: Tensor, y: Tensor) => {
      const loss = backward(x, y, 4);
      optimizer.accumulate();
      return loss;
    });
    const rows = (count: number) => [x.slice([[0, count]]).realize(), y.slice([[0, count]]).realize()] as const;
    expect(part.memory(...rows(12)).temporaries).toBeLessThan(part.memory(...rows(48)).temporaries / 2);
    expect(part.explain(...rows(12))).toMatch(
      /matmul +(%\d+)\[8, 4\] = .*in0 \1\[8, 4\] +\{ (in0 \+ product|product \+ in0) \}/,
    );
  });

  it("has its losses, uses gradients up, and is dropped by zeroGrad", () => {
    setBackend("reference");
    const [w, unused] = [variable([1, 2]), variable([5])];
    const optimizer = new SGD([w, unused], { learningRate: 1 });
    const backward = () => {
      const loss = w.square().sum();
      loss.backward();
      return loss;
    };
    expect(() => optimizer.accumulate()).toThrow(GradientError);
    const loss = backward();
    optimizer.accumulate();
    expect([loss.item(), w.grad]).toEqual([5, undefined]);
    optimizer.zeroGrad();
    backward();
    optimizer.accumulate();
    w.sum().backward();
    optimizer.step(); // (2, 4) + (1, 1)
    expect([w.toArray(), unused.toArray()]).toEqual([[-2, -3], [5]]);
    optimizer.step(); // nothing has come since
    expect(w.toArray()).toEqual([-2, -3]);
    expect(Object.keys(optimizer.state())).toEqual(["learningRate", "steps"]);
  });
});

describe("several optimisers", () => {
  it("in a compiled step give parameters options of their own", () => {
    setBackend("reference");
    const model = new Linear(2, 1, { seed: 1 });
    const [weights, biases] = [model.weight.toArray(), model.bias?.toArray()] as [number[][], number[]];
    const decayed = new SGD(model.weight, { learningRate: 0.5, weightDecay: 0.5 });
    const plain = new SGD(model.bias as Variable, { learningRate: 0.25 });
    const step = compile((x: Tensor) => {
      model.forward(x).sum().backward();
      decayed.step();
      plain.step();
      return [];
    });
    step(tensor([[0, 0]]));
    expect(model.weight.toArray()).toEqual(weights.map((row) => row.map((w) => Math.fround(0.75 * w))));
    expect(model.bias?.toArray()).toEqual(biases.map((b) => Math.fround(b - 0.25)));
  });
});

describe("groups of parameters", () => {
  const grouped = () => {
    const model = new Sequential({ hidden: new Linear(6, 16, { seed: 1 }), scores: new Linear(16, 3, { seed: 2 }) });
    const { "hidden.weight": slow, ...others } = model.parameters();
    const groups = [{ parameters: { slow }, learningRate: 0.125, weightDecay: 0.5 }, { parameters: others }];
    return { model, optimizer: new SGD(groups as ParameterGroup<SGDOptions>[], { learningRate: 0.5, momentum: 0.5 }) };
  };

  it("follow the optimiser's rate in proportion, and compile nothing for it", () => {
    setBackend("reference");
    const [fast, slow] = [variable([0]), variable([0])];
    const groups = [{ parameters: fast }, { parameters: [slow], learningRate: 0.25 }];
    const optimizer = new SGD(groups, { learningRate: 1 });
    const step = compile((rate: number) => {
      fast.add(slow).sum().backward();
      optimizer.learningRate = rate;
      optimizer.step();
      return [];
    });
    step(2);
    const before = info().cache.compilations;
    step(4);
    expect([fast.toArray(), slow.toArray()]).toEqual([[-6], [-1.5]]);
    expect(info().cache.compilations).toBe(before);
    expect(optimizer.learningRate).toBe(4);
    expect(optimizer.parameters).toEqual([fast, slow]);
  });

  it("are updated by one instruction for each parameter, as without groups", () => {
    setBackend("reference");
    const { model, optimizer } = grouped();
    const step = compile((x: Tensor) => {
      model.forward(x).square().sum().backward();
      optimizer.step();
      return [];
    });
    const program = step.explain(randomNormal([5, 6], { seed: 1 }));
    const lines = program.split("code\n")[1]?.trimEnd().split("\n") ?? [];
    for (const size of [96, 16, 48, 3]) {
      const buffers = [...program.matchAll(new RegExp(`%(\\d+) {2}state \\d+ +float32 × ${size} `, "g"))];
      expect(buffers).toHaveLength(2);
      const writers = buffers.map(([, buffer]) =>
        lines.filter((line) => (line.split(" = ")[0] as string).includes(`%${buffer}[`)),
      );
      expect(writers[0]).toHaveLength(1);
      expect(writers[1]).toEqual(writers[0]);
    }
  });

  it("keep their state by the number of the group", () => {
    setBackend("reference");
    const [first, second] = [grouped(), grouped()];
    const x = randomNormal([5, 6], { seed: 1 }).realize();
    const train = ({ model, optimizer }: typeof first) => {
      model.forward(x).square().sum().mul(1e-3).backward();
      optimizer.step();
      return Object.values(model.state()).map(({ data }) => [...data]);
    };
    train(first);
    const state = first.optimizer.state();
    expect(Object.keys(state)).toEqual([
      ...["learningRate", "steps", "velocity.0.slow"],
      ...["velocity.1.hidden.bias", "velocity.1.scores.weight", "velocity.1.scores.bias"],
    ]);
    second.model.loadState(first.model.state());
    second.optimizer.loadState(state);
    expect(train(second)).toEqual(train(first));
  });

  const [a, b] = [variable([1], { name: "a" }), variable([2])];
  const make =
    (groups: readonly object[], learningRate = 1) =>
    () =>
      new SGD(groups as ParameterGroup<SGDOptions>[], { learningRate });
  it.each<[string, () => unknown, string]>([
    ["a variable in two", make([{ parameters: a }, { parameters: [b, a] }]), 'SGD: variable "a" is in two groups'],
    ["one without variables", make([{ parameters: a }, { parameters: [] }]), "SGD: no variable to train in []"],
    [
      "an option out of range",
      make([{ parameters: a, momentum: -1 }]),
      'SGD: option "momentum" must be a number in [0, 1), got -1',
    ],
    ["a rate out of range", make([{ parameters: a, learningRate: -1 }]), 'SGD: option "learningRate" must be a number'],
    ["an unknown option", make([{ parameters: a, decay: 1 }]), 'SGD: unknown option "decay"'],
    [
      "a rate beside 0",
      make([{ parameters: a, learningRate: 1 }], 0),
      "in proportion to that of the optimiser, which is 0",
    ],
  ])("are refused with %s", (_, construct, message) => {
    expect(construct).toThrow(OptionError);
    expect(construct).toThrow(message);
  });
});

describe("options of optimisers", () => {
  const w = variable([1]);
  const wrong: readonly [string, () => unknown, string][] = [
    ["AdaGrad", () => new AdaGrad([w], { learningRate: 1, epsilon: -1 }), 'AdaGrad: option "epsilon" must be'],
    ["RMSProp, α", () => new RMSProp([w], { learningRate: 1, alpha: 1 }), 'option "alpha" must be a number in [0, 1)'],
    [
      "RMSProp",
      () => new RMSProp([w], { learningRate: 1, centered: 1 as never }),
      'option "centered" must be true or false',
    ],
    ["Adam, β", () => new Adam([w], { learningRate: 1, betas: [0.9, 1] }), 'Adam: option "betas" must be a number in'],
    ["Adam, βs", () => new Adam([w], { learningRate: 1, betas: 0.9 as never }), 'option "betas" must be two numbers'],
    ["AdamW", () => new AdamW([w], { learningRate: 1, weightDecay: -1 }), 'AdamW: option "weightDecay" must be'],
    ["a typo", () => new Adam([w], { learningRate: 1, beta: 0.9 } as never), 'did you mean "betas"?'],
    ["no rate", () => new Adam([w], {} as never), 'Adam: option "learningRate" must be a number ≥ 0'],
  ];

  it.each(wrong)("are checked: %s", (_, make, message) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });
});
