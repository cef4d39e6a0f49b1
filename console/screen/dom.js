// Elements without a framework: made by one function, written by text, never by markup.

// el("div.card", {onclick}, "text", child): a tag with classes, properties and children.
export function el(what, ...rest) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const part of rest.flat(Infinity)) {
    if (part === null || part === undefined || part === false) continue;
    if (part instanceof Node) node.append(part);
    else if (typeof part === "object") set(node, part);
    else node.append(String(part));
  }
  return node;
}

function set(node, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") Object.entries(value).forEach(([k, v]) => node.style.setProperty(k, v));
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name in node && !name.startsWith("aria") && name !== "role" && name !== "list") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

// Puts children in the place of what was there.
export function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

export function toast(text, bad = false) {
  const node = el("div.toast", text);
  node.classList.toggle("bad", bad);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), bad ? 6000 : 2600);
}

export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

// Runs once, after the calls have stopped for a while.
export function settled(wait, run) {
  let timer = 0;
  const later = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...values), wait);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}

// Runs at most once per picture.
export function perFrame(run) {
  let pending = false;
  return () => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => {
      pending = false;
      run();
    });
  };
}

// A colour of the style sheet, as the theme in force has it; asked once per theme, not once per stroke.
const styles = new Map();
window.addEventListener("theme", () => styles.clear());
export function css(name) {
  if (!styles.has(name)) {
    const asked = el("i", { hidden: true, style: { color: `var(${name})` } });
    document.body.append(asked);
    styles.set(name, getComputedStyle(asked).color);
    asked.remove();
  }
  return styles.get(name);
}

const MODALITIES = ["picture", "sound", "speech", "comment", "gift"];
export const colourName = (modality) => `--m-${MODALITIES.includes(modality) ? modality : "other"}`;
export const colour = (modality) => css(colourName(modality));

// A canvas of the size that it is shown at, and its context, scaled.
export function paper(canvas) {
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  return { g, width, height };
}
