// A pane: one network drawn as SVG. Only what is in sight is in the document; from afar boxes become a few paths.

const SVG = document.querySelector("svg").namespaceURI;
const FAR = 0.3, CHUNK = 120, MARGIN = 160;
const SMALLEST = 0.02, LARGEST = 4;

// From light to dark in even steps, yellow to blue: readable to people who see red and green as one, and in grey.
const SCALE = ["#f4f7d9", "#d3ebbd", "#9ad7bd", "#5cbcc4", "#3a98c2", "#2f71b2", "#2c4c9a", "#232d76", "#151a4d"];
const SIGNS = { added: "+", removed: "−", changed: "~", mistake: "!" };

const svg = (name, attributes, parent) => {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (parent) parent.appendChild(element);
  return element;
};

const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

const mixed = (share) => {
  const at = Math.max(0, Math.min(1, share)) * (SCALE.length - 1), low = Math.min(Math.floor(at), SCALE.length - 2);
  const a = channels(SCALE[low]), b = channels(SCALE[low + 1]);
  return a.map((value, i) => Math.round(value + (b[i] - value) * (at - low)));
};

class Pane {
  constructor(app, view, parent) {
    this.app = app;
    this.view = view;
    this.camera = { x: 0, y: 0, k: 1 };
    this.elements = new Map();
    this.focus = "";
    this.hits = new Set();
    this.element = make("section", { className: "pane" }, parent);
    this.element.setAttribute("aria-label", view.data.title);
    this.svg = svg("svg", { class: "canvas", role: "tree", tabindex: "0", "aria-label": view.data.title + ", parts of the network" });
    this.element.appendChild(this.svg);
    this.stage = svg("g", { class: "camera" }, this.svg);
    this.grounds = svg("g", { role: "presentation" }, this.stage);
    this.lines = svg("g", { class: "lines", role: "presentation", "aria-hidden": "true" }, this.stage);
    this.far = svg("g", { class: "far", role: "presentation", "aria-hidden": "true" }, this.stage);
    this.over = svg("g", { class: "over", role: "presentation", "aria-hidden": "true" }, this.stage);
    this.boxes = svg("g", { role: "presentation" }, this.stage);
    this.trail = make("nav", { className: "trail", hidden: true }, this.element);
    this.trail.setAttribute("aria-label", "what is in sight is inside of");
    this.overview = new Overview(this);
    this.isOpen = (part) => app.isOpen(part, this.view);
    this.listen();
  }

  // ------------------------------------------------------------------------------------------------ layout and camera

  get size() {
    const { clientWidth, clientHeight } = this.element;
    return { width: clientWidth || 800, height: clientHeight || 600 };
  }

  relayout() {
    this.layout = layoutOf(this.view, this.view.root, this.isOpen);
    this.domain = null;
    this.spots = new Map();
    const walk = (layout, x, y, depth) => {
      for (const box of layout.boxes) {
        this.spots.set(box.part.key, { box, x: x + box.x, y: y + box.y, depth });
        if (box.inner) walk(box.inner, x + box.x, y + box.y, depth + 1);
      }
    };
    walk(this.layout, 0, 0, 1);
  }

  forget(part) {
    for (const each of part.around()) each.layout = null;
  }

  // Show all of it, or where it would be too small to read, its top at a size that can be read.
  fit(whole) {
    const { width, height } = this.size, room = this.app.room(this);
    const across = (width - room.right) / (this.layout.w + 24), down = (height - room.top - room.bottom) / (this.layout.h + 24);
    let k = Math.min(across, down, 1.15);
    if (!whole && k < 0.6) k = Math.max(Math.min(across, 1), 0.45);
    k = Math.max(k, SMALLEST, Math.min(0.06, across));
    this.camera.k = k;
    const first = this.layout.boxes[0], wide = (width - room.right) / k;
    this.camera.x = this.layout.w / 2 - wide / 2;
    const tall = this.layout.h * k > height - room.top - room.bottom;
    const middle = this.layout.h / 2 - (room.top + (height - room.top - room.bottom) / 2) / k;
    this.camera.y = tall ? -(room.top + 4) / k : middle;
    if (!whole && tall && first) {
      const x = first.x + first.w / 2 - wide / 2;
      this.camera.x = this.layout.w > wide ? x : Math.max(this.layout.w - wide, Math.min(x, 0));
    }
    this.draw();
  }

  zoom(factor, at) {
    const { width, height } = this.size, { camera } = this;
    const x = at ? at.x : width / 2, y = at ? at.y : height / 2;
    const k = Math.max(SMALLEST, Math.min(LARGEST, camera.k * factor));
    camera.x += x / camera.k - x / k;
    camera.y += y / camera.k - y / k;
    camera.k = k;
    this.moved();
  }

  pan(dx, dy) {
    this.camera.x += dx / this.camera.k;
    this.camera.y += dy / this.camera.k;
    this.moved();
  }

  // Keep some of the drawing in sight, and the other pane with this one.
  moved(silently) {
    const { width, height } = this.size, { camera, layout } = this;
    const x = width / camera.k, y = height / camera.k;
    camera.x = Math.max(-x * 0.8, Math.min(layout.w - x * 0.2, camera.x));
    camera.y = Math.max(-y * 0.8, Math.min(layout.h - y * 0.2, camera.y));
    this.schedule();
    if (!silently) this.app.follow(this);
  }

  // Bring a part into sight, in the middle where it was outside.
  reveal(key, always) {
    const spot = this.spots.get(key);
    if (!spot) return;
    const { width, height } = this.size, { camera } = this, room = this.app.room(this);
    if (camera.k < 0.55) camera.k = 0.9;
    const h = spot.box.inner ? Math.min(HEAD, spot.box.h) : spot.box.h;
    const left = (spot.x - camera.x) * camera.k, top = (spot.y - camera.y) * camera.k;
    const right = left + Math.min(spot.box.w * camera.k, width / 2), bottom = top + h * camera.k;
    const inSight = left > 8 && right < width - room.right - 8 && top > room.top + 8 && bottom < height - room.bottom - 8;
    if (inSight && !always) return;
    const targetX = spot.x + spot.box.w / 2 - (width - room.right) / 2 / camera.k;
    const targetY = spot.y + h / 2 - (room.top + (height - room.top - room.bottom) / 2) / camera.k;
    this.glide(targetX, targetY);
  }

  glide(x, y) {
    const { camera } = this, from = { ...camera }, start = performance.now();
    cancelAnimationFrame(this.gliding);
    if (calm() || document.hidden) {
      camera.x = x;
      camera.y = y;
      this.moved();
      return;
    }
    const step = (now) => {
      const t = Math.min(1, Math.max(0, (now - start) / 220)), eased = 1 - (1 - t) ** 3;
      camera.x = from.x + (x - from.x) * eased;
      camera.y = from.y + (y - from.y) * eased;
      this.moved();
      if (t < 1) this.gliding = requestAnimationFrame(step);
    };
    step(start);
  }

  schedule() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.draw();
    });
  }

  // ---------------------------------------------------------------------------------------------------------- drawing

  draw() {
    const { camera, layout } = this, { width, height } = this.size, k = camera.k;
    const margin = MARGIN / Math.max(k, 0.25);
    const left = camera.x - margin, top = camera.y - margin;
    const right = camera.x + width / k + margin, bottom = camera.y + height / k + margin;
    const far = k < FAR;
    this.svg.classList.toggle("from-afar", far);
    this.stage.setAttribute("transform", `translate(${-camera.x * k} ${-camera.y * k}) scale(${k})`);
    const grounds = [], boxes = [], lines = [], chunks = [];
    const colour = this.app.colouring(this);
    const inSight = (y1, y2, from, to) => y2 >= from && y1 <= to;
    const walk = (layout, x, y, depth) => {
      const { part } = layout;
      if (!layout.lineChunks) layout.lineChunks = lineChunks(layout);
      layout.lineChunks.forEach((chunk, at) => {
        if (inSight(y + chunk.top, y + chunk.bottom, top, bottom)) lines.push([part.key + "|" + at, x, y, chunk]);
      });
      if (far) {
        if (layout.farColour !== colour.name + layout.boxes.length) {
          layout.farColour = colour.name + layout.boxes.length;
          layout.farChunks = farChunks(layout, colour);
        }
        layout.farChunks.forEach((chunk, at) => {
          if (inSight(y + chunk.top, y + chunk.bottom, top, bottom)) chunks.push([part.key + "|" + at + colour.name, x, y, chunk]);
        });
      }
      for (const box of layout.boxes) {
        const bx = x + box.x, by = y + box.y;
        const kept = box.part.key === this.focus;
        if (!kept && !(bx + box.w >= left && bx <= right && by + box.h >= top && by <= bottom)) continue;
        if (box.inner) {
          grounds.push([box.part.key, bx, by, box, depth]);
          if (!far || kept || box.h * k > 9) boxes.push([box.part.key, bx, by, box, depth]);
          walk(box.inner, bx, by, depth + 1);
        } else if (!far || kept || this.app.isShown(this, box.part)) {
          boxes.push([box.part.key, bx, by, box, depth]);
        }
      }
    };
    if (layout) walk(layout, 0, 0, 1);
    this.reconcile(this.grounds, grounds, "ground", (element, item) => this.drawGround(element, item, k));
    this.reconcile(this.lines, lines, "chunk", drawLines);
    this.reconcile(this.far, chunks, "chunk", drawFar);
    this.reconcile(this.boxes, boxes, "box", (element, item) => this.drawBox(element, item, colour, far));
    this.drawOver();
    this.drawTrail(grounds, width / k, height / k, k);
    this.overview.draw(colour);
    if (!this.focus || !this.elements.has("box" + this.focus)) this.svg.tabIndex = 0;
  }

  // Keep the elements of what stays in sight, in the order of the network, and make or take away the others.
  reconcile(layer, items, kind, fill) {
    const wanted = new Set();
    let cursor = layer.firstChild;
    for (const item of items) {
      const key = kind + item[0];
      wanted.add(key);
      let element = this.elements.get(key);
      if (!element) {
        element = svg(kind === "ground" ? "rect" : "g");
        element.key = item[0];
        this.elements.set(key, element);
        layer.insertBefore(element, cursor);
        if (this.animating) element.classList.add("appears");
      } else if (element === cursor) cursor = cursor.nextSibling;
      else layer.insertBefore(element, cursor);
      fill(element, item);
    }
    for (let element = layer.lastChild; element;) {
      const previous = element.previousSibling;
      if (!wanted.has(kind + element.key)) {
        this.elements.delete(kind + element.key);
        element.remove();
      }
      element = previous;
    }
  }

  drawGround(element, [, x, y, box, depth]) {
    const classes = "ground d" + Math.min(depth, 4) + " " + box.part.kind + this.classes(box.part);
    if (element.classes !== classes) {
      element.classes = classes;
      element.setAttribute("class", classes + (element.classList.contains("appears") ? " appears" : ""));
    }
    const style = `${x},${y},${box.w},${box.h}`;
    if (element.spot === style) return;
    element.spot = style;
    Object.assign(element.style, { x: x + "px", y: y + "px", width: box.w + "px", height: box.h + "px" });
  }

  classes(part) {
    const mark = this.view.markOf(part);
    let found = mark ? " marked " + mark[0] : "";
    if (this.app.selected === part.key) found += " selected";
    if (this.hits.has(part.key)) found += " hit";
    if (!mark && this.app.withinOf(this, part) === "mistake") found += " around-mistake";
    return found;
  }

  drawBox(element, [key, x, y, box, depth], colour, far) {
    const { part } = box, spot = x + "," + y;
    if (element.spot !== spot) {
      element.spot = spot;
      element.style.transform = `translate(${x}px,${y}px)`;
    }
    const fill = box.inner ? "" : colour.fill(part);
    const within = this.app.withinOf(this, part);
    const signature = [box.w, box.h, colour.name, fill, this.classes(part), within, !!box.inner, far, colour.text(part)].join();
    element.setAttribute("tabindex", this.focus === key ? "0" : "-1");
    if (element.signature === signature && element.drawn === part) return;
    element.signature = signature;
    element.drawn = part;
    fillBox(element, this, box, depth, colour, fill, within);
  }

  // The lines to and from what is selected or under the pointer, once more and stronger.
  drawOver() {
    const key = this.app.hovered || this.app.selected || "";
    if (this.overKey === key && this.overLayout === this.layout) return;
    this.overKey = key;
    this.overLayout = this.layout;
    this.over.replaceChildren();
    const spot = this.spots && this.spots.get(key);
    if (!spot || spot.box.inner) return;
    const { part } = spot.box, reads = new Set(part.entering);
    if (part.entering.length + part.leaving.length > 200) return;
    const walk = (layout, x, y) => {
      const own = { reads: "", feeds: "" };
      for (const line of layout.lines) {
        const kind = part.holds(line.leaf) && part.leaving.includes(line.leaf) ? "feeds" : reads.has(line.leaf) ? "reads" : "";
        if (kind) own[kind] += line.path;
      }
      for (const kind in own) {
        if (own[kind]) svg("path", { class: kind, d: own[kind], transform: `translate(${x} ${y})` }, this.over);
      }
      for (const box of layout.boxes) if (box.inner) walk(box.inner, x + box.x, y + box.y);
    };
    walk(this.layout, 0, 0);
  }

  // The parts whose heads are out of sight above what is seen, from the outside in.
  drawTrail(grounds, width, height, k) {
    const { camera } = this, middle = camera.x + width / 2, found = [];
    for (const [, x, y, box, depth] of grounds) {
      const isAround = y + HEAD * 0.7 < camera.y && y + box.h > camera.y + 40 / k && x < middle && x + box.w > middle;
      if (isAround && depth === found.length + 1) found.push(box.part);
    }
    const key = found.map((part) => part.key).join(" ");
    if (this.trailKey === key) return;
    this.trailKey = key;
    this.trail.hidden = !found.length;
    this.trail.replaceChildren();
    found.forEach((part, at) => {
      if (at) this.trail.append(" › ");
      const { title, copies } = words(part);
      make("button", { type: "button", className: "link", tabIndex: -1 }, this.trail, title + (copies && " " + copies))
        .addEventListener("click", () => this.app.go(this, part));
    });
  }

  // --------------------------------------------------------------------------------------------------- pointer, wheel

  listen() {
    const { svg: canvas } = this, pointers = new Map();
    let moved = 0, gap = 0;
    const local = (event) => {
      const edge = canvas.getBoundingClientRect();
      return { x: event.clientX - edge.left, y: event.clientY - edge.top };
    };
    const apart = () => {
      const [a, b] = [...pointers.values()];
      return { distance: Math.hypot(a.x - b.x, a.y - b.y) || 1, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      cancelAnimationFrame(this.gliding);
      pointers.set(event.pointerId, local(event));
      if (pointers.size === 1) moved = 0;
      if (pointers.size === 2) gap = apart();
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) {
        if (event.pointerType === "mouse") this.app.hover(this, boxAt(event));
        return;
      }
      const now = local(event);
      pointers.set(event.pointerId, now);
      if (pointers.size === 2) {
        const here = apart();
        this.zoom(here.distance / gap.distance, here);
        this.pan(gap.x - here.x, gap.y - here.y);
        gap = here;
        moved = 99;
        return;
      }
      moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      if (moved < 4) return;
      if (!canvas.hasPointerCapture(event.pointerId)) canvas.setPointerCapture(event.pointerId);
      canvas.classList.add("dragging");
      this.pan(before.x - now.x, before.y - now.y);
    });
    const end = (event) => {
      pointers.delete(event.pointerId);
      canvas.classList.remove("dragging");
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("pointerleave", () => this.app.hover(this, null));
    canvas.addEventListener("click", (event) => {
      if (moved >= 4) return;
      const element = boxAt(event);
      if (!element) {
        this.app.select(null);
        return;
      }
      const part = element.drawn;
      this.setFocus(part.key);
      if (event.target.closest(".toggle")) this.app.toggle(this, part);
      else this.app.select(part.key, this);
    });
    canvas.addEventListener("dblclick", (event) => {
      const element = boxAt(event);
      if (element && !event.target.closest(".toggle") && !element.drawn.isLeaf) this.app.toggle(this, element.drawn);
    });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      cancelAnimationFrame(this.gliding);
      const unit = event.deltaMode === 1 ? 24 : event.deltaMode === 2 ? this.size.height : 1;
      if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(-event.deltaY * unit * (Math.abs(event.deltaY) > 40 ? 0.002 : 0.01)), local(event));
      else if (event.shiftKey && !event.deltaX) this.pan(event.deltaY * unit, 0);
      else this.pan(event.deltaX * unit, event.deltaY * unit);
    }, { passive: false });
    canvas.addEventListener("focusin", (event) => {
      if (event.target.key !== undefined && event.target.drawn) this.focus = event.target.key;
      this.app.active = this;
    });
    canvas.addEventListener("keydown", (event) => this.app.keyInPane(this, event));
  }

  setFocus(key) {
    const old = this.elements.get("box" + this.focus);
    if (old) old.setAttribute("tabindex", "-1");
    this.focus = key;
    this.draw();
    const element = this.elements.get("box" + key);
    if (!element) return;
    this.svg.tabIndex = -1;
    element.setAttribute("tabindex", "0");
    element.focus({ preventScroll: true });
  }
}

const boxAt = (event) => event.target.closest ? event.target.closest(".box") : null;

// ------------------------------------------------------------------------------------------------------- from few or far

const chunked = (items, size) => {
  const chunks = [];
  for (let i = 0; i < items.length; i += size) chunks.push(items.slice(i, i + size));
  return chunks;
};

const lineChunks = (layout) => chunked(layout.lines, CHUNK).map((lines) => {
  const chunk = { plain: "", skip: "", tips: "", top: Infinity, bottom: -Infinity };
  for (const line of lines) {
    chunk[line.skip ? "skip" : "plain"] += line.path;
    if (line.tip) {
      const [x, y] = line.tip;
      chunk.tips += `M${x} ${y}l-3.5 -6h7z`;
    }
    chunk.top = Math.min(chunk.top, line.top);
    chunk.bottom = Math.max(chunk.bottom, line.bottom);
  }
  return chunk;
});

const drawLines = (element, [, x, y, chunk]) => {
  const spot = `translate(${x}px,${y}px)`;
  if (element.spot !== spot) element.style.transform = element.spot = spot;
  if (element.chunk === chunk) return;
  element.chunk = chunk;
  element.replaceChildren();
  for (const kind of ["plain", "skip", "tips"]) if (chunk[kind]) svg("path", { class: kind, d: chunk[kind] }, element);
};

const farChunks = (layout, colour) => chunked(layout.boxes.filter((box) => !box.inner), CHUNK).map((boxes) => {
  const paths = new Map();
  let top = Infinity, bottom = -Infinity;
  for (const box of boxes) {
    const key = colour.fill(box.part) || "g" + box.part.group;
    paths.set(key, (paths.get(key) || "") + `M${round(box.x)} ${round(box.y)}h${box.w}v${box.h}h${-box.w}z`);
    top = Math.min(top, box.y);
    bottom = Math.max(bottom, box.y + box.h);
  }
  return { paths, top, bottom };
});

const drawFar = (element, [, x, y, chunk]) => {
  const spot = `translate(${x}px,${y}px)`;
  if (element.spot !== spot) element.style.transform = element.spot = spot;
  if (element.chunk === chunk) return;
  element.chunk = chunk;
  element.replaceChildren();
  for (const [key, d] of chunk.paths) {
    const path = svg("path", { d, class: key[0] === "g" ? "whole " + key : "whole" }, element);
    if (key[0] !== "g") path.style.fill = key;
  }
};

// ----------------------------------------------------------------------------------------------------------- one box

const CLOSED = "M0 -4 L5 0 L0 4", OPENED = "M-1.5 -2.5 L2.5 2.5 L6.5 -2.5";

const fillBox = (element, pane, box, depth, colour, fill, within) => {
  const { part } = box, { view } = pane, { w, h } = box, open = !!box.inner, folded = !part.isLeaf && !open;
  const { title, detail, shape, copies } = words(part);
  const appears = element.classList.contains("appears") ? " appears" : "";
  element.setAttribute("class", `box ${part.kind}${open ? " open" : folded ? " folded" : ""}${pane.classes(part)}${appears}`
    + (part.group >= 0 ? " g" + part.group : ""));
  element.setAttribute("role", "treeitem");
  element.setAttribute("aria-level", depth);
  element.setAttribute("aria-label", described(view, part));
  element.setAttribute("aria-selected", pane.app.selected === part.key);
  if (!part.isLeaf) element.setAttribute("aria-expanded", open);
  element.replaceChildren();
  const dark = fill && isDark(fill);
  if (fill) element.classList.add(dark ? "on-dark" : "on-light");
  else if (colour.column && !open) element.classList.add("none");
  const text = (value, x, y, name, end) => {
    if (!value) return;
    svg("text", { x, y, class: name, ...(end ? { "text-anchor": "end" } : {}) }, element).textContent = value;
  };
  element.classList.add("d" + Math.min(depth, 4));
  const right = colour.text(part) || shape;
  const rightWidth = right ? textWidth(right, SHAPE_FONT) + 12 : 0;
  if (open) {
    svg("rect", { class: "face head", width: w, height: HEAD, rx: 9 }, element);
    const titleRoom = Math.min(textWidth(title, TITLE_FONT), w - 44);
    text(shorten(title, titleRoom, TITLE_FONT), 28, 20, "title");
    let end = 28 + titleRoom + 8;
    if (copies) {
      text(copies, end, 20, "times");
      end += textWidth(copies, TITLE_FONT) + 8;
    }
    const room = w - end - 12;
    const sums = colour.sum(view, part);
    const sumsWidth = sums ? textWidth(sums, SHAPE_FONT) + 10 : 0;
    if (room > 30) text(shorten(detail, room - (room > sumsWidth + 60 ? sumsWidth : 0), DETAIL_FONT), end, 20, "detail");
    if (sums && room > sumsWidth + 60) text(sums, w - 12, 20, "shape", true);
    toggle(element, 14, 15, OPENED, 28, HEAD);
  } else {
    if (copies) {
      svg("rect", { class: "stack", x: 6, y: 6, width: w - 4, height: h, rx: 8 }, element);
      svg("rect", { class: "stack", x: 3, y: 3, width: w - 2, height: h, rx: 8 }, element);
    }
    const face = svg("rect", { class: "face", width: w, height: h, rx: folded ? 8 : 6 }, element);
    if (fill) face.style.fill = fill;
    if (folded) {
      const badge = copies ? textWidth(copies, TITLE_FONT) + 14 : 0;
      if (!fill) composition(element, view, part, h);
      text(shorten(title, w - 42 - badge, TITLE_FONT), 32, 19, "title");
      if (copies) {
        svg("rect", { class: "badge", x: w - badge - 7, y: 7, width: badge, height: 17, rx: 8.5 }, element);
        text(copies, w - badge / 2 - 7, 19.5, "times");
        element.lastChild.setAttribute("text-anchor", "middle");
      }
      text(shorten(detail, w - 42 - rightWidth, DETAIL_FONT), 32, 36, "detail");
      text(right, w - 10, 36, "shape", true);
      toggle(element, 19, h / 2, CLOSED, 31, h);
    } else {
      if (!colour.column) svg("path", { class: "stripe", d: `M5 0H6a6 6 0 0 0 -6 6V${h - 6}a6 6 0 0 0 6 6H5z` }, element);
      const known = shorten(title, w - 24 - Math.min(rightWidth, w / 2), TITLE_FONT);
      const used = 14 + textWidth(known, TITLE_FONT);
      text(known, 14, 18.5, "title");
      const room = w - used - 7 - 8 - rightWidth;
      if (room > 14) text(shorten(detail, room, DETAIL_FONT), used + 7, 18.5, "detail");
      text(right, w - 9, 18.5, "shape", true);
    }
  }
  const mark = view.markOf(part);
  if (mark) {
    svg("circle", { class: "sign", cx: w, cy: 2, r: 8 }, element);
    text(SIGNS[mark[0]], w, 6, "sign-text");
    element.lastChild.setAttribute("text-anchor", "middle");
  } else if (within) svg("circle", { class: "dot " + within, cx: w - 1, cy: 2, r: 5 }, element);
  const tip = svg("title", {}, element);
  tip.textContent = (part.kind === "run" ? part.label + " " + copies : part.name) + (mark && mark[1] ? "\n" + mark[1] : "");
};

// What a folded part is made of, from top to bottom, as a strip of colours.
const composition = (element, view, part, height) => {
  if (!part.strip) {
    const first = part.kind === "run" ? part.inside[0] : part, strip = part.strip = [];
    for (let number = first.from; number < first.to; number++) {
      const { group } = view.leaves[number], last = strip[strip.length - 1];
      if (last && last.group === group) last.count++; else strip.push({ group, count: 1 });
    }
  }
  if (part.strip.length > 24) return;
  const total = part.strip.reduce((sum, each) => sum + each.count, 0), room = height - 14;
  let y = 7;
  for (const { group, count } of part.strip) {
    const h = room * count / total;
    svg("rect", { class: "strip g" + group, x: 7, y: round(y), width: 4, height: Math.max(0.8, round(h - (total > 12 ? 0.3 : 0.8))) }, element);
    y += h;
  }
};

const toggle = (element, x, y, d, width, height) => {
  const group = svg("g", { class: "toggle" }, element);
  svg("rect", { class: "room", width, height, rx: 7 }, group);
  svg("path", { class: "chevron", d, transform: `translate(${x - 2} ${y})` }, group);
};

// Whether white is easier to read on a colour than black, as WCAG measures contrast.
const isDark = (colour) => {
  const [r, g, b] = colour.match(/\d+/g).map((value) => (value / 255 / 1.055 + 0.052) ** 2.4);
  return r * 0.2126 + g * 0.7152 + b * 0.0722 < 0.179;
};

// What a screen reader says of a part.
const described = (view, part) => {
  const { title, detail, copies } = words(part);
  const said = [title, detail, copies && copies.replace("×", "") + " copies", part.shape && "output " + part.shape];
  view.columns.forEach((column, at) => {
    if (column.colours && part.values[at]) said.push(column.title + " " + view.shown(part, at, exact));
  });
  const mark = view.markOf(part);
  if (mark) said.push(mark[0] + (mark[1] ? ": " + mark[1] : ""));
  return said.filter(Boolean).join(", ");
};
