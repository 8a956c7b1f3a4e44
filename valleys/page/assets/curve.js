// @ts-check
/* The loss along a path as a chart, with its levels. */

import { largest, short, shown, ticks } from "#numbers";
import { line, make, picture, svg, text } from "#svg";

/** @typedef {{label: string, value: number, kind: string}} Rule */
/**
 * A path as the record holds it: at each point the loss, the leg and all parameters.
 * @typedef {{id: string, title: string, text: string, scale: string, n: number, p: number, m: number, loss: number[], leg: number[],
 *   legs: string[], lines: Rule[], U: number[][][], W: number[][][], chord?: number[],
 *   targets?: import("#targets").Compared["targets"], outputs?: number[][]}} Tour
 */
/** @typedef {(value: number) => number} Scale */

/**
 * The vertical scale of a tour: pixels of a value, and round values. A logarithm has no zero, so values are raised to
 * 1e-16 of the start, which is where rounding has eaten them anyway.
 * @param {Tour} tour @param {number} top @param {number} bottom
 */
function verticalScale(tour, top, bottom) {
  const log = tour.scale === "log";
  const least = 1e-16 * Math.abs(tour.loss[0]) || 1e-300;
  const map = (/** @type {number} */ value) => (log ? Math.log10(Math.max(value, least)) : value);
  const back = (/** @type {number} */ height) => (log ? 10 ** height : height);
  const all = [...tour.loss, ...(tour.chord ?? []), ...tour.lines.map((rule) => rule.value)].map(map);
  const [low, high] = [-largest(all.map((value) => -value)), largest(all)];
  const pad = 0.06 * (high - low) || 0.5;
  const [from, to] = [low - pad, high + pad];
  const decades = log && high - low > 2;
  return {
    y: (/** @type {number} */ value) => bottom - ((map(value) - from) / (to - from)) * (bottom - top),
    round: decades ? ticks(from, to).filter(Number.isInteger).map(back) : ticks(back(from), back(to)),
  };
}

/** Positions near the wanted ones (which rise), at least `gap` apart and none beyond `most`. @param {number[]} wanted @param {number} gap @param {number} most */
function spread(wanted, gap, most) {
  const places = [...wanted];
  for (let i = 1; i < places.length; i += 1) places[i] = Math.max(places[i], places[i - 1] + gap);
  for (let i = places.length - 1; i >= 0; i -= 1) places[i] = Math.min(places[i], most - gap * (places.length - 1 - i));
  return places;
}

/** @param {Rule} rule */
const lineLabel = (rule) => `${rule.label} ${short(rule.value, 9)}`;

/** Faint verticals where one leg hands over to the next, at its last point; each leg's number above it where there is room. @param {Tour} tour @param {Scale} x @param {number} top @param {number} bottom */
function legMarks({ leg }, x, top, bottom) {
  const last = leg.length - 1;
  const starts = leg.flatMap((name, k) => (k === 0 || name !== leg[k - 1] ? [k] : []));
  return starts.flatMap((from, i) => {
    const left = x(Math.max(from - 1, 0));
    const right = x(i + 1 < starts.length ? starts[i + 1] - 1 : last);
    const words = `${right - left > 48 ? "leg " : ""}${leg[from] + 1}`;
    return [
      ...(i > 0 ? [line(left, top, left, bottom)] : []),
      ...(right - left > 12 ? [text((left + right) / 2, top - 6, words, "middle")] : []),
    ];
  });
}

/** Labels beside the plot, moved apart, each tied to its line: floor and gate may lie closer than a pixel. @param {Rule[]} lines @param {Scale} y @param {number} right @param {number} bottom */
function sideLabels(lines, y, right, bottom) {
  const sorted = [...lines].sort((a, b) => y(a.value) - y(b.value));
  const places = spread(sorted.map((rule) => y(rule.value)), 16, bottom);
  return sorted.flatMap((rule, i) => [
    svg("path", { d: `M${right + 2},${y(rule.value)} L${right + 14},${places[i]} h4`, class: "leader" }),
    text(right + 21, places[i] + 4, lineLabel(rule), "start", ""),
  ]);
}

/** The chart of a tour, what moves its point, and the step under a fraction of its width. @param {Tour} tour @param {number} width */
export function drawCurve(tour, width) {
  const { loss, lines } = tour;
  const last = loss.length - 1;
  const [height, top] = [width < 480 ? 220 : 300, 24];
  const bottom = height - 36;
  const { y, round } = verticalScale(tour, top, bottom);
  const left = 14 + 7 * largest(round.map((value) => short(value).length));
  const gutter = 30 + 6.6 * largest(lines.map((rule) => lineLabel(rule).length));
  const beside = gutter < 0.4 * width;
  const right = width - (beside ? Math.max(gutter, 10) : 10);
  const x = (/** @type {number} */ k) => left + ((right - left) * k) / Math.max(last, 1);
  const track = loss.map((value, k) => `${x(k).toFixed(1)},${y(value).toFixed(2)}`).join("L");
  const chord = (tour.chord ?? []).map((value, k) => `${x(k).toFixed(1)},${y(value).toFixed(2)}`).join("L");
  const point = svg("g", {}, line(0, top, 0, bottom, "hair"), svg("circle", { r: 6, class: "point" }));
  const marks = [
    ...round.flatMap((value) => [line(left, y(value), right, y(value)), text(left - 6, y(value) + 4, short(value), "end")]),
    ...ticks(0, Math.max(last, 4)).filter((k) => k <= last).map((k) => text(x(k), bottom + 17, k, "middle")),
    text(right, height - 4, "step", "end"), text(0, 12, "L"),
    ...legMarks(tour, x, top, bottom), ...(chord ? [svg("path", { d: `M${chord}`, class: "way way-straight" })] : []), svg("path", { d: `M${track}`, class: "track" }),
    ...lines.map((rule) => line(left, y(rule.value), right, y(rule.value), `rule ${rule.kind}`)),
    ...(beside ? sideLabels(lines, y, right, bottom) : []), point,
  ];
  const move = (/** @type {number} */ k) => {
    point.setAttribute("transform", `translate(${x(k)},0)`);
    point.lastElementChild?.setAttribute("cy", String(y(loss[k])));
  };
  const label = `Loss along the path, from ${shown(loss[0], 7)} to ${shown(loss[last], 7)} in ${last} steps`;
  const stepAt = (/** @type {number} */ fraction) => Math.round(((fraction * width - left) / (right - left)) * last);
  return { chart: picture(width, height, label, marks), move, stepAt, beside };
}

/** The labels as a list under the plot, where a narrow screen has no room beside it. @param {Rule} rule */
export function lineItem(rule) {
  const item = make("li", {});
  item.append(svg("svg", { viewBox: "0 0 28 10", "aria-hidden": true }, line(0, 5, 28, 5, `rule ${rule.kind}`)), lineLabel(rule));
  return item;
}

/** The two curves told apart. @param {Tour} tour */
export function curveItems(tour) {
  const item = (/** @type {string} */ kind, /** @type {string} */ words) => {
    const found = make("li", {});
    found.append(svg("svg", { viewBox: "0 0 28 10", "aria-hidden": true }, line(0, 5, 28, 5, kind)), words);
    return found;
  };
  return tour.chord ? [item("track", "the path"), item("way way-straight", "the straight line to the same end")] : [];
}
