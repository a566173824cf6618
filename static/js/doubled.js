/**
 * The same code twice in a short while. A trigger that bounces is ignored; a second later it may be meant, and where it
 * would count another piece it is asked once; who says yes once is not asked again on this page.
 */
const BOUNCE = 1500;
const DOUBT = 5000;
const PATIENCE = 10000;

export class Doubled {
  last = { text: "", at: -Infinity };
  asked = { text: "", at: -Infinity };
  /** @type {Set<string>} codes that count: their last answer was a report */
  counts = new Set();
  /** @type {Set<string>} codes somebody said yes to */
  meant = new Set();

  /**
   * What to do with a scan. @param {string} text @param {number} at ms of any steady clock
   * @returns {"take" | "ignore" | "ask"}
   */
  judge(text, at) {
    const gap = text === this.last.text ? at - this.last.at : Infinity;
    if (gap < BOUNCE) return "ignore";
    const doubted = gap < DOUBT && this.counts.has(text) && !this.meant.has(text);
    const again = this.asked.text === text && at - this.asked.at < PATIENCE;
    this.last = { text, at };
    if (doubted && !again) {
      this.asked = { text, at };
      return "ask";
    }
    if (again) this.meant.add(text);
    this.asked = { text: "", at: -Infinity };
    return "take";
  }

  /** The answer to a scan tells whether its code counts pieces. @param {string} text @param {string} kind */
  answered(text, kind) {
    if (kind === "report") this.counts.add(text);
    else this.counts.delete(text);
  }
}
