/**
 * The genealogy: <div data-trace-graph='{"root", "nodes", "arrows"}' data-sprite="…">, drawn as SVG by dagre from
 * left (made from) to right (went into). Each node is a link, so the picture works by mouse, keyboard and touch; the
 * tree below it says the same. A scan anywhere on the page asks the box.
 */
import { layout, Graph } from "../vendor/dagre/dagre.esm.js";

const WIDTH = 200;
const HEIGHT = 46;
const LINE = 24;

/** @typedef {{key: string, code: string, name: string, kind: string, icon: string, url: string, held?: boolean, status?: string, group?: boolean}} Node */
/** @typedef {{root: string, nodes: Node[], arrows: [string, string, string][]}} Drawing */

/**
 * @param {string} name
 * @param {Record<string, string | number>} values
 * @param {(Node | Element | string)[]} inside
 * @returns {SVGElement}
 */
export function svg(name, values, ...inside) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(values)) element.setAttribute(key, String(value));
  element.append(.../** @type {(Element | string)[]} */ (inside));
  return element;
}

/** @param {string} text */
function width(text) {
  let sum = 0;
  for (const character of text) sum += character.charCodeAt(0) > 0x2e7f ? 2 : 1;
  return sum;
}

/** The text, cut at what fits into a node: Chinese characters are twice as wide. @param {string} text */
export function cut(text, most = LINE) {
  if (width(text) <= most) return text;
  let kept = "";
  for (const character of text) {
    if (width(kept + character) >= most) break;
    kept += character;
  }
  return kept + "…";
}

/** @param {Drawing} drawing */
export function placed(drawing) {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", ranksep: 64, nodesep: 14, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of drawing.nodes) graph.setNode(node.key, { width: WIDTH, height: HEIGHT });
  for (const [from, to] of drawing.arrows) graph.setEdge(from, to);
  layout(graph);
  return graph;
}

/** @param {{x: number, y: number}[]} points */
function path(points) {
  return points.map(({ x, y }, at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

/** @param {Node} node @param {{x: number, y: number}} at @param {string} root @param {string} sprite */
function box(node, at, root, sprite) {
  const classes = ["node", node.key === root ? "root" : "", node.held ? "held" : "", node.status === "scrapped" ? "scrapped" : "", node.group ? "group" : ""];
  const link = svg("a", { href: node.url, class: classes.filter(Boolean).join(" "), transform: `translate(${at.x - WIDTH / 2} ${at.y - HEIGHT / 2})` });
  link.setAttribute("aria-label", [node.kind, node.code, node.name].filter(Boolean).join(" "));
  if (node.key === root) link.setAttribute("aria-current", "true");
  link.append(
    svg("title", {}, [node.kind, node.code, node.name].filter(Boolean).join(" · ")),
    svg("rect", { class: "box", width: WIDTH, height: HEIGHT, rx: 8 }),
    svg("svg", { class: "sign icon", x: 8, y: 13, width: 20, height: 20 }, svg("use", { href: `${sprite}#icon-${node.held ? "hand" : node.icon}` })),
    svg("text", { class: "code", x: 36, y: 19 }, cut(node.code, 19)),
    svg("text", { class: "name", x: 36, y: 36 }, cut(node.name, 21)),
  );
  return link;
}

/** @param {HTMLElement} host */
export function draw(host) {
  /** @type {Drawing} */
  const drawing = JSON.parse(host.dataset.traceGraph ?? "{}");
  const graph = placed(drawing);
  const { width: wide = 0, height: high = 0 } = graph.graph();
  const picture = svg("svg", { width: Math.ceil(wide), height: Math.ceil(high), viewBox: `0 0 ${Math.ceil(wide)} ${Math.ceil(high)}`, role: "group", "aria-label": host.dataset.label ?? "" });
  picture.append(svg("defs", {}, svg("marker", { id: "trace-tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" }, svg("path", { class: "tip", d: "M0 0L8 4L0 8z" }))));
  for (const [from, to, amount] of drawing.arrows) {
    const { points } = graph.edge(from, to);
    picture.append(svg("path", { class: "arrow", d: path(points), "marker-end": "url(#trace-tip)" }));
    if (amount) {
      const { x, y } = points[Math.floor(points.length / 2)];
      picture.append(svg("text", { class: "amount", x, y: y - 4, "text-anchor": "middle" }, amount));
    }
  }
  for (const node of drawing.nodes) picture.append(box(node, graph.node(node.key), drawing.root, host.dataset.sprite ?? ""));
  host.replaceChildren(picture);
  const root = graph.node(drawing.root);
  host.scrollLeft = root.x - host.clientWidth / 2;
  host.scrollTop = root.y - host.clientHeight / 2;
}

for (const host of document.querySelectorAll("[data-trace-graph]")) draw(/** @type {HTMLElement} */ (host));

document.addEventListener("scan", (event) => {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-trace-box]"));
  if (!form) return;
  event.preventDefault();
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("q"));
  field.value = /** @type {CustomEvent<{text: string}>} */ (event).detail.text;
  form.requestSubmit();
});
