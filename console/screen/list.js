// A list of any length: only the rows that can be seen exist, and pages come as the reader comes near them.

import { clamp, el, perFrame, settled } from "/assets/dom.js";

export class List {
  // source(after) -> {items, next, total}; row(item) -> element; on: {choose(item, index)}
  constructor({ label, height, source, row, choose, empty }) {
    Object.assign(this, { height, source, row, choose, empty, items: [], total: 0, chosen: -1, next: undefined, shown: new Map(), turn: 0 });
    this.space = el("div", { role: "presentation" });
    this.root = el("div.list", { role: "listbox", tabIndex: 0, "aria-label": label }, this.space);
    this.draw = perFrame(() => this.paint());
    this.pictures = settled(70, () => this.root.querySelectorAll("img[data-src]").forEach((img) => {
      img.src = img.dataset.src;
      delete img.dataset.src;
    }));
    this.root.addEventListener("scroll", () => this.draw(), { passive: true });
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.root);
  }

  close() {
    this.resized.disconnect();
    this.turn += 1;
  }

  async load() {
    const turn = (this.turn += 1);
    const page = await this.source("");
    if (turn !== this.turn) return;
    this.items = page.items;
    this.next = page.next;
    this.total = page.total;
    this.chosen = -1;
    this.root.scrollTop = 0;
    this.clear();
    this.paint();
  }

  clear() {
    this.shown.forEach((node) => node.remove());
    this.shown.clear();
  }

  // Reads on until the row is there.
  async reach(index) {
    if (this.reading) return;
    this.reading = true;
    const turn = this.turn;
    try {
      while (this.next && this.items.length <= Math.min(index + 60, this.total - 1) && turn === this.turn) {
        const page = await this.source(this.next, index - this.items.length > 300 ? 1000 : undefined);
        if (turn !== this.turn) return;
        this.items.push(...page.items);
        this.next = page.next;
      }
    } finally {
      this.reading = false;
    }
    this.draw();
  }

  paint() {
    const seen = this.root.clientHeight;
    // Browsers stop at some ten million pixels; ten thousand rows are far below.
    this.space.style.height = `${this.total * this.height}px`;
    const first = clamp(Math.floor(this.root.scrollTop / this.height) - 4, 0, Math.max(0, this.total - 1));
    const last = Math.min(this.total, Math.ceil((this.root.scrollTop + seen) / this.height) + 4);
    for (const [index, node] of this.shown) {
      if (index < first || index >= last) {
        node.remove();
        this.shown.delete(index);
      }
    }
    for (let i = first; i < last; i += 1) {
      const item = this.items[i];
      if (!item || this.shown.has(i)) continue;
      const node = this.row(item);
      node.setAttribute("role", "option");
      node.setAttribute("aria-posinset", i + 1);
      node.setAttribute("aria-setsize", this.total);
      node.setAttribute("aria-selected", i === this.chosen);
      node.id = `option-${i}`;
      node.style.top = `${i * this.height}px`;
      node.addEventListener("click", () => this.select(i, true));
      this.shown.set(i, node);
      this.space.append(node);
    }
    this.pictures();
    if (last >= this.items.length && this.next) this.reach(last);
  }

  async select(index, byHand = false) {
    if (this.total === 0) return;
    index = clamp(index, 0, this.total - 1);
    if (index >= this.items.length) await this.reach(index);
    if (!this.items[index]) return;
    this.shown.get(this.chosen)?.setAttribute("aria-selected", false);
    this.chosen = index;
    const top = index * this.height, seen = this.root.clientHeight;
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    else if (top + this.height > this.root.scrollTop + seen) this.root.scrollTop = top + this.height - seen;
    this.paint();
    this.shown.get(index)?.setAttribute("aria-selected", true);
    this.root.setAttribute("aria-activedescendant", `option-${index}`);
    this.choose(this.items[index], index, byHand);
  }

  // An item has changed: its row is made anew.
  update(key, change) {
    const index = this.items.findIndex((item) => item.key === key);
    if (index < 0) return null;
    this.items[index] = { ...this.items[index], ...change };
    this.shown.get(index)?.remove();
    this.shown.delete(index);
    this.draw();
    return this.items[index];
  }

  insert(item) {
    this.items.unshift(item);
    this.total += 1;
    if (this.chosen >= 0) this.chosen += 1;
    if (this.root.scrollTop > 0) this.root.scrollTop += this.height;
    this.clear();
    this.draw();
  }
}
