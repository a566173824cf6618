/**
 * The wall: how many tiles fit is reckoned from the viewing distance and the screen's diagonal, in the address:
 * ?distance=8&inches=55. Abnormal tiles never leave the screen; the others take turns every 12 s.
 */
import { now } from "./clock.js";
import "./live.js";

const TURN = 12000;
const query = new URLSearchParams(location.search);
const figure = (/** @type {string[]} */ names, /** @type {number} */ otherwise) => {
  const value = Number(names.map((name) => query.get(name)).find(Boolean));
  return value > 0 ? value : otherwise;
};
const distance = figure(["distance", "d"], 3.5);
const inches = figure(["inches", "in"], 55);

/**
 * Height of a tile name in vh that can be read from `metres` on a 16:9 screen (ISO 9241-3: 16 minutes of arc).
 * @param {number} metres @param {number} diagonal in inches @param {boolean} chinese
 */
export function legible(metres, diagonal, chinese) {
  return 0.94 * metres * (55 / diagonal) * (chinese ? 1.25 : 1);
}

/**
 * Columns and rows that fit when one unit is `unit` px (a name is 3.2 units high).
 * @param {number} width @param {number} height @param {number} unit
 */
export function shape(width, height, unit) {
  return { columns: Math.max(1, Math.floor(width / (24 * unit))), rows: Math.max(1, Math.floor(height / (15 * unit))) };
}

const box = /** @type {HTMLElement} */ (document.querySelector(".wall-tiles"));
let turn = 0;

/** Find the largest unit, from the wished one down, at which every abnormal tile has a place. */
function fit(/** @type {number} */ abnormal) {
  const wished = legible(distance, inches, document.documentElement.lang.startsWith("zh")) / 3.2;
  for (let unit = Math.min(wished, 6); ; unit *= 0.9) {
    const pixels = (unit * innerHeight) / 100;
    const cells = shape(box.clientWidth, box.clientHeight, pixels);
    if (cells.columns * cells.rows >= abnormal || unit < 0.6) return { unit, ...cells };
  }
}

/** Place the tiles of this turn; a text that does not fit costs a little size, then a row, never its last line. */
function layOut() {
  const tiles = /** @type {HTMLElement[]} */ ([...box.querySelectorAll("[data-tile]")]);
  const bad = tiles.filter((tile) => tile.dataset.tile !== "plain");
  const good = tiles.filter((tile) => tile.dataset.tile === "plain");
  /* held upright it is a list that scrolls: everything is on it */
  if (innerWidth < innerHeight) return tiles.forEach((tile) => { tile.hidden = false; });
  const cells = fit(bad.length);
  place(tiles, bad, good, cells);
  for (let tries = 0; tries < 14 && tiles.some(cutOff); tries++) {
    if (tries > 2 && cells.rows > 1 && cells.columns * (cells.rows - 1) >= bad.length) cells.rows -= 1;
    else cells.unit *= 0.96;
    place(tiles, bad, good, cells);
  }
}

/** @param {HTMLElement} tile */
const cutOff = (tile) => !tile.hidden && tile.scrollHeight > tile.clientHeight + 2;

/**
 * @param {HTMLElement[]} tiles @param {HTMLElement[]} bad @param {HTMLElement[]} good
 * @param {{unit: number, columns: number, rows: number}} cells
 */
function place(tiles, bad, good, { unit, columns, rows }) {
  const places = columns * rows;
  const large = columns > 1 && bad.length > 0 && (bad.length * 2 + good.length <= places || bad.length * 4 <= places);
  const free = Math.max(0, places - bad.length * (large ? 2 : 1));
  const pages = free ? Math.max(1, Math.ceil(good.length / free)) : 1;
  const from = (turn % pages) * free;
  const shown = new Set(good.slice(from, from + free));
  tiles.forEach((tile) => { tile.hidden = tile.dataset.tile === "plain" && !shown.has(tile); });
  bad.forEach((tile) => tile.classList.toggle("large", large));
  const used = bad.length * (large ? 2 : 1) + Math.min(free, good.length);
  document.body.style.setProperty("--unit", `${unit}vh`);
  document.body.style.setProperty("--columns", String(Math.min(columns, Math.max(used, 1))));
  document.body.style.setProperty("--rows", String(Math.min(rows, Math.ceil(used / columns) || 1)));
  const page = document.querySelector(".wall-page");
  if (page) page.textContent = pages > 1 ? `${(turn % pages) + 1} / ${pages}` : "";
}

/** At the end of the shift the page starts afresh, but only when the server is there to give it. */
async function reload() {
  try {
    const response = await fetch(location.href, { method: "HEAD" });
    if (response.ok) return location.reload();
  } catch {
    /* not there: a stale wall is better than an error page */
  }
  setTimeout(reload, 30000 + Math.random() * 30000);
}

const end = Date.parse(document.body.dataset.reloadAt ?? "");
/* setTimeout holds 24.8 days; a minute of jitter keeps forty walls from arriving at once */
if (end > now()) setTimeout(reload, Math.min(end - now() + Math.random() * 60000, 2 ** 31 - 1));

if (box) {
  layOut();
  document.fonts.ready.then(layOut);
  addEventListener("resize", layOut);
  document.addEventListener("htmx:after:swap", layOut);
  setInterval(() => { turn += 1; layOut(); }, TURN);
}
const awake = () => document.hidden || navigator.wakeLock?.request("screen").catch(() => undefined);
document.addEventListener("visibilitychange", awake);
awake();
