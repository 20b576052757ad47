import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { History, Module } from '../../api/types';
import { useLanguage, useTranslation } from '../../i18n';
import { duration, isoInstant, moduleValue } from '../../lib/format';
import { commonGaps, mergeGaps, type Range } from '../../lib/series';
import { valueRows } from '../../lib/value-rows';
import { useValueWords } from '../../lib/value-words';
import css from './chart.module.css';

const rowsAtOnce = 100;

interface ValueTableProps {
  modules: Module[];
  histories: History[];
  range: Range;
}

export function ValueTable({ modules, histories, range }: ValueTableProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const words = useValueWords();
  const [most, setMost] = useState(rowsAtOnce);
  const rows = useMemo(() => {
    const drawn = modules
      .map((m) => histories.find((h) => h.module.id === m.id))
      .filter((h): h is History => h !== undefined);
    const gaps = mergeGaps(commonGaps(drawn.map((h) => h.gaps)), range.from, range.to);
    return valueRows(drawn, gaps);
  }, [modules, histories, range]);
  const say = (module: Module, n: number) =>
    moduleValue({ kind: 'number', number: n }, module.type, module.unit, language, words);

  return (
    <div className={css.scroll} tabIndex={0} role="region" aria-label={t('chart.as_table')}>
      <table className={css.values}>
        <thead>
          <tr>
            <th scope="col">{t('chart.time')}</th>
            {modules.map((m) => (
              <th scope="col" key={m.id}>
                {m.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, most).map((row) =>
            row.kind === 'gap' ? (
              <tr key={`gap${row.from}`} data-gap="">
                <td colSpan={modules.length + 1}>
                  {t('chart.gap_row', {
                    from: isoInstant(row.from),
                    to: isoInstant(row.to),
                    for: duration(row.to - row.from, language),
                  })}
                </td>
              </tr>
            ) : (
              <tr key={row.at}>
                <td>{isoInstant(row.at)}</td>
                {row.cells.map((cell, i) => {
                  const module = modules[i];
                  if (!module) return null;
                  return (
                    <td key={module.id}>
                      {cell ? say(module, cell.value) : ''}
                      {cell?.min !== undefined && cell.max !== undefined && (
                        <span className="y-muted">
                          {' '}
                          ({say(module, cell.min)} – {say(module, cell.max)})
                        </span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ),
          )}
        </tbody>
      </table>
      {rows.length > most && (
        <Button size="xs" m="xs" variant="default" onClick={() => setMost(most + rowsAtOnce)}>
          {t('common.more')}
        </Button>
      )}
    </div>
  );
}
