/** The bill of material as a tree-grid: keys move and write, rows save themselves, a sheet is pasted whole. */
import { Saver } from "./bom-save.js";

const HEIGHT = 33;
const NUMBERS = new Set(["quantity", "per", "scrap_percent", "priority"]);
/**
 * @typedef {{key: string, position: number, cells: Record<string, string>}} Row
 * @typedef {{row: Row, at: number, depth: number, path: string, mine: boolean}} Shown
 */

/** @param {HTMLElement} box */
function grid(box) {
  const table = /** @type {HTMLTableElement} */ (box.querySelector("table"));
  const body = table.tBodies[0];
  const columns = [...table.querySelectorAll("th[data-column]")].map((e) => /** @type {HTMLElement} */ (e));
  const names = columns.map((e) => e.dataset.column ?? "");
  const writes = Boolean(box.dataset.save);
  const step = Number(box.dataset.step);
  /** @type {Row[]} */ let rows = [];
  /** @type {Record<string, any>} */ let known = {};
  /** @type {any[]} */ let wrong = [];
  /** @type {Map<string, Row[]>} */ const opened = new Map();
  /** @type {Shown[]} */ let shown = [];
  let active = { at: 0, column: 0 };
  /** @type {HTMLInputElement | null} */ let input = null;
  /** @type {{before: Map<string, Row | null>, after: Map<string, Row | null>}[]} */ const past = [], future = [];

  /** @param {string} name @param {Record<string, string | number>} [values] */
  const say = (name, values = {}) => (box.dataset[name] ?? "").replace(/\{(\w+)\}/g, (_whole, key) => String(values[key] ?? ""));
  const state = /** @type {HTMLElement} */ (document.querySelector("[data-bom-state]"));
  const told = (/** @type {string} */ text) => { state.textContent = text; };
  const saver = writes ? new Saver(box, told, say, (answer) => {
    known = answer.known;
    wrong = answer.wrong;
    draw();
    list(wrong.map((each) => ({ ...each, row: rows.findIndex((row) => row.key === each.key) + 1 })));
  }) : null;

  /** @param {{row: number, column: string, text: string}[]} found @param {string} [head] */
  function list(found, head = "") {
    const section = /** @type {HTMLElement} */ (document.querySelector("[data-bom-wrong]"));
    section.hidden = found.length === 0;
    const items = found.slice(0, 200).map((each) => {
      const item = document.createElement("li"), label = columns[names.indexOf(each.column)]?.textContent ?? each.column;
      item.textContent = `${say("wordPlace", { row: each.row, column: label })}: ${each.text}`;
      return item;
    });
    section.querySelector("ul")?.replaceChildren(...items);
    if (head) told(head);
    else told(found.length ? say("wordWrong", { count: found.length }) : say("wordRows", { count: rows.length }));
  }

  function flatten() {
    shown = [];
    const below = (/** @type {string} */ path, /** @type {number} */ depth) => {
      for (const [at, row] of (opened.get(path) ?? []).entries()) {
        const own = `${path}/${row.key}`;
        shown.push({ row, at, depth, path: own, mine: false });
        below(own, depth + 1);
      }
    };
    for (const [at, row] of rows.entries()) {
      shown.push({ row, at, depth: 0, path: row.key, mine: true });
      below(row.key, 1);
    }
  }

  /** @param {Shown} entry @param {string} name */
  function text(entry, name) {
    const info = known[entry.row.cells.component];
    if (name === "name") return info?.name ?? "";
    if (name === "supply") return info?.supply ?? "";
    if (name === "revision") return info?.revision ?? "";
    return entry.row.cells[name] ?? "";
  }

  /** @param {Shown} entry @param {number} number */
  function line(entry, number) {
    const tr = document.createElement("tr");
    tr.setAttribute("aria-level", String(entry.depth + 1));
    tr.setAttribute("aria-rowindex", String(number + 2));
    tr.classList.toggle("below", !entry.mine);
    const openable = Boolean(known[entry.row.cells.component]?.revision);
    if (openable) tr.setAttribute("aria-expanded", String(opened.has(entry.path)));
    for (const [column, name] of names.entries()) {
      const cell = document.createElement("td"), said = text(entry, name);
      cell.setAttribute("role", "gridcell");
      cell.id = `bom-${number}-${column}`;
      cell.classList.toggle("num", NUMBERS.has(name));
      const fault = entry.mine && wrong.find((each) => each.key === entry.row.key && each.column === name);
      if (fault) { cell.classList.add("wrong"); cell.title = fault.text; cell.setAttribute("aria-invalid", "true"); }
      if (name === "component") {
        for (let level = 0; level < entry.depth; level++) cell.append(document.createElement("i"));
        for (const gap of cell.querySelectorAll("i")) gap.className = "step";
        const opener = document.createElement(openable ? "button" : "i");
        if (openable) {
          opener.textContent = opened.has(entry.path) ? "▾" : "▸";
          opener.tabIndex = -1;
          opener.setAttribute("aria-label", say("wordOpen", { code: said }));
        } else opener.className = "step";
        cell.append(opener);
      }
      cell.append(said);
      if (active.at === number && active.column === column) cell.classList.add("active");
      tr.append(cell);
    }
    return tr;
  }

  function spacer(/** @type {number} */ count) {
    const tr = document.createElement("tr"), cell = document.createElement("td");
    tr.className = "spacer";
    tr.setAttribute("role", "none");
    cell.setAttribute("role", "none");
    cell.colSpan = names.length;
    cell.style.height = `${count * HEIGHT}px`;
    tr.append(cell);
    return tr;
  }

  /** Only what can be seen is in the page: ten thousand rows scroll like ten. */
  function draw() {
    if (input) return;
    flatten();
    active.at = Math.max(0, Math.min(active.at, shown.length - 1));
    const first = Math.max(0, Math.floor(box.scrollTop / HEIGHT) - 10);
    const last = Math.min(shown.length, first + Math.ceil((box.clientHeight || 600) / HEIGHT) + 25);
    const parts = shown.slice(first, last).map((entry, at) => line(entry, first + at));
    if (!shown.length) {
      const tr = document.createElement("tr"), cell = document.createElement("td");
      cell.colSpan = names.length;
      cell.textContent = say("wordEmpty");
      tr.append(cell);
      parts.push(tr);
    }
    body.replaceChildren(...(first ? [spacer(first)] : []), ...parts, ...(last < shown.length ? [spacer(shown.length - last)] : []));
    table.setAttribute("aria-rowcount", String(shown.length + 1));
    const cell = body.querySelector(".active");
    if (cell) table.setAttribute("aria-activedescendant", cell.id);
    else table.removeAttribute("aria-activedescendant");
  }

  /** @param {number} at @param {number} column */
  function go(at, column) {
    active = { at: Math.max(0, Math.min(at, shown.length - 1)), column: Math.max(0, Math.min(column, names.length - 1)) };
    const top = active.at * HEIGHT, head = table.tHead?.offsetHeight ?? 0;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + HEIGHT + head > box.scrollTop + box.clientHeight) box.scrollTop = top + HEIGHT + head - box.clientHeight + 8;
    draw();
    body.querySelector(".active")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Change rows, remember how they were, and save. @param {Map<string, Row | null>} after */
  function change(after, remember = true) {
    /** @type {Map<string, Row | null>} */ const before = new Map();
    for (const [key, row] of after) {
      const at = rows.findIndex((each) => each.key === key);
      before.set(key, at < 0 ? null : rows[at]);
      if (row === null) rows.splice(at, at < 0 ? 0 : 1);
      else if (at < 0) rows.push(row);
      else rows[at] = row;
    }
    rows.sort((a, b) => a.position - b.position);
    if (remember) { past.push({ before, after }); future.length = 0; }
    saver?.put(after);
    draw();
    const back = remember ? -1 : shown.findIndex((entry) => after.get(entry.path));
    if (back >= 0) go(back, active.column);
  }

  function undo() {
    const last = past.pop();
    if (!last) return;
    future.push(last);
    change(last.before, false);
  }

  function redo() {
    const next = future.pop();
    if (!next) return;
    past.push(next);
    change(next.after, false);
  }

  /** A new row below the active one; where there is no room between two, all rows get new places. */
  function add() {
    const here = shown[active.at], index = here ? rows.findIndex((row) => here.path.split("/")[0] === row.key) : -1;
    const key = Math.random().toString(16).slice(2, 18).padEnd(8, "0");
    const low = rows[index]?.position ?? 0, high = rows[index + 1]?.position ?? low + 2 * step;
    /** @type {Map<string, Row | null>} */ const after = new Map();
    let position = Math.floor((low + high) / 2);
    if (position <= low) {
      rows.forEach((row, at) => after.set(row.key, { ...row, position: (at + (at > index ? 2 : 1)) * step }));
      position = (index + 2) * step;
    }
    after.set(key, { key, position, cells: {} });
    change(after);
    go(shown.findIndex((entry) => entry.path === key), 0);
  }

  function remove() {
    const entry = shown[active.at];
    if (entry?.mine) change(new Map([[entry.row.key, null]]));
  }

  /** @param {string} name */
  const writable = (name) => writes && !["name", "supply", "revision"].includes(name) && Boolean(shown[active.at]?.mine);

  /** @param {string | null} typed */
  function edit(typed) {
    const name = names[active.column], entry = shown[active.at], cell = body.querySelector(".active");
    if (!cell || !writable(name)) return;
    const field = document.createElement("input");
    field.value = typed ?? entry.row.cells[name] ?? "";
    field.setAttribute("aria-label", `${columns[active.column].textContent} ${entry.at + 1}`);
    field.autocomplete = "off";
    field.spellcheck = false;
    if (name === "operation") field.setAttribute("list", "bom-operations");
    cell.replaceChildren(field);
    input = field;
    field.focus();
    if (typed === null) field.select();
    field.addEventListener("blur", () => finish(true));
  }

  /** @param {boolean} keep */
  function finish(keep) {
    const field = input, entry = shown[active.at], name = names[active.column];
    if (!field) return;
    input = null;
    const value = field.value.trim();
    if (keep && value !== (entry.row.cells[name] ?? "")) change(new Map([[entry.row.key, { ...entry.row, cells: { ...entry.row.cells, [name]: value } }]]));
    else draw();
    table.focus({ preventScroll: true });
  }

  async function toggle() {
    const entry = shown[active.at], info = entry && known[entry.row.cells.component];
    if (!info?.revision) return;
    if (opened.has(entry.path)) {
      for (const path of [...opened.keys()]) if (path === entry.path || path.startsWith(`${entry.path}/`)) opened.delete(path);
      draw();
      return;
    }
    const answer = await fetch(`${(box.dataset.children ?? "").replace("/0/", `/${info.id}/`)}?approved=1`);
    if (!answer.ok) return;
    const found = await answer.json();
    known = { ...found.known, ...known };
    opened.set(entry.path, found.rows);
    draw();
  }

  /** @param {KeyboardEvent} event */
  function keyed(event) {
    if (input) {
      if (event.key === "Escape") finish(false);
      else if (event.key === "Enter") { finish(true); go(active.at + 1, active.column); }
      else if (event.key === "Tab") { finish(true); along(event.shiftKey ? -1 : 1); }
      else return;
      event.preventDefault();
      return;
    }
    const page = Math.floor(box.clientHeight / HEIGHT) - 2, control = event.ctrlKey || event.metaKey;
    if (control && event.key.toLowerCase() === "z") { if (event.shiftKey) redo(); else undo(); }
    else if (control && event.key.toLowerCase() === "y") redo();
    else if (control && event.key === "Delete") remove();
    else if (control && event.key === "Home") go(0, 0);
    else if (control && event.key === "End") go(shown.length - 1, names.length - 1);
    else if (control || event.altKey) return;
    else if (event.key === "ArrowDown") go(active.at + 1, active.column);
    else if (event.key === "ArrowUp") go(active.at - 1, active.column);
    else if (event.key === "ArrowRight") go(active.at, active.column + 1);
    else if (event.key === "ArrowLeft") go(active.at, active.column - 1);
    else if (event.key === "PageDown") go(active.at + page, active.column);
    else if (event.key === "PageUp") go(active.at - page, active.column);
    else if (event.key === "Home") go(active.at, 0);
    else if (event.key === "End") go(active.at, names.length - 1);
    else if (event.key === "+" && names[active.column] === "component") toggle();
    else if (!writes) return;
    else if (event.key === "Insert") add();
    else if (event.key === "Enter" || event.key === "F2") edit(null);
    else if (event.key === "Delete") { edit(""); finish(true); }
    else if (event.key.length === 1) edit(event.key);
    else return;
    event.preventDefault();
  }

  /** Tab goes to the next cell that can be written; from the last one into a new row. @param {number} way */
  function along(way) {
    let { at, column } = active;
    do {
      column += way;
      if (column >= names.length) { column = 0; at++; }
      if (column < 0) { column = names.length - 1; at--; }
    } while (at >= 0 && at < shown.length && (!shown[at].mine || ["name", "supply", "revision"].includes(names[column])));
    if (at >= shown.length && way > 0) add();
    else go(at, column);
  }

  /** @param {ClipboardEvent} event */
  async function pasted(event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (input || !writes || !saver || !text) return;
    event.preventDefault();
    if (!/[\t\n]/.test(text.trim())) { edit(text.trim()); finish(true); return; }
    const answer = await saver.paste(text);
    if (answer?.wrong) list(answer.wrong.map((/** @type {any} */ each) => ({ ...each })), say("wordRefused", { count: answer.count }));
    else if (answer) { await load(); told(say("wordPasted", { count: answer.added })); }
  }

  async function load() {
    try {
      const answer = await fetch(box.dataset.rows ?? "");
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      ({ rows, known, wrong } = found);
      saver?.begin(found.version);
      draw();
      list(wrong.map((each) => ({ ...each, row: rows.findIndex((row) => row.key === each.key) + 1 })));
      box.dataset.ready = "yes";
    } catch {
      told(say("wordFailed"));
      body.replaceChildren();
    }
  }

  table.addEventListener("keydown", keyed);
  table.addEventListener("paste", pasted);
  box.addEventListener("scroll", () => requestAnimationFrame(draw));
  table.addEventListener("mousedown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target), cell = target.closest("td[id]");
    if (!cell || target === input) return;
    if (input) finish(true);
    const [, at, column] = cell.id.split("-").map(Number);
    active = { at, column };
    event.preventDefault();
    table.focus({ preventScroll: true });
    draw();
    if (target.tagName === "BUTTON") toggle();
  });
  table.addEventListener("dblclick", () => edit(null));
  for (const [name, act] of /** @type {[string, () => void][]} */ ([["add", add], ["remove", remove], ["undo", undo]])) {
    document.querySelector(`[data-bom-${name}]`)?.addEventListener("click", () => { act(); table.focus({ preventScroll: true }); });
  }
  // What a scanner reads goes into the cell, not to the search of the page.
  document.addEventListener("scan", (event) => {
    if (!table.contains(document.activeElement) || !writable(names[active.column])) return;
    event.preventDefault();
    if (!input) edit("");
    /** @type {HTMLInputElement} */ (input).value = /** @type {CustomEvent} */ (event).detail.text;
    finish(true);
    go(active.at + 1, active.column);
  });
  load();
}

for (const box of document.querySelectorAll("[data-bom-grid]")) grid(/** @type {HTMLElement} */ (box));
