/** Saves what was changed in a draft: a moment after the last key, one post at a time, again until it was heard. */
import { meta } from "./words.js";

const PAUSE_MS = 400, AGAIN_MS = 3000;

export class Saver {
  /**
   * @param {HTMLElement} box
   * @param {(text: string) => void} told
   * @param {(name: string) => string} say
   * @param {(answer: any) => void} heard
   */
  constructor(box, told, say, heard) {
    this.box = box;
    this.told = told;
    this.say = say;
    this.heard = heard;
    this.busy = false;
    /** @type {Map<string, any>} */ this.waiting = new Map();
    /** @type {any} */ this.sent = null;
    this.version = 0;
    this.stopped = false;
    this.timer = 0;
    addEventListener("beforeunload", (event) => { if (!this.stopped && (this.sent || this.waiting.size)) event.preventDefault(); });
  }

  /** @param {number} version */
  begin(version) {
    this.version = version;
    for (const field of document.querySelectorAll("[data-bom-version]")) /** @type {HTMLInputElement} */ (field).value = String(version);
  }

  /** @param {Map<string, any>} rows */
  put(rows) {
    for (const [key, row] of rows) this.waiting.set(key, row);
    this.told(this.say("wordSaving"));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), PAUSE_MS);
  }

  async send() {
    if (this.stopped || this.busy) return;
    if (!this.sent) {
      if (!this.waiting.size) return;
      const rows = [...this.waiting];
      this.waiting.clear();
      this.sent = {
        key: key(), version: this.version, changed: Object.fromEntries(rows.filter(([, row]) => row)),
        removed: rows.filter(([, row]) => !row).map(([name]) => name),
      };
    }
    this.busy = true;
    const answer = await this.post(this.box.dataset.save, this.sent);
    this.busy = false;
    if (!answer) { this.told(this.say("wordUnsaved")); this.timer = setTimeout(() => this.send(), AGAIN_MS); return; }
    this.sent = null;
    if (answer.refused) { this.stopped = true; refusal(answer.refused); return; }
    this.begin(answer.version);
    this.told(this.say("wordSaved"));
    this.heard(answer);
    if (this.waiting.size) this.send();
  }

  /** @param {string} text */
  async paste(text) {
    clearTimeout(this.timer);
    while (this.sent || this.waiting.size) {
      await this.send();
      if (this.stopped) return null;
      if (this.busy || this.sent) await new Promise((done) => setTimeout(done, 50));
    }
    const answer = await this.post(this.box.dataset.paste, { key: key(), version: this.version, text });
    if (answer?.refused) { refusal(answer.refused); return null; }
    if (!answer) this.told(this.say("wordFailed"));
    return answer;
  }

  /** The answer; null when there was none, and it should be tried again. @param {string | undefined} url @param {any} data */
  async post(url, data) {
    try {
      const answer = await fetch(url ?? "", {
        method: "POST", body: JSON.stringify(data),
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": meta("csrf-token") },
      });
      const found = await answer.json().catch(() => null);
      if (answer.ok || (answer.status === 422 && found?.wrong)) return found;
      if (answer.status >= 500) return null;
      return { refused: found?.detail ?? found?.message ?? found?.title ?? String(answer.status) };
    } catch {
      return null;
    }
  }
}

/** A name for one save, kept when it is sent again. */
function key() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("");
}

/** What was refused, above the grid, until the page is loaded again. @param {string} text */
function refusal(text) {
  const notice = document.createElement("div"), line = document.createElement("p");
  notice.className = "notice crit";
  notice.setAttribute("role", "alert");
  line.textContent = text;
  notice.append(line);
  document.querySelector("[data-bom-grid]")?.before(notice);
}
