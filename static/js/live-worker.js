/*
 * One event stream for all pages of this browser. A browser opens six connections to a host over HTTP/1.1;
 * with a stream per tab the seventh tab never loads. Classic script: older tablets know no module workers.
 */
/** @type {Map<MessagePort, {topics: string[], seen: number}>} */
const ports = new Map();
let liveUrl = "/live";
/** @type {EventSource | null} */
let source = null;
let wanted = "";
let position = 0;
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

function tell(message) {
  for (const port of ports.keys()) port.postMessage(message);
}

function topics() {
  const gone = Date.now() - 10 * 60 * 1000;
  /* a crashed page says no goodbye; pages that live say hello each minute */
  for (const [port, page] of ports) if (page.seen < gone) ports.delete(port);
  return [...new Set([...ports.values()].flatMap((page) => page.topics))].sort().join(",");
}

function later(wait, act) {
  clearTimeout(timer);
  timer = setTimeout(act, wait);
}

function close() {
  source?.close();
  source = null;
}

/* The new stream is open before the old one closes, so that no event falls between them. */
function connect() {
  const list = topics();
  if (list === wanted && source && source.readyState !== 2) return;
  wanted = list;
  if (!list) return close();
  const old = source;
  const next = new EventSource(`${liveUrl}?topics=${encodeURIComponent(list)}${position ? `&since=${position}` : ""}`);
  source = next;
  next.onopen = () => {
    old?.close();
    tell({ kind: failures ? "resync" : "open" });
    failures = 0;
  };
  next.onerror = () => {
    if (source !== next) return next.close();
    old?.close();
    failures += 1;
    /* 503 closes the stream for good: pages poll meanwhile, and we come back with jitter */
    if (next.readyState === 2) {
      tell({ kind: "lost" });
      later(Math.min(30000, 2000 * 2 ** Math.min(failures, 4)) * (0.5 + Math.random()), connect);
    }
  };
  next.addEventListener("beat", () => tell({ kind: "beat" }));
  next.addEventListener("resync", () => tell({ kind: "resync" }));
  next.addEventListener("change", (event) => {
    const data = JSON.parse(event.data);
    position = Math.max(position, data.position || 0);
    tell({ kind: "change", topics: data.topics });
  });
}

self.onconnect = (event) => {
  const port = event.ports[0];
  port.onmessage = ({ data }) => {
    if (data.kind === "bye") ports.delete(port);
    else ports.set(port, { topics: data.topics, seen: Date.now() });
    if (data.url) liveUrl = data.url;
    if (data.kind !== "here") later(50, connect);
    if (data.kind === "topics" && source && source.readyState === 1) port.postMessage({ kind: "open" });
  };
};
