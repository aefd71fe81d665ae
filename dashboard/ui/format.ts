/** Figures and times as people read them. */

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** 1,536 is "1.5 KB"; units of 1,000, as disks and browsers count. */
export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

export const whole = (count: number): string => Math.round(count).toLocaleString("en-US");

/** 12.3456 is "12.35", 0.000123 is "0.000123": three figures that matter. */
export const figure = (value: number): string =>
  Math.abs(value) >= 1000 ? whole(value) : String(Number(value.toPrecision(4)));

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });
const plain = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });

/** A mark on an axis that has room for six signs: 60,000 is "60K". */
export const onScale = (value: number): string => (Math.abs(value) < 10_000 ? plain : compact).format(value);

/** Of so many seconds: "45 s", "3 min 5 s", "2 h 10 min", "4 d 3 h". */
export function duration(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [
    Math.floor(all / 86_400),
    Math.floor(all / 3600) % 24,
    Math.floor(all / 60) % 60,
  ];
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes > 0) return all % 60 > 0 ? `${minutes} min ${all % 60} s` : `${minutes} min`;
  return `${all} s`;
}

/** Minutes and UTC: "2026-11-26 13:05 UTC". */
export const utc = (unixSeconds: number): string =>
  `${new Date(unixSeconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;

export const local = (unixSeconds: number): string =>
  new Date(unixSeconds * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

const DAY_SECONDS = 86_400;

/** Times on an axis whose marks are so many seconds apart: the time of day, and days where one begins. */
export function onAxis(unixSeconds: number, apartSeconds: number): string {
  const at = new Date(unixSeconds * 1000);
  const isDay = apartSeconds >= DAY_SECONDS || (at.getHours() === 0 && at.getMinutes() === 0);
  return at.toLocaleString(
    undefined,
    isDay ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" },
  );
}
