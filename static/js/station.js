/** The operator's page: scans and big buttons go through the queue, every one gets an answer one can see and hear. */
import { Doubled } from "./doubled.js";
import { refreshAll } from "./live.js";
import { Queue } from "./queue.js";
import { play } from "./sound.js";
import { word } from "./words.js";

const FEEDBACK = 600;
const PATIENCE = 1500;
const { station = "", scanUrl = "" } = document.body.dataset;
const queue = new Queue(station, scanUrl);
const doubled = new Doubled();
const SPRITE = document.querySelector(".icon use")?.getAttribute("href")?.split("#")[0] ?? "";
const SHAPES = { accepted: "done", refused: "refused", saved: "waiting" };

/** @type {ReturnType<typeof setTimeout> | undefined} */
let hiding;

/** @param {string} shape */
function glyph(shape) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "glyph");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${SPRITE}#state-${shape}`);
  svg.append(use);
  return svg;
}

/** @param {string} text @param {string} [className] */
function line(text, className = "") {
  const div = document.createElement("div");
  div.className = className;
  div.textContent = text;
  return div;
}

/**
 * The whole screen for 600 ms: shape, word, colour and tone.
 * @param {"accepted" | "refused" | "saved"} result @param {string} message @param {string} [next]
 */
function feedback(result, message, next = "") {
  const screen = /** @type {HTMLElement} */ (document.querySelector(".feedback"));
  screen.replaceChildren(glyph(SHAPES[result]), line(word(result)), line(message, "more"));
  screen.dataset.answer = result;
  play(result);
  strip(result, message, next);
  clearTimeout(hiding);
  /* a refusal needs longer than a glance, but never a tap */
  hiding = setTimeout(() => delete screen.dataset.answer, result === "refused" ? FEEDBACK * 2 : FEEDBACK);
}

/** @param {string} result @param {string} message @param {string} next */
function strip(result, message, next) {
  const box = document.getElementById("next-strip");
  if (!box) return;
  box.dataset.answer = result;
  const text = box.querySelector("div") ?? box;
  const more = document.createElement("span");
  const answer = document.createElement("span");
  answer.className = "answer";
  answer.textContent = message;
  more.className = "next";
  more.textContent = next;
  text.replaceChildren(answer, ...(next ? [more] : []));
}

/** @param {{raw?: string, action?: string, values?: Record<string, unknown>}} what */
async function post(what) {
  strip("", word("received"), what.raw ?? "");
  try {
    const entry = await queue.add(what);
    setTimeout(async () => {
      const open = (await queue.waiting()).some((e) => e.uuid === entry.uuid);
      if (open) feedback("saved", what.raw ?? "", word("no_answer"));
    }, PATIENCE);
  } catch {
    feedback("refused", word("not_stored"));
  }
}

queue.addEventListener("confirmed", (event) => {
  const { answer, entry } = /** @type {CustomEvent} */ (event).detail;
  const result = answer.result === "accepted" ? "accepted" : "refused";
  if (entry.raw) doubled.answered(entry.raw, answer.kind ?? "");
  feedback(result, answer.message ?? entry.raw ?? "", answer.next ?? "");
  if (answer.redirect) location.assign(answer.redirect);
  refreshAll();
});

queue.addEventListener("sent", (event) => {
  const { entry } = /** @type {CustomEvent} */ (event).detail;
  const box = document.getElementById("next-strip");
  if (box && !box.dataset.answer) strip("", word("sending"), entry.raw ?? "");
});

queue.addEventListener("count", (event) => {
  const { waiting } = /** @type {CustomEvent} */ (event).detail;
  for (const e of document.querySelectorAll(".queue-count")) e.textContent = String(waiting);
  if (!waiting) delete document.documentElement.dataset.waiting;
});

queue.addEventListener("unanswered", async (event) => {
  const { status } = /** @type {CustomEvent} */ (event).detail;
  const waiting = (await queue.waiting()).length;
  if (waiting) document.documentElement.dataset.waiting = String(waiting);
  const why = status === 401 || status === 403 ? word("sign_in_again") : word("no_answer");
  for (const e of document.querySelectorAll(".queue-text")) e.textContent = `${word("waiting", { count: waiting })}. ${why}`;
});

document.addEventListener("scan", (event) => {
  event.preventDefault();
  document.querySelectorAll("dialog[open]").forEach((d) => /** @type {HTMLDialogElement} */ (d).close());
  const { text, at = performance.now() } = /** @type {CustomEvent} */ (event).detail;
  const told = doubled.judge(text, at);
  if (told === "take") post({ raw: text });
  else if (told === "ask") feedback("saved", word("again"), text);
});

/** @param {string | undefined} id @returns {HTMLDialogElement | null} */
const dialog = (id) => (id ? /** @type {HTMLDialogElement | null} */ (document.getElementById(id)) : null);

/**
 * Open a dialog and wait for what a person chose in it; null when it was closed.
 * @param {HTMLDialogElement} box @param {(target: Element) => string | null} choose
 * @returns {Promise<string | null>}
 */
function ask(box, choose) {
  return new Promise((resolve) => {
    /** @type {string | null} */
    let chosen = null;
    const click = (/** @type {Event} */ event) => {
      chosen = choose(/** @type {Element} */ (event.target));
      if (chosen !== null) box.close();
    };
    box.addEventListener("click", click);
    box.addEventListener("close", () => { box.removeEventListener("click", click); resolve(chosen); }, { once: true });
    box.showModal();
  });
}

/** @param {HTMLDialogElement} box @returns {Promise<string | null>} */
function askNumber(box) {
  const value = /** @type {HTMLElement} */ (box.querySelector("[data-pad-value]"));
  const wrong = /** @type {HTMLElement} */ (box.querySelector("[data-pad-wrong]"));
  let text = "";
  const show = () => { value.textContent = text || "0"; wrong.textContent = ""; };
  /** @param {string} key */
  const press = (key) => {
    if (key === "back") text = text.slice(0, -1);
    else if (!(key === "." && text.includes(".")) && text.length < 9) text += key;
    show();
  };
  const typed = (/** @type {KeyboardEvent} */ event) => {
    if (/^[0-9.]$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") press("back");
  };
  show();
  box.addEventListener("keydown", typed);
  return ask(box, (target) => {
    const key = target.closest("[data-key]")?.getAttribute("data-key");
    if (key) press(key);
    if (!target.closest("[data-pad-ok]")) return null;
    if (Number(text) > 0) return text;
    wrong.textContent = word("number_needed");
    return null;
  }).finally(() => box.removeEventListener("keydown", typed));
}

/** @param {HTMLElement} button */
async function act(button) {
  const { action, values = "{}", reasons, pad } = button.dataset;
  const why = button.querySelector(".why")?.textContent;
  if (button.getAttribute("aria-disabled") === "true") return feedback("refused", why ?? "");
  button.closest("dialog")?.close();
  const sent = JSON.parse(values);
  const reasonBox = dialog(reasons);
  const padBox = dialog(pad);
  if (reasonBox) {
    sent.reason = await ask(reasonBox, (target) => target.closest("[data-reason]")?.getAttribute("data-reason") ?? null);
    if (!sent.reason) return;
  }
  if (padBox) {
    sent.quantity = await askNumber(padBox);
    if (!sent.quantity) return;
  }
  post({ action, values: sent });
}

document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-action]");
  if (button instanceof HTMLElement) act(button);
});

/* the screen stays on where the browser allows it (HTTPS only) */
const awake = () => document.hidden || navigator.wakeLock?.request("screen").catch(() => undefined);
document.addEventListener("visibilitychange", awake);
awake();
queue.count();
queue.send();
