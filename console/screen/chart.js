// A timeline on one canvas: lanes above one another, a view that moves, and a map of the whole below.
//
// The page gives data by column and lanes that paint; the chart gives times (`x`), lanes' places and the hand.

import { clamp, css, el, paper, perFrame } from "/assets/dom.js";
import { clock, TIME_STEPS } from "/assets/format.js";

export class Chart {
  // on: {view(from, to), hover(us|null), choose(us)}
  constructor(root, end, unit, on = {}) {
    Object.assign(this, { end: Math.max(end, unit), unit, on, lanes: [], bands: [], cursor: null, playhead: null, hover: null, left: 44 });
    this.view = [0, this.end];
    this.canvas = el("canvas.lanes", { tabIndex: 0, role: "img", "aria-label": "Timeline; arrow keys move, plus and minus zoom" });
    this.map = el("canvas.map", { role: "img", "aria-label": "The whole broadcast" });
    this.plot = el("div.plot", this.canvas);
    root.append(this.plot, this.map);
    this.draw = perFrame(() => this.paint());
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(root);
    this.themed = () => this.draw();
    window.addEventListener("theme", this.themed);
    this.hands();
  }

  close() {
    this.resized.disconnect();
    window.removeEventListener("theme", this.themed);
  }

  // Lanes: {name, height, paint(g, lane, chart)}.
  setLanes(lanes) {
    let y = 4;
    this.lanes = lanes.map((lane) => {
      const top = y + 15;
      y = top + lane.height + 6;
      return { ...lane, top };
    });
    this.height = y + 20;
    this.canvas.style.height = `${this.height}px`;
    this.draw();
  }

  x(us) { return this.left + ((us - this.view[0]) / (this.view[1] - this.view[0])) * this.width; }
  time(x) { return this.view[0] + ((x - this.left) / this.width) * (this.view[1] - this.view[0]); }

  paint() {
    const { g, width } = paper(this.canvas);
    if (!width) return;
    this.width = width - this.left - 6;
    g.font = "11px ui-sans-serif, system-ui, sans-serif";
    const bottom = this.height - 20;
    const step = TIME_STEPS.find((s) => s >= (this.view[1] - this.view[0]) / Math.max(2, this.width / 84)) ?? TIME_STEPS.at(-1);
    g.textAlign = "center";
    g.textBaseline = "top";
    for (let t = Math.ceil(this.view[0] / step) * step; t <= this.view[1]; t += step) {
      const x = Math.round(this.x(t)) + 0.5;
      g.fillStyle = css("--grid");
      g.fillRect(x, 8, 1, bottom - 8);
      g.fillStyle = css("--muted");
      g.fillText(clock(t), clamp(x, 18, width - 20), bottom + 5);
    }
    for (const band of this.bands) {
      const from = Math.max(this.left, this.x(band.from)), to = Math.min(this.left + this.width, Math.max(this.x(band.to), this.x(band.from) + 2));
      if (to <= this.left || from >= this.left + this.width) continue;
      g.fillStyle = css(band.chosen ? "--band-strong" : "--band");
      g.fillRect(from, 4, to - from, bottom - 4);
    }
    for (const lane of this.lanes) {
      g.textAlign = "left";
      g.textBaseline = "bottom";
      g.fillStyle = css("--muted");
      g.fillText(lane.name, this.left, lane.top - 2);
      g.save();
      lane.paint(g, lane, this);
      g.restore();
    }
    const line = (us, name, wide) => {
      if (us === null || us < this.view[0] || us > this.view[1]) return;
      g.fillStyle = css(name);
      g.fillRect(this.x(us) - wide / 2, 4, wide, bottom - 4);
    };
    line(this.hover, "--faint", 1);
    line(this.cursor, "--muted", 1);
    line(this.playhead, "--peak", 2);
    this.paintMap();
  }

  paintMap() {
    const { g, width, height } = paper(this.map);
    const x = (us) => (us / this.end) * width;
    for (const band of this.bands) {
      g.fillStyle = css(band.chosen ? "--band-strong" : "--band");
      g.fillRect(x(band.from), 0, Math.max(1.5, x(band.to) - x(band.from)), height);
    }
    this.paintWhole?.(g, x, height);
    g.fillStyle = `color-mix(in srgb, ${css("--page")} 66%, transparent)`;
    g.fillRect(0, 0, x(this.view[0]), height);
    g.fillRect(x(this.view[1]), 0, width, height);
    if (this.view[0] > 0 || this.view[1] < this.end) {
      g.strokeStyle = css("--faint");
      g.strokeRect(x(this.view[0]) + 0.5, 0.5, x(this.view[1]) - x(this.view[0]) - 1, height - 1);
    }
  }

  look(from, to) {
    const length = clamp(to - from, Math.min(this.end, this.unit * 10), this.end);
    const start = clamp(from + (to - from - length) / 2, 0, this.end - length);
    this.view = [start, start + length];
    this.draw();
    this.on.view?.(start, start + length);
  }

  zoom(factor, at) {
    const inside = this.cursor !== null && this.cursor > this.view[0] && this.cursor < this.view[1];
    const t = at ?? (inside ? this.cursor : (this.view[0] + this.view[1]) / 2);
    this.look(t - (t - this.view[0]) * factor, t + (this.view[1] - t) * factor);
  }

  pan(share) {
    const by = (this.view[1] - this.view[0]) * share;
    this.look(this.view[0] + by, this.view[1] + by);
  }

  reveal(us) {
    const length = this.view[1] - this.view[0];
    if (us < this.view[0] || us > this.view[1]) this.look(us - length / 2, us + length / 2); else this.draw();
  }

  // The broadcast has grown; a view that reached its end goes with it.
  grow(end) {
    if (end <= this.end) return;
    const follows = this.view[1] >= this.end - this.unit, whole = follows && this.view[0] === 0;
    const by = end - this.end;
    this.end = end;
    if (follows) this.view = whole ? [0, end] : [this.view[0] + by, end];
    this.draw();
  }

  hands() {
    const { canvas, map } = this, pointers = new Map();
    let moved = 0, pinch = 0;
    const at = (event) => this.time(event.clientX - canvas.getBoundingClientRect().left);
    canvas.addEventListener("pointerdown", (event) => {
      pointers.set(event.pointerId, event.clientX);
      moved = 0;
      pinch = 0;
      if (event.pointerType === "mouse") canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!pointers.has(event.pointerId)) {
        this.hover = clamp(at(event), this.view[0], this.view[1]);
        this.on.hover?.(this.hover, event.clientX - canvas.getBoundingClientRect().left);
        this.draw();
        return;
      }
      const before = pointers.get(event.pointerId);
      pointers.set(event.pointerId, event.clientX);
      if (pointers.size === 2) {
        const [a, b] = [...pointers.values()], apart = Math.max(20, Math.abs(a - b));
        if (pinch) this.zoom(pinch / apart, this.time((a + b) / 2 - canvas.getBoundingClientRect().left));
        pinch = apart;
        moved = 99;
        return;
      }
      moved += Math.abs(event.clientX - before);
      if (moved > 4) this.pan((before - event.clientX) / this.width);
    });
    const up = (event) => {
      if (pointers.delete(event.pointerId) && moved <= 4 && event.type === "pointerup") this.on.choose?.(clamp(at(event), 0, this.end));
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", () => {
      this.hover = null;
      this.on.hover?.(null);
      this.draw();
    });
    canvas.addEventListener("wheel", (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.zoom(1.0022 ** event.deltaY, at(event));
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        this.pan(event.deltaX / this.width);
      }
    }, { passive: false });
    canvas.addEventListener("dblclick", (event) => this.zoom(0.4, at(event)));
    const jump = (event) => {
      const box = map.getBoundingClientRect(), t = ((event.clientX - box.left) / box.width) * this.end;
      const half = (this.view[1] - this.view[0]) / 2;
      this.look(t - half, t + half);
    };
    map.addEventListener("pointerdown", (event) => {
      map.setPointerCapture(event.pointerId);
      jump(event);
    });
    map.addEventListener("pointermove", (event) => { if (event.buttons) jump(event); });
  }
}
