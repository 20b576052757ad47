/** Hosts: the worst first, and why. */
import { Button, NativeSelect } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Filter, ServerOff } from 'lucide-react';
import { useMemo } from 'react';
import { groupsQuery, hostsQuery } from '../../api/queries';
import type { Counts } from '../../api/types';
import { FilterBar, SearchField, Toggle, ToggleRow, toggled } from '../../components/filters';
import { Empty, ProblemNotice, Waiting } from '../../components/notice';
import { PageHead } from '../../components/page';
import { StatusBadge } from '../../components/status';
import { useLanguage, useTranslation } from '../../i18n';
import { decodeHostFilter, encodeHostFilter, statuses, type HostFilter } from '../../lib/filters';
import { number } from '../../lib/format';
import { HostsTable } from './hosts-table';
import css from './hosts.module.css';

const blank = decodeHostFilter({});

export function HostsPage() {
  const { t } = useTranslation();
  const language = useLanguage();
  const navigate = useNavigate();
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const filter = useMemo(() => decodeHostFilter(raw), [raw]);
  const query = useInfiniteQuery(hostsQuery(filter));
  const groups = useQuery(groupsQuery).data?.items ?? [];
  const change = (part: Partial<HostFilter>) =>
    void navigate({
      to: '/hosts',
      search: encodeHostFilter({ ...filter, ...part }),
      replace: true,
      resetScroll: false,
    });

  const pages = query.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const first = pages?.[0];
  const total = first?.total ?? 0;
  const filtered =
    Object.keys(encodeHostFilter({ ...filter, sort: 'worst', order: '' })).length > 0;

  return (
    <>
      <PageHead
        title={t('hosts.title')}
        name={t('hosts.title')}
        sub={first ? t('hosts.sub', { count: total, shown: number(total, language) }) : ' '}
        updatedAt={query.dataUpdatedAt}
        actions={
          <Toggle
            pressed={filter.approval === 'pending'}
            onClick={() => change({ approval: filter.approval === 'pending' ? '' : 'pending' })}
          >
            {t('hosts.pending_only')}
          </Toggle>
        }
      />
      {first && <Proportion counts={first.counts} />}
      <FilterBar>
        <SearchField
          label={t('hosts.search')}
          placeholder={t('hosts.search_hint')}
          value={filter.q}
          onChange={(q) => change({ q })}
        />
        <ToggleRow label={t('filter.by_status')}>
          {statuses.map((status) => (
            <Toggle
              key={status}
              pressed={filter.status.includes(status)}
              count={first ? number(first.counts[status], language) : undefined}
              onClick={() => change({ status: toggled(filter.status, status, statuses) })}
            >
              <StatusBadge status={status} quiet small />
            </Toggle>
          ))}
        </ToggleRow>
        <NativeSelect
          aria-label={t('filter.by_group')}
          size="sm"
          className={css.group}
          value={filter.group === null ? '' : String(filter.group)}
          onChange={(event) =>
            change({ group: event.currentTarget.value ? Number(event.currentTarget.value) : null })
          }
          data={[
            { value: '', label: t('filter.all_groups') },
            ...groups.map((g) => ({ value: String(g.id), label: g.name })),
          ]}
        />
        {filtered && (
          <Button
            size="compact-sm"
            variant="subtle"
            onClick={() => change({ ...blank, sort: filter.sort, order: filter.order })}
          >
            {t('filter.clear')}
          </Button>
        )}
      </FilterBar>
      {query.isError && (
        <div className={css.problem}>
          <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
        </div>
      )}
      {query.isPending ? (
        <Waiting rows={12} />
      ) : rows.length > 0 ? (
        <HostsTable
          rows={rows}
          total={total}
          filter={filter}
          stale={query.isPlaceholderData}
          loadingMore={query.isFetchingNextPage}
          onMore={query.hasNextPage ? () => void query.fetchNextPage() : undefined}
          onSort={(sort, order) => change({ sort, order })}
        />
      ) : filtered && !query.isError ? (
        <Empty
          icon={Filter}
          what={t('hosts.none_fit')}
          why={t('hosts.none_fit_why')}
          action={
            <Button size="xs" variant="default" onClick={() => change({ ...blank })}>
              {t('filter.clear')}
            </Button>
          }
        />
      ) : query.isError ? null : (
        <Empty
          icon={ServerOff}
          what={t('hosts.empty')}
          why={t('hosts.empty_why')}
          action={
            <Button size="xs" onClick={() => void query.refetch()}>
              {t('hosts.empty_action')}
            </Button>
          }
          last={null}
        />
      )}
    </>
  );
}

/** The fleet's states as one thin bar; the figures stand in the buttons below it. */
function Proportion({ counts }: { counts: Counts }) {
  const total = statuses.reduce((sum, status) => sum + counts[status], 0);
  if (total === 0) return null;
  return (
    <div className={css.proportion} aria-hidden="true">
      {statuses.map((status) =>
        counts[status] > 0 ? (
          <span
            key={status}
            data-status={status}
            style={{ flexGrow: counts[status], minWidth: 3 }}
          />
        ) : null,
      )}
    </div>
  );
}
