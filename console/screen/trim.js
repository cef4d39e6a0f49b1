// The bar below a clip: where it plays, and two handles for what is kept of it.
//
// Times are microseconds of media time. The handles are sliders, so that arrows move them too.

import { clamp, css, el, paper, perFrame } from "/assets/dom.js";
import { clock, span } from "/assets/format.js";

const STEP = 100000;
const LEAST = 500000;

export class Trim {
  // range: {from, to} of the clip; window: {from, to}; on: {seek(us), change(from, to, done)}
  constructor(range, window, on, editable) {
    Object.assign(this, { range, window: { ...window }, on, at: null, curve: null });
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.shade = el("div.window");
    this.line = el("div.head-line", { hidden: true });
    this.handles = ["from", "to"].map((side) => el("div.handle", {
      role: "slider", tabIndex: 0, hidden: !editable, data: { side }, "aria-label": side === "from" ? "Trim start" : "Trim end",
      onkeydown: (event) => this.key(event, side),
    }));
    this.times = el("div.times");
    this.bar = el("div.trim", this.canvas, this.shade, this.line, this.handles);
    this.root = el("div", this.bar, this.times);
    this.draw = perFrame(() => this.paint());
    new ResizeObserver(() => this.draw()).observe(this.bar);
    this.hands(editable);
    this.put();
  }

  share(us) { return clamp((us - this.range.from) / (this.range.to - this.range.from), 0, 1); }

  put() {
    const { from, to } = this.window;
    this.shade.style.left = `${this.share(from) * 100}%`;
    this.shade.style.right = `${(1 - this.share(to)) * 100}%`;
    this.handles.forEach((handle, i) => {
      const us = i ? to : from;
      handle.style.left = `clamp(8px, ${this.share(us) * 100}%, calc(100% - 8px))`;
      handle.setAttribute("aria-valuemin", this.range.from / 1e6);
      handle.setAttribute("aria-valuemax", this.range.to / 1e6);
      handle.setAttribute("aria-valuenow", us / 1e6);
      handle.setAttribute("aria-valuetext", clock(us, true));
    });
    this.times.replaceChildren(el("span", clock(from, true)), el("span", span(to - from)), el("span", clock(to, true)));
    this.draw();
  }

  move(side, us, done) {
    us = Math.round(us / STEP) * STEP;
    if (side === "from") this.window.from = clamp(us, this.range.from, this.window.to - LEAST);
    else this.window.to = clamp(us, this.window.from + LEAST, this.range.to);
    this.put();
    this.on.change(this.window.from, this.window.to, done);
  }

  key(event, side) {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(side, this.window[side] + by * STEP * (event.shiftKey ? 10 : 1), true);
    this.on.seek(this.window[side]);
  }

  hands(editable) {
    let side = null;
    const time = (event) => {
      const box = this.bar.getBoundingClientRect();
      return this.range.from + clamp((event.clientX - box.left) / box.width, 0, 1) * (this.range.to - this.range.from);
    };
    this.bar.addEventListener("pointerdown", (event) => {
      this.bar.setPointerCapture(event.pointerId);
      side = editable ? event.target.dataset?.side ?? null : null;
      if (side) this.handles[side === "from" ? 0 : 1].focus();
      else this.on.seek(time(event));
      event.preventDefault();
    });
    this.bar.addEventListener("pointermove", (event) => {
      if (!this.bar.hasPointerCapture(event.pointerId)) return;
      if (side) {
        this.move(side, time(event), false);
        this.on.seek(this.window[side]);
      } else this.on.seek(time(event));
    });
    const up = () => {
      if (side) this.on.change(this.window.from, this.window.to, true);
      side = null;
    };
    this.bar.addEventListener("pointerup", up);
    this.bar.addEventListener("pointercancel", up);
  }

  play(us) {
    this.at = us;
    this.line.hidden = false;
    this.line.style.left = `${this.share(us) * 100}%`;
  }

  paint() {
    const { g, width, height } = paper(this.canvas);
    if (!this.curve || !width) return;
    const { media_us, high, unit_us } = this.curve, most = Math.max(0.2, ...high);
    g.beginPath();
    g.moveTo(0, height);
    media_us.forEach((us, i) => g.lineTo(this.share(us + unit_us / 2) * width, height - 3 - (high[i] / most) * (height - 10)));
    g.lineTo(width, height);
    g.fillStyle = css("--curve-fill");
    g.fill();
    g.beginPath();
    media_us.forEach((us, i) => g.lineTo(this.share(us + unit_us / 2) * width, height - 3 - (high[i] / most) * (height - 10)));
    g.strokeStyle = css("--curve");
    g.lineWidth = 1.5;
    g.stroke();
  }
}
