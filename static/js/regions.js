/**
 * Where in a picture a code may be: the places fullest of edges, as the server finds them (devices/vision/regions.py).
 * Loaded by the camera worker; grey pictures are {data: Uint8ClampedArray, width, height}.
 */
const CAP = 48;
const CELL = 8;
const HALF = 2;
const REACH = 2;
const MOST = 3;

/**
 * @typedef {{data: Uint8ClampedArray, width: number, height: number}} Grey
 * @typedef {{x: number, y: number, wide: number, high: number, turn: number, score: number}} Region
 */

/**
 * Half the size, so that noise and the steps of pixels do not bend the direction of edges.
 * @param {ImageData} image @returns {Grey}
 */
export function grey(image) {
  const width = image.width >> 1, height = image.height >> 1, row = image.width * 4, data = image.data;
  const found = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (const at of [2 * y * row + 8 * x, 2 * y * row + 8 * x + 4, (2 * y + 1) * row + 8 * x, (2 * y + 1) * row + 8 * x + 4]) {
        sum += data[at] * 77 + data[at + 1] * 150 + data[at + 2] * 29;
      }
      found[y * width + x] = sum >> 10;
    }
  }
  return { data: found, width, height };
}

/**
 * Edge strength of each cell, capped and over its brightness, with the sums of the structure tensor.
 * @param {Grey} g
 */
function cells(g) {
  const across = Math.floor(g.width / CELL), down = Math.floor(g.height / CELL);
  const found = Array.from({ length: across * down }, () => ({ energy: 0, light: 0, xx: 0, yy: 0, xy: 0 }));
  for (let y = 1; y < down * CELL - 1; y++) {
    for (let x = 1; x < across * CELL - 1; x++) {
      const at = y * g.width + x, dx = g.data[at + 1] - g.data[at - 1], dy = g.data[at + g.width] - g.data[at - g.width];
      const cell = found[Math.floor(y / CELL) * across + Math.floor(x / CELL)];
      cell.energy += Math.min(CAP, Math.abs(dx) + Math.abs(dy));
      cell.light += g.data[at];
      cell.xx += dx * dx;
      cell.yy += dy * dy;
      cell.xy += dx * dy;
    }
  }
  for (const cell of found) cell.energy = Math.min(CAP, (cell.energy * 110) / Math.max(cell.light, 12 * CELL * CELL));
  return { found, across, down };
}

/**
 * The likeliest places in pixels of the whole frame, best first: cells near each other with at least half of the
 * strongest one's energy.
 * @param {Grey} g @returns {Region[]}
 */
export function regions(g) {
  const { found, across, down } = cells(g);
  const least = Math.max(8, Math.max(...found.map((cell) => cell.energy)) / 2);
  const seen = new Uint8Array(found.length);
  /** @type {Region[]} */
  const places = [];
  for (let start = 0; start < found.length; start++) {
    if (seen[start] || found[start].energy < least) continue;
    const blot = [start];
    seen[start] = 1;
    for (const at of blot) {
      const x = at % across, y = Math.floor(at / across);
      for (let ny = Math.max(0, y - REACH); ny <= Math.min(down - 1, y + REACH); ny++) {
        for (let nx = Math.max(0, x - REACH); nx <= Math.min(across - 1, x + REACH); nx++) {
          const next = ny * across + nx;
          if (seen[next] || found[next].energy < least) continue;
          seen[next] = 1;
          blot.push(next);
        }
      }
    }
    if (blot.length >= 4) places.push(region(blot.map((at) => ({ ...found[at], x: at % across, y: Math.floor(at / across) }))));
  }
  return places.sort((a, b) => b.score - a.score).slice(0, MOST);
}

/** @param {{energy: number, xx: number, yy: number, xy: number, x: number, y: number}[]} blot @returns {Region} */
function region(blot) {
  const sum = (/** @type {"energy" | "xx" | "yy" | "xy"} */ name) => blot.reduce((all, cell) => all + cell[name], 0);
  const turn = 0.5 * Math.atan2(2 * sum("xy"), sum("xx") - sum("yy"));
  const cos = Math.cos(turn), sin = Math.sin(turn);
  const along = blot.map((c) => (c.x + 0.5) * cos + (c.y + 0.5) * sin), over = blot.map((c) => (c.y + 0.5) * cos - (c.x + 0.5) * sin);
  const [a, b, c, d] = [Math.min(...along), Math.max(...along), Math.min(...over), Math.max(...over)];
  const u = (a + b) / 2, v = (c + d) / 2;
  const size = CELL * HALF;
  return {
    x: (u * cos - v * sin) * size, y: (u * sin + v * cos) * size, wide: (b - a + 2) * size * 1.14 + 20,
    high: (d - c + 2) * size * 1.14 + 20, turn, score: sum("energy") / Math.sqrt(blot.length),
  };
}
