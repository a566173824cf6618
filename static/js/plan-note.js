/** "Plan changed": a quiet line at a station, until somebody taps it away. What was tapped away stays away on this device. */

const KEY = "plan-note";

function show() {
  const note = /** @type {HTMLElement | null} */ (document.querySelector("[data-plan-news]"));
  if (note) note.hidden = localStorage.getItem(KEY) === note.dataset.planNews;
}

document.addEventListener("click", (event) => {
  const note = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-plan-ok]")?.closest("[data-plan-news]"));
  if (!note) return;
  localStorage.setItem(KEY, note.dataset.planNews ?? "");
  note.hidden = true;
});
document.addEventListener("live:fresh", show);
show();
