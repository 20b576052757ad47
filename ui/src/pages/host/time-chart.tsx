/** One chart for the modules that share a unit. */
import 'uplot/dist/uPlot.min.css';
import { useMantineColorScheme } from '@mantine/core';
import { useColorScheme, useElementSize, useReducedMotion } from '@mantine/hooks';
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import uPlot from 'uplot';
import type { History, Module } from '../../api/types';
import { useLanguage, useTranslation } from '../../i18n';
import { isoInstant, moduleValue } from '../../lib/format';
import { useValueWords } from '../../lib/value-words';
import { align, commonGaps, mergeGaps, moduleBands, pan, zoom, type Range } from '../../lib/series';
import { chartData, chartOptions, dashOf, extremes, type ChartInput } from './chart-options';
import css from './chart.module.css';

interface TimeChartProps {
  modules: Module[];
  histories: History[];
  range: Range;
  slots: Map<number, number>;
  height: number;
  onRange: (range: Range) => void;
  onReset: () => void;
}

const panShare = 0.25;
const zoomStep = 0.6;

export function TimeChart(props: TimeChartProps) {
  const { modules, histories, range, slots, height, onRange, onReset } = props;
  const { t } = useTranslation();
  const language = useLanguage();
  const words = useValueWords();
  const summaryId = useId();
  const { ref, width } = useElementSize<HTMLDivElement>();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [hover, setHover] = useState<number | null>(null);
  const { colorScheme } = useMantineColorScheme();
  const system = useColorScheme();
  const scheme = colorScheme === 'auto' ? system : colorScheme;
  const calm = useReducedMotion();

  const input = useMemo<ChartInput>(() => {
    const drawn = histories.filter((h) => modules.some((m) => m.id === h.module.id));
    return {
      modules,
      aligned: align(drawn),
      gaps: mergeGaps(commonGaps(drawn.map((h) => h.gaps)), range.from, range.to),
      bands: modules.length === 1 ? moduleBands(modules[0]!) : [],
      range,
      unit: modules[0]?.unit ?? '',
      language,
      words: {
        gap: t('chart.gap'),
        warning: t('status.warning'),
        critical: t('status.critical'),
        yes: words.yes,
        no: words.no,
      },
      slots,
    };
  }, [modules, histories, range, language, slots, t, words]);

  const select = useRef(onRange);
  select.current = onRange;

  useEffect(() => {
    const element = host.current;
    if (!element || width < 50) return undefined;
    const events = {
      onSelect: (from: number, to: number) => select.current({ from, to }),
      onHover: setHover,
    };
    const options = chartOptions(input, events, element, { width, height });
    const chart = new uPlot(options, chartData(input.aligned), element);
    // Pictures say nothing to a screen reader; the summary and the table do.
    chart.root.setAttribute('aria-hidden', 'true');
    plot.current = chart;
    return () => {
      plot.current = null;
      setHover(null);
      chart.destroy();
    };
    // `scheme` and `calm` are read through computed styles: drawn anew when they change.
  }, [input, width, height, scheme, calm]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = Date.now() / 1000;
    const centre = (range.from + range.to) / 2;
    const next: Record<string, () => void> = {
      ArrowLeft: () => onRange(pan(range, -panShare, now)),
      ArrowRight: () => onRange(pan(range, panShare, now)),
      '+': () => onRange(zoom(range, zoomStep, centre, now)),
      '=': () => onRange(zoom(range, zoomStep, centre, now)),
      '-': () => onRange(zoom(range, 1 / zoomStep, centre, now)),
      '0': onReset,
    };
    const act = next[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };

  useWheelAndDrag(host, plot, range, onRange);

  return (
    <div className={css.chart}>
      <Legend input={input} hover={hover} />
      <p id={summaryId} className="y-hidden">
        <Summary input={input} />
      </p>
      <div
        ref={ref}
        className={css.canvas}
        tabIndex={0}
        role="group"
        aria-label={t('chart.label', { names: modules.map((m) => m.name).join(', ') })}
        aria-describedby={summaryId}
        onKeyDown={onKeyDown}
        onDoubleClick={onReset}
      >
        <div ref={host} style={{ minHeight: height }} />
      </div>
    </div>
  );
}

/** Ctrl + wheel zooms at the pointer, a sideways wheel or Shift + drag moves along. */
function useWheelAndDrag(
  host: { readonly current: HTMLDivElement | null },
  plot: { readonly current: uPlot | null },
  range: Range,
  onRange: (range: Range) => void,
): void {
  const state = useRef({ range, onRange });
  state.current = { range, onRange };
  useEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const onWheel = (event: WheelEvent) => {
      const chart = plot.current;
      const now = Date.now() / 1000;
      if (!chart) return;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const at = chart.posToVal(event.clientX - chart.over.getBoundingClientRect().left, 'x');
        const factor = event.deltaY > 0 ? 1.25 : 0.8;
        state.current.onRange(zoom(state.current.range, factor, at, now));
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        const share = event.deltaX / Math.max(chart.over.clientWidth, 1);
        state.current.onRange(pan(state.current.range, share, now));
      }
    };
    const onDown = (event: MouseEvent) => {
      const chart = plot.current;
      if (!chart || !event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      event.stopPropagation();
      const begin = state.current.range;
      const startX = event.clientX;
      const width = Math.max(chart.over.clientWidth, 1);
      const move = (e: MouseEvent) => {
        state.current.onRange(pan(begin, (startX - e.clientX) / width, Date.now() / 1000));
      };
      const up = () => {
        document.removeEventListener('mousemove', move);
        document.removeEventListener('mouseup', up);
      };
      document.addEventListener('mousemove', move);
      document.addEventListener('mouseup', up);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    element.addEventListener('mousedown', onDown, { capture: true });
    return () => {
      element.removeEventListener('wheel', onWheel);
      element.removeEventListener('mousedown', onDown, { capture: true });
    };
  }, [host, plot]);
}

function Legend({ input, hover }: { input: ChartInput; hover: number | null }) {
  const { t } = useTranslation();
  const words = useValueWords();
  const at = hover === null ? undefined : input.aligned.times[hover];
  return (
    <div className={css.legend}>
      {input.aligned.columns
        .filter((c) => c.role === 'value')
        .map((c) => {
          const module = input.modules.find((m) => m.id === c.moduleId);
          if (!module) return null;
          const cell = hover === null ? undefined : c.values[hover];
          const value =
            hover === null
              ? module.value
              : cell === null || cell === undefined
                ? null
                : ({ kind: 'number', number: cell } as const);
          const slot = input.slots.get(c.moduleId) ?? 0;
          return (
            <span key={c.moduleId} className={css.legendItem}>
              <svg width="26" height="10" aria-hidden="true">
                <line
                  x1="1"
                  y1="5"
                  x2="25"
                  y2="5"
                  className={css.swatch}
                  data-slot={slot + 1}
                  strokeDasharray={dashOf(slot).join(' ')}
                />
              </svg>
              {module.name}{' '}
              <b>{moduleValue(value, module.type, module.unit, input.language, words)}</b>
            </span>
          );
        })}
      <span className={css.legendTime}>{at === undefined ? t('chart.now') : isoInstant(at)}</span>
    </div>
  );
}

/** The chart in a sentence per module. */
function Summary({ input }: { input: ChartInput }) {
  const { t } = useTranslation();
  const words = useValueWords();
  return (
    <>
      {input.modules.map((module) => {
        const columns = input.aligned.columns.filter((c) => c.moduleId === module.id);
        const seen = extremes(columns);
        const say = (n: number) =>
          moduleValue(
            { kind: 'number', number: n },
            module.type,
            module.unit,
            input.language,
            words,
          );
        return (
          <span key={module.id}>
            {seen
              ? t('chart.summary', {
                  name: module.name,
                  from: isoInstant(input.range.from),
                  to: isoInstant(input.range.to),
                  min: say(seen[0]),
                  max: say(seen[1]),
                  gaps: input.gaps.length,
                })
              : t('chart.summary_empty', { name: module.name })}{' '}
          </span>
        );
      })}
    </>
  );
}
