import { describe, expect, it } from 'vitest';
import type { History } from '../api/types';
import { limiter } from './limit';
import { valueRows } from './value-rows';

const history = (id: number, points: [number, number][]): History => ({
  module: { id, name: 'm' },
  kind: 'number',
  resolution: 'raw',
  step_s: 1,
  from: 0,
  to: 10,
  points,
  trend: [],
  texts: [],
  gaps: [],
  truncated: false,
});

describe('values as a table', () => {
  it('stand in one row per time, newest first, gaps in their place', () => {
    const rows = valueRows(
      [
        history(1, [
          [1, 10],
          [9, 90],
        ]),
        history(2, [[9, 5]]),
      ],
      [[2, 8]],
    );
    expect(rows).toEqual([
      { kind: 'values', at: 9, cells: [{ value: 90 }, { value: 5 }] },
      { kind: 'gap', from: 2, to: 8 },
      { kind: 'values', at: 1, cells: [{ value: 10 }, null] },
    ]);
  });
});

describe('taking turns', () => {
  it('never runs more at once than allowed, and goes on after a failure', async () => {
    const turn = limiter(2);
    let running = 0;
    let most = 0;
    const task = (fails: boolean) => async () => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      if (fails) throw new Error('no');
      return 1;
    };
    const results = await Promise.allSettled([0, 1, 2, 3, 4, 5].map((i) => turn(task(i === 1))));
    expect(most).toBe(2);
    expect(results.map((r) => r.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
  });
});
