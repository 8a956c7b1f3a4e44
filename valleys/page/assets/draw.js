/* The pictures of a walk: the loss curve and the hidden units, as SVG. Every text reaches the page as a text node, so a
   label can never become markup. page.html puts this file before tour.js, into the same module. */

/** An SVG element. */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const line = (x1, y1, x2, y2, kind = "faint") => svg("line", { x1, y1, x2, y2, class: kind });
const text = (x, y, words, anchor = "start", kind = "soft") => svg("text", { x, y, "text-anchor": anchor, class: kind }, words);
const picture = (width, height, label, marks) =>
  svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...marks);

// Numbers
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const largest = (values) => values.reduce((most, value) => Math.max(most, value), -Infinity);
const minus = (digits) => digits.replace("-", "−");
const raised = (exponent) => [...exponent].map((c) => "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["+-0123456789".indexOf(c)]).join("").replace("⁺", "");

/** A number to so many significant digits, powers of ten as a reader writes them. */
function shown(value, digits) {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 10 ** digits)) return minus(size ? value.toPrecision(digits) : "0");
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return `${minus(mantissa)} × 10${raised(exponent)}`;
}

/** The same without trailing zeros, for ticks and labels; three digits do before a power of ten. */
function short(value, digits = 7) {
  const words = shown(value, Math.abs(value) < 1e-3 ? 3 : digits);
  return words.includes(".") ? words.replace(/\.?0+(?= |$)/, "").replace(/^1 × /, "") : words;
}

/** About four round numbers between low and high. */
function ticks(low, high) {
  const power = 10 ** Math.floor(Math.log10((high - low) / 4));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power * 4 >= high - low);
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high; i += 1) found.push(i * step);
  return found;
}

/**
 * The vertical scale of a tour: pixels of a value, and round values. A logarithm has no zero, so values are raised to
 * 1e-16 of the start, which is where rounding has eaten them anyway.
 */
function verticalScale(tour, top, bottom) {
  const log = tour.scale === "log";
  const least = 1e-16 * Math.abs(tour.loss[0]) || 1e-300;
  const map = (value) => (log ? Math.log10(Math.max(value, least)) : value);
  const back = (height) => (log ? 10 ** height : height);
  const all = [...tour.loss, ...tour.lines.map((rule) => rule.value)].map(map);
  const [low, high] = [-largest(all.map((value) => -value)), largest(all)];
  const pad = 0.06 * (high - low) || 0.5;
  const [from, to] = [low - pad, high + pad];
  const decades = log && high - low > 2;
  return {
    y: (value) => bottom - ((map(value) - from) / (to - from)) * (bottom - top),
    round: decades ? ticks(from, to).filter(Number.isInteger).map(back) : ticks(back(from), back(to)),
  };
}

/** Positions near the wanted ones (which rise), at least `gap` apart and none beyond `most`. */
function spread(wanted, gap, most) {
  const places = [...wanted];
  for (let i = 1; i < places.length; i += 1) places[i] = Math.max(places[i], places[i - 1] + gap);
  for (let i = places.length - 1; i >= 0; i -= 1) places[i] = Math.min(places[i], most - gap * (places.length - 1 - i));
  return places;
}

// The loss curve
const lineLabel = (rule) => `${rule.label} ${short(rule.value, 9)}`;

/** Faint verticals where one leg hands over to the next, at its last point; each leg's number above it where there is room. */
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

/** Labels beside the plot, moved apart, each tied to its line: floor and gate may lie closer than a pixel. */
function sideLabels(lines, y, right, bottom) {
  const sorted = [...lines].sort((a, b) => y(a.value) - y(b.value));
  const places = spread(sorted.map((rule) => y(rule.value)), 16, bottom);
  return sorted.flatMap((rule, i) => [
    svg("path", { d: `M${right + 2},${y(rule.value)} L${right + 14},${places[i]} h4`, class: "leader" }),
    text(right + 21, places[i] + 4, lineLabel(rule), "start", ""),
  ]);
}

/** The chart of a tour, what moves its point, and the step under a fraction of its width. */
function drawCurve(tour, width) {
  const { loss, lines } = tour;
  const last = loss.length - 1;
  const [height, top] = [width < 480 ? 220 : 300, 24];
  const bottom = height - 36;
  const { y, round } = verticalScale(tour, top, bottom);
  const left = 14 + 7 * largest(round.map((value) => short(value).length));
  const gutter = 30 + 6.6 * largest(lines.map((rule) => lineLabel(rule).length));
  const beside = gutter < 0.4 * width;
  const right = width - (beside ? Math.max(gutter, 10) : 10);
  const x = (k) => left + ((right - left) * k) / Math.max(last, 1);
  const track = loss.map((value, k) => `${x(k).toFixed(1)},${y(value).toFixed(2)}`).join("L");
  const point = svg("g", {}, line(0, top, 0, bottom, "hair"), svg("circle", { r: 6, class: "point" }));
  const marks = [
    ...round.flatMap((value) => [line(left, y(value), right, y(value)), text(left - 6, y(value) + 4, short(value), "end")]),
    ...ticks(0, Math.max(last, 4)).filter((k) => k <= last).map((k) => text(x(k), bottom + 17, k, "middle")),
    text(right, height - 4, "step", "end"), text(0, 12, "L"),
    ...legMarks(tour, x, top, bottom), svg("path", { d: `M${track}`, class: "track" }),
    ...lines.map((rule) => line(left, y(rule.value), right, y(rule.value), `rule ${rule.kind}`)),
    ...(beside ? sideLabels(lines, y, right, bottom) : []), point,
  ];
  const move = (k) => {
    point.setAttribute("transform", `translate(${x(k)},0)`);
    point.lastChild.setAttribute("cy", y(loss[k]));
  };
  const label = `Loss along the path, from ${shown(loss[0], 7)} to ${shown(loss[last], 7)} in ${last} steps`;
  const stepAt = (fraction) => Math.round(((fraction * width - left) / (right - left)) * last);
  return { chart: picture(width, height, label, marks), move, stepAt, beside };
}

/** The labels as a list under the plot, where a narrow screen has no room beside it. */
function lineItem(rule) {
  const item = make("li", {});
  item.append(svg("svg", { viewBox: "0 0 28 10", "aria-hidden": true }, line(0, 5, 28, 5, `rule ${rule.kind}`)), lineLabel(rule));
  return item;
}

// The hidden units
/** What each unit gives to the output: u_i itself for one output, the norm of its column for more. */
const outputs = (tour, k) => tour.U[k][0].map((u, i) => (tour.m === 1 ? u : Math.hypot(...tour.U[k].map((row) => row[i]))));

/** The scales of a tour's units, fixed over the whole tour so that growth is seen as growth. */
function unitScales(tour) {
  const rows = tour.W.flat();
  return {
    u: largest(tour.U.flatMap((_, k) => outputs(tour, k)).map(Math.abs)) || 1,
    norm: largest(rows.map((row) => Math.hypot(...row))) || 1,
    w: largest(rows.flat().map(Math.abs)) || 1,
  };
}

/** The class of a unit: dead where it reaches no output, else the sign of u_i where there is one output. */
function unitKind(tour, u, scales) {
  if (Math.abs(u) < 1e-12 * scales.u) return "dead";
  return tour.m > 1 ? "plain" : u > 0 ? "plus" : "minus";
}

/** An arrow; the head of a negative unit is open, so that the sign is no matter of colour alone. */
function arrow(x, y, dx, dy, kind, weight) {
  const length = Math.hypot(dx, dy);
  if (length < 3) return [svg("circle", { cx: x + dx, cy: y + dy, r: 3, class: kind })];
  const [ux, uy] = [dx / length, dy / length];
  const head = Math.min(7 + 1.5 * weight, length);
  const [bx, by, half] = [x + dx - head * ux, y + dy - head * uy, 0.42 * head];
  const corners = [[x + dx, y + dy], [bx - half * uy, by + half * ux], [bx + half * uy, by - half * ux]];
  const shaft = svg("line", { x1: x, y1: y, x2: bx, y2: by, class: kind, "stroke-width": weight });
  return [shaft, svg("path", { d: `M${corners.join("L")}Z`, class: `head ${kind}` })];
}

/** Rising numbers in short: 1–5 where none is missing, else 1,3,4. */
const together = (units) =>
  units.length > 2 && units.at(-1) - units[0] === units.length - 1 ? `${units[0]}–${units.at(-1)}` : units.join(",");

/** The rows w_i of W as numbered arrows; equal axes. */
function drawPlane(tour, k, scales, size) {
  const [middle, reach] = [size / 2, size / 2 - 22];
  const us = outputs(tour, k);
  const arrows = tour.W[k].flatMap(([a, b], i) => {
    const [dx, dy] = [(a * reach) / scales.norm, (-b * reach) / scales.norm];
    return arrow(middle, middle, dx, dy, unitKind(tour, us[i], scales), 1.2 + (3 * Math.abs(us[i])) / scales.u);
  });
  const groups = []; // units whose arrows end in one place share a label
  tour.W[k].forEach(([a, b], i) => {
    const length = Math.hypot(a, b);
    const away = reach / scales.norm + 12 / length;
    const [x, y] = length ? [middle + a * away, middle - b * away] : [middle, middle - 12];
    const near = groups.find((group) => Math.hypot(group.x - x, group.y - y) < 14);
    if (near) near.units.push(i + 1);
    else groups.push({ x, y, units: [i + 1] });
  });
  const numbers = groups.map(({ x, y, units }) => text(x, y + 4, together(units), "middle", "halo"));
  return [
    svg("circle", { cx: middle, cy: middle, r: reach, class: "faint" }),
    line(middle - reach, middle, middle + reach, middle), line(middle, middle - reach, middle, middle + reach),
    text(size, size - 2, "w₁ →", "end"), text(0, 10, "↑ w₂"), text(0, size - 2, `|w| = ${short(scales.norm, 3)}`),
    ...arrows, ...numbers,
  ];
}

/** A bar between two corners. */
const bar = (x1, y1, x2, y2, kind) => svg("rect", {
  x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1), class: `bar ${kind}`,
});

/** Bars of u_i right of `x0` and, where `rowHeight` is positive, under each the entries of w_i; scales the same both ways. */
function drawBars(tour, k, scales, x0, width, height, rowHeight) {
  const us = outputs(tour, k);
  const pitch = (width - 26) / us.length;
  const [zero, first] = [tour.m === 1 ? height / 2 : height - 4, height + 22];
  const full = `full bar: u ${short(scales.u, 3)}${rowHeight ? `, w ${short(scales.w, 3)}` : ""}`;
  const names = rowHeight > 9 ? tour.W[k][0].map((_, j) => text(x0, first + (j + 1) * rowHeight - 2, `w${j + 1}`)) : [];
  const bars = us.flatMap((u, i) => {
    const middle = x0 + 26 + (i + 0.5) * pitch;
    const half = Math.min(0.3 * pitch, 14);
    const kind = unitKind(tour, u, scales);
    const entries = rowHeight ? tour.W[k][i].map((w, j) => {
      const y = first + j * rowHeight;
      const sign = kind === "dead" ? kind : w > 0 ? "plus" : "minus";
      return bar(middle, y + 1, middle + (0.46 * pitch * w) / scales.w, y + rowHeight - 1, sign);
    }) : [];
    return [
      bar(middle - half, zero, middle + half, zero - ((zero - 16) * u) / scales.u, kind),
      ...(pitch > 14 ? [text(middle, height + 12, i + 1, "middle", "")] : []),
      line(middle, first, middle, first + tour.n * rowHeight), ...entries,
    ];
  });
  return [text(x0 + width, 10, full, "end"), text(x0, zero + 4, tour.m === 1 ? "u" : "|u|"), line(x0 + 22, zero, x0 + width, zero), ...names, ...bars];
}

/** All hidden units at point k: arrows and bars where x is in the plane, else two storeys of bars. */
function drawUnits(tour, k, scales, width) {
  const label = `Output weights: ${outputs(tour, k).map((u, i) => `unit ${i + 1} ${short(u, 3)}`).join(", ")}`;
  if (tour.n === 2) {
    const size = Math.min(0.58 * width, 320);
    const bars = drawBars(tour, k, scales, size + 12, Math.min(width - size - 12, 120 + 20 * tour.p), size - 18, 0);
    return picture(width, size, label, [...drawPlane(tour, k, scales, size), ...bars]);
  }
  const rowHeight = clamp(150 / tour.n, 4, 13);
  return picture(width, 146 + tour.n * rowHeight, label, drawBars(tour, k, scales, 0, width, 120, rowHeight));
}
