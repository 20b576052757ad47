/**
 * How instants, durations and numbers are written. Instants are ISO 8601 with the zone's offset, so
 * that a printed page stays unambiguous; words for the distance to now stand beside them.
 */
import type { Language, ModuleValue } from '../api/types';

const locale = (language: Language): string => (language === 'ja' ? 'ja-JP' : 'en-GB');

const cache = new Map<string, Intl.NumberFormat>();
function numberFormat(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language + JSON.stringify(options);
  let format = cache.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale(language), options);
    cache.set(key, format);
  }
  return format;
}

const two = (n: number): string => String(n).padStart(2, '0');

export type Instant = string | number | Date;

/** Accepts RFC 3339 text, epoch seconds or a Date; null when it is none of them. */
export function toDate(value: Instant | null | undefined): Date | null {
  if (value === null || value === undefined || value === '') return null;
  const date =
    value instanceof Date ? value : new Date(typeof value === 'number' ? value * 1000 : value);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** `+09:00` for the given instant in the reader's zone (`Z` is written `+00:00`). */
export function zoneOffset(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const sign = minutes < 0 ? '-' : '+';
  const abs = Math.abs(minutes);
  return `${sign}${two(Math.floor(abs / 60))}:${two(abs % 60)}`;
}

/** `2026-01-31` in the reader's zone. */
export function isoDate(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `13:05:09` in the reader's zone. */
export function isoTime(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `2026-01-31 13:05:09 +09:00`, or an en dash when there is no instant. */
export function isoInstant(value: Instant | null | undefined): string {
  const date = toDate(value);
  return date ? `${isoDate(date)} ${isoTime(date)} ${zoneOffset(date)}` : '–';
}

const relativeFormats = new Map<string, Intl.RelativeTimeFormat>();
function relativeFormat(language: Language, numeric: 'auto' | 'always'): Intl.RelativeTimeFormat {
  const key = language + numeric;
  let format = relativeFormats.get(key);
  if (!format) {
    const style = language === 'ja' ? 'long' : 'short';
    format = new Intl.RelativeTimeFormat(locale(language), { numeric, style });
    relativeFormats.set(key, format);
  }
  return format;
}

const relativeSteps: [limitS: number, unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  [60, 'second', 1],
  [3600, 'minute', 60],
  [86_400, 'hour', 3600],
  [30 * 86_400, 'day', 86_400],
  [365 * 86_400, 'month', 30 * 86_400],
  [Infinity, 'year', 365 * 86_400],
];

/** "3 min ago" / 「3 分前」. Under five seconds it is "now". */
export function relative(value: Instant, nowMs: number, language: Language): string {
  const date = toDate(value);
  if (!date) return '–';
  const seconds = (date.getTime() - nowMs) / 1000;
  if (Math.abs(seconds) < 5) return relativeFormat(language, 'auto').format(0, 'second');
  const format = relativeFormat(language, 'always');
  for (const [limit, unit, step] of relativeSteps) {
    if (Math.abs(seconds) < limit) {
      return format.format(Math.trunc(seconds / step), unit);
    }
  }
  return '–';
}

/** Two most significant units: "2 hr 5 min" / 「2 時間 5 分」. */
export function duration(seconds: number, language: Language): string {
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, 'day' | 'hour' | 'minute' | 'second'][] = [
    [Math.floor(whole / 86_400), 'day'],
    [Math.floor((whole % 86_400) / 3600), 'hour'],
    [Math.floor((whole % 3600) / 60), 'minute'],
    [whole % 60, 'second'],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  const shown = first < 0 ? [parts[3]!] : parts.slice(first, first + 2).filter(([n]) => n > 0);
  return shown
    .map(([n, unit]) =>
      numberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(n),
    )
    .join(' ');
}

/** As `duration`, for how long something has lasted: from a minute on nobody counts seconds. */
export function lasted(seconds: number, language: Language): string {
  return duration(seconds >= 60 ? Math.floor(seconds / 60) * 60 : seconds, language);
}

/** Whole numbers keep their digits; others show what matters at their size. */
export function number(value: number, language: Language): string {
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value)) return numberFormat(language, {}).format(value);
  const size = Math.abs(value);
  const options: Intl.NumberFormatOptions =
    size >= 1000
      ? { maximumFractionDigits: 0 }
      : size >= 100
        ? { maximumFractionDigits: 1 }
        : size >= 1
          ? { maximumFractionDigits: 2 }
          : { maximumSignificantDigits: 3 };
  return numberFormat(language, options).format(value);
}

/** 1,048,576 -> "1 MiB"; powers of two because that is what memory and disks are counted in. */
export function bytes(value: number, language: Language): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let size = Math.abs(value);
  let step = 0;
  while (size >= 1024 && step < units.length - 1) {
    size /= 1024;
    step += 1;
  }
  const digits = step === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  const text = numberFormat(language, { maximumFractionDigits: digits }).format(
    value < 0 ? -size : size,
  );
  return `${text} ${units[step]!}`;
}

export function percent(value: number, language: Language, digits = 1): string {
  return `${numberFormat(language, { maximumFractionDigits: digits }).format(value)} %`;
}

/** A number with the unit as the agent names it. Bytes are scaled, the rest is left as measured. */
export function measured(value: number, unit: string, language: Language): string {
  if (/^(b|byte|bytes)$/i.test(unit)) return bytes(value, language);
  if (/^(b|byte|bytes)\/s(ec)?$/i.test(unit)) return `${bytes(value, language)}/s`;
  if (/^(s|sec|second|seconds)$/i.test(unit) && value >= 120) return duration(value, language);
  return unit ? `${number(value, language)} ${unit}` : number(value, language);
}

/** Modules of a `*_proc` or keep-alive type answer "is it there": 0 is no, anything else yes. */
export function isBooleanType(type: string): boolean {
  return /(^|_)proc$/.test(type) || type === 'keep_alive';
}

export interface ValueWords {
  yes: string;
  no: string;
  none: string;
}

export function moduleValue(
  value: ModuleValue | null,
  type: string,
  unit: string,
  language: Language,
  words: ValueWords,
): string {
  if (!value) return words.none;
  if (value.kind === 'text') return value.text;
  if (isBooleanType(type)) return value.number === 0 ? words.no : words.yes;
  return measured(value.number, unit, language);
}
