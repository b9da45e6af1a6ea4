// The page: its state, what the keys and buttons do, the address that brings a view back, and what a server may tell it.

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const SEVERITY = ["", "hit", "changed", "added", "removed", "mistake"];

class App {
  constructor(element, data) {
    this.element = element;
    this.compare = !!data.compare && data.views.length > 1;
    this.colour = "type";
    this.theme = "auto";
    this.selected = null;
    this.search = "";
    this.markAt = -1;
    this.shared = { mode: "default", flips: new Map() };
    this.shown = 0;
    this.views = data.views.map((each) => this.adopt(new View(each)));
    this.readAddress();
    this.build();
    this.applyTheme();
    this.showPanes();
    addEventListener("hashchange", () => this.addressChanged());
    addEventListener("resize", () => this.panes.forEach((pane) => pane.schedule()));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    document.addEventListener("keydown", (event) => this.keyAnywhere(event));
  }

  adopt(view, old) {
    view.folds = old ? old.folds : this.compare ? this.shared : { mode: "default", flips: new Map() };
    return view;
  }

  // ------------------------------------------------------------------------------------------------------ what is open

  isOpen(part, view = this.active.view) {
    if (!part.parent) return true;
    const { mode, flips } = view.folds, flipped = flips.get(part.key);
    if (flipped !== undefined) return flipped;
    return mode === "all" || (mode === "default" && part.kind === "stage");
  }

  setOpen(view, part, open) {
    view.folds.flips.delete(part.key);
    if (this.isOpen(part, view) !== open) view.folds.flips.set(part.key, open);
  }

  toggle(pane, part) {
    if (part.isLeaf) return;
    this.setOpen(pane.view, part, !this.isOpen(part, pane.view));
    this.refold(pane, part.key);
  }

  // Draw anew what holds a part, with the part where it was on the screen.
  refold(pane, key) {
    const anchor = pane.spots.get(key), k = pane.camera.k;
    const before = anchor && { x: anchor.x + anchor.box.w / 2, y: anchor.y };
    for (const each of this.panes) {
      const part = each.view.byKey.get(key);
      if (!part || each.view.folds !== pane.view.folds) continue;
      each.forget(part);
      each.relayout();
      this.refreshWithin(each);
    }
    const after = pane.spots.get(key);
    if (before && after) {
      pane.camera.x += after.x + after.box.w / 2 - before.x;
      pane.camera.y += after.y - before.y;
      if (after.y + after.box.h < pane.camera.y || after.y > pane.camera.y + pane.size.height / k) pane.reveal(key);
    }
    this.animate(pane);
    pane.moved();
    this.afterChange();
    if (this.selected) this.showPanel();
  }

  foldAll(mode) {
    for (const pane of this.panes) {
      pane.view.folds.mode = mode;
      pane.view.folds.flips.clear();
      for (const part of pane.view.parts) part.layout = null;
      pane.relayout();
      this.refreshWithin(pane);
    }
    this.panes.forEach((pane) => pane.fit());
    this.afterChange();
    if (this.selected) this.showPanel();
  }

  unfoldInside(pane, part) {
    for (const each of part.walk()) {
      if (each.isLeaf) continue;
      this.setOpen(pane.view, each, true);
      each.layout = null;
    }
    this.refold(pane, part.key);
  }

  // Open everything around a part, so that it can be seen.
  uncover(pane, part) {
    let hidden = false;
    for (let each = part.parent; each && each.parent; each = each.parent) {
      if (this.isOpen(each, pane.view)) continue;
      this.setOpen(pane.view, each, true);
      hidden = true;
    }
    if (!hidden) return;
    for (const other of this.panes) {
      if (other.view.folds !== pane.view.folds) continue;
      const same = other.view.byKey.get(part.key);
      if (same) other.forget(same);
      else for (const each of other.view.parts) each.layout = null;
      other.relayout();
      this.refreshWithin(other);
    }
    this.animate(pane);
  }

  animate(pane) {
    if (calm()) return;
    pane.animating = true;
    pane.svg.classList.add("moving");
    clearTimeout(pane.settling);
    pane.settling = setTimeout(() => {
      pane.animating = false;
      pane.svg.classList.remove("moving");
      for (const element of pane.svg.querySelectorAll(".appears")) element.classList.remove("appears");
    }, 240);
  }

  // ---------------------------------------------------------------------------------------------- selecting, searching

  go(pane, part) {
    this.uncover(pane, part);
    pane.draw();
    pane.reveal(part.key);
    this.select(part.key, pane);
    pane.setFocus(part.key);
  }

  select(key, pane = this.active) {
    if (pane) this.active = pane;
    this.selected = key;
    this.showPanel();
    for (const each of this.panes) {
      if (each !== pane && key && each.spots.has(key)) each.reveal(key);
      each.draw();
    }
    if (key && pane) pane.reveal(key);
    this.saveAddress();
  }

  showPanel() {
    const pane = this.active;
    let found = this.selected !== null && pane ? pane.view.byKey.get(this.selected) : null;
    if (this.selected !== null && !found) {
      const other = this.panes.find((each) => each.view.byKey.has(this.selected));
      if (other) {
        this.active = other;
        found = other.view.byKey.get(this.selected);
      }
    }
    const was = this.panel.element.hidden;
    this.panel.show(this.active, found || null);
    document.body.classList.toggle("with-panel", !!found);
    if (was === !!found) this.panes.forEach((each) => each.schedule());
  }

  hover(pane, element) {
    const key = element && element.drawn ? element.drawn.key : "";
    if (this.hovered === key) return;
    this.hovered = key;
    pane.drawOver();
  }

  find(text) {
    this.search = text;
    const wanted = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const pane of this.panes) {
      pane.found = [];
      pane.hits = new Set();
      if (wanted.length) {
        for (const part of pane.view.parts) {
          if (part.kind === "run" || !part.parent) continue;
          const said = searchable(part);
          if (wanted.every((word) => said.includes(word))) {
            pane.found.push(part);
            pane.hits.add(part.key);
          }
        }
      }
      pane.foundAt = -1;
      this.refreshWithin(pane);
      pane.draw();
    }
    this.countHits();
    this.saveAddress();
  }

  countHits() {
    const { found, foundAt } = this.active;
    const at = foundAt >= 0 ? `${foundAt + 1} of ` : "";
    this.hitCount.textContent = !this.search.trim() ? "" : found.length ? at + found.length.toLocaleString("en") : "none";
    this.searchBox.classList.toggle("nothing", !!this.search.trim() && !found.length);
  }

  nextHit(step) {
    const pane = this.active;
    if (!pane.found || !pane.found.length) return;
    pane.foundAt = (pane.foundAt + step + pane.found.length + (pane.foundAt < 0 && step < 0 ? 1 : 0)) % pane.found.length;
    const part = pane.found[pane.foundAt];
    this.uncover(pane, part);
    pane.draw();
    this.select(part.key, pane);
    pane.reveal(part.key);
    this.countHits();
  }

  nextMark(step) {
    const all = [];
    for (const pane of this.panes) {
      for (const part of pane.view.parts) {
        const mark = pane.view.markOf(part);
        if (mark && !(mark[0] === "changed" && all.some((each) => each[1].key === part.key))) all.push([pane, part]);
      }
    }
    if (!all.length) return;
    this.markAt = (this.markAt + step + all.length + (this.markAt < 0 && step < 0 ? 1 : 0)) % all.length;
    const [pane, part] = all[this.markAt];
    this.markCount.textContent = `${this.markAt + 1} of ${all.length}`;
    this.go(pane, part);
  }

  // What a folded part says of its inside: the weightiest mark, or that the search found something.
  refreshWithin(pane) {
    pane.within = new Map();
    const note = (part, what) => {
      for (let each = part.parent; each && each.parent; each = each.parent) {
        if (SEVERITY.indexOf(pane.within.get(each.key) || "") >= SEVERITY.indexOf(what)) return;
        pane.within.set(each.key, what);
      }
    };
    for (const part of pane.found || []) note(part, "hit");
    for (const [name, mark] of pane.view.marks) {
      const part = pane.view.byKey.get(name);
      if (part) note(part, mark[0]);
    }
  }

  withinOf(pane, part) { return !part.isLeaf && !this.isOpen(part, pane.view) && pane.within && pane.within.get(part.key) || ""; }

  isShown(pane, part) { return this.selected === part.key || pane.hits.has(part.key) || pane.view.markOf(part) || !!this.withinOf(pane, part); }

  // ------------------------------------------------------------------------------------------------------------ colours

  colouring(pane) {
    const { view } = pane, at = this.colour === "type" ? -1 : view.column(this.colour);
    if (at < 0) return PLAIN;
    const column = view.columns[at];
    const [low, high] = this.domain(at), dark = this.isDark();
    const span = Math.log(high / low) || 1, known = new Map();
    const fill = (part) => {
      const value = part.values[at];
      if (!value) return "";
      let colour = known.get(value);
      if (!colour) {
        const share = high === low ? 1 : Math.log(value / low) / span;
        known.set(value, colour = `rgb(${mixed(dark ? 0.88 - 0.88 * share : 0.04 + 0.9 * share).join()})`);
      }
      return colour;
    };
    const text = (part) => part.values[at] ? view.shown(part, at, short) : part.kind === "input" ? part.shape : "";
    return { name: `${this.colour} ${low} ${high} ${dark}`, fill, text, sum: (_, part) => text(part), low, high, column };
  }

  // The smallest and the largest value of what is drawn, in all panes.
  domain(at) {
    let low = Infinity, high = 0;
    for (const pane of this.panes) {
      if (!pane.domain || pane.domain.at !== at) {
        const own = pane.domain = { at, low: Infinity, high: 0 };
        for (const { box } of pane.spots.values()) {
          const value = box.inner ? 0 : box.part.values[at];
          if (!value) continue;
          own.low = Math.min(own.low, value);
          own.high = Math.max(own.high, value);
        }
      }
      low = Math.min(low, pane.domain.low);
      high = Math.max(high, pane.domain.high);
    }
    return high ? [low, high] : [1, 1];
  }

  recolour() {
    this.applyTheme();
    this.panes.forEach((pane) => pane.draw());
    this.drawLegend();
  }

  isDark() {
    return this.theme === "dark" || (this.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  }

  applyTheme() {
    document.documentElement.dataset.theme = this.isDark() ? "dark" : "light";
    this.themeButton.title = { auto: "Theme: as the system (t)", light: "Theme: light (t)", dark: "Theme: dark (t)" }[this.theme];
    this.themeButton.setAttribute("aria-label", this.themeButton.title.replace(/ \(.*/, ""));
  }

  switchTheme() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const order = dark ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    this.theme = order[(order.indexOf(this.theme) + 1) % 3];
    this.recolour();
    this.saveAddress();
  }

  drawLegend() {
    const legend = this.legend, pane = this.active;
    legend.replaceChildren();
    if (!pane || !pane.view.leaves.length) return;
    const colour = this.colouring(pane);
    if (colour === PLAIN) {
      const groups = new Set(pane.view.leaves.map((leaf) => leaf.group));
      pane.view.data.groups.forEach((name, at) => {
        if (groups.has(at)) make("span", { className: "swatch g" + at }, legend, name);
      });
      return;
    }
    make("b", {}, legend, colour.column.title);
    make("span", { className: "number" }, legend, short(colour.low, colour.column.unit));
    const bar = make("span", { className: "scale" }, legend);
    const dark = this.isDark(), stops = [];
    for (let i = 0; i <= 8; i++) stops.push(`rgb(${mixed(dark ? 0.88 - 0.11 * i : 0.04 + 0.1125 * i).join()})`);
    bar.style.backgroundImage = `linear-gradient(to right, ${stops.join()})`;
    if (colour.high > colour.low * 4) make("span", { className: "middle" }, bar, short(Math.round(Math.sqrt(colour.low * colour.high)), colour.column.unit));
    make("span", { className: "number" }, legend, short(colour.high, colour.column.unit));
    make("span", { className: "quiet" }, legend, "log scale");
  }

  // -------------------------------------------------------------------------------------------------------- the outside

  build() {
    const { element } = this;
    const bar = make("header", { className: "bar" }, element);
    this.titles = make("div", { className: "titles" }, bar);
    const search = this.searchBox = make("div", { className: "search" }, bar);
    search.setAttribute("role", "search");
    const glass = svg("svg", { viewBox: "0 0 18 18", width: 16, height: 16, "aria-hidden": "true" }, search);
    svg("path", { d: ICONS.search }, glass);
    const field = this.field = make("input", { type: "search", placeholder: "Search", value: this.search, spellcheck: false, autocomplete: "off" }, search);
    field.setAttribute("aria-label", "search parts by name, type or option");
    this.hitCount = make("output", { className: "count" }, search);
    this.hitCount.setAttribute("aria-live", "polite");
    field.addEventListener("input", () => this.find(field.value));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.nextHit(event.shiftKey ? -1 : 1);
      } else if (event.key === "Escape") {
        field.value = "";
        this.find("");
        this.active.setFocus(this.active.focus);
        if (!this.active.focus) this.active.svg.focus();
      }
      event.stopPropagation();
    });
    const colour = make("label", { className: "colour" }, bar, make("span", {}, null, "Colour"));
    this.picker = make("select", {}, colour);
    this.picker.setAttribute("aria-label", "colour by");
    this.picker.addEventListener("change", () => {
      this.colour = this.picker.value;
      this.recolour();
      this.saveAddress();
    });
    this.marks = make("div", { className: "group marks", hidden: true }, bar);
    button(this.marks, "previous", "Previous mark (p)", () => this.nextMark(-1));
    this.markCount = make("output", { className: "count" }, this.marks);
    button(this.marks, "next", "Next mark (n)", () => this.nextMark(1));
    const folds = make("div", { className: "group" }, bar);
    button(folds, "unfold", "Unfold all (e)", () => this.foldAll("all"));
    button(folds, "fold", "Fold all (c)", () => this.foldAll("default"));
    const tools = make("div", { className: "group" }, bar);
    this.themeButton = button(tools, "theme", "Theme (t)", () => this.switchTheme());
    button(tools, "?", "Keys (?)", () => showKeys(this), { className: "icon by-keys" });
    const middle = make("div", { className: "middle" }, element);
    this.panesElement = make("div", { className: "panes" + (this.compare ? " compare" : "") }, middle);
    this.panel = new Panel(this, middle);
    const foot = make("footer", { className: "foot" }, middle);
    this.legend = make("div", { className: "legend" }, foot);
    const zoom = make("div", { className: "group zoom" }, foot);
    button(zoom, "minus", "Zoom out (−)", () => this.active.zoom(1 / 1.3));
    button(zoom, "fit", "Show all (0)", () => this.fitAll());
    button(zoom, "plus", "Zoom in (+)", () => this.active.zoom(1.3));
  }

  fitAll() {
    const { active } = this;
    active.fit(true);
    this.follow(active);
  }

  showPanes() {
    const shown = this.compare ? this.views : this.views.slice(this.shown, this.shown + 1);
    this.panesElement.replaceChildren();
    this.panes = shown.map((view) => new Pane(this, view, this.panesElement));
    this.active = this.panes[0];
    for (const pane of this.panes) {
      pane.found = [];
      pane.relayout();
      if (this.compare) this.caption(pane);
      this.markProblems(pane);
      showProblems(this, pane);
      this.refreshWithin(pane);
    }
    this.fillBar();
    if (this.search) this.find(this.search);
    const wanted = this.wanted || this.selected;
    this.wanted = null;
    this.panes.forEach((pane) => pane.fit());
    const pane = wanted && this.panes.find((each) => each.view.named(wanted));
    if (pane) {
      const part = pane.view.named(wanted);
      this.uncover(pane, part);
      pane.draw();
      this.select(part.key, pane);
      pane.reveal(part.key, true);
    } else this.selected = null;
    this.showPanel();
    this.drawLegend();
  }

  caption(pane) {
    const { data } = pane.view;
    const caption = make("p", { className: "caption" }, pane.element, make("b", {}, null, data.title), " ");
    if (data.params) caption.append(totals(pane.view));
  }

  fillBar() {
    const { titles, active } = this;
    titles.replaceChildren();
    if (!this.compare && this.views.length > 1) {
      const tabs = make("div", { className: "tabs" }, titles);
      tabs.setAttribute("role", "tablist");
      this.views.forEach((view, at) => {
        const tab = make("button", { type: "button", className: "tab" + (view.problems.some((each) => each.severity !== "warning") ? " wrong" : "") }, tabs, view.data.title);
        tab.setAttribute("role", "tab");
        tab.setAttribute("aria-selected", at === this.shown);
        tab.addEventListener("click", () => {
          this.shown = at;
          this.selected = null;
          this.showPanes();
          this.saveAddress();
        });
      });
    } else {
      make("h1", {}, titles, this.compare ? this.views.map((view) => view.data.title).join(" ↔ ") : active.view.data.title);
      if (!this.compare && active.view.data.params) make("p", {}, titles, totals(active.view));
    }
    const { picker } = this;
    picker.replaceChildren(make("option", { value: "type" }, null, "kind of layer"));
    for (const column of active.view.columns) {
      if (column.colours) make("option", { value: column.key }, picker, column.title);
    }
    if (active.view.columns.length && active.view.column(this.colour) < 0) this.colour = "type";
    picker.value = this.colour;
    let marks = 0;
    const seen = new Set();
    for (const pane of this.panes) {
      for (const part of pane.view.parts) {
        const mark = pane.view.markOf(part);
        if (mark && !(mark[0] === "changed" && seen.has(part.key))) marks++;
        if (mark) seen.add(part.key);
      }
    }
    this.marks.hidden = !marks;
    this.markAt = -1;
    this.markCount.textContent = `${marks} ${marks === 1 ? "mark" : "marks"}`;
  }

  room(pane) {
    const sheet = document.body.classList.contains("with-panel") && innerWidth <= 720 && !this.compare;
    const banner = pane.banner ? pane.banner.offsetHeight + 8 : 0;
    const sheetHeight = sheet ? Math.round(innerHeight * 0.45) - 40 : 0;
    return { top: this.compare ? 40 : 12, right: 0, bottom: Math.max(44, sheetHeight, Math.min(banner + 50, innerHeight * 0.5)) };
  }

  afterChange() {
    this.drawLegend();
    this.saveAddress();
  }

  // Let the other network stand where this one does, by a part that both have near the middle.
  follow(pane) {
    if (!this.compare || this.following) return;
    this.following = true;
    const { camera } = pane, { width, height } = pane.size;
    for (const other of this.panes) {
      if (other === pane) continue;
      let best = null, distance = Infinity;
      for (const [key, spot] of pane.spots) {
        if (spot.box.inner || !other.spots.has(key)) continue;
        const away = Math.abs(spot.y + spot.box.h / 2 - camera.y - height / 2 / camera.k);
        if (away < distance) [best, distance] = [key, away];
      }
      other.camera.k = camera.k;
      if (best !== null) {
        const here = pane.spots.get(best), there = other.spots.get(best);
        other.camera.y = camera.y + there.y - here.y;
        other.camera.x = camera.x + there.x + there.box.w / 2 - here.x - here.box.w / 2 + (width - other.size.width) / 2 / camera.k;
      }
      other.moved(true);
    }
    this.following = false;
  }

  // --------------------------------------------------------------------------------------------------------- the address

  readAddress() {
    const said = new URLSearchParams(location.hash.slice(1));
    const list = (name) => (said.get(name) || "").split(",").filter(Boolean);
    if (said.get("theme") in { light: 1, dark: 1 }) this.theme = said.get("theme");
    if (said.has("colour")) this.colour = said.get("colour");
    if (said.has("search")) this.search = said.get("search");
    if (said.has("view")) this.shown = Math.max(0, this.views.findIndex((view) => view.key === said.get("view")));
    const { folds } = this.views[this.shown] || { folds: this.shared };
    if (said.get("fold") === "none") folds.mode = "all";
    for (const key of list("open")) folds.flips.set(key, true);
    for (const key of list("shut")) folds.flips.set(key, false);
    this.wanted = said.get("layer");
  }

  saveAddress() {
    clearTimeout(this.saving);
    this.saving = setTimeout(() => {
      const { folds } = this.active.view, said = [];
      const add = (name, value) => { if (value) said.push(name + "=" + encodeURIComponent(value).replace(/%2C/g, ",")); };
      const flipped = (open) => [...folds.flips].filter((each) => each[1] === open).map((each) => each[0]).join(",");
      if (!this.compare && this.views.length > 1) add("view", this.active.view.key);
      add("layer", this.selected);
      add("colour", this.colour === "type" ? "" : this.colour);
      add("theme", this.theme === "auto" ? "" : this.theme);
      add("fold", folds.mode === "all" ? "none" : "");
      add("open", flipped(true));
      add("shut", flipped(false));
      add("search", this.search.trim());
      this.address = said.length ? "#" + said.join("&") : "";
      if (this.address.length > 20000 || this.address === location.hash) return;
      try {
        history.replaceState(null, "", this.address || location.pathname + location.search);
      } catch { /* a page without an address of its own */ }
    }, 150);
  }

  addressChanged() {
    if (location.hash === this.address) return;
    for (const view of this.views) {
      view.folds.mode = "default";
      view.folds.flips.clear();
      for (const part of view.parts) part.layout = null;
    }
    this.readAddress();
    this.field.value = this.search;
    this.applyTheme();
    this.showPanes();
  }

  // ------------------------------------------------------------------------------------------------------------ the keys

  keyAnywhere(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest && event.target.closest("input, select, textarea, dialog")) return;
    const pane = this.active;
    const actions = {
      "/": () => { this.field.focus(); this.field.select(); },
      "+": () => pane.zoom(1.3), "=": () => pane.zoom(1.3), "-": () => pane.zoom(1 / 1.3), "−": () => pane.zoom(1 / 1.3),
      "0": () => this.fitAll(), "1": () => { pane.fit(); this.follow(pane); },
      "?": () => showKeys(this), t: () => this.switchTheme(), e: () => this.foldAll("all"), c: () => this.foldAll("default"),
      n: () => this.nextMark(1), p: () => this.nextMark(-1),
      Escape: () => this.select(null),
    };
    const arrows = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    const inPanel = this.panel.element.contains(event.target);
    if (arrows && !inPanel) pane.pan(arrows[0] * 80, arrows[1] * 80);
    else if (actions[event.key]) actions[event.key]();
    else return;
    event.preventDefault();
  }

  keyInPane(pane, event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const part = event.target.drawn;
    if (!part) {
      if (!["ArrowDown", "Enter", " "].includes(event.key) || !pane.layout.boxes.length) return;
      const first = [...pane.spots].find(([, spot]) => spot.y + spot.box.h > pane.camera.y);
      event.preventDefault();
      event.stopPropagation();
      pane.setFocus(first ? first[0] : pane.layout.boxes[0].part.key);
      return;
    }
    const open = !part.isLeaf && this.isOpen(part, pane.view);
    let next = null;
    if (event.key === "ArrowDown") next = open ? part.inside[0] : along(pane.view, part, 1);
    else if (event.key === "ArrowUp") next = along(pane.view, part, -1, (each) => this.isOpen(each, pane.view));
    else if (event.key === "ArrowLeft") next = beside(pane, part, -1) || (part.parent && part.parent.parent ? part.parent : null);
    else if (event.key === "ArrowRight") next = open ? part.inside[0] : beside(pane, part, 1);
    else if (event.key === "Home") next = pane.layout.boxes[0].part;
    else if (event.key === "End") next = pane.layout.boxes[pane.layout.boxes.length - 1].part;
    else if (event.key === "Enter" && !part.isLeaf) this.toggle(pane, part);
    else if (event.key === "Enter" || event.key === " ") this.select(part.key, pane);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (next) {
      pane.setFocus(next.key);
      pane.reveal(next.key);
      if (this.selected !== null) this.select(next.key, pane);
    } else if (event.key === "Enter" && !part.isLeaf) pane.setFocus(part.key);
  }

  // ------------------------------------------------------------------------------------------- what a server may tell it

  update(data) {
    const at = this.views.findIndex((view) => view.key === data.key);
    if (at < 0) return;
    const old = this.views[at], view = this.views[at] = this.adopt(new View(data), old);
    const pane = this.panes.find((each) => each.view === old);
    if (!pane) {
      this.fillBar();
      return;
    }
    const changed = new Set();
    for (const leaf of view.leaves) {
      const before = old.byKey.get(leaf.key);
      if (!before || said(old, before) !== said(view, leaf)) for (const each of leaf.around()) changed.add(each.key);
    }
    const wasEmpty = !old.leaves.length;
    pane.view = view;
    pane.elements.forEach((element) => { element.signature = ""; });
    pane.relayout();
    this.markProblems(pane);
    showProblems(this, pane);
    this.fillBar();
    const caption = pane.element.querySelector(".caption");
    if (caption) {
      caption.remove();
      this.caption(pane);
    }
    if (this.search) this.find(this.search);
    this.refreshWithin(pane);
    if (this.selected !== null && !view.byKey.has(this.selected) && pane === this.active) this.selected = null;
    if (wasEmpty) pane.fit();
    this.animate(pane);
    if (!wasEmpty) pane.moved(true);
    pane.draw();
    this.showPanel();
    this.afterChange();
    if (!wasEmpty) flash(pane, changed);
  }

  problems(key, list, marks) {
    const view = this.views.find((each) => each.key === key);
    if (!view) return;
    view.problems = list || [];
    if (marks) view.data.marks = marks;
    const pane = this.panes.find((each) => each.view === view);
    if (pane) {
      this.markProblems(pane);
      showProblems(this, pane);
      this.refreshWithin(pane);
      pane.draw();
    }
    this.fillBar();
  }

  // Mark the parts that the lines of the mistakes made, the outermost of each.
  markProblems(pane) {
    const { view } = pane;
    view.marks = new Map(Object.entries(view.data.marks || {}));
    const isMarked = [...view.marks.values()].some((mark) => mark[0] === "mistake");
    for (const problem of isMarked ? NONE : view.problems) {
      for (const part of view.parts) {
        const place = view.place(part);
        if (!place || place[0] !== problem.file || place[1] !== problem.line || part.kind === "stage" || part.kind === "run") continue;
        if (![...part.around()].slice(1).some((each) => (view.marks.get(each.name) || "")[0] === "mistake")) {
          view.marks.set(part.name, ["mistake", problem.message]);
        }
      }
    }
    this.fillBar();
  }
}

// Colours by kind of layer; the head of an open part says what it has of the first thing that is known.
const PLAIN = {
  name: "type", fill: () => "", text: () => "",
  sum: (view, part) => part.values[0] ? short(part.values[0], view.columns[0].unit) : "",
};

const said = (view, leaf) => leaf.type + JSON.stringify(leaf.options) + leaf.shape + leaf.reads.map((read) => read.key);

const searchable = (part) => {
  if (!part.searchable) {
    const options = Object.entries(part.options || {}).map(([name, value]) => name + "=" + value + " " + name + ": " + value);
    part.searchable = [part.name, part.type, part.detail, part.isLeaf ? part.shape : "", ...options].join(" ").toLowerCase();
  }
  return part.searchable;
};

const totals = (view) => {
  const macs = view.data.macs === null ? "MACs unknown" : short(view.data.macs, "count") + " MACs";
  return `${short(view.data.params[0], "count")} parameters · ${macs} · ${layersIn(view, view.root).toLocaleString("en")} layers`;
};

const flash = (pane, changed) => {
  for (const element of pane.boxes.children) {
    if (!element.drawn || !changed.has(element.drawn.key) || element.classList.contains("open")) continue;
    element.classList.add("flash");
    setTimeout(() => element.classList.remove("flash"), 1400);
  }
};

// The part that the flow leads to from another, or comes from: the outermost that does not hold both.
const along = (view, part, way, isOpen) => {
  const numbers = way > 0 ? part.leaving : part.entering;
  let ends = [];
  for (const number of numbers) ends = ends.concat(way > 0 ? view.leaves[number].readBy.filter((leaf) => !part.holds(leaf.from)) : view.leaves[number]);
  if (!ends.length) {
    const siblings = part.parent ? part.parent.inside : NONE, other = siblings[siblings.indexOf(part) + way];
    return other || (way < 0 && part.parent && part.parent.parent ? part.parent : null);
  }
  let end = ends.reduce((best, leaf) => (way > 0 ? leaf.from < best.from : leaf.from > best.from) ? leaf : best);
  if (way < 0 && part.parent && part.parent.parent && !part.parent.holds(end.from)) return part.parent;
  const chain = [...end.around()].reverse();
  let at = chain.findIndex((each) => !each.holds(part.from));
  if (at < 0) return null;
  if (way < 0) while (at < chain.length - 1 && isOpen(chain[at])) at++;
  return chain[at];
};

// The nearest part on the left or the right, in the same rank of the drawing.
const beside = (pane, part, way) => {
  const own = pane.spots.get(part.key);
  let found = null, nearest = Infinity;
  for (const sibling of part.parent ? part.parent.inside : NONE) {
    const spot = pane.spots.get(sibling.key);
    if (!spot || sibling === part) continue;
    const across = (spot.x - own.x) * way;
    const overlaps = spot.y < own.y + own.box.h && spot.y + spot.box.h > own.y;
    if (across > 0 && overlaps && across < nearest) [found, nearest] = [sibling, across];
  }
  return found;
};

const data = JSON.parse(document.getElementById("netspec-data").textContent);
const app = new App(document.getElementById("netspec"), data);
performance.mark("netspec-drawn");
window.netspec = {
  update: (data) => app.update(data),
  problems: (key, list, marks) => app.problems(key, list, marks),
  timing: { drawn: performance.now() },
  app,
};
requestAnimationFrame(() => requestAnimationFrame(() => { window.netspec.timing.painted = performance.now(); }));
