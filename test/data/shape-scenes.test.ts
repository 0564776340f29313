import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  captionOf,
  generateScenes,
  questionsAbout,
  Random,
  SCENE_ANSWERS,
  SCENE_COLOURS,
  SCENE_SHAPES,
  type Scene,
  type ScenesOptions,
} from "../../lib/data/index.js";
import { OptionError } from "../../lib/errors.js";

const imageSize = (size: number) => 3 * size * size;

/** The median of each channel: the ground, which covers most of a picture. */
function groundOf(image: Uint8Array): number[] {
  const area = image.length / 3;
  return [0, 1, 2].map((c) => image.slice(c * area, (c + 1) * area).sort()[area >> 1] as number);
}

/** Whether a pixel differs from the ground by more than noise: of each quarter, how many do. */
function coveredOf(image: Uint8Array, size: number): number[] {
  const ground = groundOf(image);
  const covered = [0, 0, 0, 0];
  for (let pixel = 0; pixel < size * size; pixel++) {
    const quarter = 2 * Number(Math.floor(pixel / size) >= size / 2) + Number(pixel % size >= size / 2);
    const isCovered = ground.some((value, c) => Math.abs((image[c * size * size + pixel] as number) - value) > 60);
    if (isCovered) (covered[quarter] as number)++;
  }
  return covered;
}

describe("generateScenes", () => {
  // The bytes are part of the contract, as those of generateShapes.
  it("gives the same bytes everywhere", () => {
    const { images } = generateScenes({ count: 50, seed: 7 });
    expect(createHash("sha256").update(images).digest("hex")).toBe(
      "172b36fd89f5c1633fb4ecfdaf1faee5d5ea35335ffca85d56a1b5fea1a3a0aa",
    );
  });

  it("says what it made", () => {
    const { images, scenes, ...facts } = generateScenes({ count: 5, size: 20 });
    expect(facts).toEqual({ count: 5, channels: 3, rows: 20, columns: 20 });
    expect(images).toHaveLength(5 * imageSize(20));
    expect(scenes).toHaveLength(5);
    expect(generateScenes({ count: 0 }).scenes).toEqual([]);
  });

  it("extends a smaller set", () => {
    const { images, scenes } = generateScenes({ count: 10, seed: 3 });
    const large = generateScenes({ count: 30, seed: 3 });
    expect(large.images.subarray(0, images.length)).toEqual(images);
    expect(large.scenes.slice(0, 10)).toEqual(scenes);
    expect(generateScenes({ count: 10, seed: 4 }).images).not.toEqual(images);
  });

  it("paints as many shapes as it says, each in another quarter", () => {
    const { images, scenes } = generateScenes({ count: 300, seed: 2 });
    for (const [i, { number }] of scenes.entries()) {
      const covered = coveredOf(images.subarray(i * imageSize(32), (i + 1) * imageSize(32)), 32);
      // The smallest shape, a star, covers 30 pixels; a neighbour may reach over by a few.
      expect(covered.filter((pixels) => pixels > 18)).toHaveLength(number);
      expect(covered.filter((pixels) => pixels <= 18 && pixels > 4)).toEqual([]);
    }
  });

  it("draws every scene as often as any other", () => {
    const { scenes } = generateScenes({ count: 6000, seed: 1, size: 8 });
    const share = (of: (scene: Scene) => boolean) => scenes.filter(of).length / scenes.length;
    // Shares of 6000 have standard deviations of at most 0.0061; four of them.
    for (const number of [1, 2, 3])
      expect(Math.abs(share((scene) => scene.number === number) - 1 / 3)).toBeLessThan(0.025);
    for (const shape of SCENE_SHAPES)
      expect(Math.abs(share((scene) => scene.shape === shape) - 1 / 5)).toBeLessThan(0.025);
    for (const colour of SCENE_COLOURS) {
      expect(Math.abs(share((scene) => scene.colour === colour) - 1 / 6)).toBeLessThan(0.025);
      expect(Math.abs(share((scene) => scene.ground === colour) - 1 / 6)).toBeLessThan(0.025);
    }
    expect(share(({ colour, ground }) => colour === ground)).toBe(0);
    expect(new Set(scenes.map(captionOf)).size).toBe(450);
  });

  it.each<[object, RegExp]>([
    [{}, /"count" must be an integer in \[0, 699050\], got undefined/],
    [{ count: 1, size: 7 }, /"size" must be an integer in \[8, 256\], got 7/],
    [{ count: 1, seed: -1 }, /"seed"/],
    [{ count: 1, sed: 1 }, /did you mean "seed"/],
  ])("refuses %j", (options, message) => {
    expect(() => generateScenes(options as ScenesOptions)).toThrow(OptionError);
    expect(() => generateScenes(options as ScenesOptions)).toThrow(message);
  });
});

describe("words about scenes", () => {
  const scene: Scene = { number: 1, shape: "circle", colour: "red", ground: "blue" };

  it("are captions", () => {
    expect(captionOf(scene)).toBe("a red circle on a blue ground");
    expect(captionOf({ ...scene, number: 2 })).toBe("two red circles on a blue ground");
    expect(captionOf({ ...scene, number: 3, shape: "cross" })).toBe("three red crosses on a blue ground");
  });

  it("are questions with the true answers", () => {
    const asked = questionsAbout({ ...scene, number: 2 }, new Random(0));
    expect(asked.slice(0, 4)).toEqual([
      { question: "how many shapes are there", answer: "two" },
      { question: "which shape is it", answer: "circle" },
      { question: "what colour is the shape", answer: "red" },
      { question: "what colour is the ground", answer: "blue" },
    ]);
    const random = new Random(1);
    const last = Array.from({ length: 400 }, () => questionsAbout(scene, random).at(-1));
    for (const one of last) expect(one?.answer).toBe(one?.question === "is there a circle" ? "yes" : "no");
    expect(new Set(last.map((one) => one?.question)).size).toBe(5);
    // 200 of 400, standard deviation 10; four of them.
    expect(Math.abs(last.filter((one) => one?.answer === "yes").length - 200)).toBeLessThan(40);
  });

  it("are answered from a list", () => {
    const { scenes } = generateScenes({ count: 200, size: 8 });
    const answers = scenes.flatMap((one, i) => questionsAbout(one, new Random(0, i)).map(({ answer }) => answer));
    expect(new Set(answers)).toEqual(new Set(SCENE_ANSWERS));
    expect(new Set(SCENE_ANSWERS).size).toBe(SCENE_ANSWERS.length);
  });
});
