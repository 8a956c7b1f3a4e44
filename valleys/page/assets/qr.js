// @ts-check
/* Pivoted QR by Householder reflections, as LAPACK's geqp3 does it but for ties, for matrices of a few dozen entries. */

/** @typedef {number[][]} Matrix rows of numbers */

/** Columns this close in length are tied, and the first is taken: rounding must not choose. */
const TIE = 1e-9;
/** Squared lengths below this are rounding of columns of length 1. */
const NOTHING = 1e-28;

const dot = (/** @type {number[]} */ a, /** @type {number[]} */ b, from = 0) => a.slice(from).reduce((sum, x, i) => sum + x * b[i + from], 0);

/**
 * `A P = Q R`, the longest remaining column first. Columns are given, not rows.
 * @param {Matrix} columns of A, each of length N
 */
export function pivotedQR(columns) {
  const work = columns.map((column) => [...column]);
  const pivots = work.map((_, i) => i);
  const size = work.length ? work[0].length : 0;
  /** @type {{v: number[], tau: number}[]} */
  const reflectors = [];
  for (let k = 0; k < Math.min(size, work.length); k += 1) {
    const lengths = work.slice(k).map((column) => dot(column, column, k));
    const best = k + lengths.findIndex((length) => length >= (1 - TIE) * Math.max(...lengths) || Math.max(...lengths) < NOTHING);
    [work[k], work[best]] = [work[best], work[k]];
    [pivots[k], pivots[best]] = [pivots[best], pivots[k]];
    const reflector = reflectorOf(work[k], k);
    reflectors.push(reflector);
    for (let j = k; j < work.length; j += 1) reflect(reflector, work[j], k);
  }
  return {
    pivots,
    /** R_ij, the i-th entry of the j-th pivoted column. */
    R: (/** @type {number} */ i, /** @type {number} */ j) => work[j][i],
    /** Q^T b. @param {number[]} b */
    applyQt(b) {
      const found = [...b];
      reflectors.forEach((reflector, k) => reflect(reflector, found, k));
      return found;
    },
    /** The number of leading pivots above `tolerance` times the first. @param {number} tolerance */
    rank(tolerance) {
      const diagonal = reflectors.map((_, k) => Math.abs(work[k][k]));
      return diagonal.length && diagonal[0] > 0 ? diagonal.filter((d) => d > tolerance * diagonal[0]).length : 0;
    },
    /** R11^-1 b for the leading r x r triangle. @param {number} r @param {number[]} b */
    solve(r, b) {
      const x = new Array(r).fill(0);
      for (let i = r - 1; i >= 0; i -= 1) {
        let rest = b[i];
        for (let j = i + 1; j < r; j += 1) rest -= work[j][i] * x[j];
        x[i] = rest / work[i][i];
      }
      return x;
    },
  };
}

/** The reflection that maps a column onto a multiple of the k-th unit vector. @param {number[]} column @param {number} k */
function reflectorOf(column, k) {
  const norm = Math.sqrt(dot(column, column, k));
  const v = column.map((x, i) => (i < k ? 0 : x));
  if (norm === 0) return { v, tau: 0 };
  const beta = column[k] > 0 ? -norm : norm;
  v[k] = column[k] - beta;
  return { v, tau: 2 / dot(v, v) };
}

/** @param {{v: number[], tau: number}} reflector @param {number[]} b changed in place @param {number} k */
function reflect({ v, tau }, b, k) {
  const scale = tau * dot(v, b, k);
  for (let i = k; i < b.length; i += 1) b[i] -= scale * v[i];
}
