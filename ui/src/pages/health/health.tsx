/** System health: whether the platform itself can be relied on, and what was lost on the way. */
import { useQuery } from '@tanstack/react-query';
import { ShieldAlert, ShieldCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { healthQuery, quarantineQuery } from '../../api/queries';
import type { Health } from '../../api/types';
import { usePermission } from '../../app/session';
import { useCodeText } from '../../components/event-text';
import { Empty, ProblemNotice, Waiting } from '../../components/notice';
import { Facts, PageHead, Panel } from '../../components/page';
import { HealthBadge } from '../../components/status';
import { Time } from '../../components/time';
import { useLanguage, useTranslation } from '../../i18n';
import { bytes, duration, number, percent } from '../../lib/format';
import css from './health.module.css';

export function HealthPage() {
  const { t } = useTranslation();
  const query = useQuery(healthQuery);
  const health = query.data;
  return (
    <>
      <PageHead
        name={t('health.title')}
        title={
          <span className={css.title}>
            {t('health.title')} {health && <HealthBadge status={health.status} />}
          </span>
        }
        sub={health ? t(`health.sum_${health.status}`) : ' '}
        updatedAt={query.dataUpdatedAt}
      />
      {query.isError && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Waiting rows={8} />}
      {health && <HealthPanels health={health} />}
    </>
  );
}

function HealthPanels({ health }: { health: Health }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { spool, ingest, losses, database } = health;
  const n = (value: number) => number(value, language);
  // Seldom is told by the minute: nobody reads 0.0493 per second.
  const rate = (perSecond: number) =>
    perSecond > 0 && perSecond < 1
      ? t('health.per_minute', { value: n(Math.round(perSecond * 600) / 10) })
      : t('health.per_second', { value: n(Math.round(perSecond * 10) / 10) });
  const ms = (value: number) =>
    value > 0 && value < 0.1 ? '< 0.1 ms' : `${n(Math.round(value * 10) / 10)} ms`;
  return (
    <>
      <div className={css.figures}>
        <Figure
          name={t('health.rate')}
          value={rate(ingest.samples_per_s)}
          note={t('health.reports', { rate: rate(ingest.items_per_s) })}
        />
        <Figure
          name={t('health.lag')}
          value={ms(ingest.lag_ms_p99)}
          note={
            ingest.last_item_at ? (
              <>
                {t('health.last_report')} <Time value={ingest.last_item_at} />
              </>
            ) : (
              t('common.no_data_yet')
            )
          }
        />
        <Figure
          name={t('health.spool')}
          value={t('health.items', { count: spool.items, value: n(spool.items) })}
          note={t('health.spool_note', {
            bytes: bytes(spool.bytes, language),
            age: duration(spool.oldest_age_s, language),
          })}
        />
        <Figure
          name={t('health.disk_free')}
          value={percent(spool.disk_free_percent, language)}
          note={t('health.disk_note')}
        />
      </div>
      <Panel title={t('health.checks')} flush>
        <Checks health={health} />
      </Panel>
      <div className={css.pair}>
        <Panel title={t('health.losses')}>
          <p className={css.note}>{t('health.losses_note')}</p>
          <Facts
            items={[
              [t('health.refused'), n(losses.refused)],
              [t('health.quarantined'), n(losses.quarantined)],
              [t('health.invalid_values'), n(losses.invalid_values)],
              [t('health.duplicates'), n(losses.duplicates)],
            ]}
          />
        </Panel>
        <Panel title={t('health.database')}>
          <Facts
            items={[
              [t('health.db_kind'), `${database.dialect} ${database.version}`.trim()],
              [t('health.db_location'), <span className="y-mono">{database.location}</span>],
              [t('health.db_latency'), ms(database.latency_ms)],
              [
                t('health.db_tls'),
                database.tls_version
                  ? `${database.tls_version} · ${database.tls_cipher}`
                  : t('health.db_no_tls'),
              ],
            ]}
          />
        </Panel>
      </div>
      <Servers health={health} />
      <Links health={health} />
      <Quarantine items={health.quarantine.items} />
    </>
  );
}

function Figure({ name, value, note }: { name: string; value: string; note: ReactNode }) {
  return (
    <div className={css.figure}>
      <p className={css.figureName}>{name}</p>
      <p className={css.figureValue}>{value}</p>
      <p className={css.figureNote}>{note}</p>
    </div>
  );
}

function Checks({ health }: { health: Health }) {
  const { t } = useTranslation();
  const say = useCodeText();
  return (
    <table className={css.table}>
      <thead>
        <tr>
          <th scope="col" data-col="state">
            {t('health.col_state')}
          </th>
          <th scope="col">{t('health.col_check')}</th>
        </tr>
      </thead>
      <tbody>
        {health.checks.map((check) => (
          <tr key={check.code + JSON.stringify(check.params)}>
            <td data-col="state">
              <HealthBadge status={check.status} small />
            </td>
            <td>
              {say(
                'check',
                check.code,
                check.params,
                [check.code, ...Object.entries(check.params).map(([k, v]) => `${k} ${v}`)].join(
                  ' · ',
                ),
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Servers({ health }: { health: Health }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('health.servers')} flush>
      {health.servers.length === 0 ? (
        <Empty icon={ShieldAlert} what={t('health.no_servers')} why={t('health.no_servers_why')} />
      ) : (
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col" data-col="state">
                {t('health.col_state')}
              </th>
              <th scope="col">{t('health.col_name')}</th>
              <th scope="col">{t('health.col_version')}</th>
              <th scope="col">{t('health.col_keepalive')}</th>
            </tr>
          </thead>
          <tbody>
            {health.servers.map((server) => (
              <tr key={server.name}>
                <td data-col="state">
                  <span className={css.server} data-state={server.status}>
                    {server.status === 'up' ? (
                      <ShieldCheck size={15} aria-hidden="true" />
                    ) : (
                      <ShieldAlert size={15} aria-hidden="true" />
                    )}
                    {t(`server_state.${server.status}`)}
                  </span>
                </td>
                <td className="y-mono">{server.name}</td>
                <td>{server.version}</td>
                <td>
                  <Time value={server.last_keepalive} show="both" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Links({ health }: { health: Health }) {
  const { t, i18n } = useTranslation();
  if (health.links.length === 0) return null;
  // "server-database:NAME" is the link of that server.
  const nameOf = (name: string) => {
    const [kind = '', ...which] = name.split(':');
    if (!i18n.exists(`link.${kind}`)) return name;
    const word = (t as unknown as (key: string) => string)(`link.${kind}`);
    return which.length > 0 ? `${word} (${which.join(':')})` : word;
  };
  return (
    <Panel title={t('health.links')} flush>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('health.col_link')}</th>
            <th scope="col">TLS</th>
            <th scope="col">{t('health.col_cipher')}</th>
            <th scope="col">{t('health.col_verified')}</th>
          </tr>
        </thead>
        <tbody>
          {health.links.map((link) => (
            <tr key={link.name}>
              <td>{nameOf(link.name)}</td>
              <td>{link.tls_version || t('health.plain')}</td>
              <td className="y-mono">{link.cipher || '–'}</td>
              <td>{t(link.verified ? 'common.yes' : 'common.no')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** Refused payloads; only those who govern the platform may look at them. */
function Quarantine({ items }: { items: number }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const say = useCodeText();
  const may = usePermission('PM');
  const query = useQuery({ ...quarantineQuery, enabled: may && items > 0 });
  const rows = query.data?.items ?? [];
  return (
    <Panel title={t('health.quarantine')} flush>
      {items === 0 ? (
        <Empty
          icon={ShieldCheck}
          what={t('health.quarantine_empty')}
          why={t('health.quarantine_empty_why')}
        />
      ) : (
        <>
          <p className={css.pad}>
            {t('health.quarantine_items', { count: items, value: number(items, language) })}
          </p>
          {query.isError && (
            <div className={css.pad}>
              <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
            </div>
          )}
          {rows.length > 0 && (
            <table className={css.table}>
              <thead>
                <tr>
                  <th scope="col">{t('health.col_when')}</th>
                  <th scope="col">{t('health.col_reason')}</th>
                  <th scope="col">{t('health.col_agent')}</th>
                  <th scope="col">{t('health.col_peer')}</th>
                  <th scope="col">{t('health.col_size')}</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((item) => (
                  <tr key={item.id}>
                    <td>
                      <Time value={item.at} />
                    </td>
                    <td>
                      {say('quarantine', item.reason.code, item.reason.params, item.reason.code)}
                    </td>
                    <td>
                      {item.agent_name || '–'}{' '}
                      <span className="y-muted y-mono">{item.file_name}</span>
                    </td>
                    <td className="y-mono">{item.peer || '–'}</td>
                    <td>{bytes(item.bytes, language)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </>
      )}
    </Panel>
  );
}
