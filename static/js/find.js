/** Ctrl K goes to the find box from anywhere; a scan on a desk page opens what was scanned. */

const box = /** @type {HTMLInputElement | null} */ (document.getElementById("find"));

document.addEventListener("keydown", (event) => {
  if (!box || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  event.preventDefault();
  box.focus();
  box.select();
});

/* on window, so that a page that listens on document comes first and may preventDefault() */
addEventListener("scan", (event) => {
  const text = /** @type {CustomEvent<{text: string}>} */ (event).detail.text;
  if (!box?.form || event.defaultPrevented || document.body.hasAttribute("data-scan-url")) return;
  box.value = text;
  box.form.submit();
});
