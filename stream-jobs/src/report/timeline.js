// A room's numbers by column, and what every drawing of them needs: theme, clock, steps.
//
// Times are seconds of media time; units are in order of time and may have gaps.
"use strict";

// A name of the style sheet; asked once per theme, not once per stroke.
const styles = new Map();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => styles.clear());
function css(name) {
  if (!styles.has(name)) styles.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return styles.get(name);
}
const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
const MODALITY_COLOURS = 8;

function clock(seconds, fine) {
  const s = Math.max(0, seconds);
  const whole = Math.floor(s + 1e-6);
  const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60, r = whole % 60;
  const two = (n) => String(n).padStart(2, "0");
  const tail = fine && s - whole > 0.05 ? (s - whole).toFixed(1).slice(1) : "";
  return (h > 0 ? `${h}:${two(m)}:${two(r)}` : `${m}:${two(r)}`) + tail;
}

// The first of 1, 2, 5 times a power of ten that is not below x.
function niceStep(x) {
  const power = 10 ** Math.floor(Math.log10(x));
  return [1, 2, 5, 10].map((f) => f * power).find((s) => s >= x * 0.999) ?? x;
}
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200];

class Room {
  constructor(data) {
    Object.assign(this, data);
    this.unit = this.unit > 0 ? this.unit : 1;
    const last = this.t.length ? this.t[this.t.length - 1] + this.unit : 0;
    this.end = Math.max(this.duration || 0, last, this.unit);
    this.missingSets = this.missing.map((list) => new Set(list));
    const known = [...this.score, ...this.provisional, ...this.highlights.map((h) => h.score)].filter((x) => x !== null);
    const top = known.reduce((a, b) => Math.max(a, b), 0), low = known.reduce((a, b) => Math.min(a, b), 0);
    this.scoreTop = top > low ? top + (top - low) * 0.08 : low + 1;
    this.scoreLow = low;
  }

  // Index of the first unit that ends after t.
  indexAt(t) {
    let low = 0, high = this.t.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.t[middle] + this.unit > t) high = middle; else low = middle + 1;
    }
    return low;
  }

  unitAt(t) {
    const i = this.indexAt(t);
    return i < this.t.length && this.t[i] <= t ? i : -1;
  }

  highlightAt(t) {
    let best = -1;
    this.highlights.forEach((h, i) => {
      if (t >= h.start && t <= h.end && (best < 0 || h.score > this.highlights[best].score)) best = i;
    });
    return best;
  }

  colour(name) {
    return css(`--m${Math.max(0, this.modalities.indexOf(name)) % MODALITY_COLOURS}`);
  }
}

// The highest score of each pixel column, filling the whole canvas.
function sparkline(g, room, width, height, colour) {
  g.beginPath();
  const scale = room.end / width, reach = room.scoreTop - room.scoreLow;
  const y = (v) => height - 2 - ((v - room.scoreLow) / reach) * (height - 4);
  const wide = room.unit / scale > 1.5;
  const count = wide ? room.t.length : Math.ceil(width / 1.5);
  let drawing = false;
  for (let k = 0; k < count; k += 1) {
    const from = wide ? k : room.indexAt(k * 1.5 * scale - room.unit / 2);
    const to = wide ? k + 1 : Math.min(room.t.length, Math.max(from + 1, room.indexAt((k + 1) * 1.5 * scale - room.unit / 2)));
    const x = wide ? (room.t[k] + room.unit / 2) / scale : (k + 0.5) * 1.5;
    let top = null;
    for (let i = from; i < to; i += 1) if (room.score[i] !== null && (top === null || room.score[i] > top)) top = room.score[i];
    if (top === null) { drawing = false; continue; }
    if (drawing) g.lineTo(x, y(top)); else g.moveTo(x, y(top));
    drawing = true;
  }
  g.strokeStyle = colour;
  g.lineWidth = 1.2;
  g.lineJoin = "round";
  g.stroke();
}
