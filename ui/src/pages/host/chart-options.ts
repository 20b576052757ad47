/** What uPlot is told: axes in ISO form, gaps hatched, thresholds drawn, colours of the theme. */
import uPlot from 'uplot';
import type { Language, Module } from '../../api/types';
import { isBooleanType, isoDate, isoTime, measured } from '../../lib/format';
import {
  bandEdges,
  valueRange,
  type Aligned,
  type Band,
  type Cell,
  type Range,
} from '../../lib/series';

/** Told apart by dashes too, so that no pair of lines differs by colour alone. */
const dashes: number[][] = [
  [],
  [9, 4],
  [2, 4],
  [12, 4, 2, 4],
  [5, 3],
  [16, 5],
  [1, 3],
  [8, 3, 2, 3, 2, 3],
];

export function dashOf(index: number): number[] {
  return dashes[index % dashes.length]!;
}

export interface ChartInput {
  modules: Module[];
  aligned: Aligned;
  gaps: [number, number][];
  bands: Band[];
  range: Range;
  unit: string;
  language: Language;
  words: { gap: string; warning: string; critical: string; yes: string; no: string };
  /** Colour slot of each module, steady while the selection changes. */
  slots: Map<number, number>;
}

export interface ChartEvents {
  onSelect: (from: number, to: number) => void;
  onHover: (index: number | null) => void;
}

const pxPerLabelX = 88;

export function colour(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim() || '#888';
}

/** `13:05`, with the date in front where the day begins or when the steps are days. */
export function axisTimes(splits: readonly number[], step: number): string[] {
  let day = '';
  return splits.map((t) => {
    const date = new Date(t * 1000);
    const today = isoDate(date).slice(5);
    const first = today !== day;
    day = today;
    if (step >= 86_400) return today;
    const clock = isoTime(date).slice(0, step < 60 ? 8 : 5);
    return first ? `${clock}\n${today}` : clock;
  });
}

export function chartData(aligned: Aligned): uPlot.AlignedData {
  return [aligned.times, ...aligned.columns.map((c) => c.values)] as uPlot.AlignedData;
}

function seriesOf(input: ChartInput, element: Element): uPlot.Series[] {
  return input.aligned.columns.map((c) => {
    const slot = input.slots.get(c.moduleId) ?? 0;
    const stroke = colour(element, `--y-line-${slot + 1}`);
    const module = input.modules.find((m) => m.id === c.moduleId);
    if (c.role !== 'value') {
      return { stroke: 'transparent', width: 0, points: { show: false } };
    }
    const paths =
      module && isBooleanType(module.type) ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
    return {
      label: module?.name ?? '',
      stroke,
      width: 1.75,
      dash: dashOf(slot),
      points: { size: 5 },
      ...(paths ? { paths } : {}),
    };
  });
}

function trendBands(input: ChartInput, element: Element): uPlot.Band[] {
  const bands: uPlot.Band[] = [];
  input.aligned.columns.forEach((c, i) => {
    if (c.role !== 'max') return;
    const slot = input.slots.get(c.moduleId) ?? 0;
    const stroke = colour(element, `--y-line-${slot + 1}`);
    bands.push({ series: [i + 1, i + 2], fill: `color-mix(in srgb, ${stroke} 18%, transparent)` });
  });
  return bands;
}

export function extremes(columns: readonly { values: readonly Cell[] }[]): [number, number] | null {
  let min = Infinity;
  let max = -Infinity;
  for (const { values } of columns) {
    for (const v of values) {
      if (v === null || v === undefined) continue;
      if (v < min) min = v;
      if (v > max) max = v;
    }
  }
  return min <= max ? [min, max] : null;
}

export function chartOptions(
  input: ChartInput,
  events: ChartEvents,
  element: Element,
  size: { width: number; height: number },
): uPlot.Options {
  const ink = colour(element, '--y-muted');
  const grid = { stroke: colour(element, '--y-line'), width: 1 };
  const font = `12px ${getComputedStyle(element).fontFamily}`;
  const edges = bandEdges(input.bands).map((e) => e.at);
  const boolean = input.modules.every((m) => isBooleanType(m.type));
  return {
    ...size,
    legend: { show: false },
    padding: [10, 14, 0, 0],
    cursor: {
      sync: { key: 'yagura-host', setSeries: false },
      drag: { x: true, y: false, setScale: false },
      focus: { prox: 24 },
    },
    focus: { alpha: 0.4 },
    scales: {
      x: { time: true, range: () => [input.range.from, input.range.to] },
      y: {
        range: (): [number, number] => {
          if (boolean) return [-0.1, 1.25];
          const seen = extremes(input.aligned.columns);
          return seen ? valueRange(seen[0], seen[1], edges, input.unit) : [0, 1];
        },
      },
    },
    axes: [
      {
        stroke: ink,
        font,
        grid,
        ticks: { ...grid, size: 5 },
        space: pxPerLabelX,
        size: 44,
        values: (_u, splits, _axis, _space, step) => axisTimes(splits, step),
      },
      {
        stroke: ink,
        font,
        grid,
        ticks: { show: false },
        size: 78,
        ...(boolean ? { splits: () => [0, 1] } : {}),
        values: (_u, splits) =>
          splits.map((v) =>
            boolean
              ? v === 0
                ? input.words.no
                : input.words.yes
              : measured(v, input.unit, input.language),
          ),
      },
    ],
    series: [{}, ...seriesOf(input, element)],
    bands: trendBands(input, element),
    hooks: {
      drawClear: [(u) => drawGround(u, input, element)],
      draw: [(u) => drawThresholds(u, input, element)],
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          events.onSelect(
            u.posToVal(u.select.left, 'x'),
            u.posToVal(u.select.left + u.select.width, 'x'),
          );
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      setCursor: [(u) => events.onHover(u.cursor.idx ?? null)],
    },
  };
}

/** Threshold grounds and hatched gaps lie under the lines. */
function drawGround(u: uPlot, input: ChartInput, element: Element): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const y = (v: number) => clampPixel(u.valToPos(v, 'y', true), bbox);
  for (const band of input.bands) {
    const top = band.to === Infinity ? bbox.top : y(band.to);
    const bottom = band.from === -Infinity ? bbox.top + bbox.height : y(band.from);
    if (bottom <= top) continue;
    ctx.fillStyle = colour(element, `--y-${band.status}`);
    ctx.globalAlpha = 0.07;
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  }
  ctx.globalAlpha = 1;
  const hatch = hatchPattern(ctx, colour(element, '--y-line-strong'));
  for (const [from, to] of input.gaps) {
    const left = Math.max(u.valToPos(from, 'x', true), bbox.left);
    const right = Math.min(u.valToPos(to, 'x', true), bbox.left + bbox.width);
    if (right <= left || !hatch) continue;
    ctx.fillStyle = hatch;
    ctx.globalAlpha = 0.5;
    ctx.fillRect(left, bbox.top, Math.max(right - left, 2), bbox.height);
    labelGap(ctx, input.words.gap, left, right, bbox.top, element);
  }
  ctx.restore();
}

function labelGap(
  ctx: CanvasRenderingContext2D,
  word: string,
  left: number,
  right: number,
  top: number,
  element: Element,
): void {
  const ratio = uPlot.pxRatio;
  ctx.font = `${11 * ratio}px ${getComputedStyle(element).fontFamily}`;
  const width = ctx.measureText(word).width + 8 * ratio;
  if (right - left < width) return;
  const x = (left + right) / 2;
  ctx.globalAlpha = 1;
  ctx.fillStyle = colour(element, '--y-surface');
  ctx.fillRect(x - width / 2, top + 5 * ratio, width, 17 * ratio);
  ctx.fillStyle = colour(element, '--y-muted');
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillText(word, x, top + 13.5 * ratio);
}

function drawThresholds(u: uPlot, input: ChartInput, element: Element): void {
  const { ctx, bbox } = u;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.font = `600 ${11 * ratio}px ${getComputedStyle(element).fontFamily}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  for (const { status, at } of bandEdges(input.bands)) {
    const y = u.valToPos(at, 'y', true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    const tone = colour(element, `--y-${status}`);
    ctx.strokeStyle = tone;
    ctx.lineWidth = ratio;
    ctx.setLineDash(status === 'critical' ? [] : [6 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.setLineDash([]);
    const text = `${input.words[status]} ${measured(at, input.unit, input.language)}`;
    const left = bbox.left + 6 * ratio;
    ctx.fillStyle = colour(element, '--y-surface');
    ctx.globalAlpha = 0.8;
    ctx.fillRect(
      left - 3 * ratio,
      y - 15 * ratio,
      ctx.measureText(text).width + 6 * ratio,
      14 * ratio,
    );
    ctx.globalAlpha = 1;
    ctx.fillStyle = tone;
    ctx.fillText(text, left, y - 2 * ratio);
  }
  ctx.restore();
}

function clampPixel(y: number, bbox: uPlot.BBox): number {
  return Math.min(Math.max(y, bbox.top), bbox.top + bbox.height);
}

function hatchPattern(ctx: CanvasRenderingContext2D, stroke: string): CanvasPattern | null {
  const side = 8 * uPlot.pxRatio;
  const tile = document.createElement('canvas');
  tile.width = side;
  tile.height = side;
  const pen = tile.getContext('2d');
  if (!pen) return null;
  pen.strokeStyle = stroke;
  pen.lineWidth = uPlot.pxRatio;
  pen.beginPath();
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift, side);
    pen.lineTo(shift + side, 0);
  }
  pen.stroke();
  return ctx.createPattern(tile, 'repeat');
}
