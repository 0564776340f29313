import { describe, expect, it } from "vitest";
import { decodeImage, encodePng, type ImageSheetOptions, imageSheet } from "../../lib/data/index.js";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { type Tensor, tensor, zeros } from "../../lib/index.js";

/** `[3, 1, 1, 2]`: three tiles of two values. */
const tiles = tensor([[[[0, 1]]], [[[-2, 2]]], [[[4, 3]]]]);

describe("imageSheet", () => {
  it("puts tiles in a grid on white, each from black to white", () => {
    const sheet = imageSheet(tiles);
    expect(sheet).toMatchObject({ channels: 1, rows: 3, columns: 5 });
    expect([...sheet.pixels]).toEqual([...[0, 255, 255, 0, 255], ...Array(5).fill(255), ...[255, 0, 255, 255, 255]]);
    expect(decodeImage(encodePng(sheet), { channels: 1 })).toEqual(sheet);
  });

  it("scales the whole sheet alike, or from values that are given", () => {
    const row = { columns: 3, gap: 0 };
    expect([...imageSheet(tiles, { ...row, range: "sheet" }).pixels]).toEqual([85, 128, 0, 170, 255, 212]);
    expect([...imageSheet(tiles, { ...row, range: [0, 3] }).pixels]).toEqual([0, 85, 0, 170, 255, 255]);
  });

  it("magnifies values, not gaps", () => {
    const sheet = imageSheet(tiles, { columns: 1, gap: 1, scale: 2 });
    expect(sheet).toMatchObject({ rows: 8, columns: 4 });
    expect([...sheet.pixels.subarray(0, 12)]).toEqual([0, 0, 255, 255, 0, 0, 255, 255, 255, 255, 255, 255]);
  });

  it("keeps colours apart, on one scale", () => {
    const red = [
      [1, 0],
      [0, 0],
    ];
    const green = [
      [0, 1],
      [0, 0],
    ];
    const blue = [
      [0, 0],
      [0, 0.2],
    ];
    const sheet = imageSheet(tensor([[red, green, blue]]));
    expect(sheet).toEqual({
      pixels: Uint8Array.of(255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 51),
      channels: 3,
      rows: 2,
      columns: 2,
    });
  });

  it("has the sizes of sheets of templates and filters", () => {
    expect(imageSheet(zeros([10, 3, 32, 32]), { columns: 5, gap: 2 })).toMatchObject({
      channels: 3,
      rows: 66,
      columns: 168,
    });
    expect(imageSheet(zeros([64, 3, 11, 11]), { scale: 4 })).toMatchObject({ rows: 8 * 45 - 1, columns: 8 * 45 - 1 });
    expect(imageSheet(zeros([6, 1, 28, 28]))).toMatchObject({ rows: 57, columns: 86 });
  });

  it("shows what is flat as grey, NaN as black, and leaves infinite values out of the range", () => {
    expect([...imageSheet(zeros([1, 1, 1, 2])).pixels]).toEqual([128, 128]);
    const odd = tensor([[[[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, 3]]]]);
    expect([...imageSheet(odd).pixels]).toEqual([0, 255, 0, 0, 255]);
    expect([...imageSheet(tensor(new Uint8Array([7, 9]), { shape: [1, 1, 1, 2] })).pixels]).toEqual([0, 255]);
  });

  it.each([[[2, 3]], [[1, 2, 3, 3]], [[0, 1, 3, 3]], [[1, 1, 0, 3]]])("refuses images of shape %j", (shape) => {
    expect(() => imageSheet(zeros(shape))).toThrow(ShapeError);
  });

  it.each<[object, string]>([
    [{ columns: 0 }, '"columns" must be an integer in [1, 32768]'],
    [{ gap: -1 }, '"gap" must be'],
    [{ scale: 0.5 }, '"scale" must be'],
    [{ scale: 20_000 }, "larger than 32768 pixels"],
    [{ range: "all" }, '"range" must be "tile", "sheet" or [black, white] in order, got "all"'],
    [{ range: [1, 0] }, '"range" must be'],
    [{ colums: 1 }, 'did you mean "columns"'],
  ])("refuses %j", (options, message) => {
    expect(() => imageSheet(tiles, options as ImageSheetOptions)).toThrow(OptionError);
    expect(() => imageSheet(tiles, options as ImageSheetOptions)).toThrow(message);
  });

  it("refuses what is no tensor", () => {
    expect(() => imageSheet([1] as unknown as Tensor)).toThrow("imageSheet: images must be a tensor, got [1]");
  });
});
