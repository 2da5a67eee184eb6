// A DICOM series: one slice at a time in any window, its neighbours fetched before they are asked for.
"use strict";

class Series {
  static all = new WeakMap();
  static of(card) { return Series.all.get(card); }

  constructor(card) {
    Series.all.set(card, this);
    this.card = card;
    Object.assign(this, JSON.parse(card.dataset.series)); // count, flagged, columns, each, centre, width, shown
    this.canvas = card.querySelector("canvas");
    this.slider = card.querySelector("[data-slice]");
    this.level = card.querySelector("[data-level]");
    this.wide = card.querySelector("[data-wide]");
    for (const input of [this.level, this.wide]) input.placeholder = "auto";
    this.looked = new Set();
    this.kept = new Map(); // address -> picture that is loading or loaded
    this.window = "";
    this.at = 0;
    if (this.centre !== null) this.level.value = this.centre;
    if (this.width !== null) this.wide.value = this.width;
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    this.canvas.addEventListener("wheel", (event) => { event.preventDefault(); this.step(Math.sign(event.deltaY)); }, { passive: false });
    this.canvas.addEventListener("keydown", (event) => {
      const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
      if (by) { event.preventDefault(); this.step(by); }
    });
    for (const button of card.querySelectorAll("[data-flag]"))
      button.addEventListener("click", () => this.go(Number(button.dataset.flag)));
    for (const button of card.querySelectorAll("[data-preset]"))
      button.addEventListener("click", () => {
        const [level, wide] = button.dataset.preset.split(" ");
        this.level.value = wide ? level : this.centre ?? "";
        this.wide.value = wide ?? this.width ?? "";
        this.rewindow(Boolean(wide));
      });
    for (const input of [this.level, this.wide]) input.addEventListener("change", () => this.rewindow(true));
    this.dragWindow();
    this.sheets();
    this.go(this.flagged[0] ?? this.shown[0] ?? 1);
  }

  // Drag on the slice: right is wider, up is lower, as on a workstation.
  dragWindow() {
    let from = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, y: event.clientY, level: Number(this.level.value || 0), wide: Number(this.wide.value || 400) };
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      this.wide.value = Math.max(1, Math.round(from.wide + 2 * (event.clientX - from.x)));
      this.level.value = Math.round(from.level + 2 * (event.clientY - from.y));
      clearTimeout(this.soon);
      this.soon = setTimeout(() => this.rewindow(true), 60);
    });
    this.canvas.addEventListener("pointerup", () => { from = null; });
  }

  rewindow(own) {
    const [level, wide] = [Number(this.level.value), Number(this.wide.value)];
    this.window = own && wide >= 1 ? `?c=${level}&w=${wide}` : "";
    this.kept.clear();
    this.draw();
  }

  step(by) { this.go(this.at + by); }

  go(number) {
    this.at = Math.min(this.count, Math.max(1, number));
    this.slider.value = this.at;
    this.card.querySelector(".slider output").textContent = this.at;
    this.canvas.setAttribute("aria-label", `Slice ${this.at} of ${this.count}, clean copy`);
    return this.draw();
  }

  picture(number) {
    const address = this.address(number);
    if (!this.kept.has(address)) {
      const picture = new Image();
      picture.src = address;
      this.kept.set(address, picture);
      if (this.kept.size > 260) this.kept.delete(this.kept.keys().next().value);
    }
    return this.kept.get(address);
  }

  async draw() {
    const [number, picture] = [this.at, this.picture(this.at)];
    try {
      await picture.decode();
    } catch {
      const answer = await fetch(picture.src).catch(() => null);
      const place = this.card.querySelector(".slab .unshown");
      place.textContent = answer ? await answer.text() : "The review has ended.";
      place.hidden = false;
      return;
    }
    if (number !== this.at) return; // the slider has moved on
    if (this.canvas.width !== picture.naturalWidth || this.canvas.height !== picture.naturalHeight) {
      this.canvas.width = picture.naturalWidth;
      this.canvas.height = picture.naturalHeight;
    }
    this.canvas.getContext("2d").drawImage(picture, 0, 0);
    this.looked.add(number);
    this.card.querySelector(`[data-flag="${number}"]`)?.classList.add("looked");
    this.marks();
    this.fetchAhead();
  }

  // All other slices, the nearest first, two at a time: the slider finds them there.
  async fetchAhead() {
    if (this.fetching) return;
    this.fetching = true;
    for (let number = this.nearest(); number && this.card.classList.contains("now"); number = this.nearest()) {
      const both = [this.picture(number), this.picture(this.nearest() ?? number)];
      await Promise.all(both.map((picture) => picture.decode().catch(() => {})));
    }
    this.fetching = false;
  }

  nearest() {
    for (let by = 1; by <= Math.min(this.count, 120); by++)
      for (const number of [this.at + by, this.at - by])
        if (number >= 1 && number <= this.count && !this.kept.has(this.address(number))) return number;
    return null;
  }

  address(number) { return `/series/${this.card.dataset.id}/${number}${this.window}`; }

  sheets() {
    const images = [...this.card.querySelectorAll(".allslices")];
    const seen = new Set();
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries)
        if (entry.isIntersecting) seen.add(entry.target);
      if (images.every((image) => image.complete && image.naturalWidth) && seen.size === images.length) this.looked.add("all");
    }, { threshold: 0 });
    for (const image of images) {
      image.addEventListener("load", () => { this.marks(); watch.observe(image.nextElementSibling); });
      image.src = image.dataset.src;
      image.addEventListener("click", (event) => {
        const box = image.getBoundingClientRect();
        const side = box.width / this.columns;
        const column = Math.floor((event.clientX - box.left) / side);
        const row = Math.floor((event.clientY - box.top) / side);
        this.go(Number(image.dataset.page) * this.each + row * this.columns + column + 1);
        this.canvas.scrollIntoView({ block: "center" });
      });
    }
  }

  // Frames over the sheets: what was found, and where one is.
  marks() {
    for (const image of this.card.querySelectorAll(".allslices")) {
      if (!image.naturalWidth) continue;
      const svg = image.nextElementSibling;
      const side = image.naturalWidth / this.columns;
      svg.setAttribute("viewBox", `0 0 ${image.naturalWidth} ${image.naturalHeight}`);
      svg.replaceChildren();
      for (const [numbers, kind] of [[this.flagged, "flag"], [[this.at], "here"]])
        for (const number of numbers) {
          const n = number - 1 - Number(image.dataset.page) * this.each;
          if (n < 0 || n >= this.each) continue;
          const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
          for (const [name, value] of Object.entries({
            x: (n % this.columns) * side + 1, y: Math.floor(n / this.columns) * side + 1, width: side - 2, height: side - 2, class: kind,
          })) rect.setAttribute(name, value);
          svg.append(rect);
        }
    }
  }

  seen() { return [...this.looked].map(String); }
}
