// What stands beside the drawing: the panel of a part, the mistakes, the marks, the keys. Text is only ever a text node.

const make = (name, properties, parent, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key in element) element[key] = value; else element.setAttribute(key, value);
  }
  for (const child of children) element.append(child);
  if (parent) parent.appendChild(element);
  return element;
};

const ICONS = {
  minus: "M4 9h10", plus: "M4 9h10M9 4v10", fit: "M3 7V3h4M11 3h4v4M15 11v4h-4M7 15H3v-4",
  unfold: "M5 7l4-4 4 4M5 11l4 4 4-4", fold: "M5 3l4 4 4-4M5 15l4-4 4 4",
  theme: "M9 2.5a6.5 6.5 0 1 0 0 13zM9 2.5a6.5 6.5 0 0 1 0 13", close: "M4.5 4.5l9 9M13.5 4.5l-9 9",
  search: "M8 13A5 5 0 1 0 8 3a5 5 0 0 0 0 10M11.8 11.8L15.5 15.5", next: "M5 7l4 4 4-4", previous: "M5 11l4-4 4 4",
};

const button = (parent, icon, label, action, properties) => {
  const element = make("button", { type: "button", title: label, className: "icon", ...properties }, parent);
  element.setAttribute("aria-label", label.replace(/ \(.*\)$/, ""));
  if (ICONS[icon]) {
    const drawing = svg("svg", { viewBox: "0 0 18 18", width: 18, height: 18, "aria-hidden": "true" }, element);
    svg("path", { d: ICONS[icon] }, drawing);
  } else element.textContent = icon;
  element.addEventListener("click", action);
  return element;
};

const KINDS = { network: "network", stage: "stage", block: "block", run: "copies", layer: "layer", input: "input" };

class Panel {
  constructor(app, parent) {
    this.app = app;
    this.element = make("aside", { className: "panel", hidden: true, tabIndex: -1 }, parent);
    this.element.setAttribute("aria-label", "part");
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.app.select(null);
      this.app.active.setFocus(this.app.active.focus);
    });
  }

  show(pane, part) {
    const { element, app } = this, { view } = pane;
    const scrolled = this.part === part ? element.scrollTop : 0;
    this.part = part;
    element.replaceChildren();
    element.hidden = !part;
    if (!part) return;
    const { title, copies } = words(part);
    const head = make("header", {}, element);
    this.path(pane, part, head);
    const line = make("h2", {}, head, part.kind === "run" ? title + " " + copies : part.label || title);
    line.tabIndex = -1;
    const kind = part.type && part.type !== part.label ? part.type : KINDS[part.kind];
    make("p", { className: "kind" }, head, [kind, part.detail].filter(Boolean).join(" "));
    button(head, "close", "Close (Esc)", () => app.select(null), { className: "icon close" });
    if (!part.isLeaf) {
      const row = make("p", { className: "actions" }, head);
      const open = app.isOpen(part);
      make("button", { type: "button", className: "text" }, row, open ? "Fold" : part.copies > 1 ? "Show each copy" : "Unfold")
        .addEventListener("click", () => app.toggle(pane, part));
      make("button", { type: "button", className: "text" }, row, "Unfold all inside")
        .addEventListener("click", () => app.unfoldInside(pane, part));
    }
    const mark = view.markOf(part);
    if (mark) make("p", { className: "mark " + mark[0] }, element, make("b", {}, null, SIGNS[mark[0]] + " " + mark[0]), mark[1] ? " " + mark[1] : "");
    this.shapes(view, part);
    this.costs(view, part);
    this.place(view, part);
    this.options(view, part);
    this.joined(pane, part);
    element.scrollTop = scrolled;
  }

  path(pane, part, parent) {
    const nav = make("nav", { className: "path" }, parent);
    nav.setAttribute("aria-label", "inside of");
    const around = [...part.around()].slice(1).filter((each) => each.kind !== "run" && each.parent).reverse();
    if (!around.length) nav.append(pane.view.data.title);
    for (const each of around) {
      make("button", { type: "button", className: "link" }, nav, each.label).addEventListener("click", () => this.app.go(pane, each));
      nav.append(" › ");
    }
  }

  section(title) {
    const section = make("section", {}, this.element);
    make("h3", {}, section, title);
    return section;
  }

  shapes(view, part) {
    const reads = part.entering.map((number) => view.leaves[number].shape);
    const section = make("section", { className: "shapes" }, this.element);
    const list = make("dl", {}, section);
    if (reads.length) {
      const counts = new Map();
      for (const shape of reads) counts.set(shape, (counts.get(shape) || 0) + 1);
      const shown = [...counts].map(([shape, count]) => count > 1 ? shape + " (" + count + "×)" : shape);
      pair(list, reads.length > 1 ? "inputs" : "input", shown.join(", "));
    }
    if (part.shape) pair(list, "output", part.shape);
    if (!part.isLeaf) pair(list, "layers", layersIn(view, part).toLocaleString("en"));
  }

  costs(view, part) {
    const section = this.section("Cost");
    const table = make("table", { className: "costs" }, section);
    view.columns.forEach((column, at) => {
      const value = part.values[at], total = view.root.values[at];
      if (value === undefined || (value === 0 && !column.colours)) return;
      const row = make("tr", {}, table);
      make("th", { scope: "row" }, row, column.title);
      const shown = make("td", { className: "number", title: view.shown(part, at, short) }, row, view.shown(part, at, exact));
      const share = make("td", { className: "share" }, row);
      if (column.fold !== "sum" || !value || !total || !column.colours) return;
      shown.title += " · " + percent(value / total) + " of the network";
      const bar = make("span", { className: "bar" }, share);
      bar.style.width = Math.max(2, 46 * value / total) + "px";
      share.append(make("span", {}, null, percent(value / total)));
    });
    if (part.copies > 1) {
      const first = part.inside[0].values, same = part.inside.every((each) => each.values.every((value, at) => value === first[at] || view.columns[at].far));
      make("p", { className: "note" }, section, same ? `the sum of ${part.copies} equal copies` : `the sum of ${part.copies} copies of different sizes`);
    }
    if (part.ownerDelta) {
      const owner = view.leaves[part.from - part.ownerDelta];
      const note = make("p", { className: "note" }, section, "the weights are those of ");
      this.link(note, view, owner);
    }
  }

  place(view, part) {
    const place = view.place(part);
    if (!place || !place[2]) return;
    const section = this.section("Spec");
    make("p", { className: "place" }, section, place[0] + ":" + place[1]);
    make("pre", {}, section, make("code", {}, null, place[2]));
  }

  options(view, part) {
    const said = part.options || {};
    const names = Object.keys(said);
    const defaults = part.isLeaf && view.data.types[part.type] || {};
    const others = Object.keys(defaults).filter((name) => !(name in said));
    if (!names.length && !others.length) return;
    const section = this.section("Options");
    if (names.length) {
      const list = make("dl", { className: "options" }, section);
      for (const name of names) pair(list, name, said[name]);
    }
    if (!others.length) return;
    const more = make("details", {}, section, make("summary", {}, null, `${others.length} at their defaults`));
    more.open = this.opened;
    more.addEventListener("toggle", () => { this.opened = more.open; });
    const list = make("dl", { className: "options quiet" }, more);
    for (const name of others) pair(list, name, defaults[name]);
  }

  // Links to what the part reads and what reads it.
  joined(pane, part) {
    const { view } = pane;
    const reads = part.entering.map((number) => view.leaves[number]);
    const feeds = new Set();
    for (const number of part.leaving) for (const reader of view.leaves[number].readBy) if (!part.holds(reader.from)) feeds.add(reader);
    for (const [title, found] of [["Reads", reads], ["Feeds", [...feeds].sort((a, b) => a.from - b.from)]]) {
      if (!found.length) continue;
      const list = make("ul", { className: "links" }, this.section(title));
      for (const each of found.slice(0, 40)) this.link(make("li", {}, list), view, each, pane);
      if (found.length > 40) make("li", {}, list, `and ${found.length - 40} more`);
    }
    for (let number = part.from; number < part.to; number++) {
      if (view.outputs.has(number)) {
        make("p", { className: "note" }, this.element, "an output of the network");
        break;
      }
    }
  }

  link(parent, view, part, pane = this.app.active) {
    const link = make("button", { type: "button", className: "link" }, parent, part.name);
    link.addEventListener("click", () => this.app.go(pane, part));
    make("span", { className: "size" }, parent, part.shape);
  }
}

const pair = (list, name, value) => {
  make("dt", {}, list, name);
  make("dd", {}, list, value);
};

const percent = (share) => share >= 0.0995 ? Math.round(share * 100) + "%" : share >= 0.00095 ? (share * 100).toFixed(1) + "%" : "<0.1%";

// The mistakes of a spec, above its drawing.
const showProblems = (app, pane) => {
  if (pane.banner) pane.banner.remove();
  pane.banner = null;
  const { problems } = pane.view;
  const broken = problems.some((problem) => problem.severity !== "warning");
  pane.element.classList.toggle("stale", broken && pane.view.leaves.length > 0);
  if (!problems.length) return;
  const banner = pane.banner = make("div", { className: "problems " + (broken ? "error" : "warning") });
  banner.setAttribute("role", "alert");
  const count = problems.length === 1 ? "" : ` · ${problems.length} in all`;
  const drawn = pane.view.leaves.length ? "the drawing is the last good one" : "there is no drawing yet";
  const summary = make("p", { className: "summary" }, banner, make("b", {}, null, broken ? "The spec is wrong" : "Something to look at"), broken ? ` · ${drawn}${count}` : count);
  if ([...pane.view.marks.values()].some((mark) => mark[0] === "mistake")) {
    summary.append(" · ");
    make("button", { type: "button", className: "link" }, summary, "show where").addEventListener("click", () => app.nextMark(1));
  }
  const list = make("ol", {}, banner);
  for (const problem of problems) {
    const item = make("li", {}, list);
    const line = make("p", { className: "message" }, item, make("b", {}, null, `${problem.severity}[${problem.code}] `), problem.message);
    line.append(make("span", { className: "place" }, null, ` ${problem.file}:${problem.line}:${problem.column}`));
    if (problem.frame) make("pre", {}, item, problem.frame);
    if (problem.help) make("p", { className: "help" }, item, make("b", {}, null, "help: "), problem.help);
  }
  pane.element.appendChild(banner);
};

const KEYS = [
  ["↓ ↑", "follow the flow from part to part"], ["← →", "the branch beside, or out of a part and into it"],
  ["Enter", "unfold or fold a part, open a layer"], ["Space", "open the panel of a part"], ["Esc", "close the panel, leave the search"],
  ["/", "search; Enter goes to the next hit, Shift+Enter back"], ["+ − 0", "zoom in, zoom out, show all"], ["1", "show at the size to read"],
  ["Shift + arrows", "move the drawing"], ["e, c", "unfold all, fold all"], ["n, p", "next and previous mark"], ["t", "light, dark or as the system"],
  ["?", "these keys"],
];

const showKeys = (app) => {
  if (!app.keys) {
    const dialog = app.keys = make("dialog", { className: "keys" }, app.element);
    dialog.setAttribute("aria-label", "keys");
    const head = make("header", {}, dialog, make("h2", {}, null, "Keys"));
    button(head, "close", "Close", () => dialog.close(), { className: "icon close" });
    const list = make("dl", {}, dialog);
    for (const [keys, meaning] of KEYS) {
      make("dt", {}, list, make("kbd", {}, null, keys));
      make("dd", {}, list, meaning);
    }
    make("p", { className: "note" }, dialog, "Drag or scroll to move, Ctrl and scroll or pinch to zoom, double-click to unfold.");
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  }
  if (app.keys.open) app.keys.close(); else app.keys.showModal();
};
