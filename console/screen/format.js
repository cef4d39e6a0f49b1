// Numbers as a reader wants them. Times are microseconds.

export function clock(us, fine) {
  const seconds = Math.max(0, us / 1e6), whole = Math.floor(seconds + 1e-6);
  const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60, s = whole % 60;
  const two = (n) => String(n).padStart(2, "0");
  const tail = fine ? (seconds - whole).toFixed(1).slice(1) : "";
  return (h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`) + tail;
}

export const span = (us) => (us < 99.95e6 ? `${(us / 1e6).toFixed(us < 9.95e6 ? 1 : 0)} s` : clock(us));

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
export const count = (n) => grouped.format(n).replaceAll(",", "\u202f");
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
export const score = (x) => (Number.isFinite(x) ? x.toFixed(3) : "–");
export const signed = (x) => (Number.isFinite(x) ? `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(Math.abs(x) < 0.095 ? 3 : 2)}` : "–");
export const percent = (x) => `${Math.round(x * 100)} %`;
export const money = (x) => `${x < 100 && x % 1 !== 0 ? x.toFixed(2) : count(Math.round(x))} USD`;

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
export function wall(us) {
  if (!us) return "–";
  const at = new Date(us / 1000), today = new Date();
  const same = at.toDateString() === today.toDateString();
  return same ? time.format(at) : `${day.format(at)}${at.getFullYear() === today.getFullYear() ? "" : ` ${at.getFullYear()}`}, ${time.format(at)}`;
}

// The first of 1, 2, 5 times a power of ten that is not below x.
export function niceStep(x) {
  const power = 10 ** Math.floor(Math.log10(x || 1));
  return [1, 2, 5, 10].map((f) => f * power).find((s) => s >= x * 0.999) ?? x;
}
export const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200].map((s) => s * 1e6);
