// @ts-check
/* The walk along precomputed paths. Nothing is fetched. */

import { curveItems, drawCurve, lineItem } from "#curve";
import { clamp, largest, shown } from "#numbers";
import { find, make } from "#svg";
import { drawTargets } from "#targets";
import { drawUnits, unitScales } from "#units";

/** @typedef {import("#curve").Tour} Tour */

const tours = /** @type {Tour[]} */ (JSON.parse(find("#tours").textContent));
const slider = find(".step");
const play = find(".play");
const state = {
  /** @type {Tour} */ tour: tours[0], step: 0, timer: 0,
  /** @type {ReturnType<typeof unitScales>} */ scales: { u: 1, norm: 1, w: 1 },
  /** @type {ReturnType<typeof drawCurve> | null} */ curve: null,
};

/** The width to draw in; a window may shrink to nothing, a drawing cannot. @param {Element} plot */
const widthOf = (plot) => Math.max(plot.clientWidth, 240);

/** Write the numbers; their region is silent, since the slider itself tells its step to a screen reader. @param {Tour} tour @param {number} k */
function writeNumbers({ loss, leg, legs }, k) {
  const numbers = {
    step: `${k} of ${loss.length - 1}`,
    loss: shown(loss[k], 7),
    change: (loss[k] > loss[0] ? "+" : "") + shown(loss[k] - loss[0], 3),
    highest: shown(largest(loss.slice(0, k + 1)), 7),
    leg: `${leg[k] + 1} of ${legs.length}: ${legs[leg[k]]}`,
  };
  for (const [name, words] of Object.entries(numbers)) find(`[data-number=${name}]`).textContent = words;
  slider.setAttribute("aria-valuetext", `step ${numbers.step}, leg ${leg[k] + 1}, loss ${numbers.loss}`);
}

/** Show point k of the present tour. @param {number} k */
function show(k) {
  const { tour, scales, curve } = state;
  state.step = slider.value = clamp(k, 0, tour.loss.length - 1);
  curve?.move(state.step);
  const plot = find(".units .plot");
  plot.replaceChildren(drawUnits(tour, state.step, scales, widthOf(plot)));
  const answers = find(".answers .plot");
  if (tour.targets && tour.outputs) answers.replaceChildren(drawTargets({ targets: tour.targets, outputs: tour.outputs }, state.step, widthOf(answers)));
  writeNumbers(tour, state.step);
}

/** Draw all that depends on the width. */
function drawTour() {
  const plot = find(".curve .plot");
  state.curve = drawCurve(state.tour, widthOf(plot));
  plot.replaceChildren(state.curve.chart);
  find(".answers").hidden = !state.tour.targets;
  find(".answers-title").textContent = state.tour.targets?.title ?? "";
  find(".lines").replaceChildren(...curveItems(state.tour), ...(state.curve.beside ? [] : state.tour.lines.map(lineItem)));
  show(state.step);
}

/** @param {Tour} tour @param {number} step */
function choose(tour, step) {
  stop();
  Object.assign(state, { tour, step, scales: unitScales(tour) });
  find(`#tab-${tours.indexOf(tour)}`).checked = true;
  find(".tour-title").textContent = tour.title;
  find(".tour-text").textContent = tour.text;
  slider.max = tour.loss.length - 1;
  drawTour();
}

function stop() {
  clearInterval(state.timer);
  state.timer = 0;
  play.textContent = "Play";
}

/** The address follows the path and, where the reader rests, the step. */
const address = () => history.replaceState(null, "", `#tour=${state.tour.id}&step=${state.step}`);

/** Walk to the end in eight seconds, in few leaps for a reader who asked for less motion; never unasked. */
function start() {
  const last = state.tour.loss.length - 1;
  const beats = matchMedia("(prefers-reduced-motion: reduce)").matches ? 10 : 200;
  let at = state.step === last ? 0 : state.step;
  play.textContent = "Pause";
  state.timer = setInterval(() => {
    at += last / beats;
    show(Math.round(at));
    if (state.step === last) stop();
  }, 8000 / beats);
}

/** @param {PointerEvent & {currentTarget: Element}} event */
function drag(event) {
  if (!event.buttons) return;
  stop();
  const box = event.currentTarget.getBoundingClientRect();
  if (state.curve) show(state.curve.stepAt((event.clientX - box.left) / box.width));
}

export function startWalk() {
  if (!tours.length) return;
  find(".tour").hidden = false;
  const names = tours.map(({ title }) => title.split(":")[0]);
  const told = new Set(names).size === names.length;
  for (const [i, tour] of tours.entries()) {
    const label = make("label", { textContent: told ? names[i] : tour.title });
    label.prepend(make("input", { type: "radio", name: "tour", id: `tab-${i}`, onchange: () => { choose(tour, 0); address(); } }));
    find(".tabs").append(label);
  }
  const asked = new URLSearchParams(location.hash.slice(1)); // #tour=theorem13&step=120
  const wanted = asked.get("tour");
  const found = tours.find(({ id }) => id === wanted) ?? tours.find(({ id }) => wanted && id.startsWith(`${wanted}-`));
  choose(found ?? tours[0], Math.round(Number(asked.get("step"))) || 0);
  if (asked.has("tour")) find("#walk").scrollIntoView();
  slider.oninput = () => { stop(); show(Number(slider.value)); };
  slider.onchange = address;
  play.onclick = () => (state.timer ? stop() : start());
  const plot = find(".curve .plot");
  plot.onpointerdown = (/** @type {PointerEvent & {currentTarget: Element}} */ event) => { plot.setPointerCapture(event.pointerId); drag(event); };
  plot.onpointermove = drag;
  new ResizeObserver(drawTour).observe(plot);
}
