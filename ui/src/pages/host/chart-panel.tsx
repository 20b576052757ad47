/** Charts of the chosen modules with their range, and the same values as a table. */
import { ActionIcon, Button, Checkbox, SegmentedControl, Tooltip } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { ChartLine, ChevronLeft, ChevronRight, RotateCcw, ZoomIn, ZoomOut } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { historyQuery } from '../../api/queries';
import type { History, Module } from '../../api/types';
import { Empty, ProblemNotice, Waiting } from '../../components/notice';
import { Panel } from '../../components/page';
import { useTranslation } from '../../i18n';
import type { HostView } from '../../lib/filters';
import { isoInstant } from '../../lib/format';
import { useNow } from '../../lib/now';
import {
  gapsSince,
  pan,
  presets,
  presetSeconds,
  usualPreset,
  zoom,
  type Preset,
  type Range,
} from '../../lib/series';
import css from './chart.module.css';
import { TextHistory } from './text-history';
import { TimeChart } from './time-chart';
import { ValueTable } from './value-table';

const maxPoints = 1200;
/** The live end moves in steps, so that a chart is not asked for anew with every tick. */
const liveStepS = 30;
const chartHeights = { one: 280, several: 200 };

interface ChartPanelProps {
  modules: Module[];
  view: HostView;
  /** Of the host, epoch seconds: before it nothing can be missing. */
  firstContactS: number | null;
  last: string | null;
  onView: (view: Partial<HostView>) => void;
}

function useRange(view: HostView, preset: Preset): Range {
  const live = Math.floor(useNow() / 1000 / liveStepS) * liveStepS;
  const { from, to } = view;
  return useMemo(
    () =>
      from === null || to === null
        ? { from: live - presetSeconds[preset], to: live }
        : { from, to },
    [preset, from, to, live],
  );
}

export function ChartPanel({ modules, view, firstContactS, last, onView }: ChartPanelProps) {
  const { t } = useTranslation();
  const preset = view.preset ?? usualPreset(firstContactS, Date.now() / 1000);
  const range = useRange(view, preset);
  const [asTable, setAsTable] = useState(false);
  const { histories, failed, waiting } = useHistories(modules, range, firstContactS);
  const numeric = modules.filter((m) => !m.type.endsWith('string'));
  const texts = modules.filter((m) => m.type.endsWith('string'));
  const byUnit = useMemo(() => groupByUnit(numeric), [numeric]);
  const slots = useMemo(() => new Map(modules.map((m, i) => [m.id, i % 8])), [modules]);

  const setRange = (next: Range) =>
    onView({ preset: null, from: Math.round(next.from), to: Math.round(next.to) });
  const reset = () => onView({ preset: null, from: null, to: null });
  const centre = (range.from + range.to) / 2;
  const nowS = () => Date.now() / 1000;

  return (
    <Panel
      title={t('chart.title')}
      aside={
        <div className={`${css.panelTools} y-no-print`}>
          <SegmentedControl
            size="xs"
            aria-label={t('chart.range')}
            value={view.from === null ? preset : ''}
            onChange={(value) => onView({ preset: value as Preset, from: null, to: null })}
            data={presets.map((p) => ({ value: p, label: t(`range.${p}`) }))}
          />
          <div role="group" aria-label={t('chart.move')}>
            <ActionIcon.Group>
              <Tool
                label={t('chart.back')}
                icon={ChevronLeft}
                onClick={() => setRange(pan(range, -0.5, nowS()))}
              />
              <Tool
                label={t('chart.forward')}
                icon={ChevronRight}
                onClick={() => setRange(pan(range, 0.5, nowS()))}
              />
              <Tool
                label={t('chart.zoom_in')}
                icon={ZoomIn}
                onClick={() => setRange(zoom(range, 0.5, centre, nowS()))}
              />
              <Tool
                label={t('chart.zoom_out')}
                icon={ZoomOut}
                onClick={() => setRange(zoom(range, 2, centre, nowS()))}
              />
              <Tool label={t('chart.reset')} icon={RotateCcw} onClick={reset} />
            </ActionIcon.Group>
          </div>
          <Checkbox
            size="xs"
            label={t('chart.as_table')}
            checked={asTable}
            onChange={(event) => setAsTable(event.currentTarget.checked)}
          />
        </div>
      }
    >
      {modules.length === 0 ? (
        <Empty
          icon={ChartLine}
          what={t('chart.none_chosen')}
          why={t('chart.none_chosen_why')}
          action={
            <Button size="xs" variant="default" onClick={() => onView({ modules: null })}>
              {t('chart.choose_for_me')}
            </Button>
          }
          last={last}
        />
      ) : (
        <>
          {failed && <ProblemNotice error={failed.error} onRetry={() => void failed.refetch()} />}
          {waiting && histories.length === 0 && !failed ? (
            <Waiting rows={6} />
          ) : (
            [...byUnit.values()].map((group) => (
              <TimeChart
                key={group.map((m) => m.id).join()}
                modules={group}
                histories={histories}
                range={range}
                slots={slots}
                height={byUnit.size > 1 ? chartHeights.several : chartHeights.one}
                onRange={setRange}
                onReset={reset}
              />
            ))
          )}
          {texts.map((m) => (
            <TextHistory
              key={m.id}
              module={m}
              history={histories.find((h) => h.module.id === m.id)}
            />
          ))}
          <p className={css.hint}>
            <span>
              {isoInstant(range.from)} – {isoInstant(range.to)}
            </span>
            {histories.some((h) => h.resolution === 'trend') && <> · {t('chart.trend_note')}</>}
            {histories.some((h) => h.truncated) && <> · {t('chart.truncated')}</>}
          </p>
          {asTable && <ValueTable modules={numeric} histories={histories} range={range} />}
        </>
      )}
    </Panel>
  );
}

/**
 * The histories of the modules. While a new range is on its way the one before stays, so that the
 * chart (and the focus in it) remains where it is.
 */
function useHistories(modules: readonly Module[], range: Range, firstContactS: number | null) {
  const results = useQueries({
    queries: modules.map((m) => historyQuery(m.id, range.from, range.to, maxPoints)),
  });
  const kept = useRef(new Map<number, History>());
  // Results are new objects with every render; their data changed when this did.
  const version = results.map((r) => r.dataUpdatedAt).join() + range.from + '-' + range.to;
  const histories = useMemo(() => {
    for (const { data } of results) {
      if (!data) continue;
      kept.current.set(data.module.id, { ...data, gaps: gapsSince(data.gaps, firstContactS) });
    }
    return modules.map((m) => kept.current.get(m.id)).filter((h): h is History => !!h);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [modules, version, firstContactS]);
  return {
    histories,
    failed: results.find((r) => r.isError),
    waiting: results.some((r) => r.isPending),
  };
}

interface ToolProps {
  label: string;
  icon: typeof ZoomIn;
  onClick: () => void;
}

function Tool({ label, icon: Icon, onClick }: ToolProps) {
  return (
    <Tooltip label={label} withArrow openDelay={400}>
      <ActionIcon variant="default" size="md" aria-label={label} onClick={onClick}>
        <Icon size={15} aria-hidden="true" />
      </ActionIcon>
    </Tooltip>
  );
}

/** Modules with one unit share a chart; answers "is it there" never share one with figures. */
function groupByUnit(modules: readonly Module[]): Map<string, Module[]> {
  const groups = new Map<string, Module[]>();
  for (const module of modules) {
    const key = /(^|_)proc$/.test(module.type) ? 'yes-no' : `unit:${module.unit}`;
    const list = groups.get(key);
    if (list) list.push(module);
    else groups.set(key, [module]);
  }
  return groups;
}
