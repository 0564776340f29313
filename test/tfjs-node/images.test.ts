/** Pictures in and out, as tf.node has them. */

import * as tf from "@tensorflow/tfjs";
import { encode as png } from "fast-png";
import { encode as jpeg } from "jpeg-js";
import { beforeAll, describe, expect, it } from "vitest";
import { FormatError, OptionError, ShapeError } from "../../lib/index.js";
import { node } from "../../packages/tfjs-node/lib/node.js";
import { bmpFile, gifFile } from "./pictures.js";

const { decodeBmp, decodeGif, decodeImage, decodeJpeg, decodePng, encodeJpeg, encodePng } = node;

beforeAll(() => tf.setBackend("cpu"));

const values = (tensor: tf.Tensor) => ({
  shape: tensor.shape,
  dtype: tensor.dtype,
  data: Array.from(tensor.dataSync()),
});
const int32 = (shape: number[], data: number[]) => ({ shape, dtype: "int32", data });

describe("decodePng", () => {
  const rgba = png({ width: 2, height: 1, channels: 4, data: Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80) });

  it.each([
    [0, 4, [10, 20, 30, 40, 50, 60, 70, 80]],
    [1, 1, [18, 58]],
    [3, 3, [10, 20, 30, 50, 60, 70]],
    [4, 4, [10, 20, 30, 40, 50, 60, 70, 80]],
  ])("makes %i channels of four", (channels, made, data) => {
    expect(values(decodePng(rgba, channels))).toEqual(int32([1, 2, made], data));
  });

  it.each([
    [0, 2, [7, 9]],
    [3, 3, [7, 7, 7]],
    [4, 4, [7, 7, 7, 9]],
  ])("makes %i channels of grey with opacity", (channels, made, data) => {
    const bytes = png({ width: 1, height: 1, channels: 2, data: Uint8Array.of(7, 9) });
    expect(values(decodePng(bytes, channels))).toEqual(int32([1, 1, made], data));
  });

  it("takes what has no opacity for opaque, and cuts 16 bits to 8", () => {
    const bytes = png({ width: 1, height: 2, channels: 1, depth: 16, data: Uint16Array.of(0x1234, 0xffff) });
    expect(values(decodePng(bytes, 4))).toEqual(int32([2, 1, 4], [0x12, 0x12, 0x12, 255, 255, 255, 255, 255]));
  });

  it("refuses another format, dtype or number of channels", () => {
    expect(() => decodePng(bmpFile(1, 1, 24, [[1, 2, 3]]))).toThrow(/decodePng: expected PNG, got BMP: 58 bytes/);
    expect(() => decodePng(rgba, 0, "uint16")).toThrow(/decodePng: dtype must be "int32", got "uint16"/);
    expect(() => decodePng(rgba, 2)).toThrow(/decodePng: channels must be 0, 1, 3, 4, got 2/);
    expect(() => decodePng("a.png" as never)).toThrow(OptionError);
    expect(() => decodePng(rgba.subarray(0, 20))).toThrow(/^decodePng: truncated PNG: "contents"$/);
  });
});

describe("decodeJpeg and encodeJpeg", () => {
  const flat = (rows: number, columns: number, colour: readonly number[]) =>
    tf.tensor3d(Array.from({ length: rows * columns }, () => colour).flat(), [rows, columns, colour.length], "int32");

  it("come back to what they were, within the rounding of a constant block", async () => {
    const bytes = await encodeJpeg(flat(9, 17, [200, 100, 50]), "rgb", 100);
    const { shape, dtype, data } = values(decodeJpeg(bytes));
    expect({ shape, dtype }).toEqual({ shape: [9, 17, 3], dtype: "int32" });
    // Each of three components is off by up to half a step, and so are the products with their weights up to 1.772.
    for (const [i, value] of data.entries())
      expect(Math.abs(value - ([200, 100, 50][i % 3] as number))).toBeLessThanOrEqual(3);
  });

  it("makes grey of colours, and colours of grey", async () => {
    const bytes = await encodeJpeg(flat(8, 8, [120]));
    expect(values(decodeJpeg(bytes, 1))).toEqual(int32([8, 8, 1], new Array(64).fill(120)));
    expect(decodeJpeg(bytes, 3).shape).toEqual([8, 8, 3]);
  });

  it("gives a grey file its one channel", () => {
    // A file of one component: SOI, a table of ones, a frame of 8 × 8 with one component, codes of one bit, one block of zeros.
    const table = [0xff, 0xdb, 0, 67, 0, ...new Array(64).fill(1)];
    const frame = [0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0];
    const codes = (kind: number) => [0xff, 0xc4, 0, 20, kind, 1, ...new Array(15).fill(0), 0];
    const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0b00111111, 0xff, 0xd9];
    const bytes = Uint8Array.from([0xff, 0xd8, ...table, ...frame, ...codes(0), ...codes(0x10), ...scan]);
    expect(values(decodeJpeg(bytes))).toEqual(int32([8, 8, 1], new Array(64).fill(128)));
    expect(decodeImage(bytes).shape).toEqual([8, 8, 1]);
  });

  it("shrinks by a ratio, the edge by what is left", async () => {
    const bytes = await encodeJpeg(flat(5, 9, [90]));
    expect(values(decodeJpeg(bytes, 1, 4))).toEqual(int32([2, 3, 1], new Array(6).fill(90)));
    expect(() => decodeJpeg(bytes, 1, 3)).toThrow(/ratio must be 1, 2, 4 or 8, got 3/);
  });

  it("writes density and metadata where readers look for them", async () => {
    const image = flat(1, 1, [0, 0, 0]);
    const bytes = await encodeJpeg(image, "", 90, false, false, true, "cm", 258, 5, "<x/>");
    expect(Array.from(bytes.subarray(13, 18))).toEqual([2, 1, 2, 0, 5]);
    expect(Buffer.from(bytes.subarray(20)).toString("latin1", 0, 37)).toBe(
      "\xff\xe1\0\x23http://ns.adobe.com/xap/1.0/\0<x/>",
    );
    expect(decodeJpeg(bytes).shape).toEqual([1, 1, 3]);
  });

  it("refuse arguments out of their range", async () => {
    const [grey, colours] = [flat(2, 2, [1]), flat(2, 2, [1, 2, 3])];
    await expect(encodeJpeg(grey, "rgb")).rejects.toThrow(/encodeJpeg: format "rgb" needs 3 channels: \[2,2,1\]/);
    await expect(encodeJpeg(colours, "cmyk" as never)).rejects.toThrow(
      /format must be "", "grayscale" or "rgb", got "cmyk"/,
    );
    await expect(encodeJpeg(colours, "", 0)).rejects.toThrow(/quality must be an integer from 1 to 100, got 0/);
    await expect(encodeJpeg(tf.zeros([2, 2, 4]) as tf.Tensor3D)).rejects.toThrow(ShapeError);
    await expect(encodeJpeg([1] as never)).rejects.toThrow(OptionError);
    expect(() => decodeJpeg(jpeg({ width: 1, height: 1, data: Buffer.alloc(4) }).data, 4)).toThrow(
      /channels must be 0, 1, 3, got 4/,
    );
  });
});

describe("encodePng", () => {
  it.each([1, 2, 3, 4])("writes %i channels so that they come back", async (channels) => {
    const image = tf.range(0, 6 * channels, 1, "int32").reshape<tf.Tensor3D>([2, 3, channels]);
    const expected = int32(
      [2, 3, channels],
      Array.from({ length: 6 * channels }, (_, i) => i),
    );
    for (const compression of [-1, 0, 9]) {
      expect(values(decodePng(await encodePng(image, compression)))).toEqual(expected);
    }
  });

  it("brings what lies outside to the nearer end, and cuts fractions", async () => {
    const bytes = await encodePng(tf.tensor3d([-5, 300, 7.9, Number.NaN], [1, 4, 1]));
    expect(values(decodePng(bytes)).data).toEqual([0, 255, 7, 0]);
  });

  it("refuses other shapes and compressions", async () => {
    await expect(encodePng(tf.zeros([2, 2, 5]) as tf.Tensor3D)).rejects.toThrow(
      /image must be \[rows, columns, 1 or 2 or 3 or 4\]/,
    );
    await expect(encodePng(tf.zeros([1, 1, 1]) as tf.Tensor3D, 10)).rejects.toThrow(
      /compression must be an integer from -1 to 9/,
    );
  });
});

describe("decodeBmp", () => {
  it("reads 24 bits, the lowest line first, each filled to four bytes", () => {
    const bytes = bmpFile(1, 2, 24, [
      [30, 20, 10],
      [60, 50, 40],
    ]);
    expect(values(decodeBmp(bytes))).toEqual(int32([2, 1, 3], [40, 50, 60, 10, 20, 30]));
    expect(values(decodeBmp(bytes, 4)).data).toEqual([40, 50, 60, 255, 10, 20, 30, 255]);
  });

  it("reads the highest line first where the height is negative, and a gap before the pixels", () => {
    const bytes = bmpFile(
      1,
      -2,
      24,
      [
        [30, 20, 10],
        [60, 50, 40],
      ],
      { gap: 7 },
    );
    expect(values(decodeBmp(bytes)).data).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it("reads palettes, grey or not", () => {
    const grey = bmpFile(3, 1, 8, [[1, 0, 1]], { palette: [5, 5, 5, 0, 9, 9, 9, 0] });
    expect(values(decodeBmp(grey))).toEqual(int32([1, 3, 1], [9, 5, 9]));
    const colours = bmpFile(3, 1, 1, [[0b10100000]], { palette: [1, 2, 3, 0, 4, 5, 6, 0] });
    expect(values(decodeBmp(colours))).toEqual(int32([1, 3, 3], [6, 5, 4, 3, 2, 1, 6, 5, 4]));
  });

  it("reads pixels of 4 bits, two in a byte, also of an odd number", () => {
    const palette = [1, 1, 1, 0, 2, 2, 2, 0, 3, 3, 3, 0];
    const bytes = bmpFile(
      3,
      2,
      4,
      [
        [0x01, 0x20],
        [0x21, 0x00],
      ],
      { palette },
    );
    expect(values(decodeBmp(bytes))).toEqual(int32([2, 3, 1], [3, 2, 1, 1, 2, 3]));
  });

  it("stretches fields of 5 and 6 bits to 8", () => {
    const usual = bmpFile(2, 1, 16, [[0xff, 0x7f, 0x10, 0x00]]);
    expect(values(decodeBmp(usual))).toEqual(int32([1, 2, 3], [255, 255, 255, 0, 0, Math.round((16 * 255) / 31)]));
    const own = bmpFile(1, 1, 16, [[0xe0, 0x07]], { compression: 3, masks: [0xf800, 0x7e0, 0x1f] });
    expect(values(decodeBmp(own)).data).toEqual([0, 255, 0]);
  });

  it("reads 32 bits, and the fields of bits that a header gives", () => {
    expect(values(decodeBmp(bmpFile(1, 1, 32, [[3, 2, 1, 77]])))).toEqual(int32([1, 1, 4], [1, 2, 3, 255]));
    const swapped = bmpFile(1, 1, 32, [[3, 2, 1, 0]], { compression: 3, masks: [0xff, 0xff00, 0xff0000] });
    expect(values(decodeBmp(swapped, 3)).data).toEqual([3, 2, 1]);
  });

  it("refuses what it would misread, and sizes that the file does not hold", () => {
    expect(() => decodeBmp(bmpFile(2, 1, 2, [[0]]))).toThrow(/BMP of 2 bits a pixel is unsupported/);
    expect(() => decodeBmp(bmpFile(1, 1, 8, [[0]], { compression: 1 }))).toThrow(
      /BMP of 8 bits with compression 1 is unsupported/,
    );
    expect(() => decodeBmp(bmpFile(50000, 50000, 24, []))).toThrow(
      /BMP claims 50000 × 50000 pixels of 24 bits, more than it holds/,
    );
    const palette = new Array(12).fill(0);
    expect(() => decodeBmp(bmpFile(1, 1, 1, [[0]], { palette }))).toThrow(/BMP of 1 bits has a palette of 3 colours/);
  });
});

describe("decodeGif", () => {
  const palette = [0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255];
  const [black, red, green, blue] = [0, 1, 2, 3].map((i) => palette.slice(3 * i, 3 * i + 3));
  const whole = { columns: 2, rows: 1, colours: [1, 2] };
  const right = { left: 1, columns: 1, rows: 1, colours: [3] };
  const frames = (file: Uint8Array) => {
    const { shape, data } = values(decodeGif(file));
    expect(shape).toEqual([data.length / 6, 1, 2, 3]);
    return Array.from({ length: shape[0] as number }, (_, i) => [
      data.slice(6 * i, 6 * i + 3),
      data.slice(6 * i + 3, 6 * i + 6),
    ]);
  };

  it("paints each frame over the one before", () => {
    expect(frames(gifFile(2, 1, palette, [whole, right]))).toEqual([
      [red, green],
      [red, blue],
    ]);
  });

  it("disposes of frames as they say", () => {
    const file = gifFile(2, 1, palette, [
      whole,
      { ...right, disposal: 2 },
      { columns: 1, rows: 1, colours: [2], disposal: 3 },
      right,
    ]);
    expect(frames(file)).toEqual([
      [red, green],
      [red, blue],
      [green, black],
      [red, blue],
    ]);
  });

  it("leaves what lies under a colour that is not painted", () => {
    expect(frames(gifFile(2, 1, palette, [whole, { ...whole, colours: [3, 0], transparent: 0 }]))).toEqual([
      [red, green],
      [blue, green],
    ]);
  });

  it("reads strings of pixels as long as the table allows, and its last codes when it is full", () => {
    let state = 3;
    const noise = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 30;
    };
    const [columns, rows] = [200, 250];
    // The first rows make long strings, the others more than 4096.
    const colours = Array.from({ length: columns * rows }, (_, i) => (i < 20_000 ? 2 : noise()));
    const { data } = values(decodeGif(gifFile(columns, rows, palette, [{ columns, rows, colours }])));
    expect(data).toEqual(colours.flatMap((colour) => palette.slice(3 * colour, 3 * colour + 3)));
  });

  it("puts lines that come in four passes where they belong", () => {
    const lines = [0, 8, 4, 2, 6, 10, 1, 3, 5, 7, 9];
    const frame = { columns: 1, rows: 11, colours: lines.map((row) => row % 4), isInterlaced: true };
    const { data } = values(decodeGif(gifFile(1, 11, palette, [frame])));
    expect(data).toEqual(
      Array.from({ length: 11 }, (_, row) => palette.slice(3 * (row % 4), 3 * (row % 4) + 3)).flat(),
    );
  });

  it("gives decodeImage all frames, or the first", () => {
    const file = gifFile(2, 1, palette, [whole, right]);
    expect(decodeImage(file).shape).toEqual([2, 1, 2, 3]);
    expect(decodeImage(file, 4).shape).toEqual([2, 1, 2, 4]);
    expect(values(decodeImage(file, 0, "int32", false))).toEqual(int32([1, 2, 3], [255, 0, 0, 0, 255, 0]));
  });

  it("refuses frames outside the screen, and sizes that its bytes cannot hold", () => {
    expect(() => decodeGif(gifFile(2, 1, palette, [{ ...right, left: 2 }]))).toThrow(
      /frame 0 of GIF, 1 × 1 at \[0, 2\], sticks out of 2 × 1/,
    );
    const large = gifFile(300, 300, palette, [{ columns: 300, rows: 300, colours: [0] }]);
    expect(() => decodeGif(large)).toThrow(/frame 0 of GIF claims 300 × 300 pixels, more than 2 bytes can hold/);
    const many = gifFile(300, 300, palette, new Array(1000).fill(right));
    expect(() => decodeGif(many)).toThrow(/GIF of 1000 frames, 300 × 300 each, is more than 268435456 samples/);
    expect(() => decodeGif(gifFile(2, 1, palette, []))).toThrow(/GIF without pixels/);
  });
});

describe("decodeImage", () => {
  it("refuses other formats", () => {
    expect(() => decodeImage(Uint8Array.of(1, 2, 3, 4))).toThrow(
      /decodeImage: neither JPEG, PNG, GIF nor BMP: 4 bytes/,
    );
    expect(() => decodeImage(new Uint8Array())).toThrow(FormatError);
  });

  const noise = Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => (i * 97) % 256);
  it.each([
    ["png", png({ width: 7, height: 5, channels: 3, data: noise })],
    ["jpeg", jpeg({ width: 7, height: 3, data: Buffer.from(noise.subarray(0, 84)) }, 80).data],
    ["bmp", bmpFile(3, 2, 24, [Array.from(noise.subarray(0, 9)), Array.from(noise.subarray(9, 18))])],
    [
      "gif",
      gifFile(5, 4, Array.from(noise.subarray(0, 12)), [
        { columns: 5, rows: 4, colours: Array.from(noise.subarray(0, 20), (n) => n % 4) },
      ]),
    ],
  ])("reads or refuses any change of a %s file", (_, file) => {
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    expect(decodeImage(new Uint8Array(file)).rank).toBeGreaterThanOrEqual(3);
    for (let round = 0; round < 400; round++) {
      const changed = new Uint8Array(file).subarray(0, random(4) === 0 ? random(file.length) : file.length);
      for (let change = random(4); change >= 0; change--) changed[random(changed.length)] = random(256);
      try {
        tf.dispose(decodeImage(changed));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});
