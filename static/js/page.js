/** What every page has: clock, live parts, find, scans, dialogs, toasts, the token of forms that htmx sends. */
import "./clock.js";
import "./find.js";
import "./live.js";
import { listen } from "./wedge.js";
import { meta } from "./words.js";

listen();

document.addEventListener("htmx:config:request", (event) => {
  /** @type {CustomEvent} */ (event).detail.ctx.request.headers["X-CSRFToken"] = meta("csrf-token");
});

/** @param {Element} target */
function dialogOf(target) {
  const id = target.closest("[data-dialog]")?.getAttribute("data-dialog");
  return id ? /** @type {HTMLDialogElement | null} */ (document.getElementById(id)) : null;
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  if (target.closest('[aria-disabled="true"]')) event.preventDefault();
  else dialogOf(target)?.showModal();
  if (target.closest("[data-close]") || target instanceof HTMLDialogElement) target.closest("dialog")?.close();
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) menu.removeAttribute("open");
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((menu) => menu.removeAttribute("open"));
});

/* a second tap on a slow link must not post twice */
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method !== "post" || form.matches("[hx-post], [data-again]")) return;
  if (form.hasAttribute("data-busy")) event.preventDefault();
  form.setAttribute("data-busy", "");
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach((form) => form.removeAttribute("data-busy")));

/* a select or a check box of a filter bar may apply itself */
document.addEventListener("change", (event) => {
  const control = /** @type {Element} */ (event.target).closest("[data-submit]");
  control?.closest("form")?.requestSubmit();
});

/**
 * A short good word that goes by itself; never used for errors.
 * @param {string} text
 */
export function toast(text) {
  const box = document.querySelector(".toasts");
  const item = document.createElement("p");
  item.className = "toast";
  item.textContent = text;
  box?.append(item);
  setTimeout(() => item.remove(), 6000);
}

for (const message of document.querySelectorAll("[data-toast]")) toast(message.textContent ?? "");
