/** The shapes of handwritten digits, as strokes of a pen. */

/** Points `[x₀, y₀, x₁, y₁, …]` that a pen visits without being lifted; y points down. */
export type Stroke = Float64Array;

/**
 * Ways to write each digit, as path data of SVG (M, L, Q and C with absolute coordinates) in a box of about
 * 100 × 100. M lifts the pen.
 */
const paths: readonly (readonly string[])[] = [
  [
    "M50 0 C22 0 15 28 15 50 C15 75 25 100 50 100 C76 100 85 74 85 50 C85 26 76 0 52 2",
    "M60 5 C30 -5 12 25 15 55 C18 85 35 102 55 98 C80 92 88 60 84 40 C80 15 68 2 48 8",
    "M70 12 C40 -10 14 22 16 56 C18 90 46 108 66 92 C86 76 88 38 74 16",
  ],
  ["M50 0 L50 100", "M32 20 Q46 12 54 0 L54 100", "M32 22 L52 0 L52 100 M30 100 L74 100"],
  [
    "M20 22 C24 2 50 -5 68 6 C86 18 80 42 62 58 C46 73 30 86 18 98 L84 96",
    "M18 25 C22 0 62 -8 72 18 C80 42 56 66 36 88 C26 100 14 96 20 86 C26 76 44 84 56 92 C66 98 76 98 86 90",
    "M22 10 C40 -2 78 -2 76 26 C74 52 40 78 16 98 C40 92 62 94 86 100",
  ],
  [
    "M22 10 C40 -6 78 -2 76 22 C74 42 52 48 40 48 C60 48 86 56 82 76 C78 100 36 106 16 88",
    "M20 4 L78 4 L46 42 C70 42 86 56 82 74 C78 100 38 104 18 88",
    "M20 16 C30 -4 74 -6 74 20 C74 40 56 48 44 52 C34 54 36 44 46 46 C68 48 86 58 82 78 C76 102 34 104 18 84",
  ],
  [
    "M28 0 C26 20 18 38 16 56 L84 52 M70 10 L64 100",
    "M66 0 L14 64 L88 64 M66 0 L66 100",
    "M22 4 C16 30 14 52 30 54 C50 57 66 44 76 4 C74 40 68 70 66 100",
  ],
  [
    "M80 2 L30 4 L24 44 C50 32 84 42 82 70 C80 100 36 106 16 88",
    "M28 6 L22 46 C46 34 82 42 80 70 C78 98 40 104 16 92 M28 6 L84 0",
    "M76 8 C56 -4 28 4 26 24 C24 44 50 42 66 54 C90 70 76 100 46 100 C32 100 22 94 16 86",
  ],
  [
    "M70 2 C40 14 18 46 18 72 C18 96 40 102 54 100 C76 98 84 84 80 70 C74 52 44 50 22 72",
    "M60 0 C36 26 18 56 22 80 C28 104 70 106 78 80 C82 58 50 48 26 76",
    "M34 0 C24 30 18 60 22 82 C30 106 74 102 78 78 C80 56 44 52 24 80",
  ],
  [
    "M14 8 L84 6 C64 36 50 66 44 100",
    "M16 6 L84 4 L42 100 M30 52 L76 48",
    "M16 24 C16 10 18 6 26 6 C48 10 66 8 84 4 C76 34 52 60 48 100",
  ],
  [
    "M76 14 C60 -6 24 0 24 22 C24 44 78 50 80 76 C80 106 20 106 20 78 C22 52 70 44 76 14",
    "M50 46 C24 44 22 2 52 0 C82 2 78 44 50 46 C12 50 8 100 50 100 C90 100 88 50 50 46",
    "M46 44 C20 34 24 0 52 0 C80 0 82 32 52 48 C18 64 14 100 48 100 C84 100 86 62 54 48",
  ],
  [
    "M76 22 C66 -4 22 -4 22 28 C22 56 68 56 76 22 C76 50 72 76 62 100",
    "M74 30 C70 0 26 -6 22 26 C20 56 62 58 74 24 L72 100",
    "M74 18 C56 -8 20 4 22 32 C26 58 68 52 76 16 C80 60 74 102 44 100 C34 100 28 96 22 90",
  ],
];

/** Straight pieces per command: enough that a curve stays smooth at 28 pixels, and a line can bend. */
const PIECES = 8;

/** The strokes of every way to write each digit: `digitStrokes[digit][variant]`. */
export const digitStrokes: readonly (readonly (readonly Stroke[])[])[] = paths.map((variants) =>
  variants.map(parsePath),
);

/** Turns path data into strokes of short straight pieces. */
function parsePath(path: string): Stroke[] {
  const strokes: number[][] = [];
  for (const [, command, list = ""] of path.matchAll(/([MLQC])([^MLQC]*)/g)) {
    const numbers = list.trim().split(/\s+/).map(Number);
    if (command === "M") {
      strokes.push(numbers);
      continue;
    }
    const points = strokes.at(-1) as number[];
    const control = [...points.slice(-2), ...numbers];
    for (let piece = 1; piece <= PIECES; piece++) points.push(...bezier(control, piece / PIECES));
  }
  return strokes.map((points) => Float64Array.from(points));
}

/** The point at `t` in [0, 1] of a Bézier curve of any degree (de Casteljau: halve the problem by blending neighbours). */
function bezier(control: readonly number[], t: number): readonly number[] {
  if (control.length === 2) return control;
  const blended = control.slice(2).map((next, i) => (control[i] as number) * (1 - t) + next * t);
  return bezier(blended, t);
}
