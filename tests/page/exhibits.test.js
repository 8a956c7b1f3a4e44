/* The mathematics of the page's exhibits, each against a second route. Run by tests/test_page_exhibits.py, or: node --test tests/page/ */

import assert from "node:assert/strict";
import test from "node:test";

import { candidates, descend, dimension, judge, riseAlong, riseOf } from "../../valleys/page/assets/descent.js";
import { balanced, gradientAt, lakes, landmarks, lossAt, restOf, roll, sheet, valleySheet } from "../../valleys/page/assets/field.js";
import { between, gradient, loss, train } from "../../valleys/page/assets/network.js";
import { pivotedQR } from "../../valleys/page/assets/qr.js";
import { cells, cut, flooded, inside, slices } from "../../valleys/page/assets/terrain.js";
import { corollary14 } from "../../valleys/page/assets/width.js";

const LAW = { alpha: 2, beta: 3 };
let seed = 5;
const random = () => { seed = (seed * 16807) % 2147483647; return (2 * seed) / 2147483647 - 1; };
const network = (p) => ({ u: Array.from({ length: p }, random), W: Array.from({ length: p }, () => [random(), random()]) });
const sample = (n) => ({ X: Array.from({ length: n }, (_, i) => [i - 0.4 * random(), 1]), y: Array.from({ length: n }, random) });

test("two lakes below the gate, one from it on", () => {
  assert.equal(landmarks(LAW).gate, 3.25);
  assert.deepEqual([0.9, 1.5, 3.24, 3.25, 3.26].map((level) => lakes(level, LAW).length), [0, 1, 2, 1, 1]);
  assert.deepEqual([1, 2, 3].map((beta) => valleySheet({ alpha: 2, beta })), [-1, 0, 1]);
});

test("the landmarks are the minima of a fine grid", () => {
  for (const law of [LAW, { alpha: 1.3, beta: 0.7 }]) {
    for (const [s, mark] of [[1, landmarks(law).plus], [-1, landmarks(law).minus]]) {
      const grid = Array.from({ length: 201 * 201 }, (_, i) => sheet((i % 201) / 20 - 5, Math.floor(i / 201) / 20 - 5, s, law));
      assert.ok(Math.min(...grid) >= mark.level - 1e-12);
      assert.ok(Math.abs(sheet(...mark.q, s, law) - mark.level) < 1e-12);
    }
  }
});

test("gradients agree with differences", () => {
  for (let k = 0; k < 20; k += 1) {
    const theta = [random(), random(), random()];
    const g = gradientAt(theta, LAW);
    theta.forEach((_, i) => {
      const moved = (h) => lossAt(theta.map((x, j) => (i === j ? x + h : x)), LAW);
      assert.ok(Math.abs((moved(1e-6) - moved(-1e-6)) / 2e-6 - g[i]) < 1e-6);
    });
    const [net, data] = [network(4), sample(5)];
    const full = gradient(net, data);
    const along = { u: net.u.map(random), W: net.W.map((row) => row.map(random)) };
    const at = (h) => loss({ u: net.u.map((x, j) => x + h * along.u[j]), W: net.W.map((row, j) => row.map((x, i) => x + h * along.W[j][i])) }, data);
    const slope = full.u.reduce((sum, x, j) => sum + x * along.u[j], 0) + full.W.flat().reduce((sum, x, j) => sum + x * along.W.flat()[j], 0);
    assert.ok(Math.abs((at(1e-7) - at(-1e-7)) / 2e-7 - slope) < 1e-5);
  }
});

test("balls come to rest at the bottoms and at the gate", () => {
  const end = (q1, q2, s) => roll(balanced(q1, q2, s), LAW).at(-1);
  assert.equal(restOf(end(1, 1, 1), LAW), "plus");
  assert.ok(Math.abs(lossAt(end(1, 1, 1), LAW) - 2.25) < 1e-9);
  assert.equal(restOf(end(1, 1, -1), LAW), "minus");
  assert.equal(restOf(end(-1, -1, 1), LAW), "gate");
});

test("water and land share every cell", () => {
  const bowl = cells((x, y) => x * x + y * y, 1, 40, 0.64);
  const area = (points) => Math.abs(points.reduce((sum, [x, y], i) => sum + x * points[(i + 1) % points.length][1] - points[(i + 1) % points.length][0] * y, 0)) / 2;
  const faces = flooded(bowl.flatMap((cell) => slices(cell, 0.1)), 0.25);
  const wet = faces.filter((face) => face.water).reduce((sum, face) => sum + area(face.points), 0);
  const all = faces.reduce((sum, face) => sum + area(face.points), 0);
  assert.ok(Math.abs(wet - Math.PI * 0.25) < 5e-3 && Math.abs(all - Math.PI * 0.64) < 5e-3);
  assert.deepEqual(cut([[0, 0, 1], [1, 0, 1], [0, 1, 1]], 0.5, 1), []);
  assert.ok(inside([[0, 0], [2, 0], [0, 2]], 0.5, 0.5) && !inside([[0, 0], [2, 0], [0, 2]], 1.5, 1.5));
});

test("pivoted QR: lengths fall, R solves, rank is seen", () => {
  const columns = Array.from({ length: 5 }, () => Array.from({ length: 6 }, random));
  columns[3] = columns[1].map((x, i) => 2 * x - columns[0][i]);
  const qr = pivotedQR(columns);
  assert.equal(qr.rank(1e-10), 4);
  const b = Array.from({ length: 6 }, random);
  const norm = (v) => Math.hypot(...v);
  assert.ok(Math.abs(norm(qr.applyQt(b)) - norm(b)) < 1e-12);
  const x = qr.solve(4, qr.applyQt(columns[qr.pivots[2]]));
  assert.ok(x.every((value, i) => Math.abs(value - (i === 2 ? 1 : 0)) < 1e-10));
});

test("the certified path never rises and ends at zero, from random, equal and zero starts", () => {
  for (let n = 2; n <= 12; n += 1) {
    const data = sample(n);
    const [wide, equal] = [network(n + 2), network(n)];
    equal.W = equal.W.map(() => equal.W[0]);
    const zero = { u: new Array(n).fill(0), W: Array.from({ length: n }, () => [0, 0]) };
    for (const start of [network(n), wide, equal, zero]) {
      const { knots } = descend(start, data);
      assert.equal(judge(knots, data), 0);
      assert.ok(loss(knots.at(-1), data) < 1e-18 * loss(start, data));
      const sampled = knots.slice(1).flatMap((knot, i) => Array.from({ length: 101 }, (_, t) => loss(between(knots[i], knot, t / 100), data)));
      assert.ok(riseAlong(sampled) < 1e-13 * loss(start, data));
    }
  }
});

test("below dim* it is refused, and a bent path is seen to rise", () => {
  const data = sample(5);
  assert.equal(dimension({ X: [[1, 1], [1, 1], [2, 1]] }), 2);
  assert.throws(() => descend(network(4), data), /dim\* = 5/);
  const { knots } = descend(network(5), data);
  const bent = [knots[0], { u: knots[0].u.map((x) => x + 1), W: knots[0].W }, knots.at(-1)];
  assert.ok(judge(bent, data) > 1e-3);
  assert.deepEqual([riseOf({ s: -1, a: 1 }), riseOf({ s: 2, a: 1 }), riseOf({ s: 1, a: 4 })], [0, 3, 0.25]);
  assert.ok(candidates(data.X).every((row) => Math.abs(Math.hypot(...row) - 1) < 1e-12));
});

test("gradient descent never rises", () => {
  const data = sample(4);
  const track = train(network(3), data, 300);
  assert.equal(riseAlong(track.map((theta) => loss(theta, data))), 0);
});

test("Corollary 14: the climb falls with the width", () => {
  assert.deepEqual(corollary14(1, 3), { floor: 13.5, gate: 15, minimum: 1.5, spurious: true });
  assert.equal(corollary14(3, 0.5).spurious, false);
});
