// What the page knows: the data of a view as a tree of parts.
//
// A part is the network, a stage, a block, a run of equal parts, a layer or an input. Its leaves are numbered
// from `from` to before `to`; everything about how parts hang together is worked out from these numbers.

class Part {
  constructor(kind, label, name, parent) {
    this.kind = kind;
    this.label = label;
    this.name = name;
    this.key = name;
    this.parent = parent;
    this.inside = [];
    this.type = this.detail = "";
    this.from = this.to = 0;
    this.copies = 1;
    this.entering = this.leaving = NONE;
    this.values = null;
  }
  get isLeaf() { return this.inside.length === 0; }
  holds(number) { return number >= this.from && number < this.to; }
  *around() { for (let part = this; part; part = part.parent) yield part; }
  *walk() {
    const waiting = [this];
    while (waiting.length) {
      const part = waiting.pop();
      yield part;
      for (let i = part.inside.length; i--;) waiting.push(part.inside[i]);
    }
  }
}

const NONE = [];

class View {
  constructor(data) {
    this.data = data;
    this.key = data.key;
    this.leaves = [];
    this.parts = [];
    this.byKey = new Map();
    this.root = new Part("network", data.name || data.title, "", null);
    this.marks = new Map(Object.entries(data.marks || {}));
    this.problems = data.problems || [];
    this.columns = data.columns || [];
    if (data.parts && data.parts.length) this.define(this.root, data.parts[data.parts.length - 1]);
    this.link();
    this.outputs = new Set(data.outputs || []);
    this.measure();
  }

  // Follow the definitions. Equal neighbours become a part of their own, a run.
  define(part, definition) {
    part.type = definition.type || "";
    part.detail = definition.detail || "";
    part.place = definition.place;
    part.options = definition.options;
    part.from = this.leaves.length;
    this.add(part);
    const runs = definition.runs || NONE;
    let next = 0;
    for (let i = 0; i < definition.inside.length;) {
      let parent = part, count = 1;
      if (next < runs.length && runs[next][0] === i) {
        count = runs[next++][1];
        const first = this.label(definition.inside[i][0], part);
        parent = new Part("run", first[0].replace(/-0$/, ""), first[1], part);
        parent.key = first[1] + "*";
        parent.copies = count;
        parent.from = this.leaves.length;
        part.inside.push(parent);
        this.add(parent);
      }
      for (const end = i + count; i < end; i++) this.inside(parent, part, definition.inside[i]);
      if (parent !== part) {
        const first = parent.inside[0];
        parent.to = this.leaves.length;
        parent.place = first.place;
        parent.type = first.type;
        parent.detail = first.detail;
        parent.options = first.options;
      }
    }
    part.to = this.leaves.length;
  }

  inside(parent, named, entry) {
    const [label, name] = this.label(entry[0], named);
    if (entry.length === 2) {
      const definition = this.data.parts[entry[1]];
      const part = new Part(definition.kind, label, name, parent);
      parent.inside.push(part);
      this.define(part, definition);
      return;
    }
    const layer = this.data.layers[entry[1]];
    const part = new Part(layer[3] < 0 ? "input" : "layer", label, name, parent);
    parent.inside.push(part);
    [part.type, part.detail, part.options, part.group] = layer;
    part.shape = this.data.shapes[entry[2]];
    part.place = entry[3];
    part.costs = this.data.costs[entry[4]];
    part.deltas = entry[5];
    part.ownerDelta = entry[6] || 0;
    part.signature = entry[1] + " " + entry[2] + " " + entry[5];
    part.from = this.leaves.length;
    part.to = part.from + 1;
    this.leaves.push(part);
    this.add(part);
  }

  label(label, parent) {
    if (typeof label !== "string") return label;
    return [label, parent.name ? parent.name + "-" + label : label];
  }

  add(part) {
    this.parts.push(part);
    this.byKey.set(part.key, part);
  }

  // Which leaves read which, and for each part what is read from outside and what outside reads.
  link() {
    const last = new Int32Array(this.leaves.length).fill(-1);
    const first = new Int32Array(this.leaves.length).fill(1 << 30);
    for (const leaf of this.leaves) leaf.readBy = [];
    for (const leaf of this.leaves) {
      leaf.reads = leaf.deltas.map((delta) => this.leaves[leaf.from - delta]);
      for (const read of new Set(leaf.reads)) {
        read.readBy.push(leaf);
        last[read.from] = Math.max(last[read.from], leaf.from);
        first[read.from] = Math.min(first[read.from], leaf.from);
      }
    }
    for (let i = this.parts.length; i--;) {
      const part = this.parts[i];
      if (part.isLeaf) {
        part.entering = [...new Set(part.reads)].map((read) => read.from);
        part.leaving = part.readBy.length ? [part.from] : NONE;
        continue;
      }
      const entering = new Set(), leaving = [];
      for (const each of part.inside) {
        for (const read of each.entering) if (!part.holds(read)) entering.add(read);
        for (const read of each.leaving) if (last[read] >= part.to || first[read] < part.from) leaving.push(read);
      }
      part.entering = [...entering];
      part.leaving = leaving;
    }
  }

  // The child of a part that holds a leaf.
  childWith(part, number) {
    const inside = part.inside;
    let low = 0, high = inside.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (inside[middle].from <= number) low = middle; else high = middle - 1;
    }
    return inside[low];
  }

  // Values of the columns for every part; unknown as soon as one inside is.
  measure() {
    const { columns, data } = this;
    const near = columns.filter((column) => !column.far).length;
    for (let i = this.parts.length; i--;) {
      const part = this.parts[i];
      if (part.isLeaf) {
        part.values = part.costs || NONE;
        if (columns.length > near && part.from < data.far.length) {
          const row = data.rows[data.far[part.from]];
          part.values = part.values.concat(row.map((value) => Array.isArray(value) ? value[0] : value));
          part.said = new Map(row.flatMap((value, at) => Array.isArray(value) ? [[near + at, value[1]]] : []));
        }
        continue;
      }
      part.shape = part.to > part.from ? this.leaves[part.to - 1].shape : "";
      const last = this.leaves[part.to - 1];
      part.said = last && last.said;
      part.values = columns.map((column, at) => {
        if (column.fold === "last") return last ? last.values[at] : 0;
        let total = 0;
        for (const each of part.inside) {
          const value = each.values[at];
          if (value === null || value === undefined) return null;
          total += value;
        }
        return total;
      });
    }
  }

  // The value of a part as text, in few digits or in all.
  shown(part, at, write) {
    const said = part.said && part.said.get(at);
    return said !== undefined ? said : write(part.values[at], this.columns[at].unit);
  }

  column(key) { return this.columns.findIndex((column) => column.key === key); }

  place(part) { return this.data.places && part.place !== undefined ? this.data.places[part.place] : null; }

  named(name) {
    return this.byKey.get(name) || this.parts.find((part) => part.name === name) || null;
  }

  // The marks of a part and, of a folded one, of what is inside.
  markOf(part) { return part.kind === "run" ? undefined : this.marks.get(part.name); }
}

// How many layers a part has, inputs among them, as Keras counts; one that is called twice is one.
const layersIn = (view, part) => {
  let count = 0;
  for (let i = part.from; i < part.to; i++) if (!view.leaves[i].ownerDelta) count++;
  return count;
};

const UNITS = { count: [1000, ["", " k", " M", " G", " T", " P", " E"]], bytes: [1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"]] };

// A number to three digits in its largest unit: 25.6 M, 97.8 MiB.
const short = (value, unit) => {
  if (value === null || value === undefined) return "?";
  if (!UNITS[unit]) return String(value);
  const [base, names] = UNITS[unit];
  let step = 0, size = value;
  while (Math.abs(size) >= base * 0.9995 && step < names.length - 1) { size /= base; step++; }
  const digits = step === 0 || size >= 99.95 ? Math.round(size).toLocaleString("en") : size.toFixed(size >= 9.995 ? 1 : 2);
  return digits + names[step];
};

const exact = (value, unit) => {
  if (value === null || value === undefined) return "unknown";
  if (unit === "text") return String(value);
  return value < 1e15 ? value.toLocaleString("en") + (unit === "bytes" ? " B" : "") : value.toExponential(2);
};
