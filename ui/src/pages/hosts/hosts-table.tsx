/** The table of hosts: 10,000 rows, of which only those in sight are in the document. */
import { useMediaQuery } from '@mantine/hooks';
import { Link, useNavigate } from '@tanstack/react-router';
import {
  createColumnHelper,
  flexRender,
  getCoreRowModel,
  useReactTable,
  type Row,
} from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { AgentSummary } from '../../api/types';
import { usePreferences } from '../../app/preferences';
import { StatusBadge } from '../../components/status';
import { useTableKeys } from '../../components/table-keys';
import { Time } from '../../components/time';
import { Why } from '../../components/why';
import { useLanguage, useTranslation } from '../../i18n';
import { defaultOrder, type HostFilter, type HostSort } from '../../lib/filters';
import { number } from '../../lib/format';
import css from './hosts.module.css';

const column = createColumnHelper<AgentSummary>();
const moreBefore = 60;
const rowHeights = { comfortable: 52, compact: 40, narrow: 96 };

interface HostsTableProps {
  rows: AgentSummary[];
  total: number;
  filter: HostFilter;
  stale: boolean;
  loadingMore: boolean;
  onMore: (() => void) | undefined;
  onSort: (sort: HostSort, order: HostFilter['order']) => void;
}

const sortable: Partial<Record<string, HostSort>> = {
  status: 'worst',
  host: 'name',
  contact: 'last_contact',
};

export function HostsTable(props: HostsTableProps) {
  const { rows, total, filter, stale, loadingMore, onMore, onSort } = props;
  const { t } = useTranslation();
  const language = useLanguage();
  const { density } = usePreferences(true);
  const narrow = useMediaQuery('(max-width: 820px)', false, { getInitialValueInEffect: false });
  const medium = useMediaQuery('(max-width: 1500px)', false, { getInitialValueInEffect: false });
  const root = useRef<HTMLTableElement>(null);
  const [offset, setOffset] = useState(0);
  const height = narrow ? rowHeights.narrow : rowHeights[density];

  const columns = useMemo(
    () =>
      narrow
        ? [
            column.display({
              id: 'host',
              header: t('hosts.col_host'),
              cell: ({ row }) => <NarrowCell agent={row.original} index={row.index} />,
            }),
          ]
        : [
            column.accessor('status', {
              id: 'status',
              header: t('hosts.col_status'),
              cell: (c) => <StatusBadge status={c.getValue()} />,
            }),
            column.display({
              id: 'host',
              header: t('hosts.col_host'),
              cell: ({ row }) => <HostCell agent={row.original} index={row.index} />,
            }),
            column.display({
              id: 'why',
              header: t('hosts.col_why'),
              cell: ({ row }) => (
                <div className={css.why}>
                  <Why agent={row.original} />
                </div>
              ),
            }),
            column.accessor((agent) => agent.group.name, {
              id: 'group',
              header: t('hosts.col_group'),
              cell: (c) => c.getValue(),
            }),
            column.accessor((agent) => `${agent.os_name} ${agent.os_version}`, {
              id: 'os',
              header: t('hosts.col_os'),
              cell: (c) => <span className="y-muted">{c.getValue()}</span>,
            }),
            column.accessor('modules', {
              id: 'checks',
              header: t('hosts.col_checks'),
              cell: (c) => <Checks modules={c.getValue()} />,
            }),
            column.accessor('last_contact', {
              id: 'contact',
              header: t('hosts.col_contact'),
              cell: (c) => <Time value={c.getValue()} />,
            }),
          ],
    [narrow, t],
  );
  const shown = `${medium}`;

  const table = useReactTable({
    data: rows,
    columns,
    state: { columnVisibility: { os: !medium, checks: true } },
    getCoreRowModel: getCoreRowModel(),
    getRowId: (agent) => String(agent.id),
  });

  // What stands above (filters that wrap, a problem) may have moved the table; same value, no work.
  useLayoutEffect(() => {
    setOffset(root.current?.offsetTop ?? 0);
  }, [rows, filter, narrow]);

  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => height,
    overscan: 14,
    scrollMargin: offset,
    getItemKey: (index) => rows[index]!.id,
  });
  useEffect(() => virtual.measure(), [virtual, height]);

  const items = virtual.getVirtualItems();
  const lastShown = items[items.length - 1]?.index ?? 0;
  useEffect(() => {
    if (onMore && !loadingMore && lastShown >= rows.length - moreBefore) onMore();
  }, [onMore, loadingMore, lastShown, rows.length]);

  const scrollTo = useCallback(
    (index: number) => virtual.scrollToIndex(index, { align: 'auto' }),
    [virtual],
  );
  useTableKeys({ root, count: rows.length, scrollTo });

  const before = (items[0]?.start ?? offset) - offset;
  const after = virtual.getTotalSize() - ((items[items.length - 1]?.end ?? offset) - offset);
  const modelRows = table.getRowModel().rows;
  const columnCount = table.getVisibleLeafColumns().length;

  return (
    <>
      <table
        ref={root}
        className={css.table}
        aria-rowcount={total + 1}
        aria-label={t('hosts.title')}
        data-stale={stale || undefined}
        data-narrow={narrow || undefined}
      >
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} aria-rowindex={1}>
              {group.headers.map((header) => (
                <HeaderCell
                  key={header.id}
                  id={header.column.id}
                  label={String(header.column.columnDef.header)}
                  filter={filter}
                  onSort={onSort}
                />
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {before > 0 && <Spacer height={before} columns={columnCount} />}
          {items.map((item) => {
            const row = modelRows[item.index];
            if (!row) return null;
            return (
              <HostRow key={row.id} row={row} columns={columns} shown={shown} height={height} />
            );
          })}
          {after > 0 && <Spacer height={after} columns={columnCount} />}
        </tbody>
      </table>
      <p className={css.foot} role="status">
        {rows.length < total
          ? t('hosts.shown_of', {
              shown: number(rows.length, language),
              total: number(total, language),
            })
          : t('hosts.all_shown', { count: total, shown: number(total, language) })}
      </p>
    </>
  );
}

interface HostRowProps {
  row: Row<AgentSummary>;
  /** Not read, but rows are drawn anew when they change. */
  columns: unknown;
  shown: string;
  height: number;
}

/** Scrolling draws the rows that come into sight; those that stay are left alone. */
const HostRow = memo(
  function HostRow({ row, height }: HostRowProps) {
    const navigate = useNavigate();
    return (
      <tr
        aria-rowindex={row.index + 2}
        className={css.row}
        style={{ height }}
        onClick={(event) => {
          if ((event.target as Element).closest('a,button')) return;
          if (window.getSelection()?.toString()) return;
          void navigate({ to: '/hosts/$id', params: { id: row.id } });
        }}
      >
        {row.getVisibleCells().map((cell) => (
          <td key={cell.id} data-col={cell.column.id}>
            {flexRender(cell.column.columnDef.cell, cell.getContext())}
          </td>
        ))}
      </tr>
    );
  },
  (a, b) =>
    a.row.original === b.row.original &&
    a.row.index === b.row.index &&
    a.columns === b.columns &&
    a.shown === b.shown &&
    a.height === b.height,
);

function Spacer({ height, columns }: { height: number; columns: number }) {
  return (
    <tr aria-hidden="true" className={css.spacer}>
      <td colSpan={columns} style={{ height }} />
    </tr>
  );
}

const opposite = { asc: 'desc', desc: 'asc' } as const;

interface HeaderCellProps {
  id: string;
  label: string;
  filter: HostFilter;
  onSort: HostsTableProps['onSort'];
}

function HeaderCell({ id, label, filter, onSort }: HeaderCellProps) {
  const sort = sortable[id];
  if (!sort) {
    return (
      <th scope="col" data-col={id}>
        {label}
      </th>
    );
  }
  const active = filter.sort === sort;
  const usual = defaultOrder[sort];
  const now = active && filter.order ? filter.order : usual;
  const reversed = now !== usual;
  const Arrow = now === 'desc' ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      data-col={id}
      aria-sort={active ? (now === 'desc' ? 'descending' : 'ascending') : undefined}
    >
      <button
        type="button"
        className={css.sort}
        onClick={() => onSort(sort, active && !reversed ? opposite[usual] : '')}
      >
        {label}
        {active && <Arrow size={13} aria-hidden="true" />}
      </button>
    </th>
  );
}

function HostCell({ agent, index }: { agent: AgentSummary; index: number }) {
  const { t } = useTranslation();
  return (
    <div className={css.host}>
      <Link
        to="/hosts/$id"
        params={{ id: String(agent.id) }}
        data-row={index}
        className={`${css.hostLink} y-clip`}
      >
        {agent.alias || agent.name}
      </Link>
      {agent.demo && <span className={css.tag}>{t('hosts.demo')}</span>}
      {agent.approval === 'pending' && <span className={css.tag}>{t('approval.pending')}</span>}
      <span className={`${css.hostSub} y-clip`}>
        {agent.name} · {agent.address}
      </span>
    </div>
  );
}

function NarrowCell({ agent, index }: { agent: AgentSummary; index: number }) {
  return (
    <div className={css.narrow}>
      <div className={css.narrowTop}>
        <StatusBadge status={agent.status} small />
        <span className={css.narrowTime}>
          <Time value={agent.last_contact} />
        </span>
      </div>
      <Link
        to="/hosts/$id"
        params={{ id: String(agent.id) }}
        data-row={index}
        className={`${css.hostLink} y-clip`}
      >
        {agent.alias || agent.name}
      </Link>
      <div className={`${css.narrowWhy} y-clip`}>
        <Why agent={agent} />
      </div>
    </div>
  );
}

const order = ['critical', 'warning', 'unknown', 'not_init', 'normal'] as const;

/** How many checks, how many of them are well: a bar with the figures in words beside it. */
function Checks({ modules }: { modules: AgentSummary['modules'] }) {
  const { t } = useTranslation();
  if (modules.total === 0) return <span className="y-muted">–</span>;
  const words = order
    .filter((status) => modules[status] > 0)
    .map((status) => `${t(`status.${status}`)} ${modules[status]}`)
    .join(', ');
  return (
    <span className={css.checks} title={words}>
      <span className={css.checksFigure}>
        {modules.normal}
        <span className="y-muted">/{modules.total}</span>
      </span>
      <span className={css.bar} aria-hidden="true">
        {order.map((status) =>
          modules[status] > 0 ? (
            <span key={status} data-status={status} style={{ flexGrow: modules[status] }} />
          ) : null,
        )}
      </span>
      <span className="y-hidden">{words}</span>
    </span>
  );
}
