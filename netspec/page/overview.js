// A strip at the right edge that shows all of a tall drawing, and where in it the pane is.

const OVERVIEW_WIDTH = 46;

class Overview {
  constructor(pane) {
    this.pane = pane;
    this.element = make("div", { className: "overview", hidden: true }, pane.element);
    this.element.setAttribute("aria-hidden", "true");
    this.canvas = make("canvas", {}, this.element);
    this.window = make("div", { className: "window" }, this.element);
    let held = false;
    const move = (event) => {
      const edge = this.element.getBoundingClientRect(), { camera, size, layout } = pane;
      camera.y = (event.clientY - edge.top) / this.down - size.height / 2 / camera.k;
      if (layout.w * camera.k > size.width) camera.x = (event.clientX - edge.left) / this.across - size.width / 2 / camera.k;
      pane.moved();
    };
    this.element.addEventListener("pointerdown", (event) => {
      held = true;
      this.element.setPointerCapture(event.pointerId);
      cancelAnimationFrame(pane.gliding);
      move(event);
    });
    this.element.addEventListener("pointermove", (event) => { if (held) move(event); });
    this.element.addEventListener("pointerup", () => { held = false; });
    this.element.addEventListener("pointercancel", () => { held = false; });
  }

  draw(colour) {
    const { pane, element } = this, { camera, layout, size } = pane;
    const isTall = layout.h * camera.k > size.height * 1.4 && size.width > 600;
    if (element.hidden === isTall) element.hidden = !isTall;
    if (!isTall) return;
    const room = size.height - 80;
    this.across = OVERVIEW_WIDTH / layout.w;
    this.down = Math.min(room / layout.h, this.across * 1.5);
    const height = Math.ceil(layout.h * this.down);
    if (this.layout !== layout || this.colour !== colour.name || this.height !== height || this.theme !== pane.app.isDark()) {
      Object.assign(this, { layout, colour: colour.name, height, theme: pane.app.isDark() });
      element.style.height = height + "px";
      this.paint(layout, colour, height);
    }
    const top = Math.max(0, camera.y * this.down), end = Math.min(height, (camera.y + size.height / camera.k) * this.down);
    this.window.style.top = top + "px";
    this.window.style.height = Math.max(3, end - top) + "px";
  }

  paint(layout, colour, height) {
    const { canvas, across, down } = this, sharp = Math.min(devicePixelRatio || 1, 2);
    canvas.width = OVERVIEW_WIDTH * sharp;
    canvas.height = height * sharp;
    const context = canvas.getContext("2d"), styles = getComputedStyle(document.documentElement), known = new Map();
    const named = (name) => {
      if (!known.has(name)) known.set(name, styles.getPropertyValue(name));
      return known.get(name);
    };
    context.scale(sharp, sharp);
    const walk = (layout, x, y, depth) => {
      for (const box of layout.boxes) {
        const left = x + box.x, top = y + box.y, { part } = box;
        if (box.inner) context.fillStyle = named("--d" + Math.min(depth + 1, 4));
        else context.fillStyle = colour.fill(part) || (colour.column || !(part.group >= 0) ? named("--edge") : named("--g" + part.group));
        context.fillRect(left * across, top * down, Math.max(1, box.w * across), Math.max(0.6, box.h * down));
        if (box.inner) walk(box.inner, left, top, depth + 1);
      }
    };
    walk(layout, 0, 0, 1);
  }
}
