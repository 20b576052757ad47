/** Events as rows: how bad, what, where, when, and whether somebody has seen to it. */
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef } from 'react';
import { validateEvent } from '../api/queries';
import type { EventItem } from '../api/types';
import { usePermission } from '../app/session';
import { useTranslation } from '../i18n';
import type { RawSearch } from '../lib/filters';
import { isoDate, isoTime, toDate } from '../lib/format';
import css from './events-table.module.css';
import { useEventText } from './event-text';
import { EventStatusBadge, SeverityBadge } from './status';
import { useTableKeys } from './table-keys';
import { Time } from './time';
import { useToast } from './toast';

interface EventsTableProps {
  events: readonly EventItem[];
  hideHost?: boolean;
  /** False where another table of the page has the keyboard. */
  keys?: boolean;
}

export function EventsTable({ events, hideHost = false, keys = true }: EventsTableProps) {
  const { t } = useTranslation();
  const root = useRef<HTMLTableElement>(null);
  useTableKeys({ root, count: keys ? events.length : 0 });
  const mayValidate = usePermission('EW');
  let day = '';
  return (
    <table ref={root} className={css.table} aria-label={t('events.title')}>
      <thead>
        <tr>
          <th scope="col" data-col="severity">
            {t('events.col_severity')}
          </th>
          <th scope="col">{t('events.col_what')}</th>
          {!hideHost && (
            <th scope="col" data-col="host">
              {t('events.col_host')}
            </th>
          )}
          <th scope="col" data-col="at">
            {t('events.col_at')}
          </th>
          <th scope="col" data-col="status">
            {t('events.col_status')}
          </th>
        </tr>
      </thead>
      <tbody>
        {events.map((event, index) => {
          const date = toDate(event.at);
          const today = date ? isoDate(date) : '';
          const first = today !== day;
          day = today;
          return [
            first && (
              <tr key={`day${today}${event.id}`} className={css.day}>
                <th scope="rowgroup" colSpan={hideHost ? 4 : 5}>
                  {today}
                </th>
              </tr>
            ),
            <EventRow
              key={event.id}
              event={event}
              index={index}
              hideHost={hideHost}
              mayValidate={mayValidate}
            />,
          ];
        })}
      </tbody>
    </table>
  );
}

interface EventRowProps {
  event: EventItem;
  index: number;
  hideHost: boolean;
  mayValidate: boolean;
}

function EventRow({ event, index, hideHost, mayValidate }: EventRowProps) {
  const { t } = useTranslation();
  const say = useEventText();
  const toast = useToast();
  const queryClient = useQueryClient();
  const text = say(event);
  const date = toDate(event.at);
  const validate = useMutation({
    mutationFn: () => validateEvent(event.id, ''),
    onSuccess: () => {
      toast.done(t('events.validated', { text }));
      return queryClient.invalidateQueries({ queryKey: ['events'] });
    },
    onError: (error) => toast.problem(error),
  });
  const search: RawSearch = event.module ? { m: String(event.module.id) } : {};
  return (
    <tr data-status={event.status}>
      <td data-col="severity">
        <SeverityBadge severity={event.severity} small />
      </td>
      <td data-col="what">
        {event.agent ? (
          <Link
            to="/hosts/$id"
            params={{ id: String(event.agent.id) }}
            search={search}
            className={css.what}
            data-row={index}
          >
            {text}
          </Link>
        ) : (
          <span tabIndex={-1} data-row={index} className={css.what}>
            {text}
          </span>
        )}
      </td>
      {!hideHost && (
        <td data-col="host" className="y-clip">
          {event.agent ? event.agent.alias : t('events.platform')}
          {event.group && <span className={css.sub}>{event.group.name}</span>}
        </td>
      )}
      <td data-col="at">
        {date && <span className={css.clock}>{isoTime(date)}</span>}{' '}
        <span className={css.sub}>
          <Time value={event.at} />
        </span>
      </td>
      <td data-col="status">
        <div className={css.status}>
          <EventStatusBadge status={event.status} quiet small />
          {event.status !== 'validated' && mayValidate && (
            <Button
              size="compact-xs"
              variant="default"
              loading={validate.isPending}
              aria-label={t('events.validate_this', { text })}
              onClick={() => validate.mutate()}
            >
              {t('events.validate')}
            </Button>
          )}
          {event.acknowledged_by && <span className={css.sub}>{event.acknowledged_by}</span>}
        </div>
      </td>
    </tr>
  );
}
