/** The promises about runs: their order, what they may share, and what JavaScript may not touch meanwhile. */

import { describe, expect, it } from "vitest";
import {
  compile,
  IndexError,
  randomNormal,
  realizeAsync,
  StaleTensorError,
  StorageBusyError,
  type Tensor,
  type TypedArray,
  tensor,
  variable,
} from "../../lib/index.js";
import { describeOnBoth } from "./support.js";

describeOnBoth("runs", () => {
  it("queue in order: each read sees the variable as it was when asked for", async () => {
    const v = variable([0, 100]);
    const reads: Promise<TypedArray>[] = [];
    for (let i = 1; i <= 50; i++) {
      reads.push(v.mul(2).data());
      v.assign(v.add(1));
      reads.push(v.mul(3).data());
    }
    const values = (await Promise.all(reads)).map(([first]) => first);
    expect(values).toEqual(Array.from({ length: 100 }, (_, k) => (k % 2 === 0 ? k : 1.5 * (k + 1))));
    expect(v.dataSync()).toEqual(Float32Array.of(50, 150));
  });

  it("promises settle in the order of their runs", async () => {
    const settled: number[] = [];
    const x = randomNormal([40, 40]).realize();
    const runs = Array.from({ length: 20 }, (_, i) => {
      // Later runs are shorter.
      let y = x;
      for (let k = i; k < 20; k++) y = y.matmul(x).mul(0.1);
      return y.data().then(() => settled.push(i));
    });
    await Promise.all(runs);
    expect(settled).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it("a synchronous read waits for the runs before it", async () => {
    const v = variable([1, 2]);
    const bump = compile(() => v.assign(v.mul(10)));
    const runs = [bump.async(), bump.async(), bump.async()];
    expect(v.dataSync()).toEqual(Float32Array.of(1000, 2000));
    await Promise.all(runs);
    expect(v.dataSync()).toEqual(Float32Array.of(1000, 2000));
  });

  it("concurrent readers share a storage", async () => {
    const x = tensor([1, 2, 3]);
    const w = variable([1, 1, 1]);
    const sums = Array.from({ length: 20 }, (_, i) => x.add(w).mul(i).sum().data());
    expect((await Promise.all(sums)).map(([sum]) => sum)).toEqual(Array.from({ length: 20 }, (_, i) => 9 * i));
    expect(x.dataSync()).toEqual(Float32Array.of(1, 2, 3));
  });

  it("one tensor may be asked for several times at once", async () => {
    const y = tensor([1, 2]).mul(3);
    const [a, b] = await Promise.all([y.data(), y.data(), realizeAsync(y, y)]);
    expect([a, b, y.dataSync()]).toEqual([Float32Array.of(3, 6), Float32Array.of(3, 6), Float32Array.of(3, 6)]);
  });

  it("disposing a storage in flight throws StorageBusyError; afterwards it is free", async () => {
    const [x, v] = [tensor([1, 2]), variable([3, 4])];
    const f = compile((a: Tensor) => {
      v.assign(v.add(a));
      return v.mul(1);
    });
    for (const start of [() => x.add(v).data(), () => f.async(x)]) {
      const run = start();
      for (const busy of [x, v]) {
        expect(() => busy.dispose()).toThrow(StorageBusyError);
        expect(() => busy[Symbol.dispose]()).toThrow(/^dispose: storage is in use by 1 run\(s\) in flight/);
      }
      await run;
    }
    expect(v.dataSync()).toEqual(Float32Array.of(4, 6));
    for (const free of [x, v]) {
      free.dispose();
      free.dispose(); // idempotent
      expect(() => free.dataSync()).toThrow(StaleTensorError);
      expect(() => free.add(1).dataSync()).toThrow(StaleTensorError);
    }
    expect(() => f(tensor([1, 1]))).toThrow(StaleTensorError);
    expect(() => v.assign(1)).toThrow(StaleTensorError);
  });

  it("a failed run frees what it used, and those behind it go on", async () => {
    const [x, v] = [tensor([1, 2]), variable([3, 4])];
    const bad = x
      .add(v)
      .gather(tensor([7], { dtype: "int32" }))
      .data();
    const good = x.add(v).data();
    await expect(bad).rejects.toThrow(IndexError);
    expect(await good).toEqual(Float32Array.of(4, 6));
    x.dispose();
    v.dispose();
  });

  it("what is being computed is an operand of more, which is computed once", async () => {
    let x = randomNormal([64, 64], { seed: 1 }).mul(0.1).realize();
    let y = x;
    const runs: Promise<void>[] = [];
    for (let i = 0; i < 10; i++) {
      y = y.matmul(y);
      x = x.matmul(x);
      runs.push(realizeAsync(y));
      expect(y.inputs).toEqual([]);
    }
    expect(y.dataSync()).toEqual(x.dataSync());
    await Promise.all(runs);
    expect(y.dataSync()).toEqual(x.dataSync());
  });

  it("what is computed from a run that fails, fails with it", async () => {
    const lost = tensor([1, 2]).gather(tensor([5], { dtype: "int32" }));
    const first = realizeAsync(lost);
    const sum = lost.add(1);
    const second = realizeAsync(sum);
    const third = sum.mul(2);
    expect(() => lost.dataSync()).toThrow(IndexError);
    expect(() => third.dataSync()).toThrow(IndexError);
    await expect(first).rejects.toThrow(IndexError);
    await expect(second).rejects.toThrow(IndexError);
    await expect(sum.data()).rejects.toThrow(IndexError);
    expect(() => third.dataSync()).toThrow(IndexError);
    await expect(lost.add(2).data()).rejects.toThrow(IndexError);
  });

  it("an error of a run off the thread shows the line that awaits it", async () => {
    const error = await tensor([1])
      .gather(tensor([1], { dtype: "int32" }))
      .data()
      .catch((caught: Error) => caught);
    expect(error).toBeInstanceOf(IndexError);
    const wrapped = async () => {
      await tensor([1])
        .gather(tensor([1], { dtype: "int32" }))
        .data();
    };
    const traced = await wrapped().catch((caught: Error) => caught);
    expect((traced as Error).stack).toContain("runs.test.ts");
  });
});

describe("a tensor disposed by `using`", () => {
  it("is free at the end of the block", () => {
    let outer: Tensor | undefined;
    {
      using x = tensor([1, 2]).add(1).realize();
      outer = x;
      expect(x.dataSync()).toEqual(Float32Array.of(2, 3));
    }
    expect(() => outer?.dataSync()).toThrow(StaleTensorError);
  });
});
