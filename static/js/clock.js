/** The server's clock in the page: device clocks on a shop floor are wrong more often than right. */
import { meta, word } from "./words.js";

const started = Date.parse(meta("server-time"));
/* performance.now() does not jump when somebody sets the device's clock */
const base = Number.isNaN(started) ? Date.now() : started;
const mark = performance.now();

/** @returns {number} the server's time now, in ms since the epoch */
export function now() {
  return base + (performance.now() - mark);
}

const zone = meta("site-zone") || undefined;
const language = document.documentElement.lang || "en";
const short = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
const long = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone });

/**
 * A time of day in the site's zone.
 * @param {number} at ms since the epoch
 * @param {boolean} [seconds]
 */
export function timeOfDay(at, seconds = false) {
  return (seconds ? long : short).format(at);
}

/**
 * How long ago in one figure: minutes, then hours, then days.
 * @param {number} since ms since the epoch
 */
export function ageWords(since) {
  const minutes = Math.max(0, Math.floor((now() - since) / 60000));
  if (minutes < 120) return word("minutes", { count: minutes });
  if (minutes < 2880) return word("hours", { count: Math.floor(minutes / 60) });
  return word("days", { count: Math.floor(minutes / 1440) });
}

/** @param {Element} element @param {string} text */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Write every clock and every age of the page once. */
export function tick() {
  const at = now();
  for (const e of document.querySelectorAll("[data-clock]")) say(e, timeOfDay(at));
  for (const e of document.querySelectorAll("[data-since]")) {
    const since = Date.parse(e.getAttribute("data-since") ?? "");
    if (!Number.isNaN(since)) say(e, ageWords(since));
  }
}

tick();
setInterval(tick, 1000);
document.addEventListener("htmx:after:swap", tick);
