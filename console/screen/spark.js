// Small curves, many of them: drawn only where they can be seen, and only when they have changed.

import { css, paper, perFrame } from "/assets/dom.js";

const drawn = new Map();
const changed = new Set();
const flush = perFrame(() => {
  for (const spark of changed) spark.paint();
  changed.clear();
});
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const spark = drawn.get(entry.target);
    if (!spark) continue;
    spark.visible = entry.isIntersecting;
    if (spark.visible) spark.mark();
  }
}, { rootMargin: "120px" });
window.addEventListener("theme", () => drawn.forEach((spark) => spark.mark()));
const sized = new ResizeObserver((entries) => entries.forEach((entry) => drawn.get(entry.target)?.mark()));

export class Spark {
  constructor(canvas, curve, live) {
    Object.assign(this, { canvas, live, visible: false });
    this.high = curve ? [...curve.high] : [];
    this.from = curve?.from_us ?? 0;
    this.step = curve?.step_us ?? 1;
    this.most = Math.max(this.high.length, 60);
    drawn.set(canvas, this);
    seen.observe(canvas);
    sized.observe(canvas);
  }

  // A unit's score; one that is known already is replaced.
  push(media_us, score) {
    const at = Math.floor((media_us - this.from) / this.step);
    if (at < 0) return;
    // A room that was away for long starts over.
    if (at > this.high.length + this.most) {
      this.high = [];
      this.from = media_us;
      this.push(media_us, score);
      return;
    }
    while (this.high.length <= at) this.high.push(null);
    this.high[at] = score;
    const over = this.high.length - this.most;
    if (over > 0) {
      this.high.splice(0, over);
      this.from += over * this.step;
    }
    this.mark();
  }

  mark() {
    if (!this.visible) return;
    changed.add(this);
    flush();
  }

  paint() {
    const { g, width, height } = paper(this.canvas);
    const count = this.live ? this.most : this.high.length, offset = count - this.high.length;
    if (count < 2) return;
    const x = (i) => ((i + offset) / (count - 1)) * (width - 4) + 1;
    const y = (v) => height - 3 - Math.min(1, Math.max(0, v)) * (height - 8);
    const runs = [];
    let run = null;
    this.high.forEach((v, i) => {
      if (v === null) { run = null; return; }
      if (!run) runs.push(run = []);
      run.push([x(i), y(v)]);
    });
    g.fillStyle = css("--grid");
    g.fillRect(0, height - 2, width, 1);
    g.lineJoin = "round";
    for (const points of runs) {
      const fill = g.createLinearGradient(0, 0, 0, height);
      fill.addColorStop(0, css("--curve-fill"));
      fill.addColorStop(1, "transparent");
      g.beginPath();
      points.forEach(([px, py]) => g.lineTo(px, py));
      g.lineTo(points.at(-1)[0], height - 2);
      g.lineTo(points[0][0], height - 2);
      g.fillStyle = fill;
      g.fill();
      g.beginPath();
      points.forEach(([px, py]) => g.lineTo(px, py));
      g.strokeStyle = css("--curve");
      g.lineWidth = 1.5;
      g.stroke();
    }
    if (this.live && runs.length) {
      const [px, py] = runs.at(-1).at(-1);
      g.beginPath();
      g.arc(px, py, 2.6, 0, 7);
      g.fillStyle = css("--amber");
      g.fill();
    }
  }

  remove() {
    seen.unobserve(this.canvas);
    sized.unobserve(this.canvas);
    drawn.delete(this.canvas);
    changed.delete(this);
  }
}
