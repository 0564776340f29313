import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CsvOptions, csvClasses, csvNumbers, parseCsv, readCsv } from "../../lib/data/index.js";
import { FormatError, OptionError } from "../../lib/errors.js";

const iris = parseCsv("length,width,species\n5.1,3.5,setosa\n7,,virginica\n6.4,3.2e0,setosa\n");

describe("parseCsv", () => {
  it("reads columns and rows", () => {
    expect(iris.columns).toEqual(["length", "width", "species"]);
    expect(iris.rows).toHaveLength(3);
    expect(iris.rows[1]).toEqual(["7", "", "virginica"]);
  });

  it.each<[string, string, CsvOptions, string[], string[][]]>([
    ["quotes", 'a,b\r\n"x, ""y""","1\n2"\r\n', {}, ["a", "b"], [['x, "y"', "1\n2"]]],
    ["no line break at the end", "a\n1", {}, ["a"], [["1"]]],
    ["a byte order mark and empty lines", "\ufeffa,b\n\n1,2\n\n", {}, ["a", "b"], [["1", "2"]]],
    [
      "no header",
      "1;2\n3;4",
      { header: false, delimiter: ";" },
      ["0", "1"],
      [
        ["1", "2"],
        ["3", "4"],
      ],
    ],
    ["spaces as they are", "a\n 1 \n", {}, ["a"], [[" 1 "]]],
    ["nothing", "", {}, [], []],
    ["names of an object's methods", "__proto__,toString\n1,2", {}, ["__proto__", "toString"], [["1", "2"]]],
  ])("reads %s", (_, text, options, columns, rows) => {
    expect(parseCsv(text, options)).toEqual({ columns, rows });
    expect(parseCsv(Buffer.from(`..${text}`).subarray(2), options)).toEqual({ columns, rows });
  });

  it.each([
    ["too many fields", "a,b\n1,2,3"],
    ["too few fields", "a,b\n1"],
    ["an open quote", 'a\n"1'],
    ["a quote in a field", 'a\n1"2'],
    ["two columns of one name", "a,a\n1,2"],
  ])("refuses %s", (_, text) => {
    expect(() => parseCsv(text, {}, "table.csv")).toThrow(FormatError);
    expect(() => parseCsv(text, {}, "table.csv")).toThrow(/^parseCsv: .*: "table.csv"$/s);
  });

  it.each([{ delimiter: "" }, { delimiter: '"' }, { header: 1 }, { head: true }])("refuses %j", (options) => {
    expect(() => parseCsv("a", options as CsvOptions)).toThrow(OptionError);
  });

  it("reads files, and names them in errors", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nodegrad-"));
    try {
      const path = join(folder, "t.csv");
      await writeFile(path, "a\n1\n");
      expect(await readCsv(path)).toEqual({ columns: ["a"], rows: [["1"]] });
      await writeFile(path, "a\n1,2\n");
      await expect(readCsv(path)).rejects.toThrow(path);
      await expect(readCsv(join(folder, "none"))).rejects.toThrow(/readCsv: cannot read file/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("csvNumbers", () => {
  it("takes columns in order; an empty field is NaN", () => {
    const { data, ...facts } = csvNumbers(iris, ["width", "length"]);
    expect(facts).toEqual({ dtype: "float32", shape: [3, 2] });
    expect(data).toEqual(Float32Array.of(3.5, 5.1, Number.NaN, 7, 3.2, 6.4));
    const written = "a\n nan \n-Infinity\ninf\n-inf\n+4\n1.\n.5\n2.5E-1";
    const numbers = [Number.NaN, -Infinity, Infinity, -Infinity, 4, 1, 0.5, 0.25];
    expect(csvNumbers(parseCsv(written))).toMatchObject({ data: Float32Array.from(numbers) });
  });

  it("refuses what is no number, and a column that does not exist", () => {
    expect(() => csvNumbers(iris)).toThrow(FormatError);
    expect(() => csvNumbers(iris)).toThrow('no number: "setosa" in row 0 of column "species"');
    expect(() => csvNumbers(iris, ["weight"])).toThrow(OptionError);
  });
});

describe("csvClasses", () => {
  it("numbers the names in order", () => {
    expect(csvClasses(iris, "species")).toEqual({
      labels: { dtype: "int32", shape: [3], data: Int32Array.of(0, 1, 0) },
      classNames: ["setosa", "virginica"],
    });
    expect(() => csvClasses(iris, "weight")).toThrow(
      'no column "weight": the columns are "length", "width", "species"',
    );
  });
});
