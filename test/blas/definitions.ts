/**
 * Every routine as the standard defines it: its arguments in their order, and plain loops in float64 that say what it gives.
 *
 * Written from the definitions of reference BLAS, with nothing of `lib/blas`: a sum has exactly the terms of its definition, so
 * that what is not finite reaches the results it belongs to and no others.
 */

/** Half the distance of 1 to the next float32. */
const UNIT = 2 ** -24;

/** A value in float64, and how far float32 may be from it. */
export interface Bounded {
  readonly value: number;
  readonly error: number;
}

/** Options by their numbers in CBLAS, sizes and scalars of a call; each routine has some of them. */
export interface Settings {
  readonly uplo: number;
  readonly side: number;
  readonly diag: number;
  readonly trans: number;
  readonly transA: number;
  readonly transB: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly alpha: number;
  readonly beta: number;
  /** The scalar of sdsdot. */
  readonly b: number;
  readonly c: number;
  readonly s: number;
  /** The flag and the numbers of srotm. */
  readonly param: Float32Array;
}

/** Element (i, j) of an operand as it was before the call; a vector is a column. */
export type Reader = (i: number, j?: number) => number;

/** The operands that a routine has. */
export type Operands = Readonly<Record<"a" | "b" | "c" | "x" | "y", Reader>>;

/** Rows and columns. */
export type Lengths = readonly [rows: number, cols: number];

export interface Definition {
  /** The arguments behind the order: `@x` is a vector, `#a` a matrix, all else a setting. */
  readonly signature: string;
  /** Lengths of the operands; vectors have n elements where nothing is said. */
  readonly lengths?: (settings: Settings) => Readonly<Record<string, Lengths>>;
  /** What elements of the results are afterwards; those it says nothing of keep what they have. */
  readonly results?: (
    settings: Settings,
    operands: Operands,
  ) => Readonly<Record<string, (i: number, j: number) => Bounded | undefined>>;
  /** The value of the call, where it is a number. */
  readonly value?: (settings: Settings, operands: Operands) => Bounded;
}

const [TRANSPOSED, UPPER, UNIT_DIAGONAL, LEFT] = [112, 121, 132, 141];

/** Σ of terms; γ of the standard model for as many roundings, and a few for scalars and the result. */
function sum(terms: readonly number[]): Bounded {
  const magnitude = terms.reduce((total, term) => total + Math.abs(term), 0);
  const roundings = (terms.length + 8) * UNIT;
  return { value: terms.reduce((total, term) => total + term, 0), error: (roundings / (1 - roundings)) * magnitude };
}

const exactly = (value: number): Bounded => ({ value, error: 0 });

/** term(0), …, term(n − 1). */
const each = (n: number, term: (p: number) => number): number[] => Array.from({ length: n }, (_, p) => term(p));

/** beta · c as a term, which is none where beta is 0. */
const kept = (beta: number, old: () => number): number[] => (beta === 0 ? [] : [beta * old()]);

/** alpha times n terms, which are none where alpha is 0. */
const scaled = (alpha: number, n: number, term: (p: number) => number): number[] =>
  alpha === 0 ? [] : each(n, (p) => alpha * term(p));

/** op(a). */
const op =
  (trans: number, a: Reader): Reader =>
  (i, j = 0) =>
    trans === TRANSPOSED ? a(j, i) : a(i, j);

const isStored = (uplo: number, i: number, j: number) => (uplo === UPPER ? j >= i : j <= i);

const symmetric =
  (uplo: number, a: Reader): Reader =>
  (i, j = 0) =>
    isStored(uplo, i, j) ? a(i, j) : a(j, i);

/** op(a) of a triangular a: what is not stored is 0 and multiplies nothing. */
interface Triangle {
  readonly has: (i: number, j: number) => boolean;
  readonly at: Reader;
}

function triangle(uplo: number, trans: number, diag: number, a: Reader): Triangle {
  const at = op(trans, a);
  return {
    has: (i, j) => (trans === TRANSPOSED ? isStored(uplo, j, i) : isStored(uplo, i, j)),
    at: (i, j = 0) => (i === j && diag === UNIT_DIAGONAL ? 1 : at(i, j)),
  };
}

/** alpha · t · b, one element. */
function triangular(alpha: number, n: number, t: Triangle, i: number, b: (p: number) => number): Bounded {
  const among = each(n, (p) => p).filter((p) => t.has(i, p));
  return sum(alpha === 0 ? [] : among.map((p) => alpha * t.at(i, p) * b(p)));
}

/**
 * The solution of t · x = b by substitution. The tests' triangles have a diagonal of at least 1 and at most 3, and beside it less than
 * 1/2 in a row or column: ‖|t⁻¹| |t|‖ ≤ 2 · 3.5. Substitution is off by γₙ times that of the largest solution; blocks of systems with
 * many right-hand sides are multiplied by their inverses, which is eight times as much at most.
 */
function solved(n: number, t: Triangle, b: (p: number) => number): (i: number) => Bounded {
  const order = each(n, (p) => p);
  if (n > 1 && t.has(0, 1)) order.reverse();
  const x = new Array<number>(n).fill(0);
  order.forEach((i, step) => {
    const before = order.slice(0, step);
    x[i] = before.reduce((rest, p) => rest - t.at(i, p) * (x[p] as number), b(i)) / t.at(i, i);
  });
  const largest = Math.max(0, ...x.filter(Number.isFinite).map(Math.abs));
  return (i) => ({ value: x[i] as number, error: 8 * 7 * (n + 8) * UNIT * largest });
}

/** Each column of a matrix of solutions, computed once. */
function solvedColumns(n: number, t: Triangle, b: (p: number, column: number) => number) {
  const columns = new Map<number, (i: number) => Bounded>();
  return (i: number, column: number) => {
    const solution = columns.get(column) ?? solved(n, t, (p) => b(p, column));
    columns.set(column, solution);
    return solution(i);
  };
}

/** x ← h₁₁ x + h₁₂ y, y ← h₂₁ x + h₂₂ y. */
const transformed = ({ x, y }: Operands, [h11, h12, h21, h22]: readonly [number, number, number, number]) => ({
  x: (i: number) => sum([h11 * x(i), h12 * y(i)]),
  y: (i: number) => sum([h21 * x(i), h22 * y(i)]),
});

const products = ({ n }: Settings, { x, y }: Operands) => each(n, (i) => x(i) * y(i));

const level1: Readonly<Record<string, Definition>> = {
  sasum: { signature: "n @x", value: ({ n }, { x }) => sum(each(n, (i) => Math.abs(x(i)))) },
  saxpy: {
    signature: "n alpha @x @y",
    results: ({ alpha }, { x, y }) => ({ y: (i) => (alpha === 0 ? undefined : sum([alpha * x(i), y(i)])) }),
  },
  scopy: { signature: "n @x @y", results: (_, { x }) => ({ y: (i) => exactly(x(i)) }) },
  sdot: { signature: "n @x @y", value: (settings, operands) => sum(products(settings, operands)) },
  sdsdot: {
    signature: "n b @x @y",
    value: (settings, operands) => sum([settings.b, ...products(settings, operands)]),
  },
  dsdot: {
    signature: "n @x @y",
    value: (settings, operands) => {
      const { value, error } = sum(products(settings, operands));
      return { value, error: error * 2 ** -29 };
    },
  },
  snrm2: {
    signature: "n @x",
    value: ({ n }, { x }) => {
      const { value, error } = sum(each(n, (i) => x(i) ** 2));
      return { value: Math.sqrt(value), error: value === 0 ? 0 : error / Math.sqrt(value) };
    },
  },
  isamax: {
    signature: "n @x",
    value: ({ n }, { x }) => {
      let best = n === 0 ? -1 : 0;
      for (let i = 1; i < n; i++) if (Math.abs(x(i)) > Math.abs(x(best))) best = i;
      return exactly(best);
    },
  },
  srot: { signature: "n @x @y c s", results: ({ c, s }, operands) => transformed(operands, [c, s, -s, c]) },
  srotm: {
    signature: "n @x @y param",
    results: ({ param }, operands) => {
      const [flag, h11, h21, h12, h22] = [...param] as [number, number, number, number, number];
      if (flag === -2) return {};
      if (flag === -1) return transformed(operands, [h11, h12, h21, h22]);
      return transformed(operands, flag === 0 ? [1, h12, h21, 1] : [h11, 1, -1, h22]);
    },
  },
  sscal: { signature: "n alpha @x", results: ({ alpha }, { x }) => ({ x: (i) => sum([alpha * x(i)]) }) },
  sswap: {
    signature: "n @x @y",
    results: (_, { x, y }) => ({ x: (i) => exactly(y(i)), y: (i) => exactly(x(i)) }),
  },
};

const level2: Readonly<Record<string, Definition>> = {
  sgemv: {
    signature: "trans m n alpha #a @x beta @y",
    lengths: ({ trans, m, n }) => {
      const [lengthX, lengthY] = trans === TRANSPOSED ? [m, n] : [n, m];
      return { a: [m, n], x: [lengthX, 1], y: [lengthY, 1] };
    },
    results: ({ trans, m, n, alpha, beta }, { a, x, y }) => ({
      y: (i) => {
        if (m === 0 || n === 0) return undefined;
        const length = trans === TRANSPOSED ? m : n;
        return sum([...scaled(alpha, length, (p) => op(trans, a)(i, p) * x(p)), ...kept(beta, () => y(i))]);
      },
    }),
  },
  sger: {
    signature: "m n alpha @x @y #a",
    lengths: ({ m, n }) => ({ x: [m, 1], y: [n, 1], a: [m, n] }),
    results: ({ alpha }, { x, y, a }) => ({
      a: (i, j) => sum([...scaled(alpha, 1, () => x(i) * y(j)), a(i, j)]),
    }),
  },
  ssymv: {
    signature: "uplo n alpha #a @x beta @y",
    results: ({ uplo, n, alpha, beta }, { a, x, y }) => ({
      y: (i) => sum([...scaled(alpha, n, (p) => symmetric(uplo, a)(i, p) * x(p)), ...kept(beta, () => y(i))]),
    }),
  },
  ssyr: {
    signature: "uplo n alpha @x #a",
    results: ({ uplo, alpha }, { x, a }) => ({
      a: (i, j) => (isStored(uplo, i, j) ? sum([...scaled(alpha, 1, () => x(i) * x(j)), a(i, j)]) : undefined),
    }),
  },
  ssyr2: {
    signature: "uplo n alpha @x @y #a",
    results: ({ uplo, alpha }, { x, y, a }) => ({
      a: (i, j) => {
        if (!isStored(uplo, i, j)) return undefined;
        return sum([...scaled(alpha, 2, (p) => (p === 0 ? x(i) * y(j) : y(i) * x(j))), a(i, j)]);
      },
    }),
  },
  strmv: {
    signature: "uplo trans diag n #a @x",
    results: ({ uplo, trans, diag, n }, { a, x }) => ({
      x: (i) => triangular(1, n, triangle(uplo, trans, diag, a), i, x),
    }),
  },
  strsv: {
    signature: "uplo trans diag n #a @x",
    results: ({ uplo, trans, diag, n }, { a, x }) => ({ x: solved(n, triangle(uplo, trans, diag, a), x) }),
  },
};

/** Op(a) of a rank-k update is n × k. */
const updateLengths = ({ n, k, trans }: Settings): Lengths => (trans === TRANSPOSED ? [k, n] : [n, k]);

/** The matrix on one side of b: m × m on the left, n × n on the right. */
const sideLengths = ({ side, m, n }: Settings): Readonly<Record<string, Lengths>> => {
  const size = side === LEFT ? m : n;
  return { a: [size, size], b: [m, n], c: [m, n] };
};

const level3: Readonly<Record<string, Definition>> = {
  sgemm: {
    signature: "transA transB m n k alpha #a #b beta #c",
    lengths: ({ transA, transB, m, n, k }) => ({
      a: transA === TRANSPOSED ? [k, m] : [m, k],
      b: transB === TRANSPOSED ? [n, k] : [k, n],
      c: [m, n],
    }),
    results: ({ transA, transB, k, alpha, beta }, { a, b, c }) => ({
      c: (i, j) =>
        sum([...scaled(alpha, k, (p) => op(transA, a)(i, p) * op(transB, b)(p, j)), ...kept(beta, () => c(i, j))]),
    }),
  },
  ssymm: {
    signature: "side uplo m n alpha #a #b beta #c",
    lengths: sideLengths,
    results: ({ side, uplo, m, n, alpha, beta }, { a, b, c }) => ({
      c: (i, j) => {
        const whole = symmetric(uplo, a);
        const term = (p: number) => (side === LEFT ? whole(i, p) * b(p, j) : b(i, p) * whole(p, j));
        return sum([...scaled(alpha, side === LEFT ? m : n, term), ...kept(beta, () => c(i, j))]);
      },
    }),
  },
  ssyrk: {
    signature: "uplo trans n k alpha #a beta #c",
    lengths: (settings) => ({ a: updateLengths(settings), c: [settings.n, settings.n] }),
    results: ({ uplo, trans, k, alpha, beta }, { a, c }) => ({
      c: (i, j) => {
        if (!isStored(uplo, i, j)) return undefined;
        const left = op(trans, a);
        return sum([...scaled(alpha, k, (p) => left(i, p) * left(j, p)), ...kept(beta, () => c(i, j))]);
      },
    }),
  },
  ssyr2k: {
    signature: "uplo trans n k alpha #a #b beta #c",
    lengths: (settings) => ({
      a: updateLengths(settings),
      b: updateLengths(settings),
      c: [settings.n, settings.n],
    }),
    results: ({ uplo, trans, k, alpha, beta }, { a, b, c }) => ({
      c: (i, j) => {
        if (!isStored(uplo, i, j)) return undefined;
        const [left, right] = [op(trans, a), op(trans, b)];
        const both = scaled(alpha, 2 * k, (p) => (p < k ? left(i, p) * right(j, p) : right(i, p - k) * left(j, p - k)));
        return sum([...both, ...kept(beta, () => c(i, j))]);
      },
    }),
  },
  strmm: {
    signature: "side uplo transA diag m n alpha #a #b",
    lengths: sideLengths,
    results: ({ side, uplo, transA, diag, m, n, alpha }, { a, b }) => {
      const t = triangle(uplo, transA, diag, a);
      // b · op(a) is the transpose of op(a)ᵀ · bᵀ.
      const across: Triangle = { has: (i, j) => t.has(j, i), at: (i, j = 0) => t.at(j, i) };
      return {
        b: (i, j) =>
          side === LEFT ? triangular(alpha, m, t, i, (p) => b(p, j)) : triangular(alpha, n, across, j, (p) => b(i, p)),
      };
    },
  },
  strsm: {
    signature: "side uplo transA diag m n alpha #a #b",
    lengths: sideLengths,
    results: ({ side, uplo, transA, diag, m, n, alpha }, { a, b }) => {
      if (alpha === 0) return { b: () => exactly(0) };
      const t = triangle(uplo, transA, diag, a);
      const across: Triangle = { has: (i, j) => t.has(j, i), at: (i, j = 0) => t.at(j, i) };
      const left = solvedColumns(m, t, (p, column) => alpha * b(p, column));
      const right = solvedColumns(n, across, (p, row) => alpha * b(row, p));
      return { b: (i, j) => (side === LEFT ? left(i, j) : right(j, i)) };
    },
  },
};

/** All routines that have both forms: each but srotg, which has no arrays. */
export const definitions = { ...level1, ...level2, ...level3 };
