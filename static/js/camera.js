/**
 * A code by camera: live where the page is secure (the browser's own reader, else zxing in a worker, after a second
 * also the server), and as a photograph everywhere. What is read becomes the same "scan" event that scanners make.
 */
import { play } from "./sound.js";

const PACE = 120;
const ASSIST = 1000;
const HARD_EVERY = 4;
const LARGEST = 1280;
const FORMATS = ["qr_code", "data_matrix", "code_128", "code_39", "ean_13", "ean_8", "upc_a", "upc_e", "itf"];
const box = /** @type {HTMLDialogElement | null} */ (document.getElementById("camera"));

/** @param {string} text */
function found(text) {
  box?.close();
  document.dispatchEvent(new CustomEvent("scan", { detail: { text, channel: "camera" }, cancelable: true, bubbles: true }));
}

/** @param {string} name */
const part = (name) => /** @type {HTMLElement} */ (box?.querySelector(`[data-camera="${name}"]`));

/** @param {string} words */
function say(words) {
  part("told").textContent = words;
}

/**
 * Ask the server what a picture holds; "" when it holds nothing, else the refusal is said.
 * @param {Blob} picture @param {boolean} quiet
 */
async function ask(picture, quiet) {
  const form = new FormData();
  form.append("picture", picture, "picture.jpg");
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
  try {
    const answer = await fetch(box?.dataset.url ?? "", { method: "POST", body: form, headers: { "X-CSRFToken": token, Accept: "application/json" } });
    const told = await answer.json();
    if (told.text) return told.text;
    if (!quiet) say(told.message ?? box?.dataset.failed ?? "");
  } catch {
    if (!quiet) say(box?.dataset.failed ?? "");
  }
  return "";
}

/** A worker with zxing, asked one frame at a time. */
class Reader {
  constructor() {
    this.worker = new Worker(new URL("./camera-worker.js", import.meta.url), { type: "module" });
    this.count = 0;
  }

  /** @param {ImageBitmap} bitmap @returns {Promise<string>} */
  read(bitmap) {
    const id = ++this.count;
    return new Promise((resolve) => {
      const hear = (/** @type {MessageEvent} */ event) => {
        if (event.data.id !== id) return;
        this.worker.removeEventListener("message", hear);
        resolve(event.data.text);
      };
      this.worker.addEventListener("message", hear);
      this.worker.postMessage({ id, bitmap, hard: id % HARD_EVERY === 0 }, [bitmap]);
    });
  }
}

/** @returns {Promise<{read(bitmap: ImageBitmap): Promise<string>}>} the browser's own reader when it reads what we print */
async function reader() {
  const own = /** @type {any} */ (self).BarcodeDetector;
  const formats = own ? await own.getSupportedFormats() : [];
  if (!["qr_code", "data_matrix", "code_128"].every((format) => formats.includes(format))) return new Reader();
  const detector = new own({ formats: FORMATS.filter((format) => formats.includes(format)) });
  return { read: async (bitmap) => (await detector.detect(bitmap))[0]?.rawValue ?? "" };
}

/** @type {MediaStream | null} */
let stream = null;

/** @param {HTMLVideoElement} video */
async function frame(video) {
  const scale = Math.min(1, LARGEST / Math.max(video.videoWidth, video.videoHeight));
  return createImageBitmap(video, { resizeWidth: Math.round(video.videoWidth * scale), resizeHeight: Math.round(video.videoHeight * scale) });
}

/** @param {ImageBitmap} bitmap @returns {Promise<Blob | null>} */
function jpeg(bitmap) {
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
}

async function live() {
  const video = /** @type {HTMLVideoElement} */ (part("video"));
  stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } } });
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  const look = await reader();
  const mine = stream;
  let asked = performance.now();
  while (stream === mine && box?.open) {
    const text = await look.read(await frame(video));
    if (text && stream === mine) return found(text);
    if (performance.now() - asked > ASSIST) {
      asked = performance.now();
      const picture = await jpeg(await frame(video));
      const told = picture ? await ask(picture, true) : "";
      if (told && stream === mine) return found(told);
    }
    await new Promise((resolve) => setTimeout(resolve, PACE));
  }
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
}

/** @param {File} file */
async function photograph(file) {
  say(box?.dataset.reading ?? "");
  const text = await ask(file, false);
  if (text) found(text);
  else play("refused");
}

if (box) {
  const photo = /** @type {HTMLInputElement} */ (part("photo"));
  photo.addEventListener("change", () => {
    if (photo.files?.[0]) photograph(photo.files[0]);
    photo.value = "";
  });
  box.addEventListener("close", stop);
  for (const opener of document.querySelectorAll("[data-open-camera]")) {
    opener.addEventListener("click", () => {
      say("");
      box.showModal();
      const secure = self.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);
      part("insecure").hidden = secure;
      if (secure) live().catch(() => say(box.dataset.refused ?? ""));
    });
  }
}
