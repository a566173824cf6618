/** What the plan board shows and where: data with its indexes, the time scale, and what lies under a point. */

/** @typedef {{id: number | string, name: string, load?: number | null}} Resource */
/** @typedef {{resource: number | string, start: number, end: number}} Window */
/**
 * @typedef {{id: number | string, code: string, order: string, resource: number | string, start: number, end: number,
 *   state: string, late?: boolean, locked?: boolean, kept?: boolean, fixed?: boolean, title?: string, url?: string,
 *   kind?: string, done?: number, due?: number}} Task
 */
/** @typedef {{resource: number | string, start: number, end: number, task: Task}} Ghost */
/**
 * @typedef {{resources: Resource[], windows: Window[], tasks: Task[], links: [number | string, number | string, number?][],
 *   ghosts: [number | string, number | string, number, number][], now: number, draft?: number | null, revision?: number}} Data
 */

/**
 * The answer of the server with its bars as objects: it sends them as columns and rows, and open times that many rows
 * share once.
 * @param {any} answer @returns {Data}
 */
export function unpack(answer) {
  const { columns } = answer;
  const windows = answer.opens ? answer.resources.flatMap((/** @type {any} */ row) => answer.opens[row.open].map((/** @type {number[]} */ [start, end]) => ({ resource: row.id, start, end }))) : answer.windows;
  const tasks = columns ? answer.tasks.map((/** @type {any[]} */ row) => Object.fromEntries(row.map((cell, i) => [columns[i], cell]))) : answer.tasks;
  return { ghosts: [], ...answer, windows, tasks };
}

export const HEAD = 44;
export const ROW = 30;
const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const SPANS = { shift: 12 * HOUR, day: 30 * HOUR, week: 7.5 * DAY };
const STEPS = [15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR, DAY];

/**
 * The place in `list` (sorted by start, not overlapping) of the first entry that ends after `at`.
 * @param {{end: number}[]} list @param {number} at
 */
export function firstAfter(list, at) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].end <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @template {{resource: number | string, start: number}} T @param {Resource[]} rows @param {T[]} list @returns {T[][]} */
function byRow(rows, list) {
  const place = new Map(rows.map((row, i) => [row.id, i]));
  /** @type {T[][]} */
  const sorted = rows.map(() => []);
  for (const entry of list) sorted[place.get(entry.resource) ?? -1]?.push(entry);
  for (const row of sorted) row.sort((a, b) => a.start - b.start);
  return sorted;
}

/** The time zone's distance from UTC in ms at an instant. @param {string | undefined} zone */
export function offsetOf(zone) {
  if (!zone || zone === "UTC") return () => 0;
  const form = new Intl.DateTimeFormat("en", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  /** @type {Map<number, number>} */
  const known = new Map();
  return (/** @type {number} */ at) => {
    const hour = Math.floor(at / HOUR);
    const cached = known.get(hour);
    if (cached !== undefined) return cached;
    const p = Object.fromEntries(form.formatToParts(hour * HOUR).map((part) => [part.type, Number(part.value)]));
    const offset = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - hour * HOUR;
    known.set(hour, offset);
    return offset;
  };
}

/**
 * Whether a link goes back in time: it waits for the end (0), the begin (1), both as pieces flow on (2), or only ends
 * later as pieces are there already (3).
 * @param {Task} a @param {Task} b @param {number} how
 */
function against(a, b, how) {
  if (how === 0) return b.start < a.end;
  return (how !== 3 && b.start < a.start) || (how !== 1 && b.end < a.end);
}

/** @type {Data} */
const NOTHING = { resources: [], windows: [], tasks: [], links: [], ghosts: [], now: 0 };

export class View {
  data = NOTHING;
  first = 0;
  last = 0;
  /** @type {Task[][]} */
  rows = [];
  /** @type {Window[][]} */
  open = [];
  /** @type {Map<number | string, number>} */
  place = new Map();
  /** @type {Map<number | string, Task>} */
  byId = new Map();
  /** Where bars stood before. @type {Ghost[][]} */
  ghosts = [];
  /** Links by order, so that a selection draws its own and looks at no others. @type {Map<string, [Task, Task, boolean][]>} */
  links = new Map();

  /** @param {Data} data @param {string | undefined} zone */
  constructor(data, zone) {
    this.offset = offsetOf(zone);
    this.width = 800;
    this.height = 500;
    this.side = 140;
    this.bars = 36;
    this.perPixel = 3 * MINUTE;
    this.top = 0;
    this.load(data);
    this.from = data.now - 2 * HOUR;
  }

  /** @param {Data} data */
  load(data) {
    this.data = data;
    this.rows = byRow(data.resources, data.tasks);
    this.open = byRow(data.resources, data.windows);
    this.place = new Map(data.resources.map((row, i) => [row.id, i]));
    this.byId = new Map(data.tasks.map((task) => [task.id, task]));
    this.ghosts = byRow(data.resources, data.ghosts.flatMap(([id, resource, start, end]) => {
      const task = this.byId.get(id);
      return task ? [{ resource, start, end, task }] : [];
    }));
    this.index();
    this.first = Math.min(data.now, ...data.tasks.slice(0, 1).map((t) => t.start));
    this.last = data.now;
    for (const task of data.tasks) {
      if (task.start < this.first) this.first = task.start;
      if (task.end > this.last) this.last = task.end;
    }
  }

  index() {
    this.links = new Map();
    for (const [from, to, how] of this.data.links) {
      const a = this.byId.get(from);
      const b = this.byId.get(to);
      if (!a || !b) continue;
      const list = this.links.get(a.order) ?? [];
      list.push([a, b, !b.fixed && against(a, b, how ?? 0)]);
      this.links.set(a.order, list);
    }
  }

  /** Links that are violated, in the whole plan. */
  get violated() {
    return [...this.links.values()].flat().filter(([, , back]) => back).length;
  }

  get until() { return this.from + (this.width - this.side) * this.perPixel; }
  /** @param {number} at */
  x(at) { return this.side + (at - this.from) / this.perPixel; }
  /** @param {number} row */
  y(row) { return HEAD + row * ROW - this.top; }
  /** @param {number} x */
  at(x) { return this.from + (x - this.side) * this.perPixel; }

  /** Keep time and rows inside what there is, with a quarter of a screen to spare. */
  clamp() {
    const span = this.until - this.from;
    this.from = Math.max(this.first - span * 0.75, Math.min(this.last - span * 0.25, this.from));
    this.top = Math.max(0, Math.min(this.data.resources.length * ROW - (this.height - HEAD), this.top));
  }

  /** @param {number} dx @param {number} dy pixels the picture moves */
  pan(dx, dy) {
    this.from -= dx * this.perPixel;
    this.top -= dy;
    this.clamp();
  }

  /** @param {number} factor above 1 shows more time @param {number} [x] the pixel that stays where it is */
  zoom(factor, x = this.side + (this.width - this.side) / 2) {
    const at = this.at(x);
    this.perPixel = Math.max(2000, Math.min(30 * MINUTE, this.perPixel * factor));
    this.from = at - (x - this.side) * this.perPixel;
    this.clamp();
  }

  /** What is still to come, with a little to spare on both sides. */
  fit() {
    const since = Math.min(this.data.now, ...this.data.tasks.filter((t) => t.end > this.data.now).map((t) => t.start));
    const length = Math.max(HOUR, this.last - since);
    this.perPixel = Math.max(2000, Math.min(30 * MINUTE, (length * 1.08) / Math.max(200, this.width - this.side)));
    this.from = since - length * 0.04;
    this.clamp();
  }

  /** @param {keyof typeof SPANS} span */
  span(span) {
    const middle = this.at(this.side + (this.width - this.side) / 3);
    this.perPixel = SPANS[span] / Math.max(200, this.width - this.side);
    this.from = middle - ((this.width - this.side) / 3) * this.perPixel;
    this.clamp();
  }

  /** @param {Task} task */
  show(task) {
    const span = this.until - this.from;
    if (task.start < this.from || task.end > this.until) this.from = task.start - span / 4;
    const y = this.y(this.place.get(task.resource) ?? 0);
    if (y < HEAD || y > this.height - ROW) this.top += y - HEAD - (this.height - HEAD) / 3;
    this.clamp();
  }

  /** The task under a point of the canvas, or null. @param {number} x @param {number} y @returns {Task | null} */
  hit(x, y) {
    const row = Math.floor((y - HEAD + this.top) / ROW);
    if (x < this.side || y < HEAD || !this.rows[row]) return null;
    const slack = 3 * this.perPixel;
    const list = this.rows[row];
    const near = list.slice(Math.max(0, firstAfter(list, this.at(x) - slack) - 1));
    const under = near.find((task) => task.start <= this.at(x) && task.end >= this.at(x));
    return under ?? near.slice(0, 3).find((task) => task.start - slack <= this.at(x) && task.end + slack >= this.at(x)) ?? null;
  }

  /** The row under a point, or null. @param {number} y @returns {Resource | null} */
  rowAt(y) {
    return y < HEAD ? null : (this.data.resources[Math.floor((y - HEAD + this.top) / ROW)] ?? null);
  }

  /** Rows that are seen, first and one past the last. */
  seen() {
    const first = Math.floor(this.top / ROW);
    return [Math.max(0, first), Math.min(this.data.resources.length, Math.ceil((this.top + this.height - HEAD) / ROW) + 1)];
  }

  /** Marks of the head: every step, in local time. @returns {{at: number, day: boolean, label: string}[]} */
  ticks() {
    const step = STEPS.find((s) => s / this.perPixel >= 58) ?? DAY;
    const marks = [];
    const start = Math.floor((this.from + this.offset(this.from)) / step) * step;
    for (let local = start; local <= this.until + this.offset(this.until) + step; local += step) {
      const at = local - this.offset(local - this.offset(local));
      const hour = new Date(local).toISOString().slice(11, 16);
      marks.push({ at, day: local % DAY === 0, label: step < DAY ? hour : "" });
    }
    return marks;
  }

  /** Local midnights that are seen, from the one before the left edge. */
  days() {
    const list = [];
    for (let local = Math.floor((this.from + this.offset(this.from)) / DAY) * DAY; ; local += DAY) {
      const at = local - this.offset(local - this.offset(local));
      if (at > this.until) return list;
      list.push(at);
    }
  }
}
