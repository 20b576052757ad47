/**
 * From histories to what a chart draws: aligned columns, gaps, threshold ranges and the arithmetic
 * of the visible range. No drawing here, so that all of it can be tested.
 */
import type { Gap, History, Module, Status, Threshold } from '../api/types';
import { isBooleanType } from './format';

export type Cell = number | null | undefined;

export interface Column {
  moduleId: number;
  role: 'value' | 'min' | 'max';
  values: Cell[];
}

export interface Aligned {
  times: number[];
  columns: Column[];
}

/**
 * Joins histories on one time axis. `undefined` means "this module has nothing to say here" (the
 * line goes through), `null` means "nothing was measured" (the line breaks): one is put into the
 * middle of every gap.
 */
export function align(histories: readonly History[]): Aligned {
  const stamps = new Set<number>();
  for (const h of histories) {
    for (const p of h.points ?? []) stamps.add(p[0]);
    for (const p of h.trend ?? []) stamps.add(p[0]);
    for (const gap of h.gaps) stamps.add(middle(gap));
  }
  const times = [...stamps].sort((a, b) => a - b);
  const index = new Map(times.map((t, i) => [t, i]));
  const columns: Column[] = [];
  const blank = (): Cell[] => new Array<Cell>(times.length).fill(undefined);
  const put = (cells: Cell[], t: number, value: Cell) => {
    const at = index.get(t);
    if (at !== undefined) cells[at] = value;
  };
  for (const h of histories) {
    if (h.kind !== 'number') continue;
    const value = blank();
    for (const gap of h.gaps) put(value, middle(gap), null);
    if (h.resolution === 'trend') {
      const min = value.slice();
      const max = value.slice();
      for (const [t, , low, high, avg] of h.trend ?? []) {
        put(value, t, avg);
        put(min, t, low);
        put(max, t, high);
      }
      columns.push({ moduleId: h.module.id, role: 'value', values: value });
      columns.push({ moduleId: h.module.id, role: 'max', values: max });
      columns.push({ moduleId: h.module.id, role: 'min', values: min });
    } else {
      for (const [t, v] of h.points ?? []) put(value, t, v);
      columns.push({ moduleId: h.module.id, role: 'value', values: value });
    }
  }
  return { times, columns };
}

const middle = ([from, to]: Gap): number => from + (to - from) / 2;

/** Gaps of all histories that overlap or touch, merged, clipped to [from, to]. */
export function mergeGaps(gaps: readonly Gap[], from: number, to: number): Gap[] {
  const sorted = gaps
    .map(([a, b]): Gap => [Math.max(a, from), Math.min(b, to)])
    .filter(([a, b]) => b > a)
    .sort((x, y) => x[0] - y[0]);
  const merged: Gap[] = [];
  for (const gap of sorted) {
    const last = merged[merged.length - 1];
    if (last && gap[0] <= last[1]) last[1] = Math.max(last[1], gap[1]);
    else merged.push([gap[0], gap[1]]);
  }
  return merged;
}

/** Gaps that every one of several modules shares: only those are gaps of the whole chart. */
export function commonGaps(perModule: readonly (readonly Gap[])[]): Gap[] {
  const first = perModule[0];
  if (!first) return [];
  let common: Gap[] = first.map(([a, b]) => [a, b]);
  for (const gaps of perModule.slice(1)) {
    const next: Gap[] = [];
    for (const [a, b] of common) {
      for (const [c, d] of gaps) {
        const from = Math.max(a, c);
        const to = Math.min(b, d);
        if (to > from) next.push([from, to]);
      }
    }
    common = next;
  }
  return common;
}

export interface Band {
  status: Extract<Status, 'warning' | 'critical'>;
  /** -Infinity or Infinity where the range is open. Lower bound belongs to it, upper does not. */
  from: number;
  to: number;
}

/** The value ranges of one threshold; none when it is inactive (nothing set, or min equals max). */
export function thresholdBands(threshold: Threshold, status: Band['status']): Band[] {
  const { min, max, inverse } = threshold;
  if ((min === null && max === null) || min === max) return [];
  const low = min ?? -Infinity;
  const high = max === null || max < low ? Infinity : max;
  if (!inverse) return [{ status, from: low, to: high }];
  const outside: Band[] = [];
  if (low !== -Infinity) outside.push({ status, from: -Infinity, to: low });
  if (high !== Infinity) outside.push({ status, from: high, to: Infinity });
  return outside;
}

/** Warning first, so that critical is drawn over it. Boolean types have an implied critical 0. */
export function moduleBands(module: Pick<Module, 'type' | 'thresholds'>): Band[] {
  const { warning, critical } = module.thresholds;
  const bands = [...thresholdBands(warning, 'warning'), ...thresholdBands(critical, 'critical')];
  if (isBooleanType(module.type) && !bands.some((b) => b.status === 'critical')) {
    bands.push({ status: 'critical', from: 0, to: 1 });
  }
  return bands;
}

/** Finite edges of the bands: the lines to draw. */
export function bandEdges(bands: readonly Band[]): { status: Band['status']; at: number }[] {
  const edges = new Map<number, Band['status']>();
  for (const band of bands) {
    for (const at of [band.from, band.to]) {
      if (!Number.isFinite(at)) continue;
      if (edges.get(at) !== 'critical') edges.set(at, band.status);
    }
  }
  return [...edges].map(([at, status]) => ({ at, status })).sort((a, b) => a.at - b.at);
}

/** Percentages that move by this much are shown on the whole scale. */
const wholeScaleFrom = 20;

/**
 * The visible value range: all values, plus the nearest threshold when it is close enough to matter
 * (within the span of the data again), never a flat line without height.
 */
export function valueRange(
  min: number,
  max: number,
  edges: readonly number[],
  unit = '',
): [low: number, high: number] {
  const percent = unit === '%' && min >= 0 && max <= 100;
  if (percent && max - min >= wholeScaleFrom) return [0, 100];
  let low = min;
  let high = max;
  const span = Math.max(high - low, percent ? 10 : Math.abs(high) * 0.1, 1e-9);
  for (const edge of edges) {
    if (edge > max && edge - max <= span) high = Math.max(high, edge);
    if (edge < min && min - edge <= span) low = Math.min(low, edge);
  }
  const height = Math.max(high - low, span);
  const pad = height * 0.08;
  const bottom = low >= 0 && low - pad < 0 ? 0 : low - pad;
  const top = (high - low < span ? low + span : high) + pad;
  // A constant 100 % has its room below, not above.
  return percent && top > 100 ? [Math.min(bottom, 100 - span), 100] : [bottom, top];
}

export interface Range {
  from: number;
  to: number;
}

export const presetSeconds = {
  '1h': 3600,
  '6h': 6 * 3600,
  '24h': 86_400,
  '7d': 7 * 86_400,
  '30d': 30 * 86_400,
  '1y': 365 * 86_400,
} as const;
export type Preset = keyof typeof presetSeconds;
export const presets = Object.keys(presetSeconds) as Preset[];

/** A day, or less for a host that has not reported for so long: the range nobody had to choose. */
export function usualPreset(firstContactS: number | null, nowS: number): Preset {
  const age = firstContactS === null ? Infinity : nowS - firstContactS;
  return age <= presetSeconds['1h'] ? '1h' : age <= presetSeconds['6h'] ? '6h' : '24h';
}

/** Before the first report nothing is missing: gaps begin there at the earliest. */
export function gapsSince(gaps: readonly Gap[], firstContactS: number | null): Gap[] {
  if (firstContactS === null) return [...gaps];
  return gaps
    .map(([from, to]): Gap => [Math.max(from, firstContactS), to])
    .filter(([from, to]) => to > from);
}

export const shortestRangeS = 60;
export const longestRangeS = 5 * 365 * 86_400;

/** Moves the range by a share of its own width, never into the future. */
export function pan(range: Range, share: number, now: number): Range {
  const width = range.to - range.from;
  const to = Math.min(range.to + width * share, now);
  return { from: to - width, to };
}

/** factor < 1 zooms in, > 1 out; `centre` (epoch seconds) keeps its place. */
export function zoom(range: Range, factor: number, centre: number, now: number): Range {
  const width = range.to - range.from;
  const wanted = Math.min(Math.max(width * factor, shortestRangeS), longestRangeS);
  const share = width > 0 ? (centre - range.from) / width : 0.5;
  const from = centre - wanted * share;
  const to = Math.min(from + wanted, now);
  return { from: to - wanted, to };
}

/** What a selection with the mouse becomes: at least the shortest range, in order, not in future. */
export function select(a: number, b: number, now: number): Range {
  const from = Math.min(a, b);
  const to = Math.min(Math.max(a, b), now);
  return to - from < shortestRangeS ? { from: to - shortestRangeS, to } : { from, to };
}

/** Points of a small line in a box; null cells break it. Returns an SVG path, '' when nothing. */
export function sparkPath(
  points: readonly (readonly [number, number])[],
  gaps: readonly Gap[],
  range: Range,
  width: number,
  height: number,
): string {
  if (points.length === 0 || range.to <= range.from) return '';
  let min = Infinity;
  let max = -Infinity;
  for (const [, v] of points) {
    if (v < min) min = v;
    if (v > max) max = v;
  }
  const span = max - min;
  const x = (t: number) => ((t - range.from) / (range.to - range.from)) * width;
  const y = (v: number) => (span === 0 ? height / 2 : height - ((v - min) / span) * height);
  let path = '';
  let previous: number | undefined;
  for (const [t, v] of points) {
    const before = previous;
    const broken = before === undefined || gaps.some(([a, b]) => a >= before && b <= t);
    // A beginning is a dot (h0 with round ends), in case nothing follows it.
    path += `${broken ? 'M' : 'L'}${x(t).toFixed(1)} ${y(v).toFixed(1)}${broken ? 'h0' : ''}`;
    previous = t;
  }
  return path;
}
