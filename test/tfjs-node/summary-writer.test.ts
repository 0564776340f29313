/** Event files, read back by what their specifications say, with another way to the checksum. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { OptionError, ShapeError } from "../../lib/index.js";
import { node } from "../../packages/tfjs-node/lib/node.js";

const { summaryFileWriter, tensorBoard } = node;
let root: string;
let folder: string;
beforeAll(async () => {
  await tf.setBackend("cpu");
  root = mkdtempSync(join(tmpdir(), "nodegrad-events-"));
});
beforeEach(() => {
  folder = join(root, `${Math.random()}`);
});
afterAll(() => rmSync(root, { recursive: true }));

/** CRC-32C bit by bit, as long division by its polynomial, highest power first. */
function crc32c(data: Uint8Array): number {
  const reflect = (value: number, bits: number) => {
    let out = 0n;
    for (let bit = 0; bit < bits; bit++) out |= ((BigInt(value) >> BigInt(bit)) & 1n) << BigInt(bits - 1 - bit);
    return Number(out);
  };
  let rest = 0xffffffff;
  for (const byte of data) {
    rest = (rest ^ (reflect(byte, 8) << 24)) >>> 0;
    for (let bit = 0; bit < 8; bit++) rest = (rest & 0x80000000 ? (rest << 1) ^ 0x1edc6f41 : rest << 1) >>> 0;
  }
  return (reflect(rest, 32) ^ 0xffffffff) >>> 0;
}

const masked = (crc: number) => Number((((BigInt(crc) >> 15n) | (BigInt(crc) << 17n)) + 0xa282ead8n) & 0xffffffffn);

/** The messages of a file, after a look at every checksum. */
function readRecords(file: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    expect(file.readUInt32LE(at + 8)).toBe(masked(crc32c(file.subarray(at, at + 8))));
    const message = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 12 + length)).toBe(masked(crc32c(message)));
    messages.push(message);
    at += 16 + length;
  }
  return messages;
}

/** The fields of a message by number: a number, or the bytes of what has a length. */
function fieldsOf(message: Buffer): Map<number, number | Buffer> {
  const fields = new Map<number, number | Buffer>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(message[at++] as number);
      value |= (byte & 127n) << shift;
      if (byte < 128n) return Number(BigInt.asIntN(64, value));
    }
  };
  const take = (length: number) => {
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = varint();
    const kind = key & 7;
    if (kind === 0) fields.set(key >> 3, varint());
    if (kind === 1) fields.set(key >> 3, take(8).readDoubleLE());
    if (kind === 2) fields.set(key >> 3, take(varint()));
    if (kind === 5) fields.set(key >> 3, take(4).readFloatLE());
  }
  return fields;
}

const doubles = (bytes: unknown) =>
  Array.from({ length: (bytes as Buffer).length / 8 }, (_, i) => (bytes as Buffer).readDoubleLE(8 * i));

/** What stands in the only file of a folder, behind its version. */
function eventsOf(path: string) {
  const [name, ...others] = readdirSync(path);
  expect(others).toEqual([]);
  const [version, ...events] = readRecords(readFileSync(join(path, name as string))).map(fieldsOf);
  expect(String(version?.get(3))).toBe("brain.Event:2");
  return events.map((event) => {
    expect(Math.abs((event.get(1) as number) - Date.now() / 1000)).toBeLessThan(600);
    const value = fieldsOf(fieldsOf(event.get(5) as Buffer).get(1) as Buffer);
    const histogram = value.has(5) ? fieldsOf(value.get(5) as Buffer) : undefined;
    return {
      step: event.get(2),
      tag: String(value.get(1)),
      ...(value.has(2) && { scalar: value.get(2) }),
      ...(histogram && {
        // Smallest, largest, number, sum and sum of squares.
        moments: [1, 2, 3, 4, 5].map((i) => histogram.get(i)),
        limits: doubles(histogram.get(6)),
        counts: doubles(histogram.get(7)),
      }),
    };
  });
}

describe("the checksum of the tests", () => {
  it("is that of the standard", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  });
});

describe("summaryFileWriter", () => {
  it("writes scalars of numbers and tensors, in any step", () => {
    const writer = summaryFileWriter(folder);
    writer.scalar("loss", 0.5, 0);
    writer.scalar("Verlust/ü", tf.scalar(-3), 2 ** 40);
    writer.scalar("loss", Number.NaN, -1);
    writer.flush();
    expect(eventsOf(folder)).toEqual([
      { step: 0, tag: "loss", scalar: 0.5 },
      { step: 2 ** 40, tag: "Verlust/ü", scalar: -3 },
      { step: -1, tag: "loss", scalar: Number.NaN },
    ]);
  });

  it("writes histograms in buckets of the same width, without what is not finite", () => {
    const writer = summaryFileWriter(folder);
    writer.histogram(
      "w",
      tf.tensor2d([
        [0, 1, 2],
        [3, 4, Number.NaN],
      ]),
      7,
      2,
    );
    writer.histogram("same", tf.tensor1d([5, 5], "int32"), 8);
    writer.histogram("none", tf.tensor1d([]), 9);
    writer.flush();
    expect(eventsOf(folder)).toEqual([
      { step: 7, tag: "w", moments: [0, 4, 5, 10, 30], limits: [2, 4], counts: [2, 3] },
      { step: 8, tag: "same", moments: [5, 5, 2, 10, 50], limits: [5], counts: [2] },
      { step: 9, tag: "none", moments: [0, 0, 0, 0, 0], limits: [], counts: [] },
    ]);
  });

  it("writes when its queue is full, when time is up, and when it is asked", () => {
    vi.useFakeTimers();
    try {
      const writer = summaryFileWriter(folder, 3, 1000, ".end");
      const written = () => eventsOf(folder).length;
      writer.scalar("a", 1, 1);
      writer.scalar("a", 1, 2);
      expect(written()).toBe(0);
      writer.scalar("a", 1, 3);
      expect(written()).toBe(3);
      writer.scalar("a", 1, 4);
      vi.advanceTimersByTime(1000);
      expect(written()).toBe(4);
      writer.scalar("a", 1, 5);
      writer.flush();
      expect(written()).toBe(5);
      expect(readdirSync(folder)[0]).toMatch(/^events\.out\.tfevents\.\d+\..*\.end$/);
      expect(readdirSync(folder)[0]).toContain(hostname());
    } finally {
      vi.useRealTimers();
    }
  });

  it("gives each writer a file of its own", () => {
    for (let i = 0; i < 3; i++) summaryFileWriter(folder).flush();
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it("refuses what it cannot write", () => {
    const writer = summaryFileWriter(folder);
    expect(() => writer.scalar(1 as never, 1, 1)).toThrow(/scalar: name must be a string, got number/);
    expect(() => writer.scalar("a", 1, 0.5)).toThrow(/scalar: step must be an integer, got 0.5/);
    expect(() => writer.scalar("a", "1" as never, 1)).toThrow(/scalar: expected a tensor of numbers, got 1/);
    expect(() => writer.scalar("a", tf.zeros([2]) as tf.Scalar, 1)).toThrow(ShapeError);
    expect(() => writer.histogram("a", [1] as never, 1)).toThrow(OptionError);
    expect(() => writer.histogram("a", tf.tensor1d(["x"]), 1)).toThrow(
      /histogram: expected a tensor of numbers, got string/,
    );
    expect(() => writer.histogram("a", tf.tensor1d([1]), 1, 0)).toThrow(
      /buckets must be an integer from 1 to 65536, got 0/,
    );
    expect(() => summaryFileWriter("")).toThrow(/logdir must be a path, got ""/);
    expect(() => summaryFileWriter(folder, 0)).toThrow(/maxQueue must be a positive integer, got 0/);
    expect(() => summaryFileWriter(folder, 1, 1, "/../x")).toThrow(/filenameSuffix must be the end of a name/);
    writeFileSync(join(root, "file"), "");
    expect(() => summaryFileWriter(join(root, "file"))).toThrow(/summaryFileWriter: cannot write: ".*file/);
  });
});

describe("tensorBoard", () => {
  async function train(args: Parameters<typeof tensorBoard>[1]) {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2], name: "d" })] });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: "meanSquaredError", metrics: ["mae"] });
    const fitting = { epochs: 2, batchSize: 2, validationSplit: 0.5, verbose: 0, callbacks: tensorBoard(folder, args) };
    const { history } = await model.fit(tf.ones([8, 2]), tf.zeros([8, 1]), fitting);
    return { history, train: eventsOf(join(folder, "train")), validation: eventsOf(join(folder, "validation")) };
  }

  it("writes loss and metrics of training and validation after each epoch", async () => {
    const { history, train: events, validation } = await train({});
    const float = Math.fround;
    const expected = (prefix: string) =>
      [1, 2].flatMap((step) =>
        ["loss", "mae"].map((name) => ({
          step,
          tag: `epoch_${name}`,
          scalar: float(history[prefix + name]?.[step - 1] as number),
        })),
      );
    const sorted = (list: typeof events) =>
      list.sort((a, b) => Number(a.step) - Number(b.step) || (a.tag < b.tag ? -1 : 1));
    expect(sorted(events)).toEqual(expected(""));
    expect(sorted(validation)).toEqual(expected("val_"));
  });

  it("writes after each batch, and how weights are distributed, if asked to", async () => {
    const { train: events } = await train({ updateFreq: "batch", histogramFreq: 2 });
    expect(events.filter(({ tag }) => tag === "batch_loss").map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    const histograms = events.filter((event) => event.counts !== undefined);
    expect(histograms.map(({ tag, step }) => [tag.replace(/_\d+$/, ""), step])).toEqual([
      ["d/kernel", 1],
      ["d/bias", 1],
    ]);
    expect(histograms[0]?.moments?.[2]).toBe(2);
  });

  it("refuses other options", () => {
    expect(() => tensorBoard(folder, { updateFreq: "step" as never })).toThrow(
      /updateFreq must be "batch" or "epoch", got "step"/,
    );
    expect(() => tensorBoard(folder, { histogramFreq: -1 })).toThrow(
      /histogramFreq must be an integer of 0 or more, got -1/,
    );
  });
});
