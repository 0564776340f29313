import { describe, expect, it } from "vitest";
import { drawBars } from "../../bench/report/bars.js";
import { formatPage } from "../../bench/report/page.js";
import { drawRoofline } from "../../bench/report/roofline.js";
import { decades, escapeText, linearScale, logScale } from "../../bench/report/svg.js";
import { broken, limits, machine, product, sweep, times } from "./results.js";

const results = [...limits, broken, product, { ...product, threads: 2 }, sweep];
const page = formatPage({ date: "2026-01-02T03:04:05.678Z", machine, quick: false, results });

/** Elements of a page whose tags are balanced, as names with their attributes. */
function parse(html: string): { name: string; attributes: string }[] {
  const elements: { name: string; attributes: string }[] = [];
  const open: string[] = [];
  for (const [, end, name, attributes] of html.matchAll(/<(\/?)([a-z][\w-]*)((?:\s+[\w-]+="[^"<>]*")*)\s*>/gi)) {
    if (end) {
      expect(name).toBe(open.pop());
    } else {
      elements.push({ name: name as string, attributes: attributes as string });
      if (name !== "meta") open.push(name as string);
    }
  }
  expect(open).toEqual([]);
  return elements;
}

describe("scales", () => {
  it("map ends to ends", () => {
    expect([0, 5, 10].map(linearScale([0, 10], [100, 300]))).toEqual([100, 200, 300]);
    expect([1, 10, 100].map(logScale([1, 100], [0, 10]))).toEqual([0, 5, 10]);
  });

  it("have the powers of ten around all values, two at least", () => {
    expect(decades([3, 250])).toEqual([1, 10, 100, 1000]);
    expect(decades([10])).toEqual([10, 100]);
    expect(decades([1e-7, 2e-7])).toEqual([1e-7, 1e-6]);
  });
});

describe("page", () => {
  it("is a document of balanced elements without stray markup", () => {
    expect(page).toMatch(/^<!DOCTYPE html>\n<html lang="en">/);
    const names = parse(page).map(({ name }) => name);
    expect(names.filter((name) => name === "title").length).toBeGreaterThan(1);
    expect(new Set(names)).toEqual(
      new Set(
        "html head meta title style body main h1 h2 h3 p section div figure figcaption svg g line rect circle text ul li details summary table thead tbody tr th td".split(
          " ",
        ),
      ),
    );
    const text = page.replace(/<style>.*<\/style>/s, "").replaceAll(/<!?\/?[a-z][^<>]*>/gi, "");
    expect(text).not.toMatch(/[<>]/);
    expect(text).not.toMatch(/undefined|NaN|Infinity/);
  });

  it("needs nothing from elsewhere", () => {
    expect(page).not.toMatch(/<script|<link|<img|\bsrc=|\bhref=|@import|url\(|https?:/);
  });

  it("gives numbers to every attribute that wants one", () => {
    expect(page).not.toMatch(/="[^"]*(NaN|undefined|Infinity)/);
  });

  it("names every drawing and follows the reader's colours", () => {
    const drawings = parse(page).filter(({ name }) => name === "svg");
    expect(drawings.length).toBeGreaterThan(4);
    for (const { attributes } of drawings)
      expect(attributes).toMatch(/role="img" aria-label="[^"]+"|aria-hidden="true"/);
    expect(page).toContain("prefers-color-scheme: dark");
  });

  it("writes names as text, never as markup", () => {
    expect(escapeText(`<a href="x">&`)).toBe("&lt;a href=&quot;x&quot;&gt;&amp;");
    expect(page).toContain("64³ &amp; &lt;more&gt;");
    expect(page).not.toContain("<more>");
  });

  it("holds the figures of every contestant", () => {
    expect(page).toContain("<td>BLAS</td><td>1.2.3</td><td>40.0 µs</td><td>36.0 µs</td><td>80.0 µs</td>");
    expect(page).toContain("Torch: ModuleNotFoundError");
    expect(page).toContain("nodegrad: Error: broken");
  });
});

describe("bars", () => {
  it("are as long as the share of the limit", () => {
    const widths = Array.from(drawBars("x", [product]).matchAll(/<rect [^>]*width="([\d.]+)"[^>]*class="([^"]+)"/g));
    const [own, reference, best, peer] = widths.map(([, width]) => Number(width)) as [number, number, number, number];
    expect(widths.map(([, , kind]) => kind)).toEqual(["own", "reference", "peer best", "peer"]);
    expect(own / best).toBeCloseTo(2, 2);
    expect(own / peer).toBeCloseTo(4, 2);
    expect(reference).toBe(1); // a sliver, where to scale there would be nothing
  });

  it("show times where a case has no limit", () => {
    const drawn = drawBars("x", [{ ...broken, nodegrad: times(3e-6) }]);
    expect(drawn).toContain("3.00 µs");
    expect(drawn).toContain(">10 µs<");
  });

  it("are left out where nothing ran", () => {
    expect(drawBars("x", [broken, { ...broken, nodegrad: times(0) }])).toBe("");
  });
});

describe("roofline", () => {
  it("has a point for each kernel that counts operations and bytes, under the roofs of the machine", () => {
    const drawn = drawRoofline("x", [...limits, product, sweep, broken]);
    expect(drawn.match(/<g><title>/g)).toHaveLength(1);
    expect(drawn).toContain("arithmetic 100 GFLOP/s");
    expect(drawn).toContain("read 1 MiB 40.0 GB/s");
    expect(drawn).toContain("products: 64³ &amp; &lt;more&gt;: 50.0 GFLOP/s, 50 % of its limit");
  });

  it("takes the arithmetic from any case where the limits were not measured", () => {
    expect(drawRoofline("x", [product])).toContain("arithmetic 100 GFLOP/s");
    expect(drawRoofline("x", [sweep, broken])).toBe("");
  });
});
