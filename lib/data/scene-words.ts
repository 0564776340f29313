/** Scenes in words: captions, and questions with their answers. */

import { OptionError, show } from "../errors.js";
import { Random } from "./random.js";
import { SCENE_COLOURS, SCENE_SHAPES, type Scene, type SceneShape } from "./shape-scenes.js";

/** What is asked about a scene, and the true answer. */
export interface Question {
  readonly question: string;
  /** One of `SCENE_ANSWERS`. */
  readonly answer: string;
}

const NUMBERS = ["one", "two", "three"];

/** Every answer to the questions about scenes: numbers, colours, shapes, yes and no. */
export const SCENE_ANSWERS: readonly string[] = [...NUMBERS, ...SCENE_COLOURS, ...SCENE_SHAPES, "yes", "no"];

/**
 * What a scene shows, in words: "a red circle on a blue ground", "two white crosses on a green ground".
 *
 * @throws {OptionError} for what is no scene.
 */
export function captionOf(scene: Scene): string {
  const { number, shape, colour, ground } = checkScene("captionOf", scene);
  const shapes = number === 1 ? `a ${colour} ${shape}` : `${NUMBERS[number - 1]} ${colour} ${plural(shape)}`;
  return `${shapes} on a ${ground} ground`;
}

/**
 * Questions about a scene, in this order:
 *
 * | question | answer |
 * | --- | --- |
 * | how many shapes are there | one, two, three |
 * | which shape is it | circle, … |
 * | what colour is the shape | red, … |
 * | what colour is the ground | red, … |
 * | is there a circle, … | yes, no: as often |
 *
 * @param random Which shape the last one asks for: the right one, or any other.
 * @throws {OptionError} for what is no scene or no `Random`.
 */
export function questionsAbout(scene: Scene, random: Random): Question[] {
  const { number, shape, colour, ground } = checkScene("questionsAbout", scene);
  if (!(random instanceof Random))
    throw new OptionError(`questionsAbout: random must be a Random, got ${show(random)}`);
  const isThere = random.below(2) === 0;
  return [
    { question: "how many shapes are there", answer: NUMBERS[number - 1] as string },
    { question: "which shape is it", answer: shape },
    { question: "what colour is the shape", answer: colour },
    { question: "what colour is the ground", answer: ground },
    { question: `is there a ${isThere ? shape : anotherShape(shape, random)}`, answer: isThere ? "yes" : "no" },
  ];
}

function anotherShape(shape: SceneShape, random: Random): SceneShape {
  const others = SCENE_SHAPES.filter((other) => other !== shape);
  return others[random.below(others.length)] as SceneShape;
}

function plural(shape: SceneShape): string {
  return shape === "cross" ? "crosses" : `${shape}s`;
}

function checkScene(op: string, scene: Scene): Scene {
  const { number, shape, colour, ground } = scene ?? {};
  const known =
    NUMBERS[number - 1] !== undefined &&
    SCENE_SHAPES.includes(shape) &&
    SCENE_COLOURS.includes(colour) &&
    SCENE_COLOURS.includes(ground);
  if (known) return scene;
  throw new OptionError(`${op}: needs a scene { number, shape, colour, ground } of generateScenes, got ${show(scene)}`);
}
