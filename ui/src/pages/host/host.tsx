/** One host: who it is, how it is, what it measured and what happened. */
import { Button } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ArrowUp, BellOff, Gauge, ShieldQuestion } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { decideAgent, eventsQuery, hostQuery, modulesQuery } from '../../api/queries';
import { ApiError } from '../../api/problem';
import type { AgentDetail, Module } from '../../api/types';
import { usePermission } from '../../app/session';
import { EventsTable } from '../../components/events-table';
import { Empty, ProblemNotice, Waiting } from '../../components/notice';
import { Facts, PageHead, Panel } from '../../components/page';
import { StatusBadge } from '../../components/status';
import { Time } from '../../components/time';
import { useToast } from '../../components/toast';
import { Why } from '../../components/why';
import { useLanguage, useTranslation } from '../../i18n';
import {
  decodeEventFilter,
  decodeHostView,
  encodeHostView,
  statuses,
  type HostView,
} from '../../lib/filters';
import { duration } from '../../lib/format';
import { thresholdBands, usualPreset } from '../../lib/series';
import { ChartPanel } from './chart-panel';
import css from './host.module.css';
import { ModulesTable } from './modules-table';

const eventsHere = 20;

export function HostPage() {
  const { t } = useTranslation();
  const { id } = useParams({ strict: false }) as { id: string };
  const number = /^\d{1,15}$/.test(id) ? Number(id) : -1;
  const host = useQuery(hostQuery(number));
  if (host.isPending) {
    return <Waiting rows={10} />;
  }
  if (!host.data) {
    const missing = host.error instanceof ApiError && host.error.problem.status === 404;
    return missing ? (
      <Empty
        page
        icon={ShieldQuestion}
        what={t('host.missing')}
        why={t('host.missing_why')}
        action={
          <Button component={Link} to="/hosts" size="xs">
            {t('problem.missing_action')}
          </Button>
        }
      />
    ) : (
      <ProblemNotice size="page" error={host.error} onRetry={() => void host.refetch()} />
    );
  }
  return (
    <>
      {host.isError && <ProblemNotice error={host.error} onRetry={() => void host.refetch()} />}
      <Host key={number} agent={host.data} updatedAt={host.dataUpdatedAt} />
    </>
  );
}

/** What is shown before anybody chose: the worst module that can be drawn. */
export function defaultModule(modules: readonly Module[], worst: number | undefined): number[] {
  const drawable = modules.filter((m) => !m.type.endsWith('string') && m.value !== null);
  const byWorst = drawable.find((m) => m.id === worst);
  if (byWorst) return [byWorst.id];
  const sorted = [...drawable].sort(
    (a, b) =>
      statuses.indexOf(a.status) - statuses.indexOf(b.status) ||
      Number(/proc$/.test(a.type)) - Number(/proc$/.test(b.type)) ||
      thresholdBands(b.thresholds.critical, 'critical').length -
        thresholdBands(a.thresholds.critical, 'critical').length,
  );
  return sorted[0] ? [sorted[0].id] : [];
}

function Host({ agent, updatedAt }: { agent: AgentDetail; updatedAt: number }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const view = useMemo(() => decodeHostView(raw), [raw]);
  const modules = useQuery(modulesQuery(agent.id));
  const list = useMemo(() => modules.data?.items ?? [], [modules.data]);
  const chosen = useMemo(
    () => view.modules ?? defaultModule(list, agent.worst?.module_id),
    [view.modules, list, agent.worst?.module_id],
  );
  const shown = useMemo(
    () => chosen.map((id) => list.find((m) => m.id === id)).filter((m): m is Module => !!m),
    [chosen, list],
  );
  const setView = (part: Partial<HostView>) =>
    void navigate({
      to: '/hosts/$id',
      params: { id: String(agent.id) },
      search: encodeHostView({ ...view, ...part }),
      replace: true,
      resetScroll: false,
    });

  const firstContactS = agent.first_contact ? Date.parse(agent.first_contact) / 1000 : null;
  const preset = usualPreset(firstContactS, Date.now() / 1000);
  const chart = useRef<HTMLDivElement>(null);
  const showChart = () => chart.current?.scrollIntoView({ block: 'start' });

  return (
    <>
      <PageHead
        name={agent.alias || agent.name}
        title={
          <span className={css.title}>
            {agent.alias || agent.name} <StatusBadge status={agent.status} />
          </span>
        }
        sub={<Why agent={agent} />}
        updatedAt={updatedAt}
      />
      {agent.approval !== 'approved' && <Approval agent={agent} />}
      <div className={css.columns}>
        <div className={css.main}>
          {list.length > 0 && (
            <div ref={chart} className={css.chart}>
              <ChartPanel
                modules={shown}
                view={view}
                firstContactS={firstContactS}
                last={agent.last_contact}
                onView={setView}
              />
            </div>
          )}
          <Panel title={t('host.modules')} flush>
            {modules.isError ? (
              <div className={css.pad}>
                <ProblemNotice error={modules.error} onRetry={() => void modules.refetch()} />
              </div>
            ) : null}
            {modules.isPending ? (
              <div className={css.pad}>
                <Waiting rows={8} />
              </div>
            ) : list.length > 0 ? (
              <ModulesTable
                modules={list}
                chosen={chosen}
                preset={preset}
                onChoose={(ids) => setView({ modules: ids })}
                onShow={(id) => {
                  setView({ modules: [id] });
                  showChart();
                }}
              />
            ) : (
              <Empty
                icon={Gauge}
                what={t('host.no_modules')}
                why={t('host.no_modules_why')}
                action={
                  <Button size="xs" variant="default" onClick={() => void modules.refetch()}>
                    {t('common.look_again')}
                  </Button>
                }
                last={agent.last_contact}
              />
            )}
          </Panel>
          <HostEvents agent={agent} />
        </div>
        <Identity agent={agent} />
      </div>
      {view.modules !== null && shown.length > 0 && (
        <BackToChart chart={chart} count={shown.length} onClick={showChart} />
      )}
    </>
  );
}

interface BackToChartProps {
  chart: { readonly current: HTMLElement | null };
  count: number;
  onClick: () => void;
}

/** While modules are ticked far below their chart: how many, and the way back up to it. */
function BackToChart({ chart, count, onClick }: BackToChartProps) {
  const { t } = useTranslation();
  const [away, setAway] = useState(false);
  useEffect(() => {
    const element = chart.current;
    if (!element) return undefined;
    const observer = new IntersectionObserver(([entry]) => setAway(!entry?.isIntersecting));
    observer.observe(element);
    return () => observer.disconnect();
  }, [chart]);
  if (!away) return null;
  return (
    <div className={`${css.back} y-no-print`}>
      <Button size="sm" leftSection={<ArrowUp size={16} aria-hidden="true" />} onClick={onClick}>
        {t('host.back_to_chart', { count })}
      </Button>
    </div>
  );
}

function Approval({ agent }: { agent: AgentDetail }) {
  const { t } = useTranslation();
  const toast = useToast();
  const queryClient = useQueryClient();
  const may = usePermission('AW');
  const decide = useMutation({
    mutationFn: (decision: 'approve' | 'reject') => decideAgent(agent.id, decision),
    onSuccess: (_, decision) => {
      toast.done(t(decision === 'approve' ? 'host.approved' : 'host.rejected'));
      return queryClient.invalidateQueries({ queryKey: ['agents'] });
    },
    onError: (error) => toast.problem(error),
  });
  return (
    <div className={css.approval} role="note">
      <ShieldQuestion size={20} aria-hidden="true" />
      <p>
        <b>{t(`approval.${agent.approval}`)}</b>{' '}
        {t(agent.approval === 'pending' ? 'host.pending_why' : 'host.rejected_why')}
      </p>
      {may && (
        <span className={css.approvalButtons}>
          <Button size="xs" loading={decide.isPending} onClick={() => decide.mutate('approve')}>
            {t('host.approve')}
          </Button>
          {agent.approval === 'pending' && (
            <Button
              size="xs"
              variant="default"
              disabled={decide.isPending}
              onClick={() => decide.mutate('reject')}
            >
              {t('host.reject')}
            </Button>
          )}
        </span>
      )}
    </div>
  );
}

const levels = ['local', 'none', 'tls', 'certificate', 'mutual'] as const;
const isLevel = (word: string): word is (typeof levels)[number] =>
  (levels as readonly string[]).includes(word);

function Identity({ agent }: { agent: AgentDetail }) {
  const { t, i18n } = useTranslation();
  const language = useLanguage();
  const { missing } = agent.completeness;
  const { level, peer } = agent.transport;
  const levelWord = isLevel(level) ? t(`transport.${level}`) : level || '–';
  const missingWord = (name: string): string =>
    i18n.exists(`missing.${name}`)
      ? (t as unknown as (key: string) => string)(`missing.${name}`)
      : name;
  return (
    <aside className={css.side} aria-label={t('host.identity')}>
      <Panel title={t('host.identity')}>
        {agent.description && <p className={css.description}>{agent.description}</p>}
        <Facts
          items={[
            [t('host.name'), <span className="y-mono">{agent.name}</span>],
            [t('host.addresses'), agent.addresses.join(', ') || agent.address || '–'],
            [t('host.group'), agent.group.name],
            [t('host.os'), `${agent.os_name} ${agent.os_version}`.trim() || '–'],
            [t('host.last_contact'), <Time value={agent.last_contact} show="both" />],
            [t('host.interval'), duration(agent.interval_s, language)],
            [t('host.status_since'), <Time value={agent.status_since} show="both" />],
            [t('host.transport'), peer ? `${levelWord} (${peer})` : levelWord],
            [
              t('host.fingerprint'),
              agent.bound_fingerprint ? (
                <span className="y-mono">{agent.bound_fingerprint}</span>
              ) : (
                t('host.not_bound')
              ),
            ],
            [t('host.agent_version'), agent.agent_version || '–'],
            [t('host.mode'), t(`mode.${agent.mode}`)],
            [t('host.first_contact'), <Time value={agent.first_contact} show="both" />],
          ]}
        />
      </Panel>
      {agent.custom_fields.some((f) => f.value) && (
        <Panel title={t('host.fields')}>
          <Facts
            items={agent.custom_fields
              .filter((f) => f.value)
              .map((f): [string, string] => [f.name, f.value])}
          />
        </Panel>
      )}
      {missing.length > 0 && (
        <Panel title={t('host.incomplete')}>
          <p className={css.note}>{t('host.incomplete_why')}</p>
          <ul className={css.missing}>
            {missing.map((name) => (
              <li key={name}>{missingWord(name)}</li>
            ))}
          </ul>
        </Panel>
      )}
    </aside>
  );
}

function HostEvents({ agent }: { agent: AgentDetail }) {
  const { t } = useTranslation();
  const filter = useMemo(
    () => decodeEventFilter({ agent: String(agent.id), period: '30d' }),
    [agent.id],
  );
  const events = useInfiniteQuery(eventsQuery(filter, eventsHere));
  const rows = events.data?.pages.flatMap((page) => page.items).slice(0, eventsHere) ?? [];
  return (
    <Panel
      flush
      title={t('host.events')}
      aside={
        <Link to="/events" search={{ agent: String(agent.id), period: '30d' }} className={css.more}>
          {t('host.all_events')}
        </Link>
      }
    >
      {events.isError ? (
        <div className={css.pad}>
          <ProblemNotice error={events.error} onRetry={() => void events.refetch()} />
        </div>
      ) : events.isPending ? (
        <div className={css.pad}>
          <Waiting rows={4} />
        </div>
      ) : rows.length > 0 ? (
        <EventsTable events={rows} hideHost keys={false} />
      ) : (
        <Empty
          icon={BellOff}
          what={t('host.no_events')}
          why={t('host.no_events_why')}
          last={agent.last_contact}
        />
      )}
    </Panel>
  );
}
