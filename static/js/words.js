/** The sentences scripts say, as the page's own language gives them (see _words.html). */

/** @type {Map<string, string> | undefined} */
let table;

/** @returns {Map<string, string>} */
function read() {
  const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("words"));
  const entries = [...(template?.content.querySelectorAll("[data-word]") ?? [])];
  return new Map(entries.map((e) => [e.getAttribute("data-word") ?? "", e.textContent ?? ""]));
}

/**
 * The sentence for a key with {name} places filled; the key itself when nobody wrote one.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function word(key, values = {}) {
  table ??= read();
  return (table.get(key) ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * The content of a <meta> of this page, or "".
 * @param {string} name
 * @returns {string}
 */
export function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
}
