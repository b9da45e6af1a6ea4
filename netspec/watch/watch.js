// Keeps the page like the server's state: news come as events; a line says when there is nobody to bring them.
"use strict";
(() => {
  const AGAIN = 1000;
  let seen = new URL(document.currentScript.src).searchParams.get("seen");
  let hello = null;
  let source = null;
  let waiting = 0;

  const notice = document.createElement("p");
  notice.id = "netspec-connection";
  notice.setAttribute("role", "status");
  notice.hidden = true;
  document.body.append(notice);

  const tell = (text) => {
    notice.textContent = text;
    notice.hidden = !text;
    document.documentElement.classList.toggle("netspec-away", Boolean(text));
  };

  const on = (kind, act) =>
    source.addEventListener(kind, (event) => {
      seen = event.lastEventId || seen;
      act(event.data);
    });

  function open() {
    close();
    source = new EventSource(`/events?seen=${encodeURIComponent(seen)}`);
    on("hello", (data) => {
      tell("");
      if (hello !== null && hello !== data) location.reload(); // other specs, or another netspec
      hello = data;
    });
    on("drawing", (data) => netspec.update(JSON.parse(data)));
    on("problems", (data) => {
      const news = JSON.parse(data);
      netspec.problems(news.key, news.problems, news.marks);
    });
    source.addEventListener("error", () => {
      tell("Not connected: netspec watch has ended. The page goes on when it is started again.");
      if (source.readyState === EventSource.CLOSED) waiting = setTimeout(open, AGAIN);
    });
  }

  function close() {
    clearTimeout(waiting);
    if (source) source.close();
    source = null;
  }

  // A browser gives a server six connections; tabs that nobody sees do without theirs.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  if (!document.hidden) open();
})();
