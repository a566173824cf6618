/** Painting of the plan board. State is never a fill alone: late has a triangle, locked a bar and a lock, all an edge. */
import { HEAD, ROW, firstAfter } from "./board-view.js";

/** @typedef {import("./board-view.js").Task} Task */
/** @typedef {import("./board-view.js").View} View */
/** @typedef {{view: View, selected: Task | null, matches: Set<number | string>, language: string, zone: string | undefined}} Scene */

const NAMES = ["bg", "surface", "raised", "ink", "muted", "line", "edge", "accent", "crit", "crit-fill", "on-crit", "bar-planned", "bar-running", "bar-done", "bar-locked", "bar-edge", "shift-off", "board-paper"];

/**
 * The colours of the theme as the browser resolves them: a canvas knows no light-dark().
 * @param {HTMLElement} host @returns {Record<string, string>}
 */
export function colours(host) {
  const probe = host.appendChild(document.createElement("i"));
  const found = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(found);
}

export class Painter {
  /** @param {CanvasRenderingContext2D} pen @param {Record<string, string>} colour @param {string} font */
  constructor(pen, colour, font) {
    this.pen = pen;
    this.colour = colour;
    this.font = font;
    /** @type {Map<string, number>} */
    this.widths = new Map();
    this.backward = 0;
  }

  /** @param {string} text */
  width(text) {
    const key = this.pen.font + text;
    let width = this.widths.get(key);
    if (width === undefined) this.widths.set(key, (width = this.pen.measureText(text).width));
    return width;
  }

  /** A name that fits: whole or cut with …, never squeezed. @param {string} text @param {number} room */
  cut(text, room) {
    if (this.width(text) <= room) return text;
    const fits = Math.floor((text.length * (room - this.width("…"))) / this.width(text));
    return fits >= 3 ? `${text.slice(0, fits)}…` : "";
  }

  /** A task's code that fits: WO-1045·10, then 1045·10, then 10, then nothing: its end tells tasks apart, its start does not. @param {string} code @param {number} room */
  code(code, room) {
    const short = code.replace(/^\p{L}+[- ]?/u, "");
    const last = code.includes("·") ? (code.split("·").at(-1) ?? "") : "";
    return [code, short, last].find((text) => text && this.width(text) <= room) ?? (last ? "" : this.cut(code, room));
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { pen, colour } = this;
    const { view } = scene;
    pen.textBaseline = "middle";
    pen.fillStyle = colour["shift-off"];
    pen.fillRect(0, 0, view.width, view.height);
    pen.save();
    pen.beginPath();
    pen.rect(view.side, HEAD, view.width - view.side, view.height - HEAD);
    pen.clip();
    this.shifts(view);
    this.bars(scene);
    this.links(scene);
    this.now(view);
    pen.restore();
    this.head(scene);
    this.names(view);
  }

  /** @param {View} view */
  shifts(view) {
    const { pen, colour } = this;
    const [first, last] = view.seen();
    for (let row = first; row < last; row++) {
      const list = view.open[row];
      pen.fillStyle = colour["board-paper"];
      for (let i = firstAfter(list, view.from); i < list.length && list[i].start < view.until; i++) {
        pen.fillRect(view.x(list[i].start), view.y(row), (list[i].end - list[i].start) / view.perPixel, ROW);
      }
      pen.fillStyle = colour.line;
      pen.fillRect(view.side, view.y(row) + ROW - 1, view.width, 1);
    }
    pen.fillStyle = colour.edge;
    for (const day of view.days()) pen.fillRect(Math.round(view.x(day)), HEAD, 1, view.height);
  }

  /** @param {Scene} scene */
  bars(scene) {
    const { view } = scene;
    const [first, last] = view.seen();
    this.pen.font = `600 12px ${this.font}`;
    for (let row = first; row < last; row++) {
      const list = view.rows[row];
      const start = Math.max(0, firstAfter(list, view.from) - 1);
      for (let i = start; i < list.length && list[i].start < view.until; i++) {
        this.bar(list[i], view.y(row) + 4, scene);
      }
    }
  }

  /** @param {Task} task @param {number} y @param {Scene} scene */
  bar(task, y, { view, selected, matches }) {
    const { pen, colour } = this;
    const x = view.x(task.start);
    const width = Math.max(2, (task.end - task.start) / view.perPixel - 1);
    const height = ROW - 9;
    const same = selected && task.order === selected.order;
    pen.globalAlpha = matches.size && !matches.has(task.id) ? 0.3 : 1;
    pen.fillStyle = task.late ? colour["crit-fill"] : colour[task.locked ? "bar-locked" : task.state === "done" || task.state === "completed" ? "bar-done" : "bar-planned"];
    pen.fillRect(x, y, width, height);
    if (task.state === "running") this.fill(task, x, y, width, height, view.data.now);
    if (task.kind && task.kind !== "production") {
      pen.fillStyle = task.late ? colour["on-crit"] : colour.ink;
      for (let dash = 2; dash + 4 < width; dash += 8) pen.fillRect(x + dash, y + height - 3, 4, 2);
    }
    this.edge(task, x, y, width, height, Boolean(same), task === selected);
    this.label(task, x, y, width, height, view);
    pen.globalAlpha = 1;
  }

  /** @param {Task} task @param {number} x @param {number} y @param {number} width @param {number} height @param {number} now */
  fill(task, x, y, width, height, now) {
    const part = task.done ?? (now - task.start) / (task.end - task.start);
    const done = width * Math.max(0.04, Math.min(1, part));
    if (!task.late) {
      this.pen.fillStyle = this.colour["bar-running"];
      this.pen.fillRect(x, y, done, height);
    }
    this.pen.fillStyle = this.colour[task.late ? "on-crit" : "ink"];
    this.pen.fillRect(x, y + height - 3, done, 3);
  }

  /** @param {Task} task @param {number} x @param {number} y @param {number} width @param {number} height @param {boolean} same @param {boolean} chosen */
  edge(task, x, y, width, height, same, chosen) {
    const { pen, colour } = this;
    pen.strokeStyle = same ? colour.ink : colour["bar-edge"];
    pen.lineWidth = chosen ? 3 : same ? 2 : 1;
    pen.strokeRect(x + 0.5, y + 0.5, width, height - 1);
    pen.lineWidth = 1;
    if (!task.locked) return;
    pen.fillStyle = task.late ? colour["on-crit"] : colour.ink;
    pen.fillRect(x, y, Math.min(4, width), height);
    if (width > 34) this.lock(x + width - 13, y + height / 2);
  }

  /** @param {number} x @param {number} y */
  lock(x, y) {
    const { pen } = this;
    pen.fillRect(x, y - 1, 9, 6);
    pen.strokeStyle = pen.fillStyle;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.arc(x + 4.5, y - 1.5, 2.8, Math.PI, 0);
    pen.stroke();
    pen.lineWidth = 1;
  }

  /** @param {Task} task @param {number} x @param {number} y @param {number} width @param {number} height @param {View} view */
  label(task, x, y, width, height, view) {
    const { pen, colour } = this;
    let left = Math.max(x, view.side) + (task.locked ? 8 : 5);
    if (task.late && width > 14) {
      pen.fillStyle = colour["on-crit"];
      pen.beginPath();
      pen.moveTo(left, y + height - 5);
      pen.lineTo(left + 5, y + 5);
      pen.lineTo(left + 10, y + height - 5);
      pen.fill();
      left += 14;
    }
    const room = x + width - left - (task.locked && width > 34 ? 16 : 4);
    const text = this.code(task.code, room);
    pen.fillStyle = task.late ? colour["on-crit"] : colour.ink;
    if (text) pen.fillText(text, left, y + height / 2 + 0.5);
  }

  /** Links of the selected order; one that goes back in time is red and dashed. @param {Scene} scene */
  links({ view, selected }) {
    this.backward = 0;
    if (!selected) return;
    for (const [from, to] of view.data.links) {
      const a = view.byId.get(from);
      const b = view.byId.get(to);
      if (!a || !b || (a.order !== selected.order && b.order !== selected.order)) continue;
      if (b.start < a.end) this.backward += 1;
      this.link(view, a, b);
    }
  }

  /** @param {View} view @param {Task} a @param {Task} b */
  link(view, a, b) {
    const { pen, colour } = this;
    const back = b.start < a.end;
    const [x1, y1] = [view.x(a.end), view.y(view.place.get(a.resource) ?? 0) + ROW / 2];
    const [x2, y2] = [view.x(b.start), view.y(view.place.get(b.resource) ?? 0) + ROW / 2];
    const bend = Math.max(12, Math.min(60, Math.abs(x2 - x1) / 2));
    pen.strokeStyle = pen.fillStyle = back ? colour.crit : colour.ink;
    pen.lineWidth = 1.75;
    pen.setLineDash(back ? [5, 4] : []);
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2 - 5, y2);
    pen.stroke();
    pen.setLineDash([]);
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x2, y2);
    pen.lineTo(x2 - 7, y2 - 4);
    pen.lineTo(x2 - 7, y2 + 4);
    pen.fill();
  }

  /** @param {View} view */
  now(view) {
    const x = Math.round(view.x(view.data.now));
    this.pen.fillStyle = this.colour.accent;
    this.pen.fillRect(x - 1, HEAD, 2, view.height);
  }

  /** @param {Scene} scene */
  head({ view, language, zone }) {
    const { pen, colour } = this;
    pen.fillStyle = colour.surface;
    pen.fillRect(0, 0, view.width, HEAD);
    pen.save();
    pen.beginPath();
    pen.rect(view.side, 0, view.width - view.side, HEAD);
    pen.clip();
    pen.font = `12px ${this.font}`;
    for (const mark of view.ticks()) {
      const x = Math.round(view.x(mark.at));
      pen.fillStyle = colour.line;
      pen.fillRect(x, mark.day ? 0 : 24, 1, HEAD);
      pen.fillStyle = colour.muted;
      pen.fillText(mark.label, x + 5, 33);
    }
    const form = new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", timeZone: zone });
    pen.font = `600 12px ${this.font}`;
    pen.fillStyle = colour.ink;
    const days = view.days();
    days.forEach((day, i) => {
      const right = i + 1 < days.length ? view.x(days[i + 1]) : view.width;
      const left = Math.max(view.side, view.x(day)) + 5;
      pen.fillText(this.cut(form.format(day + 12 * 3600000), right - left - 4), left, 12);
    });
    const x = view.x(view.data.now);
    pen.fillStyle = colour.accent;
    pen.beginPath();
    pen.moveTo(x - 6, HEAD - 8);
    pen.lineTo(x + 6, HEAD - 8);
    pen.lineTo(x, HEAD);
    pen.fill();
    pen.restore();
    pen.fillStyle = colour.line;
    pen.fillRect(0, HEAD - 1, view.width, 1);
  }

  /** @param {View} view */
  names(view) {
    const { pen, colour } = this;
    const [first, last] = view.seen();
    pen.fillStyle = colour.surface;
    pen.fillRect(0, HEAD, view.side, view.height);
    pen.save();
    pen.beginPath();
    pen.rect(0, HEAD, view.side, view.height);
    pen.clip();
    pen.font = `13px ${this.font}`;
    for (let row = first; row < last; row++) {
      pen.fillStyle = colour.ink;
      pen.fillText(this.cut(view.data.resources[row].name, view.side - 20), 12, view.y(row) + ROW / 2);
      pen.fillStyle = colour.line;
      pen.fillRect(0, view.y(row) + ROW - 1, view.side, 1);
    }
    pen.restore();
    pen.fillStyle = colour.line;
    pen.fillRect(view.side - 1, 0, 1, view.height);
  }
}
