/**
 * The routing of an item: #routing-graph is drawn by dagre from the data of #routing-work, whose tables say the same.
 * In a draft every change is one small post that names the version it was made on; the answer is followed by a fresh
 * fragment. By mouse: drag from the dot of an operation to the next. By keys: C links, Delete takes out, Ctrl+Z back.
 */
import { layout, Graph } from "../vendor/dagre/dagre.esm.js";
import { refresh } from "./live.js";
import { uuid } from "./queue.js";
import { cut, svg } from "./trace-graph.js";
import { meta, word } from "./words.js";

const WIDTH = 184;
const HEIGHT = 64;

/** @typedef {{key: string, name: string, note: string, critical: boolean, wrong: boolean, optional: boolean, url: string}} Step */
/** @typedef {{key: [string, string, string], kind: string, label: string}} Arrow */
/** @typedef {{nodes: Step[], arrows: Arrow[], chosen: string, edit: boolean, version: number}} Drawing */

const host = /** @type {HTMLElement | null} */ (document.getElementById("routing-graph"));
const work = /** @type {HTMLElement | null} */ (document.getElementById("routing-work"));

/** About how wide a label is: Chinese characters are twice as wide. @param {string} text */
function wide(text) {
  return [...text].reduce((sum, character) => sum + (character.charCodeAt(0) > 0x2e7f ? 14 : 7.5), text ? 8 : 0);
}

/** @param {Drawing} drawing */
export function placed(drawing) {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", ranksep: 40, nodesep: 24, edgesep: 18, marginx: 20, marginy: 20 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of drawing.nodes) graph.setNode(node.key, { width: WIDTH, height: HEIGHT });
  for (const { key: [from, to, kind], label } of drawing.arrows) graph.setEdge(from, to, { width: wide(label), height: 16, labelpos: "c" }, kind);
  layout(graph);
  return graph;
}

class Editor {
  /** @param {HTMLElement} host @param {HTMLElement} work */
  constructor(host, work) {
    this.host = host;
    this.work = work;
    this.urls = /** @type {HTMLElement} */ (host.closest(".routing")).dataset;
    /** @type {Drawing} */
    this.drawing = { nodes: [], arrows: [], chosen: "", edit: false, version: 0 };
    /** @type {string | null} the operation that waits for the one it is linked to; "" while it is still to be chosen */
    this.from = null;
    /** @type {{from: string, line: SVGElement, moved: boolean} | null} */
    this.grip = null;
    this.busy = 0;
    this.queue = Promise.resolve();
    this.read();
    this.listen();
  }

  get note() { return /** @type {HTMLElement} */ (document.querySelector("[data-routing-note]")); }

  /** @param {string} text @param {boolean} [bad] */
  say(text, bad = false) {
    this.note.textContent = text;
    this.note.classList.toggle("tone-crit", bad);
    for (const box of document.querySelectorAll("dialog[open] [data-refusal]")) box.textContent = bad ? text : "";
  }

  /** Take over what the fragment says, and draw it. */
  read() {
    const data = /** @type {HTMLElement} */ (this.work.querySelector("#routing-data")).dataset;
    this.drawing = JSON.parse(data.drawing ?? "{}");
    for (const field of document.querySelectorAll("[data-routing-version]")) /** @type {HTMLInputElement} */ (field).value = String(this.drawing.version);
    const able = { undo: data.undo !== "0", redo: data.redo !== "0" };
    for (const [name, on] of Object.entries(able)) document.querySelector(`[data-routing-${name}]`)?.setAttribute("aria-disabled", String(!on));
    this.draw();
  }

  draw() {
    const { drawing, host } = this;
    const focused = host.contains(document.activeElement) ? document.activeElement?.getAttribute("data-at") : null;
    const graph = placed(drawing);
    const { width = 0, height = 0 } = graph.graph();
    const [w, h] = [Math.max(1, Math.ceil(width)), Math.max(1, Math.ceil(height))];
    const picture = svg("svg", { width: w, height: h, viewBox: `0 0 ${w} ${h}`, role: "group" });
    picture.setAttribute("aria-label", host.getAttribute("aria-label") ?? "");
    picture.append(svg("defs", {}, svg("marker", { id: "routing-tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerUnits: "userSpaceOnUse", markerWidth: 11, markerHeight: 11, orient: "auto" }, svg("path", { class: "tip", d: "M0 0L8 4L0 8z" }))));
    for (const arrow of drawing.arrows) picture.append(this.arrow(arrow, graph.edge({ v: arrow.key[0], w: arrow.key[1], name: arrow.key[2] })));
    for (const node of drawing.nodes) picture.append(this.node(node, graph.node(node.key)));
    host.replaceChildren(...(drawing.nodes.length ? [picture] : []));
    if (focused) /** @type {HTMLElement | null} */ (host.querySelector(`[data-at="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {Arrow} arrow @param {{points: {x: number, y: number}[], x: number, y: number}} edge */
  arrow(arrow, edge) {
    const [from, to] = arrow.key;
    const d = edge.points.map(({ x, y }, at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
    const on = this.drawing.nodes.filter((node) => node.critical).map((node) => node.key);
    const critical = arrow.kind !== "rework" && on.includes(from) && on.indexOf(to) === on.indexOf(from) + 1;
    const group = svg("g", { class: `arrow ${arrow.kind}${critical ? " critical" : ""}`, "data-arrow": JSON.stringify(arrow.key), "data-at": `arrow ${arrow.key.join(" ")}` });
    group.append(svg("path", { d, "marker-end": "url(#routing-tip)" }), svg("path", { class: "reach", d }));
    if (this.drawing.edit) {
      for (const [name, value] of Object.entries({ tabindex: "0", role: "button", "aria-label": `${from} → ${to} ${arrow.label}` })) group.setAttribute(name, value);
    }
    if (arrow.label) group.append(svg("text", { class: "label", x: edge.x, y: edge.y + 4, "text-anchor": "middle" }, arrow.label));
    return group;
  }

  /** @param {Step} node @param {{x: number, y: number}} at */
  node(node, at) {
    const classes = ["node", ...["critical", "wrong", "optional"].filter((name) => node[/** @type {"critical"} */ (name)]), node.key === this.drawing.chosen ? "chosen" : ""];
    const link = svg("a", { href: node.url, class: classes.filter(Boolean).join(" "), transform: `translate(${at.x - WIDTH / 2} ${at.y - HEIGHT / 2})`, "data-choose": node.key, "data-at": `node ${node.key}` });
    link.setAttribute("aria-label", [node.key, node.name, node.note].join(" "));
    if (node.key === this.drawing.chosen) link.setAttribute("aria-current", "true");
    link.append(svg("title", {}, `${node.key} ${node.name}`), svg("rect", { class: "box", width: WIDTH, height: HEIGHT, rx: 8 }),
      svg("text", { class: "code", x: 12, y: 20 }, cut(node.key, 22)), svg("text", { class: "name", x: 12, y: 38 }, cut(node.name, 22)), svg("text", { class: "note", x: 12, y: 55 }, cut(node.note, 24)));
    if (this.drawing.edit) link.append(svg("circle", { class: "port", cx: WIDTH, cy: HEIGHT / 2, r: 8, "data-port": node.key }));
    return link;
  }

  // changing

  /**
   * Post a change after those before it, then show the draft as it is now.
   * @param {object} asked @param {string} [url] @param {string} [chosen] the operation to open then
   * @returns {Promise<boolean>}
   */
  post(asked, url = this.urls.change ?? "", chosen = undefined) {
    this.busy += 1;
    const done = this.queue.then(async () => {
      let fine = false;
      try {
        const response = await fetch(url, {
          method: "POST", body: JSON.stringify({ uuid: uuid(), version: this.drawing.version, ...asked }),
          headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": meta("csrf-token") },
        });
        const answer = await response.json().catch(() => ({}));
        fine = response.ok;
        this.say(fine ? this.note.dataset.saved ?? "" : answer.detail || word("failed"), !fine);
      } catch {
        this.say(word("no_answer"), true);
      }
      if (fine && chosen !== undefined) this.point(chosen);
      await refresh(this.work);
      this.busy -= 1;
      return fine;
    });
    this.queue = done.then(() => undefined);
    return done;
  }

  /** @param {string} sheet @param {string[]} key @param {Record<string, string> | null} row */
  change(sheet, key, row) { return this.post({ changes: [{ sheet, key, row }] }); }

  /** @param {string} from @param {string} to */
  link(from, to) {
    this.connect(null);
    return this.change("operation_links", [from, to, "normal"], {});
  }

  /** @param {string | null} from the operation to link, "" when it is still to be chosen, null to end */
  connect(from) {
    this.from = from;
    this.host.classList.toggle("connecting", from !== null);
    if (from !== null) this.say(from ? (this.note.dataset.connect ?? "").replace("{key}", from) : this.note.dataset.first ?? "");
  }

  // looking

  /** Let the address and the fragment show an operation. @param {string} key */
  point(key) {
    const page = new URL(location.href);
    const source = new URL(this.work.dataset.liveSrc ?? "", location.href);
    for (const url of [page, source]) key ? url.searchParams.set("op", key) : url.searchParams.delete("op");
    history.replaceState(null, "", page);
    this.work.dataset.liveSrc = source.pathname + source.search;
    const after = /** @type {HTMLInputElement | null} */ (document.getElementById("new-after"));
    if (after) after.value = key;
  }

  /** @param {string} key */
  choose(key) {
    if (this.from) return void this.link(this.from, key);
    if (this.from === "") return this.connect(key);
    this.point(key);
    refresh(this.work);
  }

  // what a person does

  listen() {
    this.work.addEventListener("live:fresh", () => this.read());
    document.addEventListener("click", (event) => this.click(event));
    document.addEventListener("change", (event) => this.edited(/** @type {HTMLInputElement} */ (event.target)));
    document.addEventListener("submit", (event) => this.added(event));
    document.addEventListener("keydown", (event) => this.key(event));
    this.host.addEventListener("pointerdown", (event) => this.down(event));
    this.host.addEventListener("pointermove", (event) => this.move(event));
    this.host.addEventListener("pointerup", (event) => this.up(event));
    this.host.addEventListener("dragstart", (event) => event.preventDefault());
  }

  /** @param {MouseEvent} event */
  click(event) {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-print]")) return print();
    const chosen = target.closest("[data-choose]");
    if (chosen && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      return this.choose(chosen.getAttribute("data-choose") ?? "");
    }
    if (!this.drawing.edit || target.closest('[aria-disabled="true"]')) return;
    const removed = /** @type {HTMLElement | null} */ (target.closest("[data-remove]"));
    if (removed) this.change(removed.dataset.sheet ?? "", JSON.parse(removed.dataset.key ?? "[]"), null);
    if (target.closest("[data-routing-connect]")) this.connect(this.drawing.chosen);
    if (target.closest("[data-routing-undo]")) this.undo(false);
    if (target.closest("[data-routing-redo]")) this.undo(true);
  }

  /** @param {boolean} forth */
  undo(forth) { this.post({ forth }, this.urls.undoUrl); }

  /** A cell saves itself. @param {HTMLInputElement} field */
  async edited(field) {
    const { sheet, key, cell } = field.dataset ?? {};
    if (!sheet || !cell) return;
    const renamed = sheet === "routings" && cell === "operation" ? field.value.trim() : undefined;
    const fine = await this.post({ changes: [{ sheet, key: JSON.parse(key ?? "[]"), row: { [cell]: field.value } }] }, this.urls.change, renamed);
    if (!fine && field.isConnected && "defaultValue" in field) field.value = field.defaultValue;
  }

  /** A new row: an operation brings its station and its link along. @param {SubmitEvent} event */
  async added(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const sheet = form.dataset.routingAdd;
    if (!sheet) return;
    event.preventDefault();
    const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
    const keys = (form.dataset.keys ?? "").split(" ");
    const key = keys.map((name) => values[name]);
    const { station, after, ...rest } = values;
    const row = Object.fromEntries(Object.entries(sheet === "routings" ? rest : values).filter(([name]) => !keys.includes(name)));
    const changes = [{ sheet, key, row }];
    if (sheet === "routings" && station) changes.push({ sheet: "operation_stations", key: [key[0], station], row: {} });
    if (sheet === "routings" && after) changes.push({ sheet: "operation_links", key: [after, key[0], "normal"], row: {} });
    const fine = await this.post({ changes }, this.urls.change, sheet === "routings" ? key[0] : undefined);
    if (fine) {
      form.reset();
      form.closest("dialog")?.close();
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.drawing.edit || /** @type {Element} */ (event.target).closest("input, select, textarea, dialog")) return;
    if (event.key === "Escape" && this.from !== null) return this.connect(null), this.say("");
    if ((event.ctrlKey || event.metaKey) && ["z", "y"].includes(event.key.toLowerCase())) {
      event.preventDefault();
      return this.undo(event.key.toLowerCase() === "y" || event.shiftKey);
    }
    const at = /** @type {Element} */ (event.target);
    const node = at.getAttribute("data-at")?.startsWith("node ") ? at.getAttribute("data-choose") : null;
    const arrow = at.getAttribute("data-arrow");
    if (event.key === "c" && node && !event.ctrlKey && !event.metaKey) this.connect(node);
    if (event.key === "Delete" && node) this.change("routings", [node], null);
    if (event.key === "Delete" && arrow) this.change("operation_links", JSON.parse(arrow), null);
  }

  /** @param {PointerEvent} event */
  down(event) {
    const from = /** @type {Element} */ (event.target).getAttribute("data-port");
    if (!from || event.button !== 0) return;
    event.preventDefault();
    const line = svg("path", { class: "rubber" });
    this.host.querySelector("svg")?.append(line);
    this.grip = { from, line, moved: false };
    this.host.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.grip) return;
    this.grip.moved = true;
    const box = /** @type {Element} */ (this.host.querySelector("svg")).getBoundingClientRect();
    const start = /** @type {Element} */ (this.host.querySelector(`[data-port="${CSS.escape(this.grip.from)}"]`)).getBoundingClientRect();
    this.grip.line.setAttribute("d", `M${start.x + start.width / 2 - box.x} ${start.y + start.height / 2 - box.y}L${event.clientX - box.x} ${event.clientY - box.y}`);
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (!this.grip) return;
    const { from, line } = this.grip;
    this.grip = null;
    line.remove();
    this.host.releasePointerCapture(event.pointerId);
    const to = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-choose]")?.getAttribute("data-choose");
    if (to && to !== from) this.link(from, to);
  }
}

if (host && work) /** @type {any} */ (window).routing = new Editor(host, work);
