import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { encode as encodePngFile } from "fast-png";
import { encode as encodeJpeg } from "jpeg-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DataLoader,
  type DecodeImageOptions,
  decodeImage,
  decodeSamples,
  encodePng,
  type Image,
  type ImageFolderOptions,
  imageDataset,
  loadImage,
  loadImageFolder,
  openImageFolder,
  resizeImage,
  savePng,
} from "../../lib/data/index.js";
import { FormatError, OptionError, ShapeError } from "../../lib/errors.js";

function crc(bytes: Uint8Array): number {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), out.length - 4);
  return out;
}

/** A PNG file with the given lines, each with its filter in front. */
function png(
  columns: number,
  rows: number,
  depth: number,
  type: number,
  lines: number[],
  palette?: number[],
  interlace = 0,
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns);
  header.writeUInt32BE(rows, 4);
  header.set([depth, type, 0, 0, interlace], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    ...(palette ? [chunk("PLTE", Uint8Array.from(palette))] : []),
    chunk("IDAT", deflateSync(Uint8Array.from(lines))),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** `[3, 2, 3]`: red grows to the right, green downwards, blue is 7. */
const picture: Image = {
  pixels: Uint8Array.of(0, 100, 200, 0, 100, 200, 10, 10, 10, 90, 90, 90, 7, 7, 7, 7, 7, 7),
  channels: 3,
  rows: 2,
  columns: 3,
};

describe("decodeImage", () => {
  it.each<[string, Buffer, 1 | 3, number[]]>([
    ["grey of 8 bits", png(2, 1, 8, 0, [0, 3, 250]), 1, [3, 250]],
    ["grey as colour", png(2, 1, 8, 0, [0, 3, 250]), 3, [3, 250, 3, 250, 3, 250]],
    [
      "grey of 1 bit",
      png(10, 2, 1, 0, [0, 0b10110000, 0b01000000, 0, 0, 0b10000000]),
      1,
      [...[255, 0, 255, 255, 0, 0, 0, 0, 0, 255], ...[0, 0, 0, 0, 0, 0, 0, 0, 255, 0]],
    ],
    ["grey of 2 bits", png(4, 1, 2, 0, [0, 0b00011011]), 1, [0, 85, 170, 255]],
    ["grey of 4 bits", png(3, 1, 4, 0, [0, 0x0f, 0x80]), 1, [0, 255, 136]],
    ["grey of 16 bits", png(2, 1, 16, 0, [0, 0x12, 0xff, 0xab, 0x00]), 1, [0x12, 0xab]],
    ["grey with opacity", png(2, 1, 8, 4, [0, 5, 0, 6, 255]), 1, [5, 6]],
    ["colour", png(2, 1, 8, 2, [0, 1, 2, 3, 4, 5, 6]), 3, [1, 4, 2, 5, 3, 6]],
    ["colour with opacity, filtered", png(2, 1, 8, 6, [1, 1, 2, 3, 255, 3, 3, 3, 0]), 3, [1, 4, 2, 5, 3, 6]],
    ["a palette", png(3, 1, 2, 3, [0, 0b00100100], [1, 2, 3, 4, 5, 6, 7, 8, 9]), 3, [1, 7, 4, 2, 8, 5, 3, 9, 6]],
    ["colour as grey", png(3, 1, 8, 2, [0, 255, 0, 0, 0, 255, 0, 0, 0, 255]), 1, [76, 150, 29]],
  ])("reads PNG: %s", (_, bytes, channels, pixels) => {
    expect([...decodeImage(bytes, { channels }).pixels]).toEqual(pixels);
  });

  it("reads interlaced PNG", () => {
    const data = Uint8Array.from({ length: 9 * 7 }, (_, i) => i * 4);
    const bytes = encodePngFile({ width: 9, height: 7, channels: 1, depth: 8, data }, { interlace: "Adam7" });
    expect(decodeImage(bytes, { channels: 1 })).toEqual({ pixels: data, channels: 1, rows: 7, columns: 9 });
  });

  it("reads JPEG", () => {
    const data = new Uint8Array(16 * 8 * 4).fill(255);
    for (let i = 0; i < data.length; i += 4) data.set([200, 60, 20], i);
    const image = decodeImage(encodeJpeg({ width: 16, height: 8, data }, 95).data);
    expect(image).toMatchObject({ channels: 3, rows: 8, columns: 16 });
    // Quantisation of a flat block at quality 95, and the rounding of its colour space.
    image.pixels.forEach((value, i) => {
      expect(Math.abs(value - ([200, 60, 20][Math.floor(i / 128)] as number))).toBeLessThanOrEqual(3);
    });
  });

  const jpeg = encodeJpeg({ width: 8, height: 8, data: new Uint8Array(256).fill(99) }, 50).data;
  const huge = (bytes: Uint8Array, at: number) => {
    const lying = Buffer.from(bytes);
    lying.set([0xff, 0xff, 0xff, 0xff], at);
    return lying;
  };

  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(0), /neither PNG nor JPEG/],
    ["another format", Buffer.from("GIF89a"), /neither PNG nor JPEG/],
    ["the beginning of a PNG", encodePng(picture).subarray(0, 20), /truncated PNG/],
    [
      "a PNG that claims more than it can hold",
      png(60_000, 60_000, 8, 2, [0, 1, 2, 3]),
      /PNG claims 60000 × 60000 pixels/,
    ],
    ["a PNG without pixels", png(0, 1, 8, 0, [0]), /PNG without pixels/],
    ["a PNG with too few lines", png(1, 3, 8, 0, [0, 1, 0, 2]), /corrupt PNG/],
    ["a palette that is too short", png(1, 1, 8, 3, [0, 1], [1, 2, 3]), /no colour 1 in the palette of 1/],
    [
      "an interlaced PNG of few bits",
      png(1, 2, 2, 3, [0, 0b01000000, 0, 0b10000000], [1, 2, 3, 4, 5, 6, 7, 8, 9], 1),
      /interlaced PNG of 2 bits is unsupported/,
    ],
    ["a depth of 3", png(1, 1, 3, 0, [0, 1]), /corrupt PNG/],
    [
      "a JPEG that claims more than it can hold",
      huge(jpeg, jpeg.indexOf(Buffer.of(0xff, 0xc0)) + 5),
      /JPEG claims \d+ × \d+ pixels, more than \d+/,
    ],
    ["a JPEG that is cut", jpeg.subarray(0, jpeg.length - 20), /truncated JPEG/],
    ["the beginning of a JPEG", jpeg.subarray(0, 10), /truncated JPEG/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => decodeImage(bytes, {}, "file")).toThrow(FormatError);
    expect(() => decodeImage(bytes, {}, "file")).toThrow(message);
  });

  it("throws nothing but FormatError on corrupt bytes, and detects them in PNG by their checksums", () => {
    const original = encodePng(picture);
    fc.assert(
      fc.property(fc.constantFrom(original, jpeg), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, bits) => {
        const corrupt = Uint8Array.from(bytes);
        corrupt[at % bytes.length] = (corrupt[at % bytes.length] as number) ^ bits;
        try {
          decodeImage(corrupt);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          return;
        }
        expect(bytes).toBe(jpeg);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("refuses other channels", () => {
    expect(() => decodeImage(jpeg, { channels: 2 } as unknown as DecodeImageOptions)).toThrow(OptionError);
    expect(() => decodeImage(jpeg, { chanels: 3 } as unknown as DecodeImageOptions)).toThrow(/did you mean "channels"/);
  });
});

describe("decodeSamples", () => {
  it.each([1, 2, 3, 4])("gives the %i channels of a PNG side by side", (channels) => {
    const data = Uint8Array.from({ length: 6 * channels }, (_, i) => 11 * i);
    const bytes = encodePngFile({ width: 3, height: 2, channels, data });
    expect(decodeSamples(bytes)).toEqual({ rows: 2, columns: 3, channels, data });
  });

  it("resolves palettes, with opacity where the file has it", () => {
    const palette = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const file = { width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 0) };
    expect(decodeSamples(encodePngFile({ ...file, palette })).data).toEqual(Uint8Array.of(4, 5, 6, 1, 2, 3));
    const opacity = palette.map((colour, i) => [...colour, 10 * i]);
    const { channels, data } = decodeSamples(encodePngFile({ ...file, palette: opacity }));
    expect([channels, ...data]).toEqual([4, 4, 5, 6, 10, 1, 2, 3, 0]);
    expect(decodeImage(encodePngFile({ ...file, palette: opacity })).pixels).toEqual(Uint8Array.of(4, 1, 5, 2, 6, 3));
  });

  it("takes the three components of a JPEG, and refuses other formats", () => {
    const jpeg = encodeJpeg({ width: 8, height: 8, data: new Uint8Array(256).fill(99) }, 100).data;
    expect(decodeSamples(jpeg)).toEqual({ rows: 8, columns: 8, channels: 3, data: new Uint8Array(192).fill(99) });
    expect(() => decodeSamples(Uint8Array.of(1), "a.txt")).toThrow(/^decodeSamples: neither PNG nor JPEG: "a.txt"$/);
    expect(() => decodeSamples("a.png" as never)).toThrow(OptionError);
  });
});

describe("encodePng", () => {
  it.each([1, 3] as const)("writes %i channels, to be read back as they were", (channels) => {
    const image = { ...picture, channels, pixels: picture.pixels.slice(0, channels * 6) };
    expect(decodeImage(encodePng(image), { channels })).toEqual(image);
  });

  it("writes opacity", () => {
    const pixels = Uint8Array.of(1, 2, 3, 4);
    const bytes = encodePng({ pixels, channels: 4, rows: 1, columns: 1 });
    expect([...decodeImage(bytes).pixels]).toEqual([1, 2, 3]);
  });

  it.each([{ channels: 2 }, { rows: 0 }, { columns: 4 }])("refuses %j", (wrong) => {
    expect(() => encodePng({ ...picture, ...wrong })).toThrow(ShapeError);
  });
});

describe("resizeImage", () => {
  const grey = (rows: number, columns: number, ...pixels: number[]): Image => {
    return { pixels: Uint8Array.from(pixels), channels: 1, rows, columns };
  };

  it("leaves an image of the same size as it is", () => {
    expect(resizeImage(picture, 2, 3)).toEqual(picture);
    expect(resizeImage(picture, 2, 3, "stretch")).toEqual(picture);
  });

  it("interpolates in larger images", () => {
    // New centres at −0.25, 0.25, 0.75 and 1.25 of the old ones.
    expect([...resizeImage(grey(1, 2, 0, 100), 1, 4, "stretch").pixels]).toEqual([0, 25, 75, 100]);
  });

  it("takes the mean in smaller images, each pixel by its distance", () => {
    // Reach 2 around 1: old centres 0.5, 1.5, 2.5 at distances 0.5, 0.5, 1.5 weigh 3, 3, 1.
    expect([...resizeImage(grey(1, 4, 70, 0, 0, 140), 1, 2, "stretch").pixels]).toEqual([30, 60]);
    const flat = grey(7, 5, ...new Array(35).fill(123));
    expect(new Set(resizeImage(flat, 3, 2).pixels)).toEqual(new Set([123]));
  });

  it("covers: cuts both ends alike", () => {
    const wide = grey(1, 5, 1, 2, 3, 4, 5);
    expect([...resizeImage(wide, 1, 1).pixels]).toEqual([3]);
    expect([...resizeImage(wide, 1, 3).pixels]).toEqual([2, 3, 4]);
    expect(resizeImage(picture, 2, 1)).toMatchObject({ pixels: Uint8Array.of(100, 100, 10, 90, 7, 7) });
  });

  it("refuses sizes and fits that are none", () => {
    expect(() => resizeImage(picture, 0, 1)).toThrow(OptionError);
    expect(() => resizeImage(picture, 1, 1.5)).toThrow(OptionError);
    expect(() => resizeImage(picture, 1, 1, "contain" as "cover")).toThrow(/"fit" must be "cover" or "stretch"/);
  });
});

describe("image folders", () => {
  let folder: string;
  const options: ImageFolderOptions = { rows: 2, columns: 2 };
  const flat = (value: number, rows = 2, columns = 2): Image => {
    return { pixels: new Uint8Array(3 * rows * columns).fill(value), channels: 3, rows, columns };
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nodegrad-"));
    await mkdir(join(folder, "dogs", "2021"), { recursive: true });
    await mkdir(join(folder, "cats"));
    await mkdir(join(folder, ".git"));
    await savePng(join(folder, "cats", "b.png"), flat(20));
    await savePng(join(folder, "cats", "a.PNG"), flat(10, 4, 4));
    await savePng(join(folder, "cats", ".hidden.png"), flat(99));
    await writeFile(join(folder, "cats", "notes.txt"), "no picture");
    await writeFile(join(folder, "readme.txt"), "no class");
    const data = new Uint8Array(2 * 6 * 4).fill(30);
    await writeFile(join(folder, "dogs", "2021", "c.jpeg"), encodeJpeg({ width: 6, height: 2, data }, 100).data);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("are found by class, in order", async () => {
    const found = await openImageFolder(folder, options);
    expect(found).toMatchObject({
      count: 3,
      channels: 3,
      rows: 2,
      columns: 2,
      classes: 2,
      classNames: ["cats", "dogs"],
    });
    expect(found.labels).toEqual(Int32Array.of(0, 0, 1));
    expect(found.paths).toEqual(["cats/a.PNG", "cats/b.png", "dogs/2021/c.jpeg"].map((path) => join(folder, path)));
  });

  it("are read into memory, in one size", async () => {
    const set = await loadImageFolder(folder, { ...options, channels: 1 });
    expect(set).toMatchObject({ count: 3, channels: 1, rows: 2, columns: 2, classes: 2 });
    expect([...set.images]).toEqual([10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30]);
  });

  it("are read batch by batch, the same on other threads", async () => {
    const dataset = imageDataset(await openImageFolder(folder, options), { augment: { flip: true } });
    const read = async (workers: number) => {
      const all: (number | undefined)[][] = [];
      for await (const { images, labels } of new DataLoader(dataset, { batchSize: 2, workers })) {
        expect(images.shape.slice(1)).toEqual([3, 2, 2]);
        all.push([...labels.dataSync(), ...Array.from(images.dataSync(), (value) => Math.round(value * 255))]);
      }
      return all;
    };
    const here = await read(0);
    expect(here.map((row) => row.slice(0, 3))).toEqual([
      [0, 0, 10],
      [1, 30, 30],
    ]);
    expect(await read(2)).toEqual(here);
  });

  it("tell which file is no picture, from any thread", async () => {
    const path = join(folder, "dogs", "broken.png");
    await writeFile(path, "no picture");
    try {
      const dataset = imageDataset(await openImageFolder(folder, options));
      for (const workers of [0, 1]) {
        const failure = await (async () => {
          for await (const _ of new DataLoader(dataset, { batchSize: 4, workers }));
        })().catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(FormatError);
        expect((failure as Error).message).toBe(`decodeImage: neither PNG nor JPEG: ${JSON.stringify(path)}`);
        expect((failure as Error).stack).toMatch(/data\/image\.[jt]s/);
      }
    } finally {
      await rm(path);
    }
  });

  it("are refused without classes, without pictures, or when they are not there", async () => {
    await expect(openImageFolder(join(folder, "cats"), options)).rejects.toThrow(/no subfolders, one for each class/);
    await expect(openImageFolder(join(folder, "none"), options)).rejects.toThrow(/cannot read folder.*ENOENT/);
    await mkdir(join(folder, "empty"));
    await expect(openImageFolder(folder, options)).rejects.toThrow(/no pictures in .*empty/);
    await rm(join(folder, "empty"), { recursive: true });
  });

  it.each([
    { rows: 2 },
    { rows: 0, columns: 2 },
    { ...options, channels: 4 },
    { ...options, fit: "x" },
    { ...options, x: 1 },
  ])("refuse %j", async (wrong) => {
    await expect(openImageFolder(folder, wrong as ImageFolderOptions)).rejects.toThrow(OptionError);
  });

  it("have pictures that can be read one by one", async () => {
    const path = join(folder, "dogs", "2021", "c.jpeg");
    expect(await loadImage(path)).toMatchObject({ rows: 2, columns: 6 });
    expect(await loadImage(path, { rows: 4, columns: 4, channels: 1 })).toMatchObject({
      channels: 1,
      rows: 4,
      columns: 4,
    });
    await expect(loadImage(path, { row: 4 } as object)).rejects.toThrow(/did you mean "rows"/);
    await expect(loadImage(join(folder, "none.png"))).rejects.toThrow(/loadImage: cannot read file.*ENOENT/);
  });
});
