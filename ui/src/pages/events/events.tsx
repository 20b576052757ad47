/** Events, newest first: what happened, and who has seen to it. */
import { Button, NativeSelect } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { BellOff, Filter } from 'lucide-react';
import { useMemo } from 'react';
import { eventsQuery, hostQuery } from '../../api/queries';
import { EventsTable } from '../../components/events-table';
import { FilterBar, SearchField, Toggle, ToggleRow, toggled } from '../../components/filters';
import { Empty, ProblemNotice, Waiting } from '../../components/notice';
import { PageHead } from '../../components/page';
import { EventStatusBadge, SeverityBadge } from '../../components/status';
import { useLanguage, useTranslation } from '../../i18n';
import {
  decodeEventFilter,
  encodeEventFilter,
  eventPeriods,
  eventStatuses,
  severities,
  type EventFilter,
  type EventPeriod,
} from '../../lib/filters';
import { number } from '../../lib/format';
import css from './events.module.css';

/** The server stops counting here. */
const countedUpTo = 10_000;
const blank = decodeEventFilter({});

export function EventsPage() {
  const { t } = useTranslation();
  const language = useLanguage();
  const navigate = useNavigate();
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const filter = useMemo(() => decodeEventFilter(raw), [raw]);
  const query = useInfiniteQuery(eventsQuery(filter));
  const host = useQuery({ ...hostQuery(filter.agent ?? 0), enabled: filter.agent !== null });
  const change = (part: Partial<EventFilter>) =>
    void navigate({
      to: '/events',
      search: encodeEventFilter({ ...filter, ...part }),
      replace: true,
      resetScroll: false,
    });
  const pages = query.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const total = pages?.[0]?.total ?? 0;
  const totalWord = number(total, language) + (total >= countedUpTo ? '+' : '');
  const filtered = Object.keys(encodeEventFilter(filter)).length > 0;

  return (
    <>
      <PageHead
        title={t('events.title')}
        name={t('events.title')}
        sub={pages ? t('events.sub', { count: total, shown: totalWord }) : ' '}
        updatedAt={query.dataUpdatedAt}
      />
      <FilterBar>
        <SearchField
          label={t('events.search')}
          placeholder={t('events.search_hint')}
          value={filter.q}
          onChange={(q) => change({ q })}
        />
        <NativeSelect
          aria-label={t('events.period')}
          size="sm"
          value={filter.period}
          onChange={(event) => change({ period: event.currentTarget.value as EventPeriod })}
          data={eventPeriods.map((p) => ({ value: p, label: t(`period.${p}`) }))}
        />
        <ToggleRow label={t('events.by_status')}>
          {eventStatuses.map((status) => (
            <Toggle
              key={status}
              pressed={filter.status.includes(status)}
              onClick={() => change({ status: toggled(filter.status, status, eventStatuses) })}
            >
              <EventStatusBadge status={status} quiet small />
            </Toggle>
          ))}
        </ToggleRow>
        <ToggleRow label={t('events.by_severity')}>
          {severities.map((severity) => (
            <Toggle
              key={severity}
              pressed={filter.severity.includes(severity)}
              onClick={() => change({ severity: toggled(filter.severity, severity, severities) })}
            >
              <SeverityBadge severity={severity} quiet small />
            </Toggle>
          ))}
        </ToggleRow>
        {filter.agent !== null && (
          <Toggle pressed onClick={() => change({ agent: null })}>
            {t('events.only_host', { name: host.data?.alias ?? String(filter.agent) })}
          </Toggle>
        )}
        {filtered && (
          <Button size="compact-sm" variant="subtle" onClick={() => change({ ...blank })}>
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
        <div className={css.list} data-stale={query.isPlaceholderData || undefined}>
          <EventsTable events={rows} />
          {query.hasNextPage && (
            <div className={css.more}>
              <Button
                variant="default"
                size="xs"
                loading={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                {t('events.more', {
                  shown: number(rows.length, language),
                  total: totalWord,
                })}
              </Button>
            </div>
          )}
        </div>
      ) : query.isError ? null : (
        <Empty
          icon={filtered ? Filter : BellOff}
          what={t(filtered ? 'events.none_fit' : 'events.empty')}
          why={t(filtered ? 'events.none_fit_why' : 'events.empty_why')}
          action={
            filtered ? (
              <Button size="xs" variant="default" onClick={() => change({ ...blank })}>
                {t('filter.clear')}
              </Button>
            ) : (
              <Button size="xs" variant="default" onClick={() => change({ period: 'all' })}>
                {t('events.empty_action')}
              </Button>
            )
          }
        />
      )}
    </>
  );
}
