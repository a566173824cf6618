/**
 * Scans and button presses of a station, kept in IndexedDB until the server has answered: they survive a reload,
 * a dead network and a flat battery, and go out one by one in the order they were made.
 *
 * POST data-scan-url, JSON {uuid, station, sequence, device, device_at, sent_at, raw} or {…, action, values}. device_at
 * is what this device's clock showed when it was made, sent_at with each try to send it: the server takes the
 * difference to its own clock for the offset, however long an entry waited. An answer counts when its
 * JSON carries "result" (accepted or refused), whatever the status; everything else is tried again.
 */
import { meta } from "./words.js";

const WAITS = [1000, 2000, 4000, 8000, 15000, 30000];

/** @typedef {{uuid: string, station: string, sequence: number, device: string, device_at: string, raw?: string, action?: string, values?: Record<string, unknown>}} Entry */
/** @typedef {{result: string, message?: string, next?: string}} Answer */

/** A version-4 UUID without crypto.randomUUID, which plain HTTP does not have. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** @returns {string} a name for this device's clock, kept as long as the browser keeps anything */
function device() {
  try {
    const known = localStorage.getItem("device") ?? uuid();
    localStorage.setItem("device", known);
    return known;
  } catch {
    return "unnamed";
  }
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answerOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @returns {Promise<IDBDatabase>} */
function openStore() {
  const request = indexedDB.open("gongxu-scans", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("entry", { keyPath: ["station", "sequence"] });
    request.result.createObjectStore("sequence");
  };
  return answerOf(request);
}

export class Queue extends EventTarget {
  /** @param {string} station @param {string} url */
  constructor(station, url) {
    super();
    this.station = station;
    this.url = url;
    this.failures = 0;
    this.sending = false;
    /** @type {Promise<IDBDatabase>} */
    this.store = openStore();
    addEventListener("online", () => this.send());
    document.addEventListener("visibilitychange", () => document.hidden || this.send());
  }

  /** @param {string} type @param {object} detail */
  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  range() {
    return IDBKeyRange.bound([this.station, 0], [this.station, Infinity]);
  }

  /** @returns {Promise<Entry[]>} what is not answered yet, in order */
  async waiting() {
    const db = await this.store;
    return answerOf(db.transaction("entry").objectStore("entry").getAll(this.range()));
  }

  /**
   * Keep one scan or action; resolves when it is on disk. The number is counted in the same transaction.
   * @param {{raw?: string, action?: string, values?: Record<string, unknown>}} what
   * @returns {Promise<Entry>}
   */
  async add(what) {
    const db = await this.store;
    const work = db.transaction(["entry", "sequence"], "readwrite", { durability: "strict" });
    const sequence = ((await answerOf(work.objectStore("sequence").get(this.station))) ?? 0) + 1;
    const entry = { uuid: uuid(), station: this.station, sequence, device: device(), device_at: new Date().toISOString(), ...what };
    work.objectStore("sequence").put(sequence, this.station);
    work.objectStore("entry").put(entry);
    await new Promise((resolve, reject) => { work.oncomplete = resolve; work.onerror = work.onabort = () => reject(work.error); });
    await this.count();
    this.tell("saved", { entry });
    this.send();
    return entry;
  }

  /** Tell how many wait. */
  async count() {
    this.tell("count", { waiting: (await this.waiting()).length });
  }

  /** Send what waits, oldest first, until all is answered or one gets no answer. */
  async send() {
    if (this.sending) return;
    this.sending = true;
    clearTimeout(this.timer);
    try {
      for (let [entry] = await this.waiting(); entry; [entry] = await this.waiting()) await this.sendOne(entry);
      this.failures = 0;
    } catch (problem) {
      this.again(problem instanceof Unanswered ? problem.status : 0);
    } finally {
      this.sending = false;
    }
  }

  /** @param {number} status */
  again(status) {
    const wait = WAITS[Math.min(this.failures, WAITS.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => this.send(), wait * (0.8 + Math.random() * 0.4));
    this.tell("unanswered", { status });
  }

  /** @param {Entry} entry */
  async sendOne(entry) {
    this.tell("sent", { entry });
    const response = await fetch(this.url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": meta("csrf-token") },
      body: JSON.stringify({ ...entry, sent_at: new Date().toISOString() }),
      signal: AbortSignal.timeout(10000),
    });
    /** @type {Answer | null} */
    const answer = await response.json().catch(() => null);
    if (!answer?.result) throw new Unanswered(response.status);
    const db = await this.store;
    await answerOf(db.transaction("entry", "readwrite").objectStore("entry").delete([entry.station, entry.sequence]));
    this.failures = 0;
    await this.count();
    this.tell("confirmed", { entry, answer });
  }
}

/** The server did not say what became of the entry. */
class Unanswered extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`unanswered: ${status}`);
    this.status = status;
  }
}
