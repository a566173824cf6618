/** A scan anywhere on the page of a container is packed into it. */
const form = /** @type {HTMLFormElement | null} */ (document.getElementById("pack"));

document.addEventListener("scan", (event) => {
  const code = form?.elements.namedItem("code");
  if (!form || !(code instanceof HTMLInputElement)) return;
  event.preventDefault();
  code.value = /** @type {CustomEvent<{text: string}>} */ (event).detail.text;
  form.requestSubmit();
});
