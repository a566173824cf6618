/**
 * What-if on the plan board: bars are dragged, the server says of each drop whether it can be, what it pushes and who is
 * late then, and writes it into the draft. On the published plan the first drop opens a draft.
 * L locks, A lists the stations a task could go to, M asks for place and time, Ctrl+Z and Ctrl+Y go through fifty steps,
 * Alt with left and right moves by a quarter of an hour, Shift while dragging takes the whole order along.
 */
import { refresh } from "./live.js";
import { meta, word } from "./words.js";

/** @typedef {import("./board-view.js").Task} Task */
/** @typedef {{task: Task, dx: number, x: number, y: number, moved: boolean, order: boolean, pointer: number, start: number, resource: number | string}} Grip */

const SNAP = 5 * 60000;
const QUARTER = 15 * 60000;
const SETTLE = 120;

/** The station of a row: rows of a station that does several things at once are called 12, 12#1, 12#2. @param {number | string} row */
const stationOf = (row) => Number(String(row).split("#")[0]);

export class Editor {
  /** @param {import("./board.js").Board} board */
  constructor(board) {
    this.board = board;
    this.url = board.host.dataset.drafts ?? "";
    /** @type {Grip | null} */
    this.grip = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.asked = 0;
    this.busy = false;
    document.addEventListener("click", (event) => this.click(/** @type {Element} */ (event.target)));
    document.addEventListener("submit", (event) => this.submit(event));
    board.host.addEventListener("board:select", () => this.buttons());
    const told = sessionStorage.getItem("plan-note");
    sessionStorage.removeItem("plan-note");
    if (told) this.say(told);
  }

  get draft() { return this.board.view?.data.draft ?? null; }

  /** @param {string} text @param {boolean} [bad] */
  say(text, bad = false) {
    for (const box of document.querySelectorAll("[data-board-note]")) {
      box.textContent = text;
      box.classList.toggle("tone-crit", bad);
    }
  }

  /** @param {string} path @param {object} data @returns {Promise<any>} the answer; an Error with the server's words */
  async post(path, data) {
    const response = await fetch(path, {
      method: "POST", body: JSON.stringify(data),
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": meta("csrf-token") },
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.detail || word("failed"));
    return answer;
  }

  // dragging

  /** @param {PointerEvent} event @param {{x: number, y: number}} at */
  down(event, at) {
    const { board } = this;
    const task = board.hitTest(at.x, at.y);
    if (!task || task.fixed || event.button !== 0 || this.busy || !board.view) return false;
    /* a finger pans; it drags what was chosen before */
    if (event.pointerType === "touch" && task !== board.selected) return false;
    const dx = board.view.at(at.x) - task.start;
    this.grip = { task, dx, ...at, moved: false, order: event.shiftKey, pointer: event.pointerId, start: task.start, resource: task.resource };
    board.canvas.setPointerCapture(event.pointerId);
    return true;
  }

  /** @param {PointerEvent} event @param {{x: number, y: number}} at */
  move(event, at) {
    const { grip, board } = this;
    if (!grip || grip.pointer !== event.pointerId || !board.view) return false;
    grip.moved ||= Math.hypot(at.x - grip.x, at.y - grip.y) > 5;
    if (!grip.moved) return true;
    grip.order = event.shiftKey;
    grip.start = Math.round((board.view.at(at.x) - grip.dx) / SNAP) * SNAP;
    grip.resource = board.view.rowAt(at.y)?.id ?? grip.resource;
    this.show();
    clearTimeout(this.timer);
    if (this.draft) this.timer = setTimeout(() => this.check(), SETTLE);
    return true;
  }

  /** The bars under the pointer: the task, or its order with it. */
  show() {
    const { grip, board } = this;
    if (!grip) return;
    const by = grip.start - grip.task.start;
    const mates = grip.order ? (board.view?.data.tasks ?? []).filter((t) => t.order === grip.task.order && !t.fixed) : [grip.task];
    const bars = mates.map((t) => ({ resource: t === grip.task && !grip.order ? grip.resource : t.resource, start: t.start + by, end: t.end + by }));
    board.drag = { bars, ok: null, follow: [] };
    board.draw();
  }

  wish() {
    const { task, resource, start, order } = /** @type {Grip} */ (this.grip);
    return { task: Number(task.id), station: stationOf(order ? task.resource : resource), start, order };
  }

  async check() {
    const asked = ++this.asked;
    try {
      const found = await this.post(`${this.url}/${this.draft}/check`, this.wish());
      const { board, grip } = this;
      if (asked !== this.asked || !grip || !board.drag) return;
      const places = found.places.map((/** @type {any[]} */ [id, resource, start, end]) => ({ id, resource, start, end }));
      const mine = new Set(grip.order ? places.filter((/** @type {any} */ p) => board.view?.byId.get(p.id)?.order === grip.task.order).map((/** @type {any} */ p) => p.id) : [grip.task.id]);
      const landing = places.filter((/** @type {any} */ p) => mine.has(p.id));
      board.drag = {
        bars: found.ok && landing.length ? landing : board.drag.bars, ok: found.ok,
        follow: places.filter((/** @type {any} */ p) => !mine.has(p.id)),
      };
      this.say(found.words, !found.ok);
      board.draw();
    } catch (error) {
      this.say(/** @type {Error} */ (error).message, true);
    }
  }

  /** @param {PointerEvent} event */
  up(event) {
    const { grip, board } = this;
    if (!grip || grip.pointer !== event.pointerId) return false;
    clearTimeout(this.timer);
    if (!grip.moved) board.select(grip.task);
    else if (event.type === "pointerup") this.drop();
    if (!grip.moved || event.type !== "pointerup") this.let();
    return true;
  }

  let() {
    this.grip = null;
    this.asked += 1;
    this.board.drag = null;
    this.board.draw();
  }

  async drop() {
    const wish = this.wish();
    await this.write(wish);
    this.let();
  }

  /** Put a task elsewhere. @param {{task: number, station: number, start: number, order: boolean}} wish */
  async write(wish) {
    await this.change(async (draft, revision) => {
      const found = await this.post(`${this.url}/${draft}/move`, { ...wish, revision });
      this.say(found.words);
    });
  }

  /**
   * One change of the draft; on the published plan a draft is opened first and the page goes there.
   * @param {(draft: number, revision: number) => Promise<void>} work
   */
  async change(work) {
    if (this.busy) return;
    this.busy = true;
    const { board } = this;
    try {
      if (this.draft) {
        await work(this.draft, board.view?.data.revision ?? 0);
        await board.load();
        for (const part of document.querySelectorAll("[data-plan-part]")) refresh(part);
      } else {
        const made = await this.post(this.url, {});
        await work(made.draft, made.revision).catch((error) => sessionStorage.setItem("plan-note", error.message));
        location.assign(made.url);
      }
    } catch (error) {
      this.say(/** @type {Error} */ (error).message, true);
      board.said.textContent = /** @type {Error} */ (error).message;
      await board.load();
    } finally {
      this.busy = false;
      this.buttons();
    }
  }

  // keys and buttons

  /** @param {KeyboardEvent} event */
  key(event) {
    const { board } = this;
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (control && (key === "z" || key === "y")) this.undo(key === "y" || event.shiftKey);
    else if (event.key === "Escape" && this.grip) this.let();
    else if (control || !board.selected) return false;
    else if (event.altKey && (key === "arrowleft" || key === "arrowright")) this.nudge(key === "arrowright" ? QUARTER : -QUARTER);
    else if (event.altKey) return false;
    else if (key === "l") this.lock();
    else if (key === "a" || key === "m") this.ask();
    else return false;
    return true;
  }

  /** @param {number} by */
  nudge(by) {
    const task = this.board.selected;
    if (task && !task.fixed) this.write({ task: Number(task.id), station: stationOf(task.resource), start: task.start + by, order: false });
  }

  /** @param {boolean} forth */
  undo(forth) {
    if (this.draft) this.change(async (draft, revision) => void (await this.post(`${this.url}/${draft}/undo`, { revision, forth })));
  }

  lock() {
    const task = this.board.selected;
    if (!task) return;
    const locked = !task.locked;
    this.change(async (draft, revision) => {
      await this.post(`${this.url}/${draft}/lock`, { revision, tasks: [Number(task.id)], locked });
      this.say(word(locked ? "now_locked" : "now_free", { task: task.code }));
    });
  }

  buttons() {
    const task = this.board.selected;
    for (const button of document.querySelectorAll("[data-board-lock], [data-board-ask]")) {
      button.toggleAttribute("disabled", !task || Boolean(task.fixed) || this.busy);
    }
  }

  /** @param {Element} target */
  click(target) {
    const row = target.closest("[data-board-move]")?.getAttribute("data-board-move");
    const task = row ? this.board.view?.data.tasks.find((t) => String(t.id) === row) : null;
    if (task) this.board.select(task, true);
    if (task || target.closest("[data-board-ask]")) this.ask();
    if (target.closest("[data-board-lock]")) this.lock();
    if (target.closest("[data-board-undo]")) this.undo(false);
    if (target.closest("[data-board-redo]")) this.undo(true);
    const station = target.closest("[data-alternative]");
    if (station) this.choose(/** @type {HTMLElement} */ (station));
  }

  // place and time by form: the way of the keyboard and of the table

  async ask() {
    const { board } = this;
    const task = board.selected;
    const box = /** @type {HTMLDialogElement | null} */ (document.getElementById("plan-move"));
    if (!task || task.fixed || !box || !board.view) return;
    const form = /** @type {HTMLFormElement} */ (box.querySelector("form"));
    const head = box.querySelector("[data-move-task]");
    if (head) head.textContent = board.sentence(task);
    /** @type {HTMLInputElement} */ (form.elements.namedItem("start")).value = this.local(task.start);
    /** @type {HTMLInputElement} */ (form.elements.namedItem("station")).value = String(stationOf(task.resource));
    box.showModal();
    const list = /** @type {HTMLElement} */ (box.querySelector("[data-alternatives]"));
    list.textContent = this.draft ? word("sending") : "";
    if (!this.draft) return;
    const response = await fetch(`${this.url}/${this.draft}/alternatives?task=${task.id}`, { headers: { Accept: "application/json" } });
    if (response.ok) this.list(list, await response.json());
  }

  /** @param {HTMLElement} list @param {any[]} found */
  list(list, found) {
    list.replaceChildren(...found.map((one) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.dataset.alternative = String(one.station);
      button.dataset.start = String(one.start);
      const shift = one.later_min === 0 ? word("same_end") : word(one.later_min > 0 ? "ends_later" : "ends_earlier", { count: Math.abs(one.later_min) });
      button.textContent = [one.name, one.current ? word("stands_here") : shift, word("late_orders", { count: one.late_orders })].join(" · ");
      return button;
    }));
  }

  /** @param {HTMLElement} button */
  choose(button) {
    const form = /** @type {HTMLFormElement} */ (button.closest("dialog")?.querySelector("form"));
    /** @type {HTMLInputElement} */ (form.elements.namedItem("station")).value = button.dataset.alternative ?? "";
    /** @type {HTMLInputElement} */ (form.elements.namedItem("start")).value = this.local(Number(button.dataset.start));
    form.requestSubmit();
  }

  /** @param {SubmitEvent} event */
  submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const task = this.board.selected;
    if (!form.hasAttribute("data-move-form") || !task) return;
    event.preventDefault();
    const data = new FormData(form);
    const start = this.instant(String(data.get("start")));
    form.closest("dialog")?.close();
    if (Number.isFinite(start)) this.write({ task: Number(task.id), station: Number(data.get("station")), start, order: data.has("order") });
  }

  /** An instant as the text of a datetime-local field in the plant's zone. @param {number} at */
  local(at) {
    return new Date(at + (this.board.view?.offset(at) ?? 0)).toISOString().slice(0, 16);
  }

  /** @param {string} text */
  instant(text) {
    const local = Date.parse(`${text}Z`);
    const offset = this.board.view?.offset ?? (() => 0);
    return local - offset(local - offset(local));
  }
}
