// @ts-check
/* ReLU networks of one output on a finite sample: Phi(x) = u sigma(W x), L = mean (Phi(x_i) - y_i)^2. */

/** @typedef {{u: number[], W: number[][]}} Theta output weights (p), rows of W (p, n) */
/** @typedef {{X: number[][], y: number[]}} Sample */

const inner = (/** @type {number[]} */ a, /** @type {number[]} */ b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

/** Isometric features, one row a unit: relu(<w, x_i>) / sqrt(N). @param {number[][]} W @param {number[][]} X */
export const features = (W, X) => W.map((w) => X.map((x) => Math.max(inner(w, x), 0) / Math.sqrt(X.length)));

/** Phi at x. @param {Theta} theta @param {number[]} x */
export const output = ({ u, W }, x) => u.reduce((sum, weight, j) => sum + weight * Math.max(inner(W[j], x), 0), 0);

/** R = u F - T, so that L = |R|^2. @param {Theta} theta @param {Sample} sample */
export function residual({ u, W }, { X, y }) {
  const F = features(W, X);
  return y.map((target, i) => u.reduce((sum, weight, j) => sum + weight * F[j][i], 0) - target / Math.sqrt(X.length));
}

/** L. @param {Theta} theta @param {Sample} sample */
export const loss = (theta, sample) => residual(theta, sample).reduce((sum, r) => sum + r * r, 0);

/** The gradient of L. @param {Theta} theta @param {Sample} sample @returns {Theta} */
export function gradient({ u, W }, { X, y }) {
  const R = X.map((x, i) => (2 / X.length) * (output({ u, W }, x) - y[i]));
  return {
    u: W.map((w) => X.reduce((sum, x, i) => sum + R[i] * Math.max(inner(w, x), 0), 0)),
    W: W.map((w, j) => w.map((_, k) => X.reduce((sum, x, i) => sum + (inner(w, x) > 0 ? R[i] * u[j] * x[k] : 0), 0))),
  };
}

/** a + t (b - a) in every parameter. @param {Theta} a @param {Theta} b @param {number} t @returns {Theta} */
export const between = (a, b, t) => ({
  u: a.u.map((x, j) => x + t * (b.u[j] - x)),
  W: a.W.map((row, j) => row.map((x, k) => x + t * (b.W[j][k] - x))),
});

/** Steps of gradient descent, each shortened until the loss falls; it stops where no step does. @param {Theta} theta @param {Sample} sample @returns {Theta[]} */
export function train(theta, sample, steps = 2000, step = 0.5) {
  const track = [theta];
  let value = loss(theta, sample);
  for (let k = 0; k < steps && value > 1e-20; k += 1) {
    const g = gradient(theta, sample);
    let [next, lower] = [theta, value];
    for (let size = step; size > 1e-9 && lower >= value; size /= 2) {
      next = { u: theta.u.map((x, j) => x - size * g.u[j]), W: theta.W.map((row, j) => row.map((x, i) => x - size * g.W[j][i])) };
      lower = loss(next, sample);
    }
    if (lower >= value) break;
    [theta, value] = [next, lower];
    track.push(theta);
  }
  return track;
}
