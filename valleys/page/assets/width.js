// @ts-check
/* The third exhibit: Corollary 14's valley against the width, in closed form, and no valley from p = n on. */

import { clamp, short } from "#numbers";
import { find, line, picture, svg, text } from "#svg";

const input = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (find(`#width-${name}`));

/**
 * Levels of Corollary 14's law for sigma = z^2 at width p <= n - 1, alpha = 1: the floor of the valley {u > 0}, the gate that
 * every path out of it passes, and the global minimum.
 * @param {number} p @param {number} beta
 */
export function corollary14(p, beta) {
  const floor = 1.5 * beta * beta;
  const climb = (p + 2) / (p + 1);
  return { floor, gate: floor + climb, minimum: Math.min(climb, floor), spurious: climb < floor };
}

/** One merge tree: branches with their floors, joined at the gate. @param {number} x @param {number} p @param {number} n @param {number} beta @param {(level: number) => number} y @param {boolean} chosen */
function tree(x, p, n, beta, y, chosen) {
  const { floor, gate, minimum, spurious } = corollary14(p, beta);
  const label = text(x, 268, String(p), "middle", chosen ? "" : "soft");
  const kind = (/** @type {string} */ name) => `branch ${name}${chosen ? "" : " faded"}`;
  if (p >= n) return [label, line(x, y(0), x, 20, kind("good"))];
  const [left, right] = [x - 6, x + 6];
  const valley = spurious ? [line(left, y(floor), left, y(gate), kind("valley")), line(left, y(gate), right, y(gate), kind("good"))] : [];
  return [label, ...valley, line(right, y(minimum), right, 20, kind("good"))];
}

function draw() {
  const [p, n, beta] = ["p", "n", "ratio"].map((name) => Number(input(name).value));
  const [top, most] = [24, 1.5 * 9 + 1.6];
  const y = (/** @type {number} */ level) => 246 - ((246 - top) * level) / Math.min(most, 1.5 * beta * beta + 2.2);
  const right = clamp(find("#width-picture").clientWidth, 320, 640);
  const x = (/** @type {number} */ width) => 40 + ((right - 40) / 12) * (width - 0.5);
  const found = Array.from({ length: 12 }, (_, i) => tree(x(i + 1), i + 1, n, beta, y, i + 1 === p)).flat();
  const axis = [text(28, 268, "p", "end"), text(8, 16, "L"), line(30, 250, right, 250), svg("line", { x1: x(n - 0.5), y1: 10, x2: x(n - 0.5), y2: 252, class: "rule gate" }),
    text(x(n - 0.5) + (n > 8 ? -5 : 5), 18, "p ≥ n: no valley", n > 8 ? "end" : "start", "halo"), text(x(p), 286, "▲", "middle", "")];
  find("#width-picture").replaceChildren(picture(right, 292, "Merge trees against the width", [...axis, ...found]));
  for (const [name, value] of [["p", String(p)], ["n", String(n)], ["ratio", beta.toFixed(2)]]) find(`#width-${name}-value`).textContent = value;
  const { floor, gate, minimum, spurious } = corollary14(p, beta);
  find("#width-told").textContent = p >= n ? `${p} units, ${n} inputs: from every network a way leads down to the minimum.`
    : spurious ? `${p} units, ${n} inputs: the valley {u > 0} has its floor at ${short(floor, 4)}; every way out climbs to exactly ${short(gate, 5)}; the minimum, ${short(minimum, 4)}, lies outside.`
      : `${p} units, ${n} inputs: the set {u > 0} holds the global minimum ${short(minimum, 4)}, so it is no spurious valley; make β larger.`;
}

export function startWidth() {
  find("#width-stage").hidden = false;
  for (const name of ["p", "n", "ratio"]) input(name).oninput = draw;
  new ResizeObserver(draw).observe(find("#width-picture"));
}
