/** Choosing rows of a list: all of a page, a range with Shift, and how many are chosen. */

/** @param {HTMLFormElement} form */
function watch(form) {
  const boxes = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll('input[name="rows"]')]);
  const all = /** @type {HTMLInputElement} */ (form.querySelector("[data-all]"));
  let last = -1;
  const told = () => {
    const count = boxes.filter((box) => box.checked).length;
    all.checked = count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
    for (const control of form.querySelectorAll("[role=group] button")) control.toggleAttribute("disabled", count === 0);
  };
  all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; told(); });
  boxes.forEach((box, at) => box.addEventListener("click", (event) => {
    if (event.shiftKey && last >= 0) for (const other of boxes.slice(Math.min(last, at), Math.max(last, at))) other.checked = box.checked;
    last = at;
    told();
  }));
  addEventListener("pageshow", told);
  told();
}

for (const form of document.querySelectorAll("form[data-sheet]")) watch(/** @type {HTMLFormElement} */ (form));
