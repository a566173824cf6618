/**
 * Control charts: <div data-control-chart='{"points", "centre", "lower", "upper", "labels", "hits"}'>, drawn by uPlot with
 * centre and limits; a point at which a rule is broken is a filled diamond, the others are dots.
 */

/** @typedef {{name: string, points: number[], centre: number, lower: number[], upper: number[], labels: string[], hits: number[]}} Half */

/**
 * A token as a colour that a canvas understands.
 * @param {HTMLElement} host @param {string} name
 */
function colour(host, name) {
  const probe = host.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** @param {any} plot @param {Half} half @param {string} crit */
function mark(plot, half, crit) {
  const { ctx } = plot;
  ctx.save();
  ctx.fillStyle = crit;
  for (const at of half.hits) {
    const x = plot.valToPos(at + 1, "x", true);
    const y = plot.valToPos(half.points[at], "y", true);
    const size = 6 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, y);
    ctx.fill();
  }
  ctx.restore();
}

/** @param {HTMLElement} host */
function draw(host) {
  const { uPlot } = /** @type {any} */ (window);
  /** @type {Half} */
  const half = JSON.parse(host.dataset.controlChart ?? "{}");
  const [ink, muted, line, crit] = ["--ink", "--muted", "--line", "--crit"].map((name) => colour(host, name));
  const axis = { stroke: muted, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
  const limit = { stroke: muted, width: 1, dash: [6, 4], points: { show: false } };
  const series = [{}, { stroke: ink, width: 1.5, points: { show: half.points.length < 120, size: 5 } }, { ...limit, dash: [] }, limit, limit];
  const columns = [half.points.map((_, at) => at + 1), half.points, half.points.map(() => half.centre), half.lower, half.upper];
  const size = () => ({ width: Math.max(200, host.clientWidth), height: 220 });
  const plot = new uPlot({ ...size(), legend: { show: false }, cursor: { drag: { x: true, y: false } }, scales: { x: { time: false } }, axes: [axis, { ...axis, size: 64 }], series, hooks: { draw: [(/** @type {any} */ one) => mark(one, half, crit)] } }, columns, host);
  new ResizeObserver(() => plot.setSize(size())).observe(host);
}

for (const host of document.querySelectorAll("[data-control-chart]")) draw(/** @type {HTMLElement} */ (host));
