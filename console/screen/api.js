// Questions to the server. A problem document becomes an error with its words.

export class Problem extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function answer(response) {
  if (response.ok) return response;
  let text = `${response.status} ${response.statusText}`;
  try {
    text = (await response.json()).detail ?? text;
  } catch { /* no document came */ }
  if (response.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  throw new Problem(response.status, text);
}

export function path(...parts) {
  return `/api/v1/${parts.map(encodeURIComponent).join("/")}`;
}

export async function get(address, query = {}, signal) {
  const known = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = new URLSearchParams(known).toString();
  const response = await fetch(search ? `${address}?${search}` : address, { signal, headers: { accept: "application/json" } });
  return (await answer(response)).json();
}

export async function put(address, body) {
  const headers = { "content-type": "application/json", accept: "application/json" };
  return (await answer(await fetch(address, { method: "PUT", headers, body: JSON.stringify(body) }))).json();
}

// Asks for a file and hands it to the browser to keep.
export async function save(address) {
  const response = await answer(await fetch(address, { method: "POST" }));
  const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? "clip.mp4";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  return name;
}

export const review = (key, decision) => put(path("highlights", key, "review"), decision);
export const stream = (room, name, ...rest) => path("rooms", room, "streams", name, ...rest);
