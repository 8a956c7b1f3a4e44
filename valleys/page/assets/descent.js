// @ts-check
/* Theorem 8 as an algorithm (the proof in Appendix A.1, as valleys/construct/descent.py has it): three straight legs from any
   network of width p >= dim* down to the minimum, and a judge that looks at the parameters alone. */

import { between, features, loss, residual } from "#network";
import { pivotedQR } from "#qr";

/** @typedef {import("#network").Theta} Theta */
/** @typedef {import("#network").Sample} Sample */

const TOLERANCES = Array.from({ length: 41 }, (_, k) => 10 ** (-(k + 8) / 4));
const [NEW_ROWS, ALLOWED_RISE, SHORT, FAINT] = [1e-6, 1e-15, 1e-11, 1e-2];

const sum = (/** @type {number[]} */ a) => a.reduce((total, x) => total + x, 0);
const norm = (/** @type {number[]} */ a) => Math.sqrt(sum(a.map((x) => x * x)));

/** dim* of ReLU with inputs (x, 1): one dimension for each distinct input. @param {Sample} sample */
export const dimension = ({ X }) => new Set(X.map((x) => x.join())).size;

/**
 * Rows with kinks between neighbouring inputs and beyond the outermost, both ways round; inputs are (x, 1).
 * @param {number[][]} X
 */
export function candidates(X) {
  const places = [...new Set(X.map(([x]) => x))].sort((a, b) => a - b);
  const gap = places.length > 1 ? (places[places.length - 1] - places[0]) / (places.length - 1) : 1;
  const kinks = [places[0] - gap, ...places.slice(1).map((x, i) => (x + places[i]) / 2), places[places.length - 1] + gap];
  return kinks.flatMap((k) => [1, -1].map((sign) => [sign / Math.hypot(1, k), (-sign * k) / Math.hypot(1, k)]));
}

/** Columns of length 1 (zero columns stay), and the lengths (1 for zero columns). @param {number[][]} rows */
function unit(rows) {
  const norms = rows.map((row) => norm(row) || 1);
  return { norms, columns: rows.map((row, i) => row.map((x) => x / norms[i])) };
}

/** s = <R1, D> and a = |D|^2 of a leg that moves only u. @param {Theta} from @param {Theta} to @param {Sample} sample */
function parabola(from, to, sample) {
  const F = features(to.W, sample.X);
  const R = residual(to, sample);
  const D = R.map((_, i) => sum(to.u.map((x, j) => (x - from.u[j]) * F[j][i])));
  return { s: sum(R.map((r, i) => r * D[i])), a: sum(D.map((d) => d * d)) };
}

/** The largest rise on [0, 1] of the parabola with these numbers. @param {{s: number, a: number}} numbers */
export const riseOf = ({ s, a }) => (s <= 0 ? 0 : s >= a ? 2 * s - a : (s * s) / a);

/**
 * The path's knots: [start], freed, moved, end.
 * @param {Theta} start @param {Sample} sample @param {number[][]} rows candidates for new hidden units
 * @returns {{knots: Theta[], rank: number}}
 */
export function descend(start, sample, rows = candidates(sample.X)) {
  const q = dimension(sample);
  if (start.u.length < q) throw new RangeError(`width ${start.u.length} is below dim* = ${q}`);
  const F = features(start.W, sample.X);
  const { norms, columns } = unit(F);
  const qr = pivotedQR(columns);
  const target = qr.applyQt(sample.y.map((y) => y / Math.sqrt(sample.X.length)));
  const solve = (/** @type {number} */ r, /** @type {number[]} */ right) => qr.solve(r, right).map((x, i) => x / norms[qr.pivots[i]]);
  const place = (/** @type {number[]} */ slots, /** @type {number[]} */ values) => {
    const u = start.u.map(() => 0);
    slots.forEach((slot, i) => { u[slot] = values[i]; });
    return u;
  };
  const fibre = (/** @type {number} */ r) => { // u_I += u_J C^T: the same network, its other units free
    const u = place(qr.pivots.slice(0, r), qr.pivots.slice(0, r).map((slot) => start.u[slot]));
    qr.pivots.slice(r).forEach((slot, j) => {
      const column = qr.solve(r, Array.from({ length: r }, (_, i) => qr.R(i, r + j)));
      column.forEach((c, i) => { u[qr.pivots[i]] += (c / norms[qr.pivots[i]]) * norms[slot] * start.u[slot]; });
    });
    return u;
  };
  const toward = (/** @type {number[]} */ from, /** @type {number[]} */ to, less = SHORT) => to.map((x, j) => x - less * (x - from[j]));
  const value = loss(start, sample);
  let rank = -1;
  let u = start.u;
  for (const tolerance of TOLERANCES) {
    const r = Math.min(qr.rank(tolerance), q);
    const best = place(qr.pivots.slice(0, r), solve(r, target.slice(0, r)));
    if (riseOf(parabola(start, { u: best, W: start.W }, sample)) > ALLOWED_RISE * value) continue;
    [rank, u] = [r, toward(fibre(r), best, r >= q ? SHORT : 0.5)];
    break;
  }
  if (rank < 0) {
    rank = Math.min(qr.rank(Number.EPSILON * Math.max(F.length, sample.X.length)), q);
    u = fibre(rank);
  }
  const freed = { u, W: start.W };
  if (rank >= q) return { knots: [start, freed], rank };
  return { knots: [start, freed, ...complete(freed)], rank };

  /** Legs 2 and 3: new rows for dead units, then the least squares. @param {Theta} from @returns {Theta[]} */
  function complete(from) {
    const drawn = features(rows, sample.X);
    const lengths = drawn.map(norm);
    const middle = [...lengths].sort((a, b) => a - b)[Math.floor((lengths.length - 1) / 2)];
    const fresh = unit(drawn.map((row, i) => (lengths[i] < FAINT * middle ? row.map(() => 0) : row)));
    const seen = fresh.columns.map(qr.applyQt);
    const rest = pivotedQR(seen.map((column) => column.slice(rank)));
    const slots = qr.pivots.slice(rank);
    const k = Math.min(rest.rank(NEW_ROWS), q - rank, slots.length);
    const chosen = rest.pivots.slice(0, k);
    const W = from.W.map((row, j) => (slots.indexOf(j) >= 0 && slots.indexOf(j) < k ? rows[chosen[slots.indexOf(j)]] : row));
    const fromNew = rest.solve(k, rest.applyQt(target.slice(rank)));
    const left = target.slice(0, rank).map((t, i) => t - sum(chosen.map((c, j) => seen[c][i] * fromNew[j])));
    const best = place([...qr.pivots.slice(0, rank), ...slots.slice(0, k)], [...solve(rank, left), ...fromNew.map((x, j) => x / lengths[chosen[j]])]);
    return [{ u: from.u, W }, { u: toward(from.u, best), W }];
  }
}

/** The judge: the largest rise on a leg, in closed form where only u moves or only rows of dead units do. @param {Theta[]} knots @param {Sample} sample */
export function judge(knots, sample) {
  return Math.max(0, ...knots.slice(1).map((to, i) => {
    const from = knots[i];
    const turned = to.W.map((row, j) => row.some((x, k) => x !== from.W[j][k]));
    if (!turned.some(Boolean)) return riseOf(parabola(from, to, sample));
    const dead = turned.every((moved, j) => !moved || (from.u[j] === 0 && to.u[j] === 0)) && from.u.every((x, j) => x === to.u[j]);
    return dead ? 0 : riseAlong(Array.from({ length: 2001 }, (_, t) => loss(between(from, to, t / 2000), sample)));
  }));
}

/** The largest rise of a sequence. @param {number[]} values */
export function riseAlong(values) {
  let [lowest, most] = [Infinity, 0];
  for (const value of values) {
    lowest = Math.min(lowest, value);
    most = Math.max(most, value - lowest);
  }
  return most;
}
