import { expect, it } from "vitest";
import { type LineChartOptions, lineChart } from "../../lib/data/index.js";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { textsOf } from "../support.js";

/** The places of the marks, from left to right. */
const marks = (svg: string) =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, ...place]) => place.map(Number));

/** The lines, as paths. */
const paths = (svg: string) => [...svg.matchAll(/<path d="([^"]*)"/g)].map(([, path]) => path);

it("draws each value at its place, between ticks that enclose all", () => {
  const svg = lineChart({ a: [1, 3, 2] }, { x: [10, 20, 30], width: 272, height: 184, title: "T", xLabel: "X" });
  // The plot is 200 pixels wide from 56 on and 100 high from 44 on; the axes are [10, 30] and [1, 3].
  expect(marks(svg)).toEqual([
    [56, 144],
    [156, 44],
    [256, 94],
  ]);
  expect(paths(svg)).toEqual(["M56 144h0L156 44L256 94"]);
  expect(textsOf(svg)).toEqual(["T", "a", "1", "2", "3", "10", "20", "30", "X", "a, 10: 1", "a, 20: 3", "a, 30: 2"]);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 272 184" .*<\/svg>$/);
});

it("has ticks at multiples of 1, 2 and 5 with as many decimals as they need, whole ones for whole numbers", () => {
  const ticks = (values: number[], options?: LineChartOptions) => {
    const svg = lineChart({ a: values }, options);
    return [...svg.matchAll(/text-anchor="end"[^>]*>([^<]*)</g)].map(([, tick]) => tick);
  };
  expect(ticks([0.07, 0.48])).toEqual(["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
  expect(ticks([-0.004, 0.004])).toEqual(["−0.004", "−0.002", "0.000", "0.002", "0.004"]);
  expect(ticks([0, 1])).toEqual(["0", "1"]);
  expect(ticks([0, 7e7])).toEqual(["0", "20000000", "40000000", "60000000", "80000000"]);
  expect(ticks([3, 3])).toEqual(["1", "2", "3", "4", "5"]);
  expect(ticks([0.5], { yRange: [0, 1] })).toEqual(["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
});

it("leaves gaps for what is not finite, and shows points without neighbours", () => {
  const svg = lineChart({ a: [1, Number.NaN, 2, Number.POSITIVE_INFINITY, 1, 2] });
  expect(
    paths(svg)[0]
      ?.match(/M[^M]*/g)
      ?.map((part) => part.match(/L/g)?.length ?? 0),
  ).toEqual([0, 0, 1]);
  expect(marks(svg)).toHaveLength(4);
  for (const empty of [lineChart({}), lineChart({ a: [] }), lineChart({ a: [Number.NaN] })]) {
    expect(marks(empty)).toEqual([]);
    textsOf(empty);
  }
});

it("has no marks on curves of many points, and takes typed arrays", () => {
  const svg = lineChart({ a: Float32Array.from({ length: 61 }, Math.sin), b: new Int32Array(61) });
  expect(marks(svg)).toEqual([]);
  expect(paths(svg)).toHaveLength(2);
});

it("begins a new line of the legend where a name does not fit", () => {
  const name = "a name of thirty characters...";
  const places = (width: number) => {
    const svg = lineChart({ [name]: [1, 2], other: [1, 2] }, { width });
    return [...svg.matchAll(/<rect x="(\d+)" y="(\d+)"/g)].map(([, ...place]) => place.map(Number));
  };
  // A character takes 7 pixels, and the key before it with what is around 36.
  expect(places(56 + 246 + 71)).toEqual([
    [56, 27],
    [302, 27],
  ]);
  expect(places(56 + 246 + 70)).toEqual([
    [56, 27],
    [56, 45],
  ]);
});

it("escapes every text", () => {
  const evil = `</svg><script>alert("1 & 2")</script>`;
  const svg = lineChart({ [evil]: [1, 2] }, { title: evil, xLabel: evil });
  const texts = textsOf(svg);
  expect(svg).not.toContain("<script");
  expect(texts.filter((text) => text.includes("&lt;script&gt;"))).toHaveLength(5);
});

it("refuses what it cannot draw", () => {
  expect(() => lineChart([1, 2] as never)).toThrow("lineChart: curves must be arrays of numbers by name, got [1, 2]");
  expect(() => lineChart({ a: "12" as never })).toThrow('lineChart: curve "a" must be an array of numbers, got "12"');
  expect(() => lineChart({ a: ["1"] as never })).toThrow(OptionError);
  expect(() => lineChart({ a: [1], b: [1, 2] })).toThrow('lineChart: lengths differ: 2 values of "b", 1 of "a"');
  expect(() => lineChart({ a: [1] }, { x: [] })).toThrow(ShapeError);
  expect(() => lineChart({ a: [1] }, { yRange: [1, 1] })).toThrow('"yRange" must be [low, high] in order, got [1, 1]');
  expect(() => lineChart({ a: [1] }, { width: 0 })).toThrow(OptionError);
  expect(() => lineChart({ a: [1] }, { tittle: "" } as never)).toThrow('did you mean "title"?');
});
