// Original and copy of one picture: side by side or swiped, zoomed and moved together, boxes drawn over both.
// Boxes are counted in pixels of the original, as crop, cover and show of the record are.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const NAMES = { cover: "Covered by you", show: "Shown by you", crop: "Crop", leave: "Left by you" };

class Stage {
  static all = new WeakMap();
  static of(card) { return Stage.all.get(card); }

  constructor(card) {
    Stage.all.set(card, this);
    this.card = card;
    this.id = card.dataset.id;
    this.box = card.querySelector(".stage");
    Object.assign(this, JSON.parse(this.box.dataset.stage)); // crop, copy, spots, croppable
    this.panes = [...this.box.querySelectorAll(".pane")];
    this.help = card.querySelector(".boxhelp");
    this.people = [];
    this.chosen = null;
    this.scale = 1;
    this.move = { x: 0, y: 0 };
    for (const button of card.querySelectorAll("[data-mode]"))
      if (button.tagName === "BUTTON") button.addEventListener("click", () => this.mode(button.dataset.mode));
    const zooms = { in: () => this.zoom(1.5), out: () => this.zoom(1 / 1.5), fit: () => this.fit() };
    for (const button of card.querySelectorAll("[data-zoom]")) button.addEventListener("click", zooms[button.dataset.zoom]);
    for (const button of card.querySelectorAll("[data-box]"))
      button.addEventListener("click", () => (button.dataset.box === "remove" ? this.remove() : this.drawing(button.dataset.box)));
    this.swiper = this.box.querySelector("[data-swipe]");
    this.swiper.addEventListener("input", () => this.place());
    for (const pane of this.panes) this.listen(pane.querySelector(".view"));
    this.mode(window.matchMedia("(max-width: 46rem)").matches ? "swipe" : "side");
    this.load();
    new ResizeObserver(() => this.place()).observe(this.box);
  }

  async load() {
    const [original, copy] = [this.card.querySelector(".whole"), this.card.querySelector(".part")];
    copy.src = copy.dataset.src;
    const answer = await fetch(original.dataset.src.replace("before", "size")).catch(() => null);
    if (answer?.ok) {
      const size = await answer.json();
      [this.wide, this.high] = [size.wide, size.high];
      original.src = original.dataset.src;
    } else {
      this.refuse(original, answer ? await answer.text() : "The review has ended.");
      if (!this.crop) [this.wide, this.high] = this.copy;
    }
    for (const image of [original, copy]) {
      image.addEventListener("load", () => this.place());
      image.addEventListener("error", async () => {
        const again = await fetch(image.src).catch(() => null);
        this.refuse(image, again ? await again.text() : "The review has ended.");
      });
    }
    this.place();
    this.redraw();
    if (this.waiting !== undefined) this.point(this.waiting);
  }

  refuse(image, words) {
    const place = image.closest(".view").querySelector(".unshown");
    place.textContent = words;
    place.hidden = false;
    image.closest(".sheet").hidden = true;
  }

  mode(name) {
    this.box.dataset.mode = name;
    for (const button of this.card.querySelectorAll("button[data-mode]"))
      button.setAttribute("aria-pressed", String(button.dataset.mode === name));
    this.place();
  }

  toggle() { this.mode(this.box.dataset.mode === "side" ? "swipe" : "side"); }

  // --- where things lie

  ratio() {
    const image = this.card.querySelector(".whole");
    if (image.naturalWidth) return image.naturalWidth / image.naturalHeight;
    return this.wide ? this.wide / this.high : this.copy[0] / this.copy[1];
  }

  place() {
    const ratio = this.ratio();
    const left = this.crop && this.wide ? { x: this.crop.left / this.wide, y: this.crop.top / this.high, w: this.crop.width / this.wide, h: this.crop.height / this.high } : { x: 0, y: 0, w: 1, h: 1 };
    const widest = this.panes[0].clientWidth;
    const most = Math.min(0.62 * window.innerHeight, 704);
    for (const pane of this.panes) {
      const view = pane.querySelector(".view");
      if (widest) view.style.height = `${Math.max(220, Math.min(most, widest / ratio))}px`; // no black around a flat one
      const sheet = pane.querySelector(".sheet");
      const [width, height] = [view.clientWidth, view.clientHeight];
      if (!width || !height) continue;
      const fitted = Math.min(width, height * ratio);
      this.fitted = fitted;
      Object.assign(sheet.style, {
        width: `${fitted}px`,
        height: `${fitted / ratio}px`,
        transform: `translate(${(width - fitted * this.scale) / 2 + this.move.x}px, ${(height - (fitted / ratio) * this.scale) / 2 + this.move.y}px) scale(${this.scale})`,
      });
      const part = sheet.querySelector(".part");
      if (part) Object.assign(part.style, { left: `${100 * left.x}%`, top: `${100 * left.y}%`, width: `${100 * left.w}%`, height: `${100 * left.h}%` });
    }
    const copy = this.panes[1].querySelector(".view");
    this.box.style.setProperty("--zoom", this.scale);
    this.box.style.setProperty("--swipe", `${this.swiper.value}%`);
    copy.style.clipPath = this.box.dataset.mode === "swipe" ? `inset(0 0 0 ${this.swiper.value}%)` : "";
    this.box.classList.toggle("near", this.fitted * this.scale > 2.5 * (this.wide ?? Infinity));
    const whole = this.card.querySelector(".whole");
    if (this.scale > 1.4 && whole.naturalWidth && this.wide > whole.naturalWidth && !whole.src.includes("full")) whole.src = `${whole.dataset.src}?full=1`;
  }

  zoom(by) {
    const next = Math.min(24, Math.max(1, this.scale * by));
    this.move = { x: (this.move.x * next) / this.scale, y: (this.move.y * next) / this.scale };
    this.scale = next;
    if (next === 1) this.move = { x: 0, y: 0 };
    this.place();
  }

  fit() { this.scale = 1; this.move = { x: 0, y: 0 }; this.place(); }

  // Bring a place that was found into view, or the whole picture.
  point(spot) {
    this.waiting = spot;
    const found = this.spots.find((one) => one.id === spot);
    for (const rect of this.card.querySelectorAll("[data-of]")) rect.classList.toggle("pointed", rect.dataset.of === spot);
    if (!found || !this.wide) { this.fit(); return; }
    const { left, top, width, height } = found.at;
    this.scale = Math.min(6, Math.max(1, 0.5 / Math.max(width / this.wide, height / this.high)));
    if (this.scale === 1) { this.fit(); return; }
    const sheet = { w: this.fitted, h: this.fitted / this.ratio() };
    this.move = {
      x: (0.5 - (left + width / 2) / this.wide) * sheet.w * this.scale,
      y: (0.5 - (top + height / 2) / this.high) * sheet.h * this.scale,
    };
    this.place();
  }

  at(event, view) {
    const sheet = view.querySelector(".sheet").getBoundingClientRect();
    return { x: ((event.clientX - sheet.left) / sheet.width) * this.wide, y: ((event.clientY - sheet.top) / sheet.height) * this.high };
  }

  // --- boxes

  boxes(people, stops) {
    this.people = people ?? [];
    this.stops = stops;
    this.redraw();
  }

  redraw() {
    if (!this.wide || this.dragging) return;
    for (const pane of this.panes) {
      let svg = pane.querySelector("svg");
      if (!svg) {
        svg = document.createElementNS(SVG, "svg");
        svg.setAttribute("preserveAspectRatio", "none");
        svg.setAttribute("viewBox", `0 0 ${this.wide} ${this.high}`);
        svg.setAttribute("role", "group");
        svg.setAttribute("aria-label", "Boxes");
        pane.querySelector(".sheet").append(svg);
      }
      svg.replaceChildren();
      const first = pane === this.panes[0];
      for (const spot of this.spots) {
        const done = this.people.some((row) => same(row, spot.at)) ? "judged" : spot.done;
        this.rect(svg, spot.at, `spot ${done}`, { spot, words: `${spot.what}, ${spot.done === "look" ? "not certain" : spot.done}: ${spot.reason}`, first });
      }
      for (const row of this.people)
        if (row.do !== "leave") this.rect(svg, row, `person ${row.do}`, { row, words: NAMES[row.do], first });
    }
  }

  rect(svg, at, kind, { spot, row, words, first }) {
    const rect = document.createElementNS(SVG, "rect");
    const told = { x: at.left, y: at.top, width: at.width, height: at.height, class: kind };
    for (const [name, value] of Object.entries(told)) rect.setAttribute(name, value);
    if (spot) rect.dataset.of = spot.id;
    if (first) {
      rect.setAttribute("tabindex", "0");
      rect.setAttribute("role", "button");
      rect.setAttribute("aria-label", `${words}; ${at.width} by ${at.height} pixels at ${at.left}, ${at.top}`);
    }
    const title = document.createElementNS(SVG, "title");
    title.textContent = words;
    rect.append(title);
    rect.addEventListener("focus", () => this.choose({ spot, row, rect, words }));
    rect.addEventListener("pointerdown", (event) => this.grab(event, { spot, row, rect, words }));
    rect.addEventListener("keydown", (event) => this.key(event));
    if (this.chosen && same(this.chosen.row ?? this.chosen.spot.at, at) && first && this.refocus) rect.focus({ preventScroll: true });
    svg.append(rect);
    if (this.refocus && first && row && same(row, this.refocus)) { this.refocus = null; rect.focus({ preventScroll: true }); }
    return rect;
  }

  choose(one) {
    this.chosen = one;
    this.help.textContent = `${one.words}. Arrows move, Shift and arrows resize, Delete ${one.spot ? (one.spot.done === "filled" ? "shows it again" : "leaves it as it is") : "removes it"}.`;
    this.card.querySelector('[data-box="remove"]').disabled = false;
    for (const rect of this.card.querySelectorAll("rect.chosen")) rect.classList.remove("chosen");
    one.rect.classList.add("chosen");
  }

  async save(remove, add) {
    try {
      const next = await post("/boxes", { picture: this.id, remove, add });
      this.help.textContent = "Kept. The copies show it when they are made again (m).";
      show(next);
    } catch (error) {
      this.help.textContent = error.message;
      this.redraw();
    }
  }

  // What must be written for a box to lie elsewhere, or nowhere (`to` is null).
  change(one, to) {
    if (one.row) return this.save([clean(one.row)], to ? [{ do: one.row.do, ...to }] : []);
    const away = { do: one.spot.done === "filled" ? "show" : "leave", ...one.spot.at };
    return this.save([], to ? [away, { do: "cover", ...to }] : [away]);
  }

  remove() {
    if (!this.chosen) return;
    const one = this.chosen;
    this.chosen = null;
    this.card.querySelector('[data-box="remove"]').disabled = true;
    this.change(one, null);
  }

  // A new box in the middle of what is seen; the keys then move it.
  add(kind) {
    if (!this.wide || (kind === "crop" && !this.croppable)) return;
    const view = this.panes[0].querySelector(".view");
    const frame = view.getBoundingClientRect();
    const middle = this.at({ clientX: frame.left + frame.width / 2, clientY: frame.top + frame.height / 2 }, view);
    const share = kind === "crop" ? 0.8 : 0.2;
    const size = { width: Math.max(4, Math.round((this.wide * share) / this.scale)), height: Math.max(4, Math.round((this.high * share) / this.scale)) };
    const to = this.inside({ left: Math.round(middle.x - size.width / 2), top: Math.round(middle.y - size.height / 2), ...size });
    this.refocus = { do: kind, ...to };
    this.save([], [{ do: kind, ...to }]);
  }

  drawing(kind) {
    if (!this.wide) { this.help.textContent = "The original cannot be shown here: give cover or crop in the record."; return; }
    this.kind = kind;
    this.box.classList.add("drawing");
    this.help.textContent = "Drag over the place, or press b to put a box in the middle.";
  }

  inside(at) {
    const width = Math.min(this.wide, Math.max(2, Math.round(at.width)));
    const height = Math.min(this.high, Math.max(2, Math.round(at.height)));
    return { left: Math.round(Math.min(this.wide - width, Math.max(0, at.left))), top: Math.round(Math.min(this.high - height, Math.max(0, at.top))), width, height };
  }

  key(event) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); event.stopPropagation(); this.remove(); return; }
    if (event.key === "Escape") { document.activeElement.blur(); current?.focus({ preventScroll: true }); return; }
    if (!by || !this.chosen) return;
    event.preventDefault();
    event.stopPropagation();
    const one = this.chosen;
    const step = Math.max(1, Math.round(this.wide / 100 / this.scale));
    const was = one.to ?? clean(one.row ?? one.spot.at);
    const to = this.inside(event.shiftKey
      ? { ...was, width: was.width + by[0] * step, height: was.height + by[1] * step }
      : { ...was, left: was.left + by[0] * step, top: was.top + by[1] * step });
    one.to = to;
    put(one.rect, to);
    clearTimeout(this.soon);
    this.soon = setTimeout(() => { this.refocus = { do: one.row?.do ?? "cover", ...to }; one.to = null; this.change(one, to); }, 500);
  }

  grab(event, one) {
    if (this.box.classList.contains("drawing") || event.button) return;
    event.stopPropagation();
    const view = one.rect.closest(".view");
    const from = this.at(event, view);
    const was = clean(one.row ?? one.spot.at);
    const reach = 14 / (this.fitted * this.scale / this.wide);
    const corner = Math.abs(from.x - was.left - was.width) < reach && Math.abs(from.y - was.top - was.height) < reach;
    let to = null;
    this.dragging = true;
    one.rect.setPointerCapture(event.pointerId);
    const moved = (now) => {
      const { x, y } = this.at(now, view);
      if (Math.hypot(x - from.x, y - from.y) < reach / 4 && !to) return;
      to = this.inside(corner ? { ...was, width: was.width + x - from.x, height: was.height + y - from.y } : { ...was, left: was.left + x - from.x, top: was.top + y - from.y });
      put(one.rect, to);
    };
    const up = () => {
      this.dragging = false;
      one.rect.removeEventListener("pointermove", moved);
      if (to) this.change(one, to);
      else this.choose(one);
    };
    one.rect.addEventListener("pointermove", moved);
    one.rect.addEventListener("pointerup", up, { once: true });
    one.rect.addEventListener("pointercancel", () => { to = null; up(); }, { once: true });
  }

  // --- pointer on the pictures

  listen(view) {
    view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && this.scale === 1 && event.deltaY > 0) return; // the page scrolls on
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2);
    }, { passive: false });
    view.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
      if (!by || event.target !== view) return;
      event.preventDefault();
      this.move = { x: this.move.x + by[0], y: this.move.y + by[1] };
      this.place();
    });
    view.addEventListener("dblclick", () => (this.scale > 1 ? this.fit() : this.zoom(3)));
    view.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      if (this.box.classList.contains("drawing")) this.draw(event, view);
      else this.pan(event, view);
    });
    view.addEventListener("pointermove", (event) => {
      const told = this.card.querySelector(".pixel");
      if (!this.wide) return;
      const { x, y } = this.at(event, view);
      const [left, top] = [Math.floor(x - (this.crop?.left ?? 0)), Math.floor(y - (this.crop?.top ?? 0))];
      const [wide, high] = this.crop ? [this.crop.width, this.crop.height] : [this.wide, this.high];
      told.textContent = left >= 0 && top >= 0 && left < wide && top < high ? `pixel ${left}, ${top} of ${wide} × ${high}` : "";
    });
  }

  pan(event, view) {
    const from = { x: event.clientX - this.move.x, y: event.clientY - this.move.y };
    if (this.scale === 1) return;
    view.setPointerCapture(event.pointerId);
    const moved = (now) => { this.move = { x: now.clientX - from.x, y: now.clientY - from.y }; this.place(); };
    view.addEventListener("pointermove", moved);
    const up = () => view.removeEventListener("pointermove", moved);
    view.addEventListener("pointerup", up, { once: true });
    view.addEventListener("pointercancel", up, { once: true });
  }

  draw(event, view) {
    event.preventDefault();
    const from = this.at(event, view);
    const svg = view.querySelector("svg");
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("class", `person ${this.kind}`);
    svg.append(rect);
    view.setPointerCapture(event.pointerId);
    let to = null;
    const moved = (now) => {
      const { x, y } = this.at(now, view);
      to = this.inside({ left: Math.min(x, from.x), top: Math.min(y, from.y), width: Math.abs(x - from.x), height: Math.abs(y - from.y) });
      put(rect, to);
    };
    view.addEventListener("pointermove", moved);
    view.addEventListener("pointerup", () => {
      view.removeEventListener("pointermove", moved);
      rect.remove();
      this.box.classList.remove("drawing");
      if (to && to.width > 2 && to.height > 2) this.save([], [{ do: this.kind, ...to }]);
    }, { once: true });
  }
}

function clean(row) {
  const { left, top, width, height } = row;
  return row.do ? { do: row.do, left, top, width, height } : { left, top, width, height };
}

function same(one, other) {
  return ["left", "top", "width", "height"].every((side) => one[side] === other[side]);
}

function put(rect, at) {
  for (const [name, value] of Object.entries({ x: at.left, y: at.top, width: at.width, height: at.height })) rect.setAttribute(name, value);
}
