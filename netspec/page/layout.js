// Where everything stands: a layered drawing, top down, of what is inside of each open part.
//
// `layoutOf` gives boxes and lines relative to the part, and remembers them until something inside folds. Inside, each
// tensor that enters has a port at the top and each that leaves one at the bottom, so lines can be joined across parts.
// Ranks are longest paths; a line that spans ranks goes through them in places of its own, so it never crosses a box.

const LEAF_HEIGHT = 28, FOLDED_HEIGHT = 46, HEAD = 30, PAD = 16, GAP_X = 20, LINE_GAP = 12;
const NARROWEST = 104, WIDEST = 320;
const MOST_PLACES = 16000, TRACK = 9;
const FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';

const textWidth = (() => {
  const context = document.createElement("canvas").getContext("2d");
  const known = new Map();
  return (text, font) => {
    const key = font + text;
    let width = known.get(key);
    if (width === undefined) {
      context.font = font;
      known.set(key, width = context.measureText(text).width);
    }
    return width;
  };
})();

const TITLE_FONT = "600 12.5px " + FONT, DETAIL_FONT = "12px " + FONT, SHAPE_FONT = "11px " + MONO;

const shorten = (text, room, font) => {
  if (textWidth(text, font) <= room) return text;
  let low = 0, high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (textWidth(text.slice(0, middle) + "…", font) <= room) low = middle; else high = middle - 1;
  }
  return low ? text.slice(0, low) + "…" : "";
};

// What stands on a part: its type where the name says nothing else, or the name and the type.
const words = (part) => {
  if (part.words) return part.words;
  const plain = part.type && part.label.replace(/[_-]?\d+(-\d+)*$/, "") === part.type.replace(/[_-]?\d+$/, "");
  const numbered = /-\d+$/.test(part.label);
  const title = plain && !numbered ? part.type : part.label || part.type;
  const detail = plain || !part.type ? part.detail : (part.type + " " + part.detail).trim();
  const same = part.kind === "layer" && part.reads.length > 0 && part.reads[0].shape === part.shape;
  return part.words = { title, detail, shape: same ? "" : part.shape, copies: part.copies > 1 ? "×" + part.copies : "" };
};

const natural = (part) => {
  const { title, detail, shape, copies } = words(part);
  const first = textWidth(title, TITLE_FONT), second = detail ? textWidth(detail, DETAIL_FONT) : 0;
  const size = shape ? textWidth(shape, SHAPE_FONT) + 14 : 0;
  if (part.isLeaf) return 24 + first + (second ? second + 7 : 0) + size;
  return 52 + Math.max(first + (copies ? 44 : 0), second + size);
};

const layoutOf = (view, part, isOpen) => {
  if (part.layout) return part.layout;
  const boxes = part.inside.map((each) => {
    const inner = !each.isLeaf && isOpen(each) ? layoutOf(view, each, isOpen) : null;
    const w = inner ? inner.w : 0, h = inner ? inner.h : each.isLeaf ? LEAF_HEIGHT : FOLDED_HEIGHT;
    return { part: each, inner, x: 0, y: 0, w, h };
  });
  const closed = boxes.filter((box) => !box.inner);
  const widest = closed.reduce((width, box) => Math.max(width, natural(box.part)), NARROWEST);
  for (const box of closed) box.w = Math.ceil(Math.min(widest, WIDEST));
  return part.layout = new Arrangement(view, part, boxes).layout;
};

class Arrangement {
  constructor(view, part, boxes) {
    this.view = view;
    this.part = part;
    this.boxes = boxes;
    this.isRoot = !part.parent;
    this.vertices = [];
    this.lanes = [];
    this.join();
    this.rank();
    this.divide();
    this.order();
    this.align();
    this.compact();
    this.place();
    this.layout = this.finish();
  }

  vertex(box, leaf, rank) {
    const width = box ? box.w : 0;
    const vertex = { box, leaf, rank, w: width, h: box ? box.h : 0, ups: [], downs: [], at: 0, x: 0, index: this.vertices.length };
    this.vertices.push(vertex);
    return vertex;
  }

  connect(u, v, su, sv, leaf) {
    const line = { u, v, su, sv, leaf, inner: false, track: undefined };
    u.downs.push(line);
    v.ups.push(line);
    return line;
  }

  // Vertices for what is inside and for the ports, and the wanted lines between them.
  join() {
    const { part, boxes } = this;
    const ins = new Map(), own = boxes.map((box) => this.vertex(box, -1, 0));
    this.ins = ins;
    this.outs = new Map();
    this.wanted = [];
    const seen = new Set();
    const starts = boxes.map((box) => box.part.from);
    const childAt = (number) => {
      let low = 0, high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (starts[middle] <= number) low = middle; else high = middle - 1;
      }
      return low;
    };
    const offsetOut = (box, leaf) => box.inner ? box.inner.outs.get(leaf) - box.w / 2 : 0;
    const offsetIn = (box, leaf) => box.inner ? box.inner.ins.get(leaf) - box.w / 2 : 0;
    const want = (u, v, su, sv, leaf) => {
      const key = u.index + " " + v.index + " " + su + " " + sv;
      if (seen.has(key)) return;
      seen.add(key);
      this.wanted.push({ u, v, su, sv, leaf });
    };
    boxes.forEach((box, at) => {
      for (const leaf of box.part.entering) {
        if (part.holds(leaf)) {
          const source = childAt(leaf);
          if (source === at) continue;
          want(own[source], own[at], offsetOut(boxes[source], leaf), offsetIn(box, leaf), leaf);
        } else {
          if (!ins.has(leaf)) ins.set(leaf, this.vertex(null, leaf, 0));
          want(ins.get(leaf), own[at], 0, offsetIn(box, leaf), leaf);
        }
      }
    });
    for (const leaf of part.leaving) {
      const source = childAt(leaf), port = this.vertex(null, leaf, 0);
      this.outs.set(leaf, port);
      want(own[source], port, offsetOut(boxes[source], leaf), 0, leaf);
    }
    this.own = own;
  }

  // Longest paths from the top; what enters late, and what few read and many feed, stands near its readers.
  rank() {
    const { own, ins, outs } = this;
    const byTarget = own.map(() => []), bySource = own.map(() => []);
    const first = ins.size ? 1 : 0;
    for (const line of this.wanted) {
      if (line.v.box) byTarget[line.v.index].push(line);
      if (line.u.box) bySource[line.u.index].push(line);
      line.back = line.u.box && line.v.box && line.u.index > line.v.index;
    }
    own.forEach((vertex, at) => {
      vertex.rank = byTarget[at].reduce((rank, line) => line.back ? rank : Math.max(rank, line.u.rank + 1), first);
    });
    let last = own.reduce((rank, vertex) => Math.max(rank, vertex.rank), 0);
    for (let at = own.length; at--;) {
      if (!bySource[at].length || byTarget[at].length >= bySource[at].length) continue;
      let limit = last;
      for (const line of bySource[at]) if (!line.back && line.v.box) limit = Math.min(limit, line.v.rank - 1);
      own[at].rank = Math.max(own[at].rank, limit);
    }
    for (const port of outs.values()) port.rank = last + 1;
    this.last = outs.size ? last + 1 : last;
    this.wanted = this.wanted.filter((line) => {
      if (line.back) this.lanes.push(line);
      return !line.back;
    });
  }

  // Give lines that span ranks a place in each; lines of one tensor share it. Of too many, the longest go around outside.
  divide() {
    const trunks = new Map();
    for (const line of this.wanted) {
      const key = line.u.index + " " + line.su;
      if (!trunks.has(key)) trunks.set(key, []);
      trunks.get(key).push(line);
    }
    const length = (lines) => lines.reduce((most, line) => Math.max(most, line.v.rank), 0) - lines[0].u.rank - 1;
    const sorted = [...trunks.values()].map((lines) => [length(lines), lines]);
    if (sorted.reduce((sum, [each]) => sum + each, 0) > MOST_PLACES) sorted.sort((a, b) => a[0] - b[0]);
    let left = MOST_PLACES;
    for (const [spans, lines] of sorted) {
      if (spans > left) {
        for (const line of lines) {
          if (line.v.rank === line.u.rank + 1) this.connect(line.u, line.v, line.su, line.sv, line.leaf);
          else this.lanes.push(line);
        }
        continue;
      }
      left -= spans;
      lines.sort((a, b) => a.v.rank - b.v.rank);
      let end = lines[0].u, offset = lines[0].su;
      for (const line of lines) {
        while (end.rank < line.v.rank - 1) {
          const place = this.vertex(null, line.leaf, end.rank + 1);
          place.bend = true;
          place.origin = line.u;
          this.connect(end, place, offset, 0, line.leaf).inner = end.bend;
          end = place;
          offset = 0;
        }
        this.connect(end, line.v, end === line.u ? line.su : 0, line.sv, line.leaf);
      }
    }
  }

  order() {
    const ranks = this.ranks = Array.from({ length: this.last + 1 }, () => []);
    for (const vertex of this.vertices) ranks[vertex.rank].push(vertex);
    const number = (rank) => rank.forEach((vertex, at) => { vertex.at = at; });
    for (const rank of ranks) {
      rank.sort((a, b) => !!a.bend - !!b.bend || a.index - b.index);
      number(rank);
    }
    if (ranks.every((rank) => rank.length < 2)) return;
    const sort = (rank, lines, end) => {
      for (const vertex of rank) {
        const found = vertex[lines];
        let sum = 0;
        for (const line of found) sum += line[end].at;
        vertex.wish = found.length ? sum / found.length : vertex.at;
      }
      rank.sort((a, b) => a.wish - b.wish || !!a.bend - !!b.bend || a.at - b.at);
      number(rank);
    };
    for (let i = 1; i < ranks.length; i++) if (ranks[i].length > 1) sort(ranks[i], "ups", "u");
    let best = this.crossings(), kept = ranks.map((rank) => rank.slice());
    for (let sweep = 0; sweep < 6 && best > 0; sweep++) {
      if (sweep % 2) for (let i = 1; i < ranks.length; i++) sort(ranks[i], "ups", "u");
      else for (let i = ranks.length - 1; i--;) sort(ranks[i], "downs", "v");
      const now = this.crossings();
      if (now < best) {
        best = now;
        kept = ranks.map((rank) => rank.slice());
      }
    }
    this.ranks = kept;
    kept.forEach(number);
  }

  crossings() {
    let total = 0;
    for (const rank of this.ranks) {
      const ends = [];
      for (const vertex of rank) {
        const here = vertex.downs.map((line) => line.v.at).sort((a, b) => a - b);
        for (const end of here) ends.push(end);
      }
      if (ends.length < 2 || rank.length < 2) continue;
      if (ends.length > 2000) continue;
      for (let i = 1; i < ends.length; i++) for (let j = 0; j < i; j++) if (ends[j] > ends[i]) total++;
    }
    return total;
  }

  // Choose the lines that shall be straight: the way of most steps first, then long lines, then what does not cross these.
  align() {
    const lines = [[], [], []];
    // Branches part and join in the middle; what only skips ahead is no branch.
    const skips = (line) => line.u.bend && line.u.origin.downs.length > 1;
    for (const vertex of this.vertices) {
      vertex.isFan = new Set(vertex.downs.filter((line) => !line.v.bend).map((line) => line.v)).size > 2;
      vertex.isJoin = new Set(vertex.ups.filter((line) => !skips(line)).map((line) => line.u)).size > 2;
    }
    const fan = (line) => line.u.isFan || line.v.isJoin;
    let vertex = this.vertices.reduce((last, each) => each.rank >= last.rank ? each : last, this.vertices[0]);
    const spine = new Set();
    while (vertex && vertex.ups.length) {
      const line = vertex.ups.find((each) => each.u.box) || vertex.ups[0];
      if (!fan(line)) spine.add(line);
      vertex = line.u;
    }
    for (const rank of this.ranks) {
      for (const each of rank) {
        for (const line of each.downs) lines[spine.has(line) ? 0 : line.inner ? 1 : 2].push(line);
      }
    }
    const accepted = this.ranks.map(() => []);
    for (const group of lines) {
      for (const line of group) {
        if (line.u.down || line.v.up || (!spine.has(line) && !line.inner && fan(line))) continue;
        const taken = accepted[line.u.rank];
        let low = 0, high = taken.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (taken[middle].u.at < line.u.at) low = middle + 1; else high = middle;
        }
        if ((low > 0 && taken[low - 1].v.at > line.v.at) || (low < taken.length && taken[low].v.at < line.v.at)) continue;
        taken.splice(low, 0, line);
        line.u.down = line.v.up = line;
      }
    }
  }

  // Move the columns of straight lines: first as far left as they go, then each to the middle of what it is joined to.
  compact() {
    const columns = [];
    for (const rank of this.ranks) {
      for (const top of rank) {
        if (top.up) continue;
        const column = { x: 0, before: [], after: [], lines: [], waiting: 0 };
        columns.push(column);
        top.shift = 0;
        for (let vertex = top; vertex;) {
          vertex.column = column;
          const next = vertex.down;
          if (next) next.v.shift = vertex.shift + next.su - next.sv;
          vertex = next && next.v;
        }
      }
    }
    for (const rank of this.ranks) {
      for (let i = 1; i < rank.length; i++) {
        const a = rank[i - 1], b = rank[i];
        const gap = a.box && b.box ? GAP_X : a.box || b.box ? LINE_GAP + 4 : LINE_GAP;
        const distance = a.shift + a.w / 2 + gap + b.w / 2 - b.shift;
        a.column.after.push([b.column, distance]);
        b.column.before.push([a.column, distance]);
        b.column.waiting++;
      }
      for (const vertex of rank) {
        for (const line of vertex.downs) {
          if (line.u.column === line.v.column) continue;
          const apart = line.u.shift + line.su - line.v.shift - line.sv;
          line.v.column.lines.push([line.u.column, apart]);
          line.u.column.lines.push([line.v.column, -apart]);
        }
      }
    }
    const sorted = columns.filter((column) => !column.waiting);
    for (let i = 0; i < sorted.length; i++) {
      const column = sorted[i];
      for (const [other, distance] of column.before) column.x = Math.max(column.x, other.x + distance);
      for (const [other] of column.after) if (!--other.waiting) sorted.push(other);
    }
    const settle = (column) => {
      if (!column.lines.length) return;
      let wish = 0, low = -Infinity, high = Infinity;
      for (const [other, apart] of column.lines) wish += other.x + apart;
      wish /= column.lines.length;
      for (const [other, distance] of column.before) low = Math.max(low, other.x + distance);
      for (const [other, distance] of column.after) high = Math.min(high, other.x - distance);
      column.x = Math.max(low, Math.min(wish, high));
    };
    if (columns.length > 1) {
      for (let round = 0; round < 6; round++) {
        for (let i = sorted.length; i--;) settle(sorted[i]);
        for (const column of sorted) settle(column);
      }
    }
    this.alignEnds();
    for (const vertex of this.vertices) vertex.x = vertex.column.x + vertex.shift;
  }

  // Let what enters and what leaves stand above each other where nothing is in the way: parts in a row make no stairs.
  alignEnds() {
    const top = [...this.ins.values()][0], bottom = [...this.outs.values()].pop();
    if (!top || !bottom || top.column === bottom.column) return;
    const middle = (top.column.x + top.shift + bottom.column.x + bottom.shift) / 2;
    for (const { column, shift } of [top, bottom]) {
      let low = -Infinity, high = Infinity;
      for (const [other, distance] of column.before) low = Math.max(low, other.x + distance);
      for (const [other, distance] of column.after) high = Math.min(high, other.x - distance);
      column.x = Math.max(low, Math.min(middle - shift, high));
    }
  }

  // Ranks from top to bottom, with more room where lines bend.
  place() {
    let y = this.isRoot ? PAD : HEAD;
    this.tops = [];
    this.bottoms = [];
    this.ranks.forEach((rank, at) => {
      const height = rank.reduce((most, vertex) => Math.max(most, vertex.h), 0);
      this.tops.push(y);
      this.bottoms.push(y + height);
      y += height;
      const tracks = this.tracks(rank), toPort = at + 1 === this.last && this.outs.size;
      if (at < this.last) y += tracks ? 22 + TRACK * tracks : toPort ? PAD : 18;
    });
    if (!this.outs.size) y += PAD;
    this.height = y;
  }

  // Below a rank, levels for the lines that have to go sideways: one for those of one end, so that few cross.
  tracks(rank) {
    const bent = rank.flatMap((vertex) => vertex.downs.filter((line) => {
      line.from = vertex.x + line.su;
      line.to = line.v.x + line.sv;
      return Math.abs(line.from - line.to) > 1;
    }));
    if (!bent.length) return 0;
    const count = new Map(), groups = new Map();
    const start = (line) => line.u.index + " " + line.su, end = (line) => line.v.index + "," + line.sv;
    for (const line of bent) for (const key of [start(line), end(line)]) count.set(key, (count.get(key) || 0) + 1);
    for (const line of bent) {
      const key = count.get(start(line)) > 1 || count.get(end(line)) === 1 ? start(line) : end(line);
      const group = groups.get(key) || { low: Infinity, high: -Infinity, lines: [], sideways: 0, source: line.from };
      groups.set(key, group);
      group.lines.push(line);
      group.low = Math.min(group.low, line.from, line.to);
      group.high = Math.max(group.high, line.from, line.to);
      group.sideways += line.to - line.from;
    }
    const order = (group) => group.sideways > 0 ? -group.source : group.source;
    const sorted = [...groups.values()].sort((a, b) => (a.sideways > 0) - (b.sideways > 0) || order(a) - order(b));
    let levels = 0;
    sorted.forEach((group, at) => {
      group.level = 0;
      for (const other of sorted.slice(Math.max(0, at - 60), at)) {
        if (group.low < other.high + 8 && group.high > other.low - 8) group.level = Math.max(group.level, other.level + 1);
      }
      levels = Math.max(levels, group.level + 1);
      for (const line of group.lines) line.track = group.level;
    });
    return levels;
  }

  finish() {
    let left = Infinity, right = -Infinity;
    for (const vertex of this.vertices) {
      left = Math.min(left, vertex.x - vertex.w / 2);
      right = Math.max(right, vertex.x + vertex.w / 2);
    }
    if (!this.vertices.length) left = right = 0;
    const { part } = this, title = words(part);
    const head = this.isRoot ? 0 : 76 + textWidth(title.title, TITLE_FONT) + textWidth(title.detail, DETAIL_FONT);
    const inner = right - left, width = Math.ceil(Math.max(inner + 2 * PAD, Math.min(head, 420)));
    const move = (width - inner) / 2 - left;
    const boxes = [], lines = [];
    for (const vertex of this.vertices) {
      vertex.x += move;
      const top = vertex.y = this.tops[vertex.rank];
      if (!vertex.box) continue;
      const room = this.bottoms[vertex.rank] - top;
      vertex.box.x = vertex.x - vertex.w / 2;
      vertex.box.y = vertex.y = top + (room - vertex.h) / 2;
      boxes.push(vertex.box);
    }
    boxes.sort((a, b) => a.part.from - b.part.from);
    for (const vertex of this.vertices) for (const line of vertex.downs) lines.push(this.line(line));
    const ports = (found) => new Map([...found].map(([leaf, vertex]) => [leaf, vertex.x]));
    const lanes = this.lanes.map((line, at) => this.lane(line, width + 8 + 6 * (at % 12)));
    return {
      part, boxes, lines: lines.concat(lanes), ins: ports(this.ins), outs: ports(this.outs),
      w: width + (lanes.length ? 90 : 0), h: this.height,
    };
  }

  // From the top a line goes through the head of the part, from a box down; then sideways on its level, with round corners.
  line({ u, v, su, sv, leaf, track }) {
    const x1 = round(u.x + su), x2 = round(v.x + sv);
    const y1 = round(u.box ? u.y + u.h : u.bend ? this.bottoms[u.rank] : 0);
    const y2 = round(v.box ? v.y : v.bend ? this.bottoms[v.rank] : this.tops[v.rank]);
    let path = "M" + x1 + " " + y1;
    if (track !== undefined) {
      const y = this.bottoms[u.rank] + TRACK * (track + 1), way = Math.sign(x2 - x1);
      const turn = Math.min(TRACK, Math.abs(x2 - x1) / 2);
      path += `V${round(y - turn)}Q${x1} ${round(y)} ${round(x1 + way * turn)} ${round(y)}`
        + `H${round(x2 - way * turn)}Q${x2} ${round(y)} ${x2} ${round(y + turn)}`;
    }
    path += "V" + y2;
    return { path, leaf, skip: !!(u.bend || v.bend), tip: v.box && !v.box.inner ? [x2, y2] : null, top: y1, bottom: y2 };
  }

  lane({ u, v, leaf }, x) {
    const y1 = round(u.y + u.h - 8), y2 = round(v.y + 8), from = round(u.x + u.w / 2), to = round(v.x + v.w / 2);
    const path = "M" + from + " " + y1 + "H" + x + "V" + y2 + "H" + to;
    return { path, leaf, skip: true, tip: null, top: Math.min(y1, y2), bottom: Math.max(y1, y2) };
  }
}

const round = (value) => Math.round(value * 10) / 10;
