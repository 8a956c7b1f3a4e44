// @ts-check
/* Theorem 13's landscape at p = 1, n = 2, ReLU, in closed form. theta = (u, w) acts through q = |u| w and s = sign(u) alone,
   so all of parameter space is two sheets, glued at the one point q = 0 (u = 0 or w = 0): the gate. */

/** @typedef {{alpha: number, beta: number}} Law */
/** @typedef {[u: number, w1: number, w2: number]} Theta */

const up = (/** @type {number} */ z) => Math.max(z, 0);
const square = (/** @type {number} */ z) => z * z;

/** L at q on the sheet of sign s. @param {number} q1 @param {number} q2 @param {number} s @param {Law} law */
export const sheet = (q1, q2, s, { alpha, beta }) =>
  (square(s * up(q1) - alpha) + square(up(-q1)) + square(s * up(q2) + beta) + square(up(-q2))) / 4;

/** L at theta. @param {Theta} theta @param {Law} law */
export const lossAt = ([u, w1, w2], law) => sheet(Math.abs(u) * w1, Math.abs(u) * w2, Math.sign(u), law);

/** The gradient of L by (u, w1, w2). @param {Theta} theta @param {Law} law @returns {Theta} */
export function gradientAt([u, w1, w2], { alpha, beta }) {
  const residual1 = w1 > 0 ? u * w1 - alpha : u * w1;
  const residual2 = w2 > 0 ? u * w2 + beta : u * w2;
  return [(residual1 * w1 + residual2 * w2) / 2, (residual1 * u) / 2, (residual2 * u) / 2];
}

/** The lowest point of each sheet, and the gate. @param {Law} law */
export const landmarks = ({ alpha, beta }) => ({
  plus: { q: [alpha, 0], level: square(beta) / 4 },
  minus: { q: [0, beta], level: square(alpha) / 4 },
  gate: (square(alpha) + square(beta)) / 4,
});

/** Which sheet holds a spurious valley: 1, -1, or 0 where both bottoms are equally deep. @param {Law} law */
export const valleySheet = ({ alpha, beta }) => Math.sign(beta - alpha);

/** The lakes of {L <= level}, each with the sheets that it covers. @param {number} level @param {Law} law @returns {number[][]} */
export function lakes(level, law) {
  const { plus, minus, gate } = landmarks(law);
  if (level >= gate) return [[1, -1]];
  return [...(level >= plus.level ? [[1]] : []), ...(level >= minus.level ? [[-1]] : [])];
}

/** Parameters at q on the sheet of sign s, both layers of one size. @param {number} q1 @param {number} q2 @param {number} s @returns {Theta} */
export function balanced(q1, q2, s) {
  const size = Math.sqrt(Math.hypot(q1, q2));
  return size ? [s * size, q1 / size, q2 / size] : [0, 0, 0];
}

/**
 * Gradient descent from theta until the gradient is below `tolerance`.
 * @param {Theta} theta @param {Law} law @returns {Theta[]} every step
 */
export function roll(theta, law, step = 0.05, tolerance = 1e-9, most = 20000) {
  const track = [theta];
  for (let k = 0; k < most; k += 1) {
    const g = gradientAt(theta, law);
    if (Math.hypot(...g) < tolerance) break;
    theta = [theta[0] - step * g[0], theta[1] - step * g[1], theta[2] - step * g[2]];
    track.push(theta);
  }
  return track;
}

/** Where a ball has come to rest: at the bottom of its sheet ("plus", "minus") or at the gate. @param {Theta} theta @param {Law} law */
export function restOf(theta, law) {
  const marks = landmarks(law);
  const level = lossAt(theta, law);
  if (theta[0] > 0 && Math.abs(level - marks.plus.level) < 1e-6) return "plus";
  if (theta[0] < 0 && Math.abs(level - marks.minus.level) < 1e-6) return "minus";
  return "gate";
}
