/**
 * A keyboard-wedge scanner anywhere on the page: a burst of keys (at most 35 ms apart, at least 4 characters)
 * ended by Enter or Tab becomes a "scan" event on document. Slow typing is never touched: characters go where
 * they go, and only when the burst proves to be a scan is the field it fell into put back as it was.
 */
const GAP = 35;
const TERMINATOR_GAP = 100;
const LEAST = 4;

/** @type {Record<string, [string, string]>} the US layout scanners speak, for when an input method hides the key */
const US = {
  Minus: ["-", "_"], Equal: ["=", "+"], BracketLeft: ["[", "{"], BracketRight: ["]", "}"], Backslash: ["\\", "|"],
  Semicolon: [";", ":"], Quote: ["'", "\""], Backquote: ["`", "~"], Comma: [",", "<"], Period: [".", ">"],
  Slash: ["/", "?"], Space: [" ", " "], NumpadDecimal: [".", "."], NumpadSubtract: ["-", "-"],
  NumpadAdd: ["+", "+"], NumpadDivide: ["/", "/"], NumpadMultiply: ["*", "*"],
};
const SHIFTED = ")!@#$%^&*(";

/**
 * The character a physical key means on the US layout, or "".
 * @param {string} code @param {boolean} shift @param {boolean} [caps]
 */
export function characterOf(code, shift, caps = false) {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return shift !== caps ? letter : letter.toLowerCase();
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  if (digit) return shift ? SHIFTED[Number(digit)] : digit;
  return /^Numpad(\d)$/.exec(code)?.[1] ?? US[code]?.[shift ? 1 : 0] ?? "";
}

/** @typedef {{key: string, code: string, shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean, timeStamp: number, caps?: boolean}} Key */

export class Burst {
  text = "";
  last = -Infinity;

  reset() {
    this.text = "";
    this.last = -Infinity;
  }

  /**
   * Take one key press. Returns "start", "more", "" (nothing of ours), or the finished scan as {text}.
   * @param {Key} key
   * @returns {"" | "start" | "more" | {text: string}}
   */
  take(key) {
    const gap = key.timeStamp - this.last;
    if (key.key === "Enter" || key.key === "Tab") {
      const text = this.text;
      this.reset();
      return gap <= TERMINATOR_GAP && text.length >= LEAST ? { text } : "";
    }
    if (["Shift", "CapsLock", "Control", "AltGraph"].includes(key.key)) return "";
    const character = Burst.read(key);
    if (!character) {
      this.reset();
      return "";
    }
    const more = gap <= GAP;
    this.text = more ? this.text + character : character;
    this.last = key.timeStamp;
    return more ? "more" : "start";
  }

  /** @param {Key} key @returns {string} */
  static read(key) {
    /* GS, the separator inside GS1 codes, comes as Ctrl ] from most scanners */
    if (key.ctrlKey && key.code === "BracketRight") return "\x1d";
    if (key.ctrlKey || key.metaKey || (key.altKey && key.key.length !== 1)) return "";
    if (key.key.length === 1 && key.key.charCodeAt(0) < 127) return key.key;
    return characterOf(key.code, key.shiftKey, key.caps);
  }
}

/** @typedef {{field: HTMLInputElement | HTMLTextAreaElement, value: string}} Before */

/** @returns {Before | null} the field the keys fall into, as it is before the burst */
function focused() {
  const field = document.activeElement;
  const typed = field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "file"].includes(field.type));
  return typed ? { field, value: field.value } : null;
}

/** A secret that a key or a program types is as fast as a scanner, and must never become the address of a search. */
function isSecret() {
  const field = document.activeElement;
  return field instanceof HTMLInputElement && field.type === "password";
}

/** @param {Before} before */
function putBack({ field, value }) {
  if (field.value === value) return;
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Listen on the whole document; each scan is a cancelable "scan" event with detail.text. */
export function listen() {
  const burst = new Burst();
  /** @type {Before | null} */
  let before = null;
  document.addEventListener("keydown", (event) => {
    if (event.repeat || isSecret()) return;
    const { key, code, shiftKey, ctrlKey, altKey, metaKey, timeStamp } = event;
    const taken = burst.take({ key, code, shiftKey, ctrlKey, altKey, metaKey, timeStamp, caps: event.getModifierState("CapsLock") });
    if (taken === "start") before = focused();
    /* a space in a code must not press the button that has the focus */
    if (taken === "more" && key === " " && !before) event.preventDefault();
    if (typeof taken !== "object") return;
    event.preventDefault();
    event.stopPropagation();
    if (before) putBack(before);
    document.dispatchEvent(new CustomEvent("scan", { detail: { text: taken.text, at: timeStamp }, cancelable: true, bubbles: true }));
  }, { capture: true });
}
