/** The values of a chart as rows of a table, newest first, with gaps as rows of their own. */
import type { Gap, History } from '../api/types';

export interface ValueCell {
  value: number;
  min?: number;
  max?: number;
}

export type ValueRow =
  | { kind: 'values'; at: number; cells: (ValueCell | null)[] }
  | { kind: 'gap'; from: number; to: number };

export function valueRows(histories: readonly History[], gaps: readonly Gap[]): ValueRow[] {
  const rows = new Map<number, (ValueCell | null)[]>();
  const cellsAt = (t: number): (ValueCell | null)[] => {
    let cells = rows.get(t);
    if (!cells) {
      cells = new Array<ValueCell | null>(histories.length).fill(null);
      rows.set(t, cells);
    }
    return cells;
  };
  histories.forEach((history, i) => {
    for (const [t, value] of history.points ?? []) cellsAt(t)[i] = { value };
    for (const [t, , min, max, value] of history.trend ?? []) cellsAt(t)[i] = { value, min, max };
  });
  const all: ValueRow[] = [
    ...[...rows].map(([at, cells]): ValueRow => ({ kind: 'values', at, cells })),
    ...gaps.map(([from, to]): ValueRow => ({ kind: 'gap', from, to })),
  ];
  const key = (row: ValueRow) => (row.kind === 'gap' ? row.from : row.at);
  return all.sort((a, b) => key(b) - key(a));
}
