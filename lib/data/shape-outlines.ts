/** The outlines of the generated shapes, as signed distances. */

/** Distance of a point from the edge of a shape, negative inside. Shapes lie within 1 of the origin; y points down. */
export type Outline = (x: number, y: number) => number;

const disc =
  (radius: number, centreX = 0, centreY = 0): Outline =>
  (x, y) =>
    Math.sqrt((x - centreX) * (x - centreX) + (y - centreY) * (y - centreY)) - radius;

/** What lies in `a` and not in `b`. */
const without =
  (a: Outline, b: Outline): Outline =>
  (x, y) =>
    Math.max(a(x, y), -b(x, y));

/**
 * The polygon with the corners `[x₀, y₀, x₁, y₁, …]`: the distance to the nearest edge, negative where a ray from the
 * point crosses the edges an odd number of times.
 */
function polygon(...corners: readonly number[]): Outline {
  return (x, y) => {
    let nearest = Infinity;
    let inside = false;
    for (let i = 0, j = corners.length - 2; i < corners.length; j = i, i += 2) {
      const [ax, ay] = [corners[j] as number, corners[j + 1] as number];
      const [bx, by] = [corners[i] as number, corners[i + 1] as number];
      const [dx, dy, px, py] = [bx - ax, by - ay, x - ax, y - ay];
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) / (dx * dx + dy * dy)));
      const [offX, offY] = [px - along * dx, py - along * dy];
      nearest = Math.min(nearest, offX * offX + offY * offY);
      if (ay > y !== by > y && px < (dx * py) / dy) inside = !inside;
    }
    return inside ? -Math.sqrt(nearest) : Math.sqrt(nearest);
  };
}

/** Outer and inner points of a star in turn: multiples of 36°, the inner ones at 0.42. */
const star = polygon(
  ...[0, -1, 0.247, -0.34, 0.951, -0.309, 0.399, 0.13, 0.588, 0.809],
  ...[0, 0.42, -0.588, 0.809, -0.399, 0.13, -0.951, -0.309, -0.247, -0.34],
);

const cross = polygon(
  ...[-0.3, -0.95, 0.3, -0.95, 0.3, -0.3, 0.95, -0.3, 0.95, 0.3, 0.3, 0.3],
  ...[0.3, 0.95, -0.3, 0.95, -0.3, 0.3, -0.95, 0.3, -0.95, -0.3, -0.3, -0.3],
);

const arrow = polygon(...[0, -1, 0.75, -0.15, 0.28, -0.15, 0.28, 0.95, -0.28, 0.95, -0.28, -0.15, -0.75, -0.15]);

const shapes = {
  circle: disc(0.85),
  ring: without(disc(0.95), disc(0.5)),
  "half-disc": without(disc(0.95, 0, -0.3), polygon(-2, -0.3, 2, -0.3, 2, -2, -2, -2)),
  crescent: without(disc(0.95), disc(0.8, 0.5, 0)),
  triangle: polygon(0, -1, 0.866, 0.5, -0.866, 0.5),
  square: polygon(-0.7, -0.7, 0.7, -0.7, 0.7, 0.7, -0.7, 0.7),
  bar: polygon(-0.95, -0.3, 0.95, -0.3, 0.95, 0.3, -0.95, 0.3),
  cross,
  star,
  arrow,
} satisfies Record<string, Outline>;

/** What the classes are called. */
export const SHAPE_NAMES: readonly string[] = Object.keys(shapes);

/** The outline of each class. */
export const outlines: readonly Outline[] = Object.values(shapes);
