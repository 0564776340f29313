/** The one loop that matrix products and convolutions share. */

/** Sizes of a product of matrices. */
export interface GemmSizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/**
 * c += a · bᵀ for contiguous a `[m, k]`, b `[n, k]`, c `[m, n]`: both operands are read along their rows, so
 * that each element is one dot product. Two rows by four columns at a time: a loaded element is used more than
 * once, and eight independent sums hide the latency of addition.
 */
export function gemm({ m, n, k }: GemmSizes, a: Float64Array, b: Float64Array, c: Float64Array): void {
  const evenM = m - (m % 2);
  const evenN = n - (n % 4);
  for (let i = 0; i < evenM; i += 2) {
    for (let j = 0; j < evenN; j += 4) tile(n, k, a, i * k, b, j * k, c, i * n + j);
  }
  for (let i = 0; i < m; i++) {
    for (let j = i < evenM ? evenN : 0; j < n; j++) {
      c[i * n + j] = (c[i * n + j] as number) + dot(k, a, i * k, b, j * k);
    }
  }
}

function dot(k: number, a: Float64Array, atA: number, b: Float64Array, atB: number): number {
  let sum = 0;
  for (let p = 0; p < k; p++) sum += (a[atA + p] as number) * (b[atB + p] as number);
  return sum;
}

/** Two rows of a with four rows of b. */
function tile(
  n: number,
  k: number,
  a: Float64Array,
  atA: number,
  b: Float64Array,
  atB: number,
  c: Float64Array,
  atC: number,
): void {
  const [b1, b2, b3] = [atB + k, atB + 2 * k, atB + 3 * k];
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let p = 0; p < k; p++) {
    const x = a[atA + p] as number;
    const y = a[atA + k + p] as number;
    const w0 = b[atB + p] as number;
    const w1 = b[b1 + p] as number;
    const w2 = b[b2 + p] as number;
    const w3 = b[b3 + p] as number;
    s00 += x * w0;
    s01 += x * w1;
    s02 += x * w2;
    s03 += x * w3;
    s10 += y * w0;
    s11 += y * w1;
    s12 += y * w2;
    s13 += y * w3;
  }
  add4(c, atC, s00, s01, s02, s03);
  add4(c, atC + n, s10, s11, s12, s13);
}

function add4(c: Float64Array, at: number, s0: number, s1: number, s2: number, s3: number): void {
  c[at] = (c[at] as number) + s0;
  c[at + 1] = (c[at + 1] as number) + s1;
  c[at + 2] = (c[at + 2] as number) + s2;
  c[at + 3] = (c[at + 3] as number) + s3;
}
