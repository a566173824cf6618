/**
 * The plan board: <div class="board" data-board data-src="/plan/board.json" data-zone="Europe/Berlin">.
 * The same plan stands on the page as a table; the canvas is hidden from screen readers and tells selections aloud.
 * Drag pans, the wheel zooms at the pointer, arrows pan, + and - zoom, 1 2 3 show shift, day and week, 0 everything,
 * N goes to now,
 * / finds, Enter or a double click opens the record, Shift and arrows go from bar to bar. What changes a plan is in
 * board-edit.js.
 */
import { Painter, colours } from "./board-draw.js";
import { Editor } from "./board-edit.js";
import { View, unpack } from "./board-view.js";
import { meta, word } from "./words.js";

/** @typedef {import("./board-view.js").Task} Task */

export class Board {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.host = host;
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.tip = this.part("div", "board-tip");
    this.said = this.part("p", "sr");
    this.said.setAttribute("role", "status");
    host.prepend(this.canvas);
    host.append(this.tip, this.said);
    host.tabIndex = 0;
    this.language = document.documentElement.lang || "en";
    this.zone = host.dataset.zone || meta("site-zone") || undefined;
    /** @type {Task | null} */
    this.selected = null;
    /** @type {Set<number | string>} */
    this.matches = new Set();
    /** @type {View | null} */
    this.view = null;
    /** Ghosts of the plan before, when somebody wants them. */
    this.ghosts = host.hasAttribute("data-ghosts");
    /** @type {import("./board-draw.js").Drag | null} */
    this.drag = null;
    /** Drawing work of the last frames in ms, for the bench. @type {number[]} */
    this.work = [];
    this.editor = host.dataset.drafts ? new Editor(this) : null;
    this.ready = this.load();
    this.wire();
  }

  /** @param {string} tag @param {string} className */
  part(tag, className) {
    const element = document.createElement(tag);
    element.className = className;
    element.hidden = className === "board-tip";
    return element;
  }

  async load() {
    const response = await fetch(this.host.dataset.src ?? "", { headers: { Accept: "application/json" } });
    if (!response.ok) return this.empty(word("failed"));
    const data = unpack(await response.json());
    this.host.querySelector(".board-empty")?.remove();
    if (!data.tasks.length) this.empty(word("empty_plan"));
    if (this.view) this.view.load(data);
    else this.view = new View(data, this.zone);
    if (this.selected) this.selected = this.view.byId.get(this.selected.id) ?? null;
    this.paint();
    this.tellViolated();
  }

  /** How many links of the plan are violated, in the header; nothing when there are none. */
  tellViolated() {
    const count = this.view?.violated ?? 0;
    for (const box of document.querySelectorAll("[data-board-violated]")) {
      /** @type {HTMLElement} */ (box).hidden = !count;
      box.textContent = word("violated", { count });
    }
  }

  /** @param {string} text */
  empty(text) {
    this.host.querySelector(".board-empty")?.remove();
    const box = this.part("p", "board-empty");
    box.textContent = text;
    this.host.append(box);
  }

  /** Take the size and the colours of this moment and draw. */
  paint() {
    const view = this.view;
    const pen = this.canvas.getContext("2d", { alpha: false });
    if (!view || !pen) return;
    const first = this.painter === undefined;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    view.width = this.host.clientWidth;
    view.height = this.host.clientHeight;
    this.canvas.width = view.width * ratio;
    this.canvas.height = view.height * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.painter = new Painter(pen, colours(this.host), getComputedStyle(this.host).fontFamily);
    pen.font = `13px ${this.painter.font}`;
    const widest = Math.max(60, ...view.data.resources.map((row) => this.painter?.width(row.name) ?? 0));
    view.bars = view.width < 600 ? 0 : 36;
    view.side = Math.ceil(Math.min(widest + 24 + view.bars, view.width < 600 ? 92 : 208));
    if (first) {
      /* what fits into a day is shown whole: minutes of work are no bars in thirty hours */
      const short = view.last - view.data.now < 24 * 3600000;
      this.span(short ? "all" : "day");
      if (!short) this.toNow();
    }
    this.draw();
  }

  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const since = performance.now();
      const { view, selected, matches, language, zone, ghosts, drag } = this;
      if (view) this.painter?.draw({ view, selected, matches, language, zone, ghosts, drag });
      this.work.push(performance.now() - since);
      if (this.work.length > 600) this.work.shift();
    });
  }

  /** For tests and for the table twin: the task at a point of the canvas. @param {number} x @param {number} y */
  hitTest(x, y) {
    return this.view?.hit(x, y) ?? null;
  }

  /** What is shown now, in plain values. */
  get state() {
    const view = this.view;
    return {
      from: view?.from, until: view?.until, top: view?.top, tasks: view?.data.tasks.length ?? 0,
      selected: this.selected?.id ?? null, matches: [...this.matches], backward: this.painter?.backward ?? 0,
      violated: view?.violated ?? 0, ghosts: this.ghosts, drag: this.drag, draft: view?.data.draft ?? null, revision: view?.data.revision ?? 0,
    };
  }

  /** Where a task lies on the canvas: {x, y} of its middle. @param {number | string} id */
  middle(id) {
    const task = this.view?.byId.get(id);
    if (!task || !this.view) return null;
    return { x: this.view.x((task.start + task.end) / 2), y: this.view.y(this.view.place.get(task.resource) ?? 0) + 14 };
  }

  /** @param {"shift" | "day" | "week" | "all"} name */
  span(name) {
    if (name === "all") this.view?.fit();
    else this.view?.span(name);
    for (const b of document.querySelectorAll("[data-board-zoom]")) b.setAttribute("aria-pressed", String(b.getAttribute("data-board-zoom") === name));
    this.draw();
  }

  /** Put the present a fifth into the picture. */
  toNow() {
    const view = this.view;
    if (!view) return;
    view.from = view.data.now - (view.until - view.from) / 5;
    view.clamp();
    this.draw();
  }

  /** @param {Task | null} task @param {boolean} [show] */
  select(task, show = false) {
    this.selected = task;
    this.said.textContent = task ? this.sentence(task) : "";
    if (task && show) this.view?.show(task);
    this.host.dispatchEvent(new CustomEvent("board:select", { detail: task, bubbles: true }));
    this.draw();
  }

  /** @param {Task} task */
  sentence(task) {
    const form = new Intl.DateTimeFormat(this.language, { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: this.zone });
    const where = this.view?.data.resources[this.view.place.get(task.resource) ?? 0]?.name ?? "";
    const marks = [task.late && word("late"), task.locked && word("locked"), task.kept && word("kept")].filter(Boolean);
    return [task.code, task.title, where, `${form.format(task.start)} – ${form.format(task.end)}`, ...marks].filter(Boolean).join(" · ");
  }

  /** @param {Task | null} task @param {number} x @param {number} y */
  hover(task, x, y) {
    this.host.classList.toggle("over", Boolean(task));
    this.tip.hidden = !task;
    if (!task || !this.view) return;
    const [head, ...rest] = this.sentence(task).split(" · ");
    const bold = document.createElement("b");
    bold.textContent = head;
    this.tip.replaceChildren(bold, rest.join(" · "));
    const left = Math.min(x + 14, this.view.width - this.tip.offsetWidth - 8);
    const top = y + 18 + this.tip.offsetHeight > this.view.height ? y - this.tip.offsetHeight - 10 : y + 18;
    this.tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  }

  /** @param {Task | null} task */
  open(task) {
    if (task?.url) location.assign(task.url);
  }

  /** Show every task whose code, order or title holds the text. @param {string} text */
  find(text) {
    const wanted = text.trim().toLowerCase();
    const found = wanted ? (this.view?.data.tasks ?? []).filter((t) => `${t.code} ${t.order} ${t.title ?? ""}`.toLowerCase().includes(wanted)) : [];
    this.matches = new Set(found.map((task) => task.id));
    this.select(found[0] ?? null, true);
    if (wanted) this.said.textContent = word("found", { count: found.length });
  }

  openFind() {
    const old = /** @type {HTMLInputElement | null} */ (this.host.querySelector(".board-find"));
    if (old) return old.focus();
    const box = document.createElement("input");
    box.className = "input board-find";
    box.type = "search";
    box.placeholder = word("find_in_plan");
    box.setAttribute("aria-label", word("find_in_plan"));
    box.addEventListener("input", () => this.find(box.value));
    box.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") { this.find(""); box.remove(); this.host.focus(); }
      if (event.key === "Enter") this.host.focus();
    });
    this.host.append(box);
    box.focus();
  }

  /** The next bar in a direction: before or behind in its row, or the nearest one of another row. @param {string} key */
  step(key) {
    const { view, selected } = this;
    if (!view) return;
    if (!selected) return this.select(view.data.tasks.find((t) => t.end > view.from) ?? null, true);
    const row = view.place.get(selected.resource) ?? 0;
    const list = view.rows[row];
    if (key === "ArrowLeft" || key === "ArrowRight") return this.select(list[list.indexOf(selected) + (key === "ArrowRight" ? 1 : -1)] ?? selected, true);
    const by = key === "ArrowDown" ? 1 : -1;
    for (let next = row + by; next >= 0 && next < view.rows.length; next += by) {
      const near = view.rows[next].toSorted((a, b) => Math.abs(a.start - selected.start) - Math.abs(b.start - selected.start))[0];
      if (near) return this.select(near, true);
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (this.editor?.key(event)) return event.preventDefault();
    const moves = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    const move = moves[/** @type {keyof typeof moves} */ (event.key)];
    const spans = { 1: "shift", 2: "day", 3: "week", 0: "all" };
    const span = spans[/** @type {keyof typeof spans} */ (/** @type {unknown} */ (event.key))];
    if (event.ctrlKey || event.metaKey || event.altKey || !this.view) return;
    if (move && event.shiftKey) this.step(event.key);
    else if (move) this.view.pan(move[0], move[1]);
    else if (span) this.span(/** @type {"shift"} */ (span));
    else if (event.key === "+" || event.key === "=") this.view.zoom(0.8);
    else if (event.key === "-") this.view.zoom(1.25);
    else if (event.key === "n" || event.key === "N") this.toNow();
    else if (event.key === "/") this.openFind();
    else if (event.key === "Enter") this.open(this.selected);
    else if (event.key === "Escape") { this.matches.clear(); this.select(null); }
    else return;
    event.preventDefault();
    this.draw();
  }

  wire() {
    const { host } = this;
    /** @type {Map<number, {x: number, y: number}>} */
    const fingers = new Map();
    let moved = 0;
    /** @param {MouseEvent} event */
    const point = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      if (fingers.size === 0 && this.editor?.down(event, point(event))) return;
      fingers.set(event.pointerId, point(event));
      moved = 0;
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      const { x, y } = point(event);
      if (this.editor?.move(event, { x, y })) return this.hover(null, 0, 0);
      const last = fingers.get(event.pointerId);
      if (!last) return this.hover(this.hitTest(x, y), x, y);
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      /* two fingers pinch, one drags */
      if (other) this.view?.zoom(Math.max(1, Math.abs(last.x - other.x)) / Math.max(1, Math.abs(x - other.x)), other.x);
      else this.view?.pan(x - last.x, y - last.y);
      moved += Math.abs(x - last.x) + Math.abs(y - last.y);
      fingers.set(event.pointerId, { x, y });
      host.classList.toggle("panning", moved > 5);
      this.hover(null, 0, 0);
      this.draw();
    });
    const up = (/** @type {PointerEvent} */ event) => {
      if (this.editor?.up(event)) return;
      const last = fingers.get(event.pointerId);
      fingers.delete(event.pointerId);
      host.classList.remove("panning");
      if (last && moved <= 5 && event.type === "pointerup") this.select(this.hitTest(last.x, last.y));
    };
    this.canvas.addEventListener("pointerup", up);
    this.canvas.addEventListener("pointercancel", up);
    this.canvas.addEventListener("pointerleave", () => this.hover(null, 0, 0));
    this.canvas.addEventListener("dblclick", (event) => this.open(this.hitTest(point(event).x, point(event).y)));
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      if (event.shiftKey) this.view?.pan(-event.deltaY, 0);
      else if (event.ctrlKey || Math.abs(event.deltaY) >= Math.abs(event.deltaX)) this.view?.zoom(Math.exp(event.deltaY * 0.0012), point(event).x);
      else this.view?.pan(-event.deltaX, 0);
      this.draw();
    }, { passive: false });
    host.addEventListener("keydown", (event) => this.key(event));
    host.addEventListener("live", () => this.load());
    document.addEventListener("keydown", (event) => {
      const typing = /** @type {Element} */ (event.target).closest("input, textarea, select, dialog");
      if (event.key === "/" && !typing && !host.contains(/** @type {Node} */ (event.target))) { event.preventDefault(); this.openFind(); }
    });
    document.addEventListener("click", (event) => {
      const target = /** @type {Element} */ (event.target);
      const span = target.closest("[data-board-zoom]")?.getAttribute("data-board-zoom");
      if (span) this.span(/** @type {"shift" | "day" | "week" | "all"} */ (span));
      if (target.closest("[data-board-ghosts]")) {
        this.ghosts = !this.ghosts;
        for (const b of document.querySelectorAll("[data-board-ghosts]")) b.setAttribute("aria-pressed", String(this.ghosts));
        this.draw();
      }
      const id = target.closest("[data-board-task]")?.getAttribute("data-board-task");
      const task = this.view?.data.tasks.find((t) => String(t.id) === id);
      if (task) this.select(task, true);
    });
    new ResizeObserver(() => this.paint()).observe(host);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
  }
}

for (const host of document.querySelectorAll("[data-board]")) {
  const board = new Board(/** @type {HTMLElement} */ (host));
  Object.assign(host, { board });
  Object.assign(window, { board });
}
