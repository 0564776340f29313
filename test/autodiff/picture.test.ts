import { expect, it } from "vitest";
import { layOut } from "../../lib/autodiff/picture/layout.js";
import {
  div,
  GradientError,
  graphDot,
  graphSvg,
  matmul,
  maximum,
  OptionError,
  type PictureOptions,
  sub,
  type Tensor,
  tensor,
  variable,
} from "../../lib/index.js";
import { describeOnBoth } from "../runtime/support.js";
import { textsOf } from "../support.js";

function picture(options: PictureOptions = {}) {
  const [x, y, z] = [tensor(-2), tensor(5), tensor(-4)];
  const q = x.add(y);
  const f = q.mul(z);
  return { f, q, options: { names: { x, y, z, q, f }, ...options } };
}

describeOnBoth("the picture of f = (x + y)·z at (−2, 5, −4)", () => {
  it("as SVG has values above the wires and gradients below", () => {
    const { f, options } = picture();
    const svg = graphSvg(f, options);
    const group = (title: string, ...texts: string[]) => [title, ...texts];
    expect(textsOf(svg)).toEqual([
      ...group("x", "x", "−2", "−4"),
      ...group("y", "y", "5", "−4"),
      ...group("q = x + y", "+", "q = 3", "−4"),
      ...group("z", "z", "−4", "3"),
      ...group("f = q·z", "×", "f = −12", "1"),
    ]);
    expect(svg.match(/<path /g)).toHaveLength(5);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /);
  });

  it("as DOT has them on the edges", () => {
    const { f, options } = picture();
    const dot = graphDot(f, options).split("\n");
    const label = (value: string, gradient: string) =>
      `[label=<<font color="#1a7f37">${value}</font><br/><font color="#cf222e">${gradient}</font>>];`;
    expect(dot.filter((line) => line.includes("->")).map((line) => line.trim())).toEqual([
      `n0 -> n2 ${label("−2", "−4")}`,
      `n1 -> n2 ${label("5", "−4")}`,
      `n2 -> n4 ${label("q = 3", "−4")}`,
      `n3 -> n4 ${label("−4", "3")}`,
      `n4 -> output ${label("f = −12", "1")}`,
    ]);
    expect(dot).toContain("  n2 [shape=ellipse, label=<+>, tooltip=<q = x + y>];");
    expect([dot[0], dot.at(-2)]).toEqual(["digraph {", "}"]);
  });

  it("leaves the tensors as they are, to be drawn again and differentiated", () => {
    const { f, q, options } = picture();
    const first = graphSvg(f, options);
    expect(graphSvg(f, options)).toBe(first);
    expect([q.inputs.length, q.storage]).toEqual([2, undefined]);
    expect(f.item()).toBe(-12);
  });

  it("leaves gradients out where they are not wanted", () => {
    const { f, options } = picture({ gradients: false });
    expect(textsOf(graphSvg(f, options))).not.toContain("3");
    expect(graphDot(f, options)).not.toContain("#cf222e");
  });
});

describeOnBoth("the picture of a graph", () => {
  it("sums the gradients of all uses, and shows numbers in the operations", () => {
    const w = variable(3, { name: "w" });
    const texts = textsOf(graphSvg(w.mul(w).add(w.mul(2))));
    expect(texts.slice(0, 4)).toEqual(["w", "w", "3", "8"]);
    expect(texts.slice(4)).toEqual([
      "v1 = w²",
      "²",
      "9",
      "1",
      "v2 = w·2",
      "× 2",
      "6",
      "1",
      "v3 = v1 + v2",
      "+",
      "15",
      "1",
    ]);
  });

  it("tells on which side numbers stand", () => {
    const x = tensor(4);
    const label = (y: Tensor) => textsOf(graphSvg(y, { names: { x } })).at(-3);
    expect([x.sub(3), sub(3, x), div(1, x), x.pow(3), maximum(x, 3), x.relu()].map(label)).toEqual([
      "− 3",
      "3 −",
      "1 ÷",
      "^ 3",
      "maximum(·, 3)",
      "relu",
    ]);
    // Where there is nothing else, they are leaves.
    const [two, three] = [tensor(2), tensor(3)];
    expect(textsOf(graphSvg(two.add(three), { gradients: false }))).toEqual([
      "2",
      "2",
      "3",
      "3",
      "v1 = 2 + 3",
      "+",
      "5",
    ]);
  });

  it("shows small tensors by value and others by type, without views that only rename axes", () => {
    const [x, w] = [
      tensor([[1, 2]]),
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ];
    const loss = matmul(x, w).reshape([3]).add(1).sum();
    const texts = textsOf(graphSvg(loss, { names: { x, W: w, loss } }));
    expect(texts).toEqual(
      expect.arrayContaining(["[1, 2]", "[6, 15]", "float32[2, 3]", "[9, 12, 15]", "loss = 39", "matmul"]),
    );
    expect(texts).not.toContain("reshape");
    expect(texts).not.toContain("broadcastTo");
  });

  it("shows tensors without derivatives", () => {
    const labels = tensor([1, 2, 3], { dtype: "int32" });
    expect(textsOf(graphSvg(labels.add(1), { names: { labels } }))).toContain("[2, 3, 4]");
    expect(() => graphSvg(labels, { gradients: true })).toThrow(GradientError);
  });

  it("escapes names", () => {
    const x = tensor(1);
    const name = 'a<b> & "c"\u0000';
    for (const draw of [graphSvg, graphDot]) {
      expect(draw(x.neg(), { names: { [name]: x } })).toContain("a&lt;b&gt; &amp; &quot;c&quot; ");
    }
    expect(textsOf(graphSvg(x.neg(), { names: { [name]: x } }))).toContain("a&lt;b&gt; &amp; &quot;c&quot;");
  });

  it("refuses what it cannot draw", () => {
    let long: Tensor = tensor(1);
    for (let i = 0; i < 1000; i++) long = long.sin();
    expect(() => graphDot(long)).toThrow("graphDot: more than 1000 nodes: 1001");
    expect(() => graphSvg(3 as unknown as Tensor)).toThrow("graphSvg: output must be a tensor, got 3");
    expect(() => graphSvg(long, { name: {} } as PictureOptions)).toThrow('did you mean "names"');
    expect(() => graphSvg(long, { gradients: 1 } as unknown as PictureOptions)).toThrow(OptionError);
  });
});

describeOnBoth("the layout of a graph", () => {
  it("puts nodes at the longest path from a leaf, and keeps rows apart", () => {
    // 0, 1 → 2; 2, 3 → 4; 0, 4 → 5.
    const { layers, wires, height } = layOut([[], [], [0, 1], [], [2, 3], [0, 4]]);
    expect(layers).toEqual([0, 0, 1, 0, 2, 3]);
    expect(wires[0]).toHaveLength(3);
    expect(wires[3]).toHaveLength(2);
    for (let layer = 0; layer < 4; layer++) {
      const rows = wires.flatMap((wire, node) => wire[layer - (layers[node] as number)] ?? []).sort((a, b) => a - b);
      rows.slice(1).forEach((row, i) => {
        expect(row - (rows[i] as number)).toBeGreaterThanOrEqual(1);
      });
      expect(Math.max(...rows)).toBeLessThanOrEqual(height - 1);
    }
  });
});
