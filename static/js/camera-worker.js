/** Reads codes in frames with zxing (WebAssembly): the whole frame, then places cut out upright and enlarged. */
import { prepareZXingModule, readBarcodes } from "../vendor/zxing-wasm/reader/index.js";
import { grey, regions } from "./regions.js";

const WASM = new URL("../vendor/zxing-wasm/zxing_reader.wasm", import.meta.url).href;
const LARGEST = 700;
const FORMATS = ["QRCode", "DataMatrix", "Code128", "Code39", "EAN13", "EAN8", "UPCA", "UPCE", "ITF"];
const FAST = { formats: FORMATS, tryHarder: false, tryRotate: false, tryInvert: false, tryDownscale: false, textMode: "Plain" };
const HARD = { ...FAST, tryHarder: true, tryRotate: true, tryInvert: true };

/* never from a CDN: a plant has no internet */
prepareZXingModule({ overrides: { locateFile: (/** @type {string} */ name) => (name.endsWith(".wasm") ? WASM : name) } });

/** @param {ImageData} image @param {object} options @returns {Promise<string>} */
async function read(image, options) {
  const found = await readBarcodes(image, options);
  return found.find((/** @type {{isValid: boolean, text: string}} */ one) => one.isValid && one.text)?.text ?? "";
}

/**
 * A place cut out upright.
 * @param {OffscreenCanvas} frame @param {import("./regions.js").Region} place
 */
function cut(frame, place) {
  const scale = Math.min(3, Math.max(1, LARGEST / Math.max(place.wide, place.high)));
  const canvas = new OffscreenCanvas(Math.round(place.wide * scale), Math.round(place.high * scale));
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.scale(scale, scale);
  pen.rotate(-place.turn);
  pen.drawImage(frame, -place.x, -place.y);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** @param {ImageBitmap} bitmap @param {boolean} hard @returns {Promise<string>} */
async function look(bitmap, hard) {
  const frame = new OffscreenCanvas(bitmap.width, bitmap.height);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (frame.getContext("2d", { willReadFrequently: true }));
  pen.drawImage(bitmap, 0, 0);
  bitmap.close();
  const image = pen.getImageData(0, 0, frame.width, frame.height);
  const text = await read(image, FAST);
  if (text) return text;
  for (const place of regions(grey(image))) {
    const found = await read(cut(frame, place), HARD);
    if (found) return found;
  }
  return hard ? read(image, HARD) : "";
}

self.addEventListener("message", async (event) => {
  const { id, bitmap, hard } = event.data;
  try {
    self.postMessage({ id, text: await look(bitmap, hard) });
  } catch (error) {
    self.postMessage({ id, text: "", error: String(error) });
  }
});
