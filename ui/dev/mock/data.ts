/** Hosts, modules, histories and events that look like a real site's. For development only. */
import type {
  AgentDetail,
  Counts,
  EventItem,
  Gap,
  Group,
  History,
  Module,
  Point,
  Severity,
  Status,
  Threshold,
} from '../../src/api/types';
import { noise, pick, randomFrom, type Random } from './random';

export const groups: Group[] = [
  { id: 2, name: '本社データセンター', parent_id: null, agents: 0 },
  { id: 3, name: 'Osaka DR site', parent_id: null, agents: 0 },
  { id: 4, name: '店舗システム', parent_id: null, agents: 0 },
  { id: 5, name: 'Databases', parent_id: 2, agents: 0 },
  { id: 6, name: 'Web front', parent_id: 2, agents: 0 },
  { id: 7, name: '人事・会計', parent_id: 2, agents: 0 },
];

const roles: [prefix: string, alias: string, group: number][] = [
  ['web', 'Web front', 6],
  ['db', 'データベース', 5],
  ['app', 'Application', 2],
  ['mail', 'メールゲートウェイ', 2],
  ['pos', '店舗 POS 中継', 4],
  ['bk', 'Backup', 3],
  ['hr', '人事給与', 7],
  ['dns', 'DNS', 2],
  ['log', 'ログ集約', 2],
  ['fs', 'ファイルサーバー', 3],
];

const systems: [string, string][] = [
  ['Debian GNU/Linux', '12 (bookworm)'],
  ['Debian GNU/Linux', '11 (bullseye)'],
  ['Red Hat Enterprise Linux', '9.4'],
  ['Ubuntu', '24.04 LTS'],
  ['Windows Server', '2022'],
];

const off: Threshold = { min: null, max: null, inverse: false, text: '' };
const from = (min: number, max: number | null = null): Threshold => ({
  min,
  max,
  inverse: false,
  text: '',
});

interface Kind {
  name: string;
  description: string;
  type: string;
  unit: string;
  group: string;
  base: number;
  swing: number;
  jitter: number;
  floor: number;
  ceiling: number;
  warning: Threshold;
  critical: Threshold;
}

const kind = (k: Partial<Kind> & Pick<Kind, 'name' | 'unit' | 'group'>): Kind => ({
  description: '',
  type: 'generic_data',
  base: 50,
  swing: 10,
  jitter: 5,
  floor: 0,
  ceiling: Infinity,
  warning: off,
  critical: off,
  ...k,
});

export const kinds: Kind[] = [
  kind({
    name: 'CPU load',
    description: 'Share of time that was not idle',
    unit: '%',
    group: 'System',
    base: 34,
    swing: 22,
    jitter: 12,
    ceiling: 100,
    warning: from(80, 92),
    critical: from(92),
  }),
  kind({
    name: 'Memory used',
    unit: '%',
    group: 'System',
    base: 61,
    swing: 6,
    jitter: 3,
    ceiling: 100,
    warning: from(85, 95),
    critical: from(95),
  }),
  kind({ name: 'Swap used', unit: 'bytes', group: 'System', base: 3.1e8, swing: 9e7, jitter: 2e7 }),
  kind({ name: 'Load average 5', unit: '', group: 'System', base: 1.7, swing: 1, jitter: 0.6 }),
  kind({ name: 'Processes', unit: '', group: 'System', base: 212, swing: 18, jitter: 9 }),
  kind({
    name: 'Disk / used',
    unit: '%',
    group: 'Storage',
    base: 68,
    swing: 1,
    jitter: 0.3,
    ceiling: 100,
    warning: from(85, 95),
    critical: from(95),
  }),
  kind({
    name: 'Disk /var used',
    unit: '%',
    group: 'Storage',
    base: 74,
    swing: 2,
    jitter: 0.5,
    ceiling: 100,
    warning: from(85, 95),
    critical: from(95),
  }),
  kind({ name: 'Disk latency', unit: 'ms', group: 'Storage', base: 3.4, swing: 1.2, jitter: 1.9 }),
  kind({
    name: 'eth0 received',
    unit: 'bytes/s',
    group: 'Networking',
    type: 'generic_data_inc',
    base: 5.2e6,
    swing: 3.9e6,
    jitter: 8e5,
  }),
  kind({
    name: 'eth0 sent',
    unit: 'bytes/s',
    group: 'Networking',
    type: 'generic_data_inc',
    base: 2.1e6,
    swing: 1.6e6,
    jitter: 4e5,
  }),
  kind({
    name: 'Gateway reply time',
    unit: 'ms',
    group: 'Networking',
    base: 0.8,
    swing: 0.3,
    jitter: 0.5,
    warning: from(20, 100),
    critical: from(100),
  }),
  kind({
    name: 'sshd',
    unit: '',
    group: 'Services',
    type: 'generic_proc',
    base: 1,
    swing: 0,
    jitter: 0,
  }),
  kind({
    name: 'cron',
    unit: '',
    group: 'Services',
    type: 'generic_proc',
    base: 1,
    swing: 0,
    jitter: 0,
  }),
  kind({
    name: 'Kernel',
    unit: '',
    group: 'Inventory',
    type: 'generic_data_string',
    description: 'Release of the running kernel',
  }),
  kind({
    name: 'Time synchronisation',
    unit: '',
    group: 'Inventory',
    type: 'generic_data_string',
  }),
];

export interface World {
  agents: AgentDetail[];
  events: EventItem[];
  modulesOf: (agentId: number) => Module[];
  history: (
    moduleId: number,
    fromS: number,
    toS: number,
    maxPoints: number,
    resolution?: string,
  ) => History | null;
}

const perAgent = 100;
const iso = (ms: number): string => new Date(ms).toISOString();

function statusFor(random: Random): Status {
  const x = random();
  if (x < 0.012) return 'critical';
  if (x < 0.045) return 'warning';
  if (x < 0.06) return 'unknown';
  if (x < 0.064) return 'not_init';
  return 'normal';
}

export function makeWorld(count: number, seed = 20260131, nowMs = Date.now()): World {
  const random = randomFrom(seed);
  const agents: AgentDetail[] = [];
  for (let i = 1; i <= count; i += 1) agents.push(makeAgent(i, random, nowMs));
  for (const g of groups) g.agents = agents.filter((a) => a.group.id === g.id).length;

  const modulesOf = (agentId: number): Module[] => {
    const agent = agents[agentId - 1];
    return agent && agent.modules.total > 0 ? makeModules(agent) : [];
  };
  const events = makeEvents(agents, random, nowMs);
  const history: World['history'] = (moduleId, fromS, toS, maxPoints, resolution) => {
    const agent = agents[Math.floor(moduleId / perAgent) - 1];
    const k = kinds[moduleId % perAgent];
    if (!agent || !k) return null;
    return makeHistory(agent, moduleId, k, fromS, toS, maxPoints, resolution, nowMs);
  };
  return { agents, events, modulesOf, history };
}

function makeAgent(i: number, random: Random, nowMs: number): AgentDetail {
  const [prefix, role, groupId] = pick(random, roles);
  const [os, version] = pick(random, systems);
  const status =
    i <= 6
      ? (['critical', 'critical', 'warning', 'unknown', 'normal', 'not_init'] as const)[i - 1]!
      : statusFor(random);
  const name = `${prefix}${String(i).padStart(5, '0')}.${groupId === 3 ? 'osaka' : 'tokyo'}.example.jp`;
  const interval = 300;
  const total = status === 'not_init' ? 0 : kinds.length;
  const bad = status === 'critical' || status === 'warning' ? 1 + Math.floor(random() * 2) : 0;
  const modules = { total, normal: 0, critical: 0, warning: 0, unknown: 0, not_init: 0 };
  if (status === 'unknown') modules.unknown = total;
  else if (bad) {
    modules[status as 'critical' | 'warning'] = bad;
    modules.normal = total - bad;
  } else modules.normal = total;
  const sinceMs = nowMs - Math.floor(random() ** 3 * 9 * 86_400_000) - 60_000;
  const silent =
    status === 'unknown' ? 3600_000 + random() * 40 * 3600_000 : random() * interval * 1000;
  const worstKind = i === 1 ? 0 : [0, 1, 5, 6, 10][Math.floor(random() * 5)]!;
  const k = kinds[worstKind]!;
  const limit = (status === 'critical' ? k.critical.min : k.warning.min) ?? 0;
  const group = groups.find((g) => g.id === groupId)!;
  const address = `10.${groupId}.${(i >> 8) & 255}.${i & 255}`;
  const pending = i % 997 === 0;
  return {
    id: i,
    name,
    alias: `${role} ${String(i).padStart(2, '0')}`,
    address,
    os_name: os,
    os_version: version,
    group: { id: group.id, name: group.name },
    status,
    status_since: iso(sinceMs),
    last_contact: status === 'not_init' ? null : iso(nowMs - silent),
    interval_s: interval,
    disabled: false,
    approval: pending ? 'pending' : 'approved',
    modules,
    worst:
      status === 'critical' || status === 'warning'
        ? {
            module_id: i * perAgent + worstKind,
            module: k.name,
            status,
            value: { kind: 'number', number: Math.round((limit + 1 + random() * 3) * 10) / 10 },
            since: iso(sinceMs),
          }
        : null,
    demo: false,
    description: i % 3 === 0 ? `${role}(${group.name})` : '',
    agent_version: '0.1.0',
    mode: 'learning',
    timezone_offset_h: 9,
    addresses: [address, `2001:db8:${groupId}::${i.toString(16)}`],
    custom_fields: [
      { name: 'Location', value: groupId === 3 ? 'Osaka, rack B-07' : '東京 3F 列 C-12' },
      { name: 'Contact', value: i % 3 === 0 ? '運用部 佐藤' : '' },
    ],
    bound_fingerprint:
      i % 2 ? '5f7c0e9a3d5c1b2e8a4d6f90b7c3e1a24c66d2cf10b8a97b3e5d41f60a2c9b7e' : '',
    transport: { level: i % 2 ? 'mutual' : 'tls', peer: address },
    quiet: false,
    created_at: iso(nowMs - 200 * 86_400_000),
    first_contact: status === 'not_init' ? null : iso(nowMs - 200 * 86_400_000),
    completeness: { missing: i % 3 === 0 ? [] : ['description', 'responsible'] },
  };
}

function badKinds(agent: AgentDetail): Set<number> {
  const bad = new Set<number>();
  if (!agent.worst) return bad;
  bad.add(agent.worst.module_id % perAgent);
  for (const i of [0, 1, 5, 6, 10]) {
    if (bad.size >= agent.modules.critical + agent.modules.warning) break;
    bad.add(i);
  }
  return bad;
}

function textValue(name: string, agent: AgentDetail): string {
  if (name === 'Kernel') return agent.os_name.startsWith('Win') ? '10.0.20348' : '6.1.0-28-amd64';
  return '同期済み: ntp1.example.jp (stratum 2)';
}

function makeModules(agent: AgentDetail): Module[] {
  const bad = badKinds(agent);
  const nowS = Math.floor(Date.now() / 1000);
  return kinds.map((k, index) => {
    const id = agent.id * perAgent + index;
    const status: Status =
      agent.status === 'unknown' ? 'unknown' : bad.has(index) ? agent.status : 'normal';
    const at = agent.last_contact;
    const isText = k.type.endsWith('string');
    return {
      id,
      agent_id: agent.id,
      name: k.name,
      description: k.description,
      type: k.type,
      unit: k.unit,
      module_group: k.group,
      status,
      status_since: agent.status_since,
      value: isText
        ? { kind: 'text', text: textValue(k.name, agent) }
        : { kind: 'number', number: valueAt(agent, id, k, Math.floor(nowS / 300) * 300) },
      value_at: at,
      last_contact: at,
      interval_s: 300,
      disabled: false,
      thresholds: { warning: k.warning, critical: k.critical },
      extended_info: '',
    };
  });
}

function valueAt(agent: AgentDetail, moduleId: number, k: Kind, t: number): number {
  if (k.type === 'generic_proc') return 1;
  const day = Math.sin(((t % 86_400) / 86_400) * 2 * Math.PI - 1.9);
  const week = 1 - 0.12 * Number(new Date(t * 1000).getDay() % 6 === 0);
  const step = Math.floor(t / 300);
  let v =
    k.base * week +
    k.swing * day +
    k.jitter * (noise(moduleId, step) + noise(moduleId + 7, Math.floor(step / 6)) - 1);
  const sinceS = agent.status_since ? Date.parse(agent.status_since) / 1000 : Infinity;
  if (badKinds(agent).has(moduleId % perAgent) && t >= sinceS) {
    const limit = (agent.status === 'critical' ? k.critical.min : k.warning.min) ?? 0;
    v = limit + 0.5 + noise(moduleId + 3, step) * (k.ceiling === 100 ? 4 : limit * 0.2);
  }
  return Math.round(Math.min(Math.max(v, k.floor), k.ceiling) * 1000) / 1000;
}

/** One short outage a day at a place of the host's own, and silence since the last contact. */
function gapsOf(agent: AgentDetail, fromS: number, toS: number, nowMs: number): Gap[] {
  const gaps: Gap[] = [];
  for (let day = Math.floor(fromS / 86_400) - 1; day * 86_400 < toS; day += 1) {
    if (noise(agent.id, day) > (agent.id <= 2 ? 1 : 0.35)) continue;
    const start = day * 86_400 + Math.floor(noise(agent.id + 1, day) * 80_000);
    const end = start + 1260 + Math.floor(noise(agent.id + 2, day) * 4000);
    if (end > fromS && start < toS) gaps.push([Math.max(start, fromS), Math.min(end, toS)]);
  }
  const last = agent.last_contact ? Date.parse(agent.last_contact) / 1000 : fromS;
  const nowS = nowMs / 1000;
  if (nowS - last > 900 && toS > last) gaps.push([Math.max(last, fromS), Math.min(nowS, toS)]);
  return gaps.filter(([a, b]) => b > a);
}

function makeHistory(
  agent: AgentDetail,
  moduleId: number,
  k: Kind,
  fromS: number,
  toS: number,
  maxPoints: number,
  resolution: string | undefined,
  nowMs: number,
): History {
  const gaps = gapsOf(agent, fromS, toS, nowMs);
  const inGap = (t: number) => gaps.some(([a, b]) => t >= a && t < b);
  const end = Math.min(toS, Date.now() / 1000);
  const base = {
    module: { id: moduleId, name: k.name },
    from: fromS,
    to: toS,
    points: [],
    trend: [],
    texts: [],
    gaps,
    truncated: false,
  };
  if (k.type.endsWith('string')) {
    const text = textValue(k.name, agent);
    const texts: [number, string][] = [
      [Math.max(fromS, end - 5 * 86_400), text.replace('28', '27').replace('ntp1', 'ntp2')],
      [Math.max(fromS, end - 3600 * 9), text],
    ];
    return { ...base, kind: 'text', resolution: 'raw', step_s: 0, texts };
  }
  const points: Point[] = [];
  const raw = (end - fromS) / 300;
  const asTrend = resolution === 'trend' || (resolution !== 'raw' && raw > maxPoints);
  if (!asTrend) {
    for (let t = Math.ceil(fromS / 300) * 300; t <= end; t += 300) {
      if (!inGap(t)) points.push([t, valueAt(agent, moduleId, k, t)]);
    }
    return { ...base, kind: 'number', resolution: 'raw', step_s: 300, points };
  }
  const step = Math.max(600, Math.ceil((end - fromS) / maxPoints / 300) * 300);
  const trend: History['trend'] = [];
  for (let t = Math.ceil(fromS / step) * step; t <= end; t += step) {
    if (inGap(t)) continue;
    const values: number[] = [];
    for (let i = 0; i < 6; i += 1) values.push(valueAt(agent, moduleId, k, t + (i * step) / 6));
    trend.push([
      t,
      Math.floor(step / 300),
      Math.min(...values),
      Math.max(...values),
      values.reduce((a, b) => a + b, 0) / values.length,
    ]);
  }
  return { ...base, kind: 'number', resolution: 'trend', step_s: step, trend };
}

function makeEvents(agents: AgentDetail[], random: Random, nowMs: number): EventItem[] {
  const events: EventItem[] = [];
  const typeOf = {
    critical: 'going_up_critical',
    warning: 'going_up_warning',
    normal: 'going_down_normal',
    unknown: 'going_unknown',
  } as const;
  const severityOf: Record<string, Severity> = {
    critical: 'critical',
    warning: 'warning',
    unknown: 'major',
    normal: 'normal',
  };
  const trouble = agents.filter((a) => a.status !== 'normal' && a.status !== 'not_init');
  for (let i = 0; i < 1200; i += 1) {
    const agent = trouble.length && random() < 0.8 ? pick(random, trouble) : pick(random, agents);
    const state = pick(random, ['critical', 'warning', 'normal', 'unknown', 'normal'] as const);
    const k = pick(random, kinds.slice(0, 12));
    const at = nowMs - Math.floor(random() ** 2 * 12 * 86_400_000);
    const done = state === 'normal' || random() < 0.4;
    const value = String(Math.round(k.base + random() * k.swing));
    events.push({
      id: i + 1,
      at: iso(at),
      type: typeOf[state],
      severity: severityOf[state]!,
      status: done ? 'validated' : random() < 0.1 ? 'in_process' : 'new',
      code: `module-${state}`,
      params: { module: k.name, value, from: state === 'normal' ? 'critical' : 'normal' },
      text: `Module '${k.name}' is going to ${state.toUpperCase()} (${value})`,
      agent: { id: agent.id, alias: agent.alias },
      module: { id: agent.id * perAgent, name: k.name },
      group: agent.group,
      acknowledged_by: done && state !== 'normal' ? 'admin' : '',
      acknowledged_at: done && state !== 'normal' ? iso(at + 600_000) : null,
      owner: '',
      tags: [],
    });
  }
  return events.sort((a, b) => b.at.localeCompare(a.at) || b.id - a.id);
}

export function countStatuses(agents: readonly { status: Status }[]): Counts {
  const counts: Counts = { normal: 0, critical: 0, warning: 0, unknown: 0, not_init: 0 };
  for (const agent of agents) counts[agent.status] += 1;
  return counts;
}
