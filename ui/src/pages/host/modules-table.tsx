/** The modules of a host by group: newest value, state, age, the last day; choose what to chart. */
import { Checkbox } from '@mantine/core';
import { useMemo, useRef } from 'react';
import type { Module } from '../../api/types';
import { StatusBadge } from '../../components/status';
import { useTableKeys } from '../../components/table-keys';
import { Time } from '../../components/time';
import { useLanguage, useTranslation } from '../../i18n';
import { mostModules, statuses } from '../../lib/filters';
import { moduleValue } from '../../lib/format';
import type { Preset } from '../../lib/series';
import { useValueWords } from '../../lib/value-words';
import css from './host.module.css';
import { Spark } from './spark';

interface ModulesTableProps {
  modules: Module[];
  chosen: readonly number[];
  onChoose: (ids: number[]) => void;
  /** A module's name was chosen: its chart is what the reader wants to see now. */
  onShow: (id: number) => void;
  /** How far back the small lines go. */
  preset: Preset;
}

/** Groups in the order of their worst module, modules in the order of their state, then by name. */
export function byGroup(modules: readonly Module[]): [group: string, modules: Module[]][] {
  const rank = (m: Module) => statuses.indexOf(m.status);
  const groups = new Map<string, Module[]>();
  for (const module of modules) {
    const list = groups.get(module.module_group);
    if (list) list.push(module);
    else groups.set(module.module_group, [module]);
  }
  for (const list of groups.values()) {
    list.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  }
  return [...groups].sort(
    ([nameA, a], [nameB, b]) => rank(a[0]!) - rank(b[0]!) || nameA.localeCompare(nameB),
  );
}

export function ModulesTable(props: ModulesTableProps) {
  const { modules, preset, ...row } = props;
  const { t } = useTranslation();
  const root = useRef<HTMLTableElement>(null);
  const groups = useMemo(() => byGroup(modules), [modules]);
  useTableKeys({ root, count: modules.length });
  let index = -1;
  return (
    <table ref={root} className={css.modules} aria-label={t('host.modules')}>
      <thead>
        <tr>
          <th scope="col" data-col="pick">
            <span className="y-hidden">{t('host.col_chart')}</span>
          </th>
          <th scope="col">{t('host.col_module')}</th>
          <th scope="col" data-col="status">
            {t('host.col_status')}
          </th>
          <th scope="col" data-col="value">
            {t('host.col_value')}
          </th>
          <th scope="col" data-col="spark">
            {t('host.col_last', { range: t(`range.${preset}`) })}
          </th>
          <th scope="col" data-col="age">
            {t('host.col_age')}
          </th>
        </tr>
      </thead>
      {groups.map(([group, list]) => (
        <tbody key={group}>
          <tr className={css.groupRow}>
            <th scope="rowgroup" colSpan={6}>
              {group || t('host.no_group')} <span className={css.groupCount}>{list.length}</span>
            </th>
          </tr>
          {list.map((module) => {
            index += 1;
            return (
              <ModuleRow key={module.id} module={module} index={index} preset={preset} {...row} />
            );
          })}
        </tbody>
      ))}
    </table>
  );
}

interface ModuleRowProps extends Omit<ModulesTableProps, 'modules'> {
  module: Module;
  index: number;
}

function ModuleRow({ module, index, chosen, onChoose, onShow, preset }: ModuleRowProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const words = useValueWords();
  const on = chosen.includes(module.id);
  const value = moduleValue(module.value, module.type, module.unit, language, words);
  const toggle = () =>
    onChoose(on ? chosen.filter((id) => id !== module.id) : [...chosen, module.id]);
  return (
    <tr data-chosen={on || undefined} data-disabled={module.disabled || undefined}>
      <td data-col="pick">
        <Checkbox
          size="xs"
          aria-label={t('host.chart_module', { name: module.name })}
          checked={on}
          disabled={!on && chosen.length >= mostModules}
          onChange={toggle}
        />
      </td>
      <th scope="row">
        <button
          type="button"
          className={css.moduleName}
          data-row={index}
          aria-label={t('host.chart_only', { name: module.name })}
          onClick={() => onShow(module.id)}
        >
          {module.name}
        </button>
        {module.description && (
          <span className={`${css.moduleSub} y-clip`}>{module.description}</span>
        )}
      </th>
      <td data-col="status">
        <StatusBadge status={module.status} small />
      </td>
      <td data-col="value" title={value}>
        {value}
      </td>
      <td data-col="spark">
        <Spark module={module} preset={preset} />
      </td>
      <td data-col="age">
        <Time value={module.value_at} />
      </td>
    </tr>
  );
}
