/**
 * Machine pages: values are no events, so a section with data-every="3" is fetched again each three seconds while it
 * is seen; and the course of a tag: <div data-trend data-src="/devices/D-1/readings?tag=torque">.
 */
import { refresh } from "./live.js";
import { timeOfDay } from "./clock.js";

for (const element of document.querySelectorAll("[data-every]")) {
  const seconds = Number(element.getAttribute("data-every")) || 5;
  setInterval(() => { if (!document.hidden) refresh(element); }, seconds * 1000);
}

/**
 * A token as a colour that a canvas understands: the token itself may be light-dark(…).
 * @param {HTMLElement} host @param {string} name
 */
function colour(host, name) {
  const probe = host.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** @param {HTMLElement} host */
async function trend(host) {
  const response = await fetch(host.dataset.src ?? "", { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  const { at, value, low, high, from, to } = await response.json();
  const words = /** @type {HTMLElement} */ (host.querySelector("[data-trend-words]"));
  const known = value.filter((/** @type {number | null} */ one) => one !== null);
  if (!known.length) {
    words.textContent = host.dataset.empty ?? "";
    return;
  }
  const round = (/** @type {number} */ one) => String(Number(one.toPrecision(5)));
  const told = { low: Math.min(...(low ?? known).filter(Number.isFinite)), high: Math.max(...(high ?? known).filter(Number.isFinite)), last: known.at(-1) };
  words.textContent = (host.dataset.told ?? "").replace(/\{(\w+)\}/g, (_, name) => round(told[/** @type {"low"} */ (name)]));
  draw(host, { at, value, low, high, from, to });
}

/** @param {HTMLElement} host @param {{at: number[], value: (number|null)[], low?: number[], high?: number[], from: number, to: number}} data */
function draw(host, data) {
  const { uPlot } = /** @type {any} */ (window);
  const [ink, muted, line] = ["--ink", "--muted", "--line"].map((name) => colour(host, name));
  const axis = { stroke: muted, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
  const days = data.to - data.from > 2 * 86400;
  const date = new Intl.DateTimeFormat(document.documentElement.lang, { month: "short", day: "numeric" });
  const clock = (/** @type {any} */ _u, /** @type {number[]} */ ticks) => ticks.map((tick) => (days ? date.format(tick * 1000) : timeOfDay(tick * 1000)));
  const series = [{}, { label: host.dataset.label, stroke: ink, width: 1.5, spanGaps: false, points: { show: data.at.length < 60 } }];
  const columns = /** @type {any[]} */ ([data.at, data.value]);
  for (const [name, values] of [["min", data.low], ["max", data.high]]) {
    if (values) { columns.push(values); series.push(/** @type {any} */ ({ label: name, stroke: muted, width: 1, dash: [3, 3], points: { show: false } })); }
  }
  const size = () => ({ width: Math.max(200, host.clientWidth), height: 240 });
  const plot = new uPlot({ ...size(), legend: { show: false }, cursor: { drag: { x: true, y: false } }, scales: { x: { time: true, range: [data.from, data.to] } }, axes: [{ ...axis, values: clock }, { ...axis, size: 64 }], series }, columns, host);
  new ResizeObserver(() => plot.setSize(size())).observe(host);
}

for (const host of document.querySelectorAll("[data-trend]")) trend(/** @type {HTMLElement} */ (host));
