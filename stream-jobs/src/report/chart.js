// Draws a room's timeline on one canvas: score, contributions, comments, gifts, lag.
//
// Times are seconds of media time. A recording may hold tens of thousands of units,
// so that every lane is drawn by pixel column, from the units that fall into it.
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

class Chart {
  constructor(root, room) {
    this.room = room;
    this.canvas = root.querySelector("canvas.lanes");
    this.map = root.querySelector("canvas.map");
    this.view = [0, room.end];
    this.hover = null;
    this.cursor = null;
    this.playhead = null;
    this.chosen = -1;
    this.lanes = this.layout();
    this.canvas.style.height = `${this.height}px`;
    new ResizeObserver(() => this.draw()).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  layout() {
    const room = this.room, lanes = [];
    const has = (column) => column.some((x) => x);
    lanes.push({ name: "score", height: 170, paint: this.paintScore });
    if (room.contributions.some((column) => has(column))) {
      lanes.push({ name: "what moved it", height: 96, paint: this.paintContributions });
    }
    lanes.push({ name: "comments", height: 54, paint: this.paintComments });
    if (has(room.gifts)) lanes.push({ name: "gifts", height: 48, paint: this.paintGifts });
    const missing = room.modalities.map((_, m) => m).filter((m) => room.missing[m].length > 0);
    if (missing.length) {
      lanes.push({ name: "missing", height: 12 + missing.length * 9, paint: this.paintMissing, missing });
    }
    if (room.lag && room.lag.history.length > 1) {
      lanes.push({ name: "comment lag, s", height: 56, paint: this.paintLag });
    }
    let y = 6;
    for (const lane of lanes) {
      lane.top = y + 15;
      y = lane.top + lane.height + 6;
    }
    this.height = y + 20;
    return lanes;
  }

  draw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.paint();
    });
  }

  prepare(canvas) {
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const g = canvas.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    g.font = `11px ${css("--sans")}`;
    return [g, width, height];
  }

  x(t) { return this.left + ((t - this.view[0]) / (this.view[1] - this.view[0])) * this.width; }
  time(x) { return this.view[0] + ((x - this.left) / this.width) * (this.view[1] - this.view[0]); }

  // Pixel columns of the plot that hold a unit, each with its range of units.
  columns() {
    const room = this.room, columns = [];
    const perPixel = (this.view[1] - this.view[0]) / this.width;
    if (perPixel <= room.unit) {
      const from = room.indexAt(this.view[0] - room.unit), to = room.indexAt(this.view[1] + room.unit);
      for (let i = from; i < Math.min(to + 1, room.t.length); i += 1) {
        columns.push({ x: this.x(room.t[i] + room.unit / 2), left: this.x(room.t[i]), width: room.unit / perPixel, from: i, to: i + 1 });
      }
      return columns;
    }
    // Columns are anchored to the recording, not the view: panning does not make peaks flicker.
    const span = perPixel * 2;
    for (let k = Math.floor(this.view[0] / span) - 1; k * span <= this.view[1] + span; k += 1) {
      const from = room.indexAt(k * span - room.unit / 2), to = room.indexAt((k + 1) * span - room.unit / 2);
      if (to > from) columns.push({ x: this.x((k + 0.5) * span), left: this.x(k * span), width: 2, from, to });
    }
    return columns;
  }

  // Draws what `key` names only when it changed, else puts back what was kept of it.
  kept(canvas, g, key, paint) {
    this.layers = this.layers || new Map();
    let layer = this.layers.get(canvas);
    const full = `${key}|${canvas.width}x${canvas.height}|${css("--page")}`;
    if (layer && layer.key === full) {
      g.save();
      g.resetTransform();
      g.drawImage(layer.copy, 0, 0);
      g.restore();
      return;
    }
    paint();
    layer = layer || { copy: document.createElement("canvas") };
    layer.copy.width = canvas.width;
    layer.copy.height = canvas.height;
    if (canvas.width && canvas.height) layer.copy.getContext("2d").drawImage(canvas, 0, 0);
    layer.key = full;
    this.layers.set(canvas, layer);
  }

  paint() {
    const [g, width] = this.prepare(this.canvas);
    this.left = width < 520 ? 34 : 46;
    this.width = Math.max(40, width - this.left - 10);
    const bottom = this.height - 20;
    this.kept(this.canvas, g, `${this.view}|${this.chosen}`, () => this.paintLanes(g, bottom));
    this.paintLines(g, bottom);
    this.paintMap();
  }

  paintLanes(g, bottom) {
    const columns = this.columns();
    this.paintTimeAxis(g, bottom);
    g.save();
    g.beginPath();
    g.rect(this.left, 0, this.width, bottom);
    g.clip();
    this.paintBands(g, bottom);
    g.restore();
    for (const lane of this.lanes) {
      g.fillStyle = css("--faint");
      g.textAlign = "left";
      g.textBaseline = "alphabetic";
      g.fillText(lane.name, this.left, lane.top - 4);
      g.save();
      lane.paint.call(this, g, lane, columns);
      g.restore();
    }
  }

  clip(g, lane) {
    g.beginPath();
    g.rect(this.left, lane.top - 1, this.width, lane.height + 2);
    g.clip();
  }

  paintTimeAxis(g, bottom) {
    const step = TIME_STEPS.find((s) => (s / (this.view[1] - this.view[0])) * this.width >= 74) ?? 86400;
    g.textAlign = "center";
    g.textBaseline = "top";
    g.lineWidth = 1;
    for (let t = Math.ceil(this.view[0] / step) * step; t <= this.view[1] + 1e-6; t += step) {
      const x = Math.round(this.x(t)) + 0.5;
      g.strokeStyle = css("--grid");
      g.beginPath();
      g.moveTo(x, this.lanes[0].top);
      g.lineTo(x, bottom);
      g.stroke();
      g.fillStyle = css("--muted");
      g.fillText(clock(t), clamp(x, this.left + 10, this.left + this.width - 14), bottom + 5);
    }
  }

  scale(g, lane, low, high, ticks) {
    const y = (v) => lane.top + lane.height - ((v - low) / (high - low || 1)) * lane.height;
    const step = niceStep((high - low) / ticks);
    g.textAlign = "right";
    g.textBaseline = "middle";
    for (let v = Math.ceil(low / step - 1e-6) * step; v <= high + step * 1e-6; v += step) {
      g.strokeStyle = Math.abs(v) < step / 2 ? css("--axis") : css("--grid");
      g.beginPath();
      g.moveTo(this.left, Math.round(y(v)) + 0.5);
      g.lineTo(this.left + this.width, Math.round(y(v)) + 0.5);
      g.stroke();
      g.fillStyle = css("--muted");
      g.fillText(String(+v.toPrecision(3)).replace("-", "−"), this.left - 6, y(v));
    }
    return y;
  }

  paintBands(g, bottom) {
    const top = this.lanes[0].top;
    this.room.highlights.forEach((h, i) => {
      const a = this.x(h.start), b = Math.max(this.x(h.end), a + 2);
      if (b < this.left || a > this.left + this.width) return;
      g.fillStyle = css(i === this.chosen ? "--band-chosen" : "--band");
      g.fillRect(a, top, b - a, bottom - top);
    });
  }

  // Lowest and highest of a column of numbers within a range of units.
  extremes(column, from, to) {
    let low = Infinity, high = -Infinity;
    for (let i = from; i < to; i += 1) {
      const v = column[i];
      if (v === null) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
    return high < low ? null : [low, high];
  }

  line(g, columns, column, y) {
    g.beginPath();
    let drawing = false;
    for (const c of columns) {
      const e = this.extremes(column, c.from, c.to);
      if (!e) { drawing = false; continue; }
      if (drawing) g.lineTo(c.x, y(e[1])); else g.moveTo(c.x, y(e[1]));
      drawing = true;
    }
    g.stroke();
  }

  paintScore(g, lane, columns) {
    const room = this.room, y = this.scale(g, lane, room.scoreLow, room.scoreTop, 4);
    this.clip(g, lane);
    for (const [start, end] of room.truth) {
      const a = this.x(start), b = Math.max(this.x(end), a + 2);
      g.fillStyle = css("--truth");
      g.fillRect(a, lane.top, b - a, 5);
    }
    const fill = g.createLinearGradient(0, lane.top, 0, lane.top + lane.height);
    fill.addColorStop(0, css("--curve-fill"));
    fill.addColorStop(1, "transparent");
    g.fillStyle = fill;
    let run = [];
    const close = () => {
      if (run.length) {
        g.beginPath();
        g.moveTo(run[0][0], y(0));
        for (const [x, v] of run) g.lineTo(x, y(v));
        g.lineTo(run[run.length - 1][0], y(0));
        g.fill();
      }
      run = [];
    };
    for (const c of columns) {
      const e = this.extremes(room.score, c.from, c.to);
      if (e) run.push([c.x, e[1]]); else close();
    }
    close();
    g.lineJoin = "round";
    g.lineWidth = 1.2;
    g.strokeStyle = css("--provisional");
    g.setLineDash([4, 3]);
    this.line(g, columns, room.provisional, y);
    g.setLineDash([]);
    g.lineWidth = 1.8;
    g.strokeStyle = css("--curve");
    this.line(g, columns, room.score, y);
    room.highlights.forEach((h, i) => {
      const x = this.x(h.peak), top = y(h.score);
      if (x < this.left - 8 || x > this.left + this.width + 8) return;
      g.fillStyle = css("--peak");
      g.strokeStyle = css("--surface");
      g.lineWidth = 2;
      g.beginPath();
      g.arc(x, top, i === this.chosen ? 6 : 4.5, 0, 7);
      g.fill();
      g.stroke();
    });
  }

  mean(column, from, to) {
    let sum = 0, n = 0;
    for (let i = from; i < to; i += 1) if (column[i] !== null) { sum += column[i]; n += 1; }
    return n ? sum / n : 0;
  }

  paintContributions(g, lane, columns) {
    const room = this.room;
    if (!this.reach) {
      this.reach = [0, 0];
      for (let i = 0; i < room.t.length; i += 1) {
        let up = 0, down = 0;
        for (const column of room.contributions) if (column[i] > 0) up += column[i]; else down += column[i] || 0;
        this.reach = [Math.min(this.reach[0], down), Math.max(this.reach[1], up)];
      }
      if (this.reach[1] - this.reach[0] === 0) this.reach = [0, 1];
    }
    const y = this.scale(g, lane, this.reach[0], this.reach[1], 3);
    this.clip(g, lane);
    const up = columns.map(() => 0), down = columns.map(() => 0);
    room.contributions.forEach((column, m) => {
      const upper = [], lower = [], upperBase = [], lowerBase = [];
      columns.forEach((c, k) => {
        const v = this.mean(column, c.from, c.to);
        upperBase.push([c.x, y(up[k])]);
        lowerBase.push([c.x, y(down[k])]);
        if (v > 0) up[k] += v; else down[k] += v;
        upper.push([c.x, y(up[k])]);
        lower.push([c.x, y(down[k])]);
      });
      g.fillStyle = room.colour(room.modalities[m]);
      g.globalAlpha = 0.85;
      for (const [edge, base] of [[upper, upperBase], [lower, lowerBase]]) {
        g.beginPath();
        for (const [x, v] of edge) g.lineTo(x, v);
        for (const [x, v] of base.reverse()) g.lineTo(x, v);
        g.fill();
      }
    });
  }

  bars(g, lane, columns, column, colour, words) {
    const top = this.topOf(column);
    g.textAlign = "right";
    g.textBaseline = "middle";
    g.fillStyle = css("--muted");
    g.fillText(words(top), this.left - 6, lane.top + 4);
    this.clip(g, lane);
    g.fillStyle = css("--axis");
    g.fillRect(this.left, lane.top + lane.height, this.width, 1);
    g.fillStyle = colour;
    for (const c of columns) {
      const e = this.extremes(column, c.from, c.to);
      if (!e || e[1] <= 0) continue;
      const height = Math.max(1, (e[1] / top) * (lane.height - 2));
      const gap = c.width > 4 ? 1 : 0;
      g.fillRect(c.left + gap / 2, lane.top + lane.height - height, Math.max(1, c.width - gap), height);
    }
  }

  topOf(column) {
    this.tops = this.tops || new Map();
    if (!this.tops.has(column)) this.tops.set(column, column.reduce((a, b) => Math.max(a, b || 0), 0) || 1);
    return this.tops.get(column);
  }

  paintComments(g, lane, columns) { this.bars(g, lane, columns, this.room.comments, css("--comments"), String); }

  paintGifts(g, lane, columns) {
    this.bars(g, lane, columns, this.room.gifts, css("--gifts"), (v) => (v >= 1000 ? `${+(v / 1000).toPrecision(3)}k` : String(+v.toPrecision(3))));
  }

  paintMissing(g, lane, columns) {
    const room = this.room;
    this.clip(g, lane);
    lane.missing.forEach((m, row) => {
      const y = lane.top + 2 + row * 9;
      g.fillStyle = css("--grid");
      g.fillRect(this.left, y, this.width, 6);
      g.fillStyle = room.colour(room.modalities[m]);
      for (const c of columns) {
        let gone = false;
        for (let i = c.from; i < c.to && !gone; i += 1) gone = room.missingSets[m].has(i);
        if (gone) g.fillRect(c.left, y, Math.max(1.5, c.width + 0.5), 6);
      }
    });
  }

  paintLag(g, lane) {
    const lag = this.room.lag, values = lag.history.map((p) => p[1]).concat(lag.truth ?? []);
    const y = this.scale(g, lane, 0, Math.max(...values, 1) * 1.1, 2);
    this.clip(g, lane);
    if (lag.truth !== null) {
      g.strokeStyle = css("--truth");
      g.setLineDash([5, 4]);
      g.lineWidth = 1.5;
      g.beginPath();
      g.moveTo(this.left, y(lag.truth));
      g.lineTo(this.left + this.width, y(lag.truth));
      g.stroke();
      g.setLineDash([]);
    }
    g.strokeStyle = css("--lag");
    g.lineWidth = 1.6;
    g.beginPath();
    for (const [t, v] of lag.history) g.lineTo(this.x(t), y(v));
    g.stroke();
  }

  paintLines(g, bottom) {
    const rule = (t, colour, dash) => {
      if (t === null || t < this.view[0] || t > this.view[1]) return;
      g.strokeStyle = colour;
      g.lineWidth = 1.2;
      g.setLineDash(dash);
      g.beginPath();
      g.moveTo(this.x(t), this.lanes[0].top - 2);
      g.lineTo(this.x(t), bottom);
      g.stroke();
      g.setLineDash([]);
    };
    rule(this.cursor, css("--ink"), []);
    rule(this.hover, css("--muted"), [3, 3]);
    rule(this.playhead, css("--peak"), []);
  }

  paintMap() {
    const [g, width, height] = this.prepare(this.map);
    const room = this.room, scale = width / room.end;
    this.kept(this.map, g, "", () => {
      for (const h of room.highlights) {
        g.fillStyle = css("--band-chosen");
        g.fillRect(h.start * scale, 0, Math.max(1.5, (h.end - h.start) * scale), height);
      }
      sparkline(g, room, width, height, css("--curve"));
    });
    const [a, b] = this.view;
    if (b - a < room.end * 0.999) {
      g.fillStyle = css("--veil");
      g.fillRect(0, 0, a * scale, height);
      g.fillRect(b * scale, 0, width, height);
      g.strokeStyle = css("--muted");
      g.lineWidth = 1.5;
      g.strokeRect(a * scale + 1, 1, Math.max(3, (b - a) * scale - 2), height - 2);
    }
  }

  look(from, to) {
    const span = clamp(to - from, Math.min(this.room.end, this.room.unit * 8), this.room.end);
    const start = clamp(from + (to - from - span) / 2, 0, this.room.end - span);
    this.view = [start, start + span];
    this.draw();
  }

  zoom(factor, at) {
    const t = at ?? (this.cursor !== null && this.cursor > this.view[0] && this.cursor < this.view[1] ? this.cursor : (this.view[0] + this.view[1]) / 2);
    this.look(t - (t - this.view[0]) * factor, t + (this.view[1] - t) * factor);
  }

  pan(seconds) { this.look(this.view[0] + seconds, this.view[1] + seconds); }

  // Moves the view, not its width, until t is inside.
  reveal(t) {
    const span = this.view[1] - this.view[0];
    if (t < this.view[0] || t > this.view[1]) this.look(t - span / 2, t + span / 2); else this.draw();
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
