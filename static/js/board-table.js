/**
 * The table twin of the plan board as a grid: arrows go from row to row, Enter opens the order, Space shows the bar,
 * M asks for another place, L locks. A screen reader hears the rows; the canvas is hidden from it.
 */

const ROWS = "#plan-table tbody tr";

/** @param {HTMLElement} row */
function enter(row) {
  for (const other of document.querySelectorAll(`${ROWS}[tabindex="0"]`)) other.setAttribute("tabindex", "-1");
  row.tabIndex = 0;
  row.focus();
}

/** The first row can be reached with the Tab key, the others with arrows. */
function prepare() {
  const rows = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(ROWS));
  rows.forEach((row, i) => { if (!row.hasAttribute("tabindex")) row.tabIndex = i ? -1 : 0; });
}

document.addEventListener("keydown", (event) => {
  const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest(ROWS));
  if (!row || event.target !== row || event.ctrlKey || event.altKey || event.metaKey) return;
  const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: row.parentElement?.firstElementChild, End: row.parentElement?.lastElementChild }[event.key];
  if (next instanceof HTMLElement) enter(next);
  else if (event.key === "Enter") /** @type {HTMLElement | null} */ (row.querySelector("a"))?.click();
  else if (event.key === " ") /** @type {HTMLElement | null} */ (row.querySelector("[data-board-task]"))?.click();
  else if (event.key.toLowerCase() === "m") /** @type {HTMLElement | null} */ (row.querySelector("[data-board-move]"))?.click();
  else if (event.key.toLowerCase() === "l") {
    /** @type {HTMLElement | null} */ (row.querySelector("[data-board-task]"))?.click();
    /** @type {HTMLElement | null} */ (document.querySelector("[data-board-lock]"))?.click();
  } else return;
  event.preventDefault();
});
document.addEventListener("live:fresh", prepare);
prepare();
