/** Tones a person knows without looking. Browsers let a page sound only after the first tap. */

/** @type {AudioContext | null} */
let audio = null;

/** Pitch in Hz, start and length in ms: one high, two low, a falling and a rising pair. */
const TONES = {
  accepted: [[1320, 0, 90]],
  refused: [[220, 0, 140], [220, 200, 140]],
  saved: [[660, 0, 90], [660, 130, 90]],
  limit: [[880, 0, 140], [587, 160, 200]],
  help: [[587, 0, 140], [880, 160, 200]],
};

function unlock() {
  audio ??= "AudioContext" in window ? new AudioContext() : null;
  if (audio?.state === "suspended") audio.resume();
}
for (const type of ["pointerdown", "keydown"]) addEventListener(type, unlock, { capture: true });

/** @returns {number} volume of this device, 0 to 1 */
export function volume() {
  try {
    return Math.min(1, Math.max(0, Number(localStorage.getItem("volume") ?? "0.5")));
  } catch {
    return 0.5;
  }
}

/** @param {number} value volume of this device, 0 to 1 */
export function setVolume(value) {
  localStorage.setItem("volume", String(value));
}

/** @param {AudioContext} context @param {number[]} tone */
function sound(context, [pitch, start, length]) {
  const from = context.currentTime + start / 1000;
  const to = from + length / 1000;
  const wave = context.createOscillator();
  const gain = context.createGain();
  wave.frequency.value = pitch;
  wave.type = pitch < 400 ? "square" : "sine";
  gain.gain.setValueAtTime(0, from);
  gain.gain.linearRampToValueAtTime(volume() * (pitch < 400 ? 0.4 : 1), from + 0.008);
  gain.gain.setValueAtTime(volume() * (pitch < 400 ? 0.4 : 1), to - 0.012);
  gain.gain.linearRampToValueAtTime(0, to);
  wave.connect(gain).connect(context.destination);
  wave.start(from);
  wave.stop(to);
}

/**
 * Sound one of the tones; silent before the first tap.
 * @param {keyof typeof TONES} name
 */
export function play(name) {
  if (name === "refused") navigator.vibrate?.([140, 60, 140]);
  const context = audio;
  if (context?.state === "running") TONES[name].forEach((tone) => sound(context, tone));
}
