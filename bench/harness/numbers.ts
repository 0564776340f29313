/** Random numbers that are the same in every language, and what results are compared by. See bench/peers/README.md. */

/** What shows whether two contestants got the same: their result's sum weighted by the sequence 0, and its norm. */
export interface Check {
  readonly sum: number;
  readonly norm: number;
}

/** Far more than rounding and fast algorithms differ by, far less than other work does. */
const TOLERANCE = 1e-3;

/** The first numbers of the random sequence `seed`, uniform in [-0.5, 0.5). */
export function numbers(size: number, seed: number): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = number(i, seed);
  return values;
}

function number(i: number, seed: number): number {
  let bits = (Math.imul(i, 0x9e3779b1) + Math.imul(seed, 0x85ebca77)) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 8) * 2 ** -24 - 0.5;
}

export function checkOf(result: ArrayLike<number>): Check {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < result.length; i++) {
    const value = result[i] as number;
    sum += value * number(i, 0);
    squares += value * value;
  }
  return { sum, norm: Math.sqrt(squares) };
}

/** Whether two contestants computed the same. */
export function agree(a: Check, b: Check): boolean {
  const most = TOLERANCE * Math.max(a.norm, b.norm);
  return Math.abs(a.sum - b.sum) <= most && Math.abs(a.norm - b.norm) <= most;
}
