// Draws a room's timeline on one canvas: lanes, highlights, axis, and the map below.
//
// A recording may hold tens of thousands of units, so that every lane is drawn by
// pixel column, from the units that fall into it, and only when the view changed.
"use strict";

class Chart extends Lanes {
  constructor(root, room) {
    super();
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
    columns.dense = true;
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

  paintBands(g, bottom) {
    const top = this.lanes[0].top;
    this.room.highlights.forEach((h, i) => {
      const a = this.x(h.start), b = Math.max(this.x(h.end), a + 2);
      if (b < this.left || a > this.left + this.width) return;
      g.fillStyle = css(i === this.chosen ? "--band-chosen" : "--band");
      g.fillRect(a, top, b - a, bottom - top);
    });
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
