/**
 * Filter state lives in the address, so that a link shows another person the same list. The codec
 * accepts what people type (full-width letters and digits, odd spaces) and drops what makes no sense.
 */
import type { EventStatus, Severity, Status } from '../api/types';
import { presetSeconds, type Preset } from './series';

export const statuses: readonly Status[] = ['critical', 'warning', 'unknown', 'not_init', 'normal'];
export const severities: readonly Severity[] = [
  'critical',
  'major',
  'warning',
  'minor',
  'normal',
  'informational',
  'maintenance',
];
export const eventStatuses: readonly EventStatus[] = ['new', 'in_process', 'validated'];

/** The text a person meant: NFKC (全角 becomes 半角), one space between words, at most 200 signs. */
export function cleanText(text: string): string {
  return text.normalize('NFKC').replace(/\s+/gu, ' ').trim().slice(0, 200);
}

export type RawSearch = Record<string, string>;

/** Plain `a=b&c=d`: commas and colons stay readable. */
export function stringifySearch(search: Record<string, unknown>): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(search)) {
    if (value === undefined || value === null || value === '') continue;
    const text = encodeURIComponent(String(value)).replace(/%2C/g, ',').replace(/%3A/g, ':');
    parts.push(`${encodeURIComponent(key)}=${text}`);
  }
  return parts.length ? `?${parts.join('&')}` : '';
}

export function parseSearch(search: string): RawSearch {
  return Object.fromEntries(new URLSearchParams(search));
}

function textOf(raw: Record<string, unknown>, key: string): string {
  const value = raw[key];
  return value === undefined || value === null ? '' : cleanText(String(value));
}

function listOf<T extends string>(
  raw: Record<string, unknown>,
  key: string,
  allowed: readonly T[],
): T[] {
  const wanted = new Set(textOf(raw, key).toLowerCase().split(/[,、]/u));
  return allowed.filter((word) => wanted.has(word));
}

function oneOf<T extends string>(
  raw: Record<string, unknown>,
  key: string,
  allowed: readonly T[],
  fallback: T,
): T {
  const value = textOf(raw, key) as T;
  return allowed.includes(value) ? value : fallback;
}

function idOf(raw: Record<string, unknown>, key: string): number | null {
  const text = textOf(raw, key);
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

export const hostSorts = ['worst', 'name', 'last_contact'] as const;
export type HostSort = (typeof hostSorts)[number];

/** How the server sorts when nothing else is asked for. */
export const defaultOrder: Record<HostSort, 'asc' | 'desc'> = {
  worst: 'desc',
  name: 'asc',
  last_contact: 'desc',
};

export interface HostFilter {
  q: string;
  status: Status[];
  group: number | null;
  approval: '' | 'pending' | 'rejected';
  sort: HostSort;
  order: 'asc' | 'desc' | '';
}

export function decodeHostFilter(raw: Record<string, unknown>): HostFilter {
  return {
    q: textOf(raw, 'q'),
    status: listOf(raw, 'status', statuses),
    group: idOf(raw, 'group'),
    approval: oneOf(raw, 'approval', ['', 'pending', 'rejected'] as const, ''),
    sort: oneOf(raw, 'sort', hostSorts, 'worst'),
    order: oneOf(raw, 'order', ['asc', 'desc', ''] as const, ''),
  };
}

/** Only what differs from the default, so that a plain list has a plain address. */
export function encodeHostFilter(filter: HostFilter): RawSearch {
  return compact({
    q: filter.q,
    status: filter.status.join(','),
    group: filter.group === null ? '' : String(filter.group),
    approval: filter.approval,
    sort: filter.sort === 'worst' ? '' : filter.sort,
    order: filter.order,
  });
}

export const eventPeriods = ['24h', '7d', '30d', 'all'] as const;
export type EventPeriod = (typeof eventPeriods)[number];

export interface EventFilter {
  q: string;
  severity: Severity[];
  status: EventStatus[];
  period: EventPeriod;
  agent: number | null;
}

export function decodeEventFilter(raw: Record<string, unknown>): EventFilter {
  return {
    q: textOf(raw, 'q'),
    severity: listOf(raw, 'severity', severities),
    status: listOf(raw, 'status', eventStatuses),
    period: oneOf(raw, 'period', eventPeriods, '7d'),
    agent: idOf(raw, 'agent'),
  };
}

export function encodeEventFilter(filter: EventFilter): RawSearch {
  return compact({
    q: filter.q,
    severity: filter.severity.join(','),
    status: filter.status.join(','),
    period: filter.period === '7d' ? '' : filter.period,
    agent: filter.agent === null ? '' : String(filter.agent),
  });
}

/** What the page of one host shows: chosen modules and the time range (a preset, or from and to). */
export interface HostView {
  /** null: nobody chose, the page shows what matters most; []: chosen to be none. */
  modules: number[] | null;
  /** null with no own range: nobody chose. */
  preset: Preset | null;
  from: number | null;
  to: number | null;
}

export const mostModules = 8;

export function decodeHostView(raw: Record<string, unknown>): HostView {
  const chosen = textOf(raw, 'm');
  const ids = chosen
    .split(',')
    .filter((text) => /^\d{1,15}$/.test(text))
    .map(Number);
  const modules = ids.length > 0 ? [...new Set(ids)].slice(0, mostModules) : null;
  const from = idOf(raw, 'from');
  const to = idOf(raw, 'to');
  const own = from !== null && to !== null && to > from;
  const preset = textOf(raw, 'range');
  return {
    modules: chosen === 'none' ? [] : modules,
    preset: !own && Object.hasOwn(presetSeconds, preset) ? (preset as Preset) : null,
    from: own ? from : null,
    to: own ? to : null,
  };
}

export function encodeHostView(view: HostView): RawSearch {
  return compact({
    m: view.modules === null ? '' : view.modules.join(',') || 'none',
    range: view.preset ?? '',
    from: view.preset || view.from === null ? '' : String(Math.round(view.from)),
    to: view.preset || view.to === null ? '' : String(Math.round(view.to)),
  });
}

function compact(record: Record<string, string>): RawSearch {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== ''));
}

/** After signing in only a path of this very site is followed (no open redirect). */
export function safeNext(next: unknown): string {
  if (typeof next !== 'string' || !next.startsWith('/') || /^\/[\\/]/.test(next)) return '/';
  if ([...next].some((sign) => sign < ' ' || sign === '\\')) return '/';
  return next.startsWith('/sign-in') || next.startsWith('/password') ? '/' : next;
}
