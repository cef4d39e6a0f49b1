// News from the server over one connection per page.

let source = null;

function shown(state, text) {
  const pulse = document.getElementById("pulse");
  pulse.className = `pulse ${state}`;
  pulse.lastElementChild.textContent = text;
}

// Listens to some rooms (none: all). `on` has handlers: score, highlight, resync.
export function listen(rooms, on) {
  stop();
  const query = new URLSearchParams(rooms.map((room) => ["room", room])).toString();
  const own = new EventSource(query ? `/api/v1/live?${query}` : "/api/v1/live");
  source = own;
  let lost = false;
  own.onopen = () => {
    shown("on", "live");
    // What happened in between was told to nobody.
    if (lost) on.resync?.();
    lost = false;
  };
  own.onerror = () => {
    lost = true;
    shown("off", own.readyState === EventSource.CLOSED ? "not connected" : "reconnecting");
    if (own.readyState === EventSource.CLOSED) setTimeout(() => { if (source === own) listen(rooms, on); }, 5000);
  };
  own.addEventListener("score", (event) => on.score?.(JSON.parse(event.data)));
  own.addEventListener("highlight", (event) => on.highlight?.(JSON.parse(event.data)));
  own.addEventListener("resync", () => on.resync?.());
}

export function stop() {
  source?.close();
  source = null;
  shown("", "");
}
window.addEventListener("pagehide", () => source?.close());
