/** Ctrl K goes to the find box from anywhere; a scan on a desk page opens what was scanned. */

const box = /** @type {HTMLInputElement | null} */ (document.getElementById("find"));

document.addEventListener("keydown", (event) => {
  if (!box || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  event.preventDefault();
  box.focus();
  box.select();
});

document.addEventListener("scan", (event) => {
  const text = /** @type {CustomEvent<{text: string}>} */ (event).detail.text;
  /* a page that has its own use for scans takes them first */
  if (!box?.form || event.defaultPrevented || document.body.hasAttribute("data-scan-url")) return;
  box.value = text;
  box.form.submit();
});
