/**
 * Live pages. An element says what it shows and where its content comes from:
 *   <section data-live="station:12 line:2" data-live-src="/s/W03/queue">
 * On a change of a topic its fragment is fetched again (150 ms later, so that a burst is one fetch) and morphed.
 * Without data-live-src the element gets a "live" event instead. After 20 s of silence the page says so.
 */
import { now, timeOfDay } from "./clock.js";
import { meta, word } from "./words.js";

const DEBOUNCE = 150;
const SILENCE = 20000;
const POLL = 5000;
const url = meta("live-url") || "/live";

let lastBeat = now();
let polling = false;
/** @type {Map<Element, ReturnType<typeof setTimeout>>} */
const due = new Map();
/** @type {Set<Element>} */
const running = new Set();
/** @type {{subscribe: (topics: string[]) => void} | null} */
let hub = null;

/** @param {Element} element */
const topicsOf = (element) => (element.getAttribute("data-live") ?? "").split(/\s+/).filter(Boolean);
const elements = () => [...document.querySelectorAll("[data-live]")];

/** Every topic this page shows, sorted. */
export function topics() {
  return [...new Set(elements().flatMap(topicsOf))].sort();
}

function beat() {
  lastBeat = now();
  if (document.documentElement.hasAttribute("data-stale")) document.documentElement.removeAttribute("data-stale");
  for (const e of document.querySelectorAll("[data-live-time]")) e.textContent = word("live", { time: timeOfDay(lastBeat, true) });
}

function watchSilence() {
  if (!hub || now() - lastBeat < SILENCE || document.hidden) return;
  const text = word("as_of", { time: timeOfDay(lastBeat, true) });
  document.documentElement.setAttribute("data-stale", text);
  for (const e of document.querySelectorAll("[data-stale-text]")) if (e.textContent !== text) e.textContent = text;
}

/**
 * Fetch an element's fragment now and morph it in; what a person is typing in it stays.
 * @param {Element} element
 */
export async function refresh(element) {
  const source = element.getAttribute("data-live-src");
  if (!source) return void element.dispatchEvent(new CustomEvent("live", { bubbles: true }));
  if (running.has(element)) return schedule(element);
  running.add(element);
  try {
    const response = await fetch(source, { headers: { "HX-Request": "true", Accept: "text/html" }, signal: AbortSignal.timeout(15000) });
    if (response.ok && !response.redirected && response.status !== 204) {
      const { htmx } = /** @type {any} */ (window);
      const swap = element.getAttribute("data-live-swap") === "outer" ? "outerMorph" : "innerMorph";
      await htmx.swap({ text: await response.text(), target: element, sourceElement: element, swap });
      element.dispatchEvent(new CustomEvent("live:fresh", { bubbles: true }));
    }
    if (response.ok) beat();
  } catch {
    /* no answer: the silence watch tells it, and the next event or poll tries again */
  } finally {
    running.delete(element);
  }
}

/** @param {Element} element */
function schedule(element) {
  if (due.has(element)) return;
  due.set(element, setTimeout(() => {
    due.delete(element);
    if (element.isConnected) refresh(element);
  }, DEBOUNCE));
}

/** Fetch every fragment of the page again. */
export function refreshAll() {
  elements().forEach(schedule);
}

/** @param {string[]} changed */
function change(changed) {
  const set = new Set(changed);
  for (const e of elements()) if (topicsOf(e).some((topic) => set.has(topic))) schedule(e);
}

/** @param {{kind: string, topics?: string[]}} message */
function hear(message) {
  if (message.kind === "lost") {
    polling = true;
    return;
  }
  polling = false;
  beat();
  if (message.kind === "change") change(message.topics ?? []);
  if (message.kind === "resync") refreshAll();
}

/** The shared hub: one stream for all tabs. */
function sharedHub() {
  const worker = new SharedWorker(new URL("./live-worker.js", import.meta.url), { name: "gongxu-live" });
  worker.port.onmessage = (event) => hear(event.data);
  const post = (/** @type {string} */ kind) => worker.port.postMessage({ kind, url, topics: topics() });
  addEventListener("pagehide", () => worker.port.postMessage({ kind: "bye" }));
  addEventListener("pageshow", (event) => event.persisted && post("topics"));
  setInterval(() => post("here"), 60000);
  return { subscribe: () => post("topics") };
}

/** The fallback: a stream of its own, open only while the page is seen. */
function ownHub() {
  /** @type {EventSource | null} */
  let source = null;
  let failures = 0;
  const open = () => {
    source?.close();
    source = null;
    if (document.hidden || !topics().length) return;
    source = new EventSource(`${url}?topics=${encodeURIComponent(topics().join(","))}`);
    source.onopen = () => { hear({ kind: failures ? "resync" : "open" }); failures = 0; };
    source.onerror = () => {
      failures += 1;
      if (source?.readyState !== 2) return;
      hear({ kind: "lost" });
      setTimeout(open, Math.min(30000, 2000 * 2 ** Math.min(failures, 4)) * (0.5 + Math.random()));
    };
    source.addEventListener("beat", () => hear({ kind: "beat" }));
    source.addEventListener("resync", () => hear({ kind: "resync" }));
    source.addEventListener("change", (event) => hear({ kind: "change", topics: JSON.parse(event.data).topics }));
  };
  document.addEventListener("visibilitychange", () => { open(); if (!document.hidden) refreshAll(); });
  return { subscribe: open };
}

let known = "";
function subscribe() {
  const list = topics();
  if (list.join() === known) return;
  known = list.join();
  hub ??= "SharedWorker" in window ? sharedHub() : ownHub();
  hub.subscribe(list);
}

subscribe();
document.addEventListener("htmx:after:swap", subscribe);
setInterval(watchSilence, 1000);
setInterval(() => { if (polling && !document.hidden) refreshAll(); }, POLL);
