/** Painting of the plan board. State is never a fill alone: late has a triangle, locked a bar and a lock, all an edge. */
import { HEAD, ROW, firstAfter } from "./board-view.js";

/** @typedef {import("./board-view.js").Task} Task */
/** @typedef {import("./board-view.js").View} View */
/** @typedef {{resource: number | string, start: number, end: number}} Bar */
/** @typedef {{task: Task, x: number, y: number, width: number}} Placed */
/**
 * A drag in progress: the bars under the pointer, and what the server says of the drop (null until it has answered).
 * @typedef {{bars: Bar[], ok: boolean | null, follow: Bar[]}} Drag
 */
/**
 * @typedef {{view: View, selected: Task | null, matches: Set<number | string>, language: string, zone: string | undefined,
 *   ghosts: boolean, drag: Drag | null}} Scene
 */

const NAMES = ["bg", "surface", "raised", "ink", "muted", "line", "edge", "accent", "crit", "crit-fill", "on-crit", "ok", "warn-fill", "bar-planned", "bar-running", "bar-done", "bar-locked", "bar-edge", "shift-off", "board-paper"];

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
    /** How codes may be shortened, with the width of each form. @type {Map<string, [string, number][]>} */
    this.codes = new Map();
    /** @type {Intl.DateTimeFormat | null} */
    this.dates = null;
    this.backward = 0;
  }

  /** @param {string} text */
  width(text) {
    const key = this.pen.font + text; // a handful a frame: codes of bars have their own
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
    const form = this.forms(code).find(([, width]) => width <= room);
    return form ? form[0] : code.includes("·") ? "" : this.cut(code, room);
  }

  /** Made once a code: a frame asks for hundreds. @param {string} code */
  forms(code) {
    let forms = this.codes.get(code);
    if (!forms) {
      const texts = [code, code.replace(/^\p{L}+[- ]?/u, ""), code.includes("·") ? (code.split("·").at(-1) ?? "") : ""];
      forms = texts.filter(Boolean).map((text) => /** @type {[string, number]} */ ([text, this.pen.measureText(text).width]));
      this.codes.set(code, forms);
    }
    return forms;
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
    if (scene.ghosts) this.ghosts(view);
    this.links(scene);
    if (scene.drag) this.drag(view, scene.drag);
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

  /** What is seen of the bars, with its place. @param {View} view @returns {Placed[]} */
  seen(view) {
    const [first, last] = view.seen();
    const found = [];
    for (let row = first; row < last; row++) {
      const list = view.rows[row];
      const y = view.y(row) + 4;
      for (let i = Math.max(0, firstAfter(list, view.from) - 1); i < list.length && list[i].start < view.until; i++) {
        const task = list[i];
        found.push({ task, x: view.x(task.start), y, width: Math.max(2, (task.end - task.start) / view.perPixel - 1) });
      }
    }
    return found;
  }

  /** @param {Scene} scene */
  bars({ view, selected, matches }) {
    const { pen, colour } = this;
    const height = ROW - 9;
    /* by colour: to change it costs more than the bar */
    /** @type {Map<string, Placed[]>} */
    const groups = new Map();
    const bars = this.seen(view);
    pen.font = `600 12px ${this.font}`;
    for (const bar of bars) {
      const { task } = bar;
      const key = `${matches.size && !matches.has(task.id) ? "~" : ""}${this.tone(task)}`;
      const group = groups.get(key);
      if (group) group.push(bar);
      else groups.set(key, [bar]);
    }
    for (const [key, group] of groups) {
      pen.globalAlpha = key.startsWith("~") ? 0.3 : 1;
      pen.fillStyle = colour[key.replace("~", "")];
      for (const { x, y, width } of group) pen.fillRect(x, y, width, height);
      pen.strokeStyle = colour["bar-edge"];
      pen.lineWidth = 1;
      for (const { x, y, width } of group) pen.strokeRect(x + 0.5, y + 0.5, width, height - 1);
      for (const bar of group) this.bar(bar, height, selected, view);
    }
    pen.globalAlpha = 1;
  }

  /** The colour of a bar. @param {Task} task */
  tone(task) {
    if (task.late) return "crit-fill";
    if (task.locked || task.kept) return "bar-locked";
    return task.state === "done" || task.state === "completed" ? "bar-done" : "bar-planned";
  }

  /** What makes one bar differ from others. @param {Placed} bar @param {number} height @param {Task | null} selected @param {View} view */
  bar({ task, x, y, width }, height, selected, view) {
    const { pen, colour } = this;
    if (task.state === "running") this.fill(task, x, y, width, height, view.data.now);
    if (task.kind && task.kind !== "production") {
      pen.fillStyle = task.late ? colour["on-crit"] : colour.ink;
      for (let dash = 2; dash + 4 < width; dash += 8) pen.fillRect(x + dash, y + height - 3, 4, 2);
    }
    const same = selected !== null && task.order === selected.order;
    if (same || task.state === "running") this.edge(x, y, width, height, same, task === selected);
    if (task.locked) this.locked(task, x, y, width, height);
    if (width > 9) this.label(task, x, y, width, height, view);
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

  /** @param {number} x @param {number} y @param {number} width @param {number} height @param {boolean} same @param {boolean} chosen */
  edge(x, y, width, height, same, chosen) {
    const { pen, colour } = this;
    pen.strokeStyle = same ? colour.ink : colour["bar-edge"];
    pen.lineWidth = chosen ? 3 : same ? 2 : 1;
    pen.strokeRect(x + 0.5, y + 0.5, width, height - 1);
  }

  /** @param {Task} task @param {number} x @param {number} y @param {number} width @param {number} height */
  locked(task, x, y, width, height) {
    this.pen.fillStyle = task.late ? this.colour["on-crit"] : this.colour.ink;
    this.pen.fillRect(x, y, Math.min(4, width), height);
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

  /** Where bars stood before: dashed outlines over the bars. @param {View} view */
  ghosts(view) {
    const { pen, colour } = this;
    const [first, last] = view.seen();
    pen.strokeStyle = colour.muted;
    pen.setLineDash([4, 3]);
    for (let row = first; row < last; row++) {
      for (const { start, end } of view.ghosts[row]) {
        if (end > view.from && start < view.until) pen.strokeRect(view.x(start) + 0.5, view.y(row) + 4.5, Math.max(2, (end - start) / view.perPixel - 1), ROW - 10);
      }
    }
    pen.setLineDash([]);
  }

  /** What is dragged, and what it would push. @param {View} view @param {Drag} drag */
  drag(view, drag) {
    const { pen, colour } = this;
    pen.lineWidth = 2;
    pen.strokeStyle = colour.accent;
    pen.setLineDash([2, 3]);
    for (const bar of drag.follow) this.outline(view, bar);
    pen.setLineDash(drag.ok === false ? [5, 4] : []);
    pen.strokeStyle = drag.ok === null ? colour.ink : drag.ok ? colour.ok : colour.crit;
    for (const bar of drag.bars) {
      const [x, y, width] = this.outline(view, bar);
      pen.fillStyle = pen.strokeStyle;
      pen.globalAlpha = 0.25;
      pen.fillRect(x, y, width, ROW - 9);
      pen.globalAlpha = 1;
      if (drag.ok !== null) this.verdict(x + Math.min(12, width / 2), y + (ROW - 9) / 2, drag.ok);
    }
    pen.setLineDash([]);
    pen.lineWidth = 1;
  }

  /** @param {View} view @param {Bar} bar */
  outline(view, bar) {
    const y = view.y(view.place.get(bar.resource) ?? 0) + 4;
    const x = view.x(bar.start);
    const width = Math.max(4, (bar.end - bar.start) / view.perPixel - 1);
    this.pen.strokeRect(x + 0.5, y + 0.5, width, ROW - 10);
    return [x, y, width];
  }

  /** A tick or a cross: the verdict is never its colour alone. @param {number} x @param {number} y @param {boolean} ok */
  verdict(x, y, ok) {
    const { pen } = this;
    pen.setLineDash([]);
    pen.beginPath();
    if (ok) { pen.moveTo(x - 4, y); pen.lineTo(x - 1, y + 4); pen.lineTo(x + 5, y - 4); }
    else { pen.moveTo(x - 4, y - 4); pen.lineTo(x + 4, y + 4); pen.moveTo(x + 4, y - 4); pen.lineTo(x - 4, y + 4); }
    pen.stroke();
  }

  /** Links of the selected order; one that goes back in time is red and dashed. @param {Scene} scene */
  links({ view, selected }) {
    this.backward = 0;
    if (!selected) return;
    for (const [a, b, back] of view.links.get(selected.order) ?? []) {
      if (back) this.backward += 1;
      this.link(view, a, b, back);
    }
  }

  /** @param {View} view @param {Task} a @param {Task} b @param {boolean} back */
  link(view, a, b, back) {
    const { pen, colour } = this;
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
    this.dates ??= new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", timeZone: zone });
    const form = this.dates;
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

  /** How full a row is in the coming week: the bar, an amber one with a mark when it is more than full. @param {View} view @param {number | null | undefined} load @param {number} y */
  load(view, load, y) {
    if (load === null || load === undefined || !view.bars) return;
    const { pen, colour } = this;
    const [x, width] = [view.side - view.bars - 4, view.bars - 4];
    pen.fillStyle = colour.line;
    pen.fillRect(x, y + ROW / 2 - 3, width, 6);
    pen.fillStyle = colour[load > 0.95 ? "warn-fill" : "muted"];
    pen.fillRect(x, y + ROW / 2 - 3, width * Math.min(1, load), 6);
    if (load <= 0.95) return;
    pen.fillStyle = colour.ink;
    pen.fillRect(x + width - 2, y + ROW / 2 - 6, 2, 12);
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
      pen.fillText(this.cut(view.data.resources[row].name, view.side - view.bars - 20), 12, view.y(row) + ROW / 2);
      this.load(view, view.data.resources[row].load, view.y(row));
      pen.fillStyle = colour.line;
      pen.fillRect(0, view.y(row) + ROW - 1, view.side, 1);
    }
    pen.restore();
    pen.fillStyle = colour.line;
    pen.fillRect(view.side - 1, 0, 1, view.height);
  }
}
