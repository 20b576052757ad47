import { describe, expect, it } from 'vitest';
import type { History, Threshold } from '../api/types';
import {
  align,
  bandEdges,
  commonGaps,
  gapsSince,
  mergeGaps,
  moduleBands,
  pan,
  select,
  sparkPath,
  thresholdBands,
  usualPreset,
  valueRange,
  zoom,
} from './series';

const history = (part: Partial<History>): History => ({
  module: { id: 1, name: 'm' },
  kind: 'number',
  resolution: 'raw',
  step_s: 300,
  from: 0,
  to: 1000,
  points: [],
  trend: [],
  texts: [],
  gaps: [],
  truncated: false,
  ...part,
});

const threshold = (part: Partial<Threshold>): Threshold => ({
  min: null,
  max: null,
  inverse: false,
  text: '',
  ...part,
});

describe('joining histories', () => {
  it('lets a line pass where only the other module has a value', () => {
    const a = history({
      points: [
        [0, 1],
        [300, 2],
      ],
    });
    const b = history({ module: { id: 2, name: 'n' }, points: [[150, 7]] });
    const { times, columns } = align([a, b]);
    expect(times).toEqual([0, 150, 300]);
    expect(columns[0]!.values).toEqual([1, undefined, 2]);
    expect(columns[1]!.values).toEqual([undefined, 7, undefined]);
  });
  it('breaks the line in a gap, and only the line of the module that has the gap', () => {
    const a = history({
      points: [
        [0, 1],
        [900, 2],
      ],
      gaps: [[300, 600]],
    });
    const b = history({
      module: { id: 2, name: 'n' },
      points: [
        [0, 5],
        [900, 6],
      ],
    });
    const { times, columns } = align([a, b]);
    expect(times).toEqual([0, 450, 900]);
    expect(columns[0]!.values).toEqual([1, null, 2]);
    expect(columns[1]!.values).toEqual([5, undefined, 6]);
  });
  it('turns a trend into value, maximum and minimum', () => {
    const t = history({ resolution: 'trend', trend: [[0, 3, 1, 9, 4]] });
    expect(align([t]).columns.map((c) => [c.role, c.values])).toEqual([
      ['value', [4]],
      ['max', [9]],
      ['min', [1]],
    ]);
  });
  it('has no column for texts', () => {
    const t = history({ kind: 'text', texts: [[5, 'x']] });
    expect(align([t]).columns).toEqual([]);
  });
});

describe('gaps', () => {
  it('that overlap are one, clipped to the range', () => {
    expect(
      mergeGaps(
        [
          [50, 80],
          [-20, 10],
          [70, 200],
          [300, 300],
        ],
        0,
        100,
      ),
    ).toEqual([
      [0, 10],
      [50, 100],
    ]);
  });
  it('of the chart are those that all modules share', () => {
    expect(
      commonGaps([
        [
          [0, 10],
          [20, 40],
        ],
        [[5, 30]],
      ]),
    ).toEqual([
      [5, 10],
      [20, 30],
    ]);
    expect(commonGaps([[[0, 10]], []])).toEqual([]);
    expect(commonGaps([])).toEqual([]);
  });
});

describe('threshold ranges', () => {
  it('are none when nothing is set or both ends are one', () => {
    expect(thresholdBands(threshold({}), 'warning')).toEqual([]);
    expect(thresholdBands(threshold({ min: 0, max: 0 }), 'warning')).toEqual([]);
  });
  it('run from min to max, open where an end is missing or below', () => {
    const range = (t: Partial<Threshold>) =>
      thresholdBands(threshold(t), 'critical').map((b) => [b.from, b.to]);
    expect(range({ min: 80, max: 90 })).toEqual([[80, 90]]);
    expect(range({ min: 80 })).toEqual([[80, Infinity]]);
    expect(range({ min: 80, max: 0 })).toEqual([[80, Infinity]]);
    expect(range({ max: 5 })).toEqual([[-Infinity, 5]]);
  });
  it('inverse are what lies outside', () => {
    const range = (t: Partial<Threshold>) =>
      thresholdBands(threshold({ ...t, inverse: true }), 'critical').map((b) => [b.from, b.to]);
    expect(range({ min: 10, max: 20 })).toEqual([
      [-Infinity, 10],
      [20, Infinity],
    ]);
    expect(range({ min: 10, max: 0 })).toEqual([[-Infinity, 10]]);
    expect(range({ max: 20 })).toEqual([[20, Infinity]]);
  });
  it('of boolean modules have zero as critical unless something else is set', () => {
    const none = { warning: threshold({}), critical: threshold({}) };
    expect(moduleBands({ type: 'generic_proc', thresholds: none })).toEqual([
      { status: 'critical', from: 0, to: 1 },
    ]);
    expect(moduleBands({ type: 'generic_data', thresholds: none })).toEqual([]);
  });
  it('draw one line where warning ends and critical begins', () => {
    const bands = [
      { status: 'warning', from: 80, to: 90 },
      { status: 'critical', from: 90, to: Infinity },
    ] as const;
    expect(bandEdges(bands)).toEqual([
      { at: 80, status: 'warning' },
      { at: 90, status: 'critical' },
    ]);
  });
});

describe('the visible value range', () => {
  it('takes in a threshold that is near, and leaves one that is far', () => {
    expect(valueRange(10, 60, [80])[1]).toBeGreaterThan(80);
    expect(valueRange(10, 12, [80])[1]).toBeLessThan(20);
  });
  it('gives a constant value height, and does not go below zero without need', () => {
    const [low, high] = valueRange(5, 5, []);
    expect(high - low).toBeGreaterThan(0);
    expect(low).toBeLessThan(5);
    expect(valueRange(0, 10, [])[0]).toBe(0);
    expect(valueRange(0, 0, [])[1]).toBeGreaterThan(0);
  });
});

describe('percentages', () => {
  it('are shown on the whole scale when they move, near when they do not', () => {
    expect(valueRange(10, 60, [], '%')).toEqual([0, 100]);
    const [low, high] = valueRange(68.1, 68.4, [], '%');
    expect(high - low).toBeLessThan(20);
  });
  it('never reach above 100, and show the threshold just below', () => {
    const [low, high] = valueRange(100, 100, [85, 95], '%');
    expect(high).toBe(100);
    expect(low).toBeLessThan(95);
  });
});

describe('a host that is new', () => {
  it('is shown as long as it has been reporting', () => {
    expect(usualPreset(1000, 1000 + 600)).toBe('1h');
    expect(usualPreset(1000, 1000 + 7200)).toBe('6h');
    expect(usualPreset(1000, 1000 + 90_000)).toBe('24h');
    expect(usualPreset(null, 1000)).toBe('24h');
  });
  it('misses nothing before its first report', () => {
    expect(
      gapsSince(
        [
          [0, 50],
          [60, 80],
          [90, 95],
        ],
        70,
      ),
    ).toEqual([
      [70, 80],
      [90, 95],
    ]);
    expect(gapsSince([[0, 50]], null)).toEqual([[0, 50]]);
  });
});

describe('moving in time', () => {
  const range = { from: 1000, to: 5000 };
  it('pans by a share and stops at now', () => {
    expect(pan(range, -0.5, 9000)).toEqual({ from: -1000, to: 3000 });
    expect(pan(range, 1, 6000)).toEqual({ from: 2000, to: 6000 });
  });
  it('zooms around a point that keeps its place', () => {
    expect(zoom(range, 0.5, 2000, 9000)).toEqual({ from: 1500, to: 3500 });
    expect(zoom(range, 2, 3000, 5500)).toEqual({ from: -2500, to: 5500 });
  });
  it('never zooms below a minute', () => {
    const close = zoom({ from: 100, to: 200 }, 0.01, 150, 9000);
    expect(close.to - close.from).toBe(60);
    const marked = select(500, 490, 9000);
    expect(marked.to - marked.from).toBe(60);
    expect(select(500, 100, 9000)).toEqual({ from: 100, to: 500 });
  });
});

describe('small lines', () => {
  it('begin anew after a gap', () => {
    const points = [
      [0, 1],
      [10, 2],
      [50, 3],
      [60, 4],
    ] as const;
    const path = sparkPath(points, [[10, 50]], { from: 0, to: 60 }, 60, 20);
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path.match(/L/g)).toHaveLength(2);
  });
  it('of one value lie in the middle, of none are nothing', () => {
    expect(
      sparkPath(
        [
          [0, 5],
          [60, 5],
        ],
        [],
        { from: 0, to: 60 },
        60,
        20,
      ),
    ).toBe('M0.0 10.0h0L60.0 10.0');
    expect(sparkPath([], [], { from: 0, to: 60 }, 60, 20)).toBe('');
  });
});
