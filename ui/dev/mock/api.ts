/**
 * A console in miniature for `vite` and `vite preview`: same routes, same problems, same paging as
 * the real API, from data that exists nowhere. Sign in with admin / yagura-demo; the first sign-in
 * asks for a new password, which is forgotten when the process ends.
 */
import { randomBytes } from 'node:crypto';
import type {
  AgentDetail,
  AgentSummary,
  Health,
  Preferences,
  Problem,
  QuarantineItem,
  Session,
  Status,
} from '../../src/api/types';
import { countStatuses, groups, makeWorld } from './data';

export interface Ask {
  method: string;
  path: string;
  query: URLSearchParams;
  cookie: string;
  csrf: string;
  body: unknown;
}

export interface Answer {
  status: number;
  body?: unknown;
  cookie?: string;
  type?: string;
}

const rank: Record<Status, number> = {
  critical: 0,
  warning: 1,
  unknown: 2,
  not_init: 3,
  normal: 4,
};

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly params: Record<string, unknown> = {},
  ) {
    super(code);
  }
}

function summary(agent: AgentDetail): AgentSummary {
  const {
    description: _description,
    agent_version: _version,
    mode: _mode,
    timezone_offset_h: _offset,
    addresses: _addresses,
    custom_fields: _fields,
    bound_fingerprint: _fingerprint,
    transport: _transport,
    created_at: _created,
    first_contact: _first,
    completeness: _completeness,
    ...rest
  } = agent;
  return rest;
}

export class MockConsole {
  private readonly world;
  private password = 'yagura-demo';
  private mustChange = true;
  private readonly sessions = new Map<string, string>();
  private failures = 0;
  private preferences: Preferences = { language: null, theme: 'auto', density: 'comfortable' };

  constructor(hosts: number) {
    this.world = makeWorld(hosts);
  }

  answer(ask: Ask): Answer {
    const requestId = randomBytes(8).toString('hex');
    try {
      return this.route(ask);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'server-error', {});
      const problem: Problem = {
        type: `urn:yagura:problem:${refusal.code}`,
        title: refusal.code,
        status: refusal.status,
        code: refusal.code,
        params: refusal.params,
        request_id: requestId,
      };
      return { status: refusal.status, body: problem, type: 'application/problem+json' };
    }
  }

  private route(ask: Ask): Answer {
    const { method, path } = ask;
    if (path === '/healthz') return { status: 200, body: { status: 'ok' } };
    const key = `${method} ${path.replace('/api/v2', '')}`;
    if (key === 'POST /session') return this.signIn(ask);
    const csrf = this.sessions.get(ask.cookie);
    if (!csrf) throw new Refusal(401, 'not-signed-in');
    if (method !== 'GET' && ask.csrf !== csrf) throw new Refusal(403, 'csrf-refused');
    if (key === 'GET /session') return { status: 200, body: this.session(csrf) };
    if (key === 'DELETE /session') {
      this.sessions.delete(ask.cookie);
      return { status: 204, cookie: '' };
    }
    if (key === 'POST /session/password') return this.changePassword(ask);
    if (this.mustChange) throw new Refusal(403, 'password-change-required');
    return this.inside(key, ask);
  }

  private inside(key: string, ask: Ask): Answer {
    const id = /\/(\d+)(?:\/|$)/.exec(key);
    const number = id ? Number(id[1]) : 0;
    switch (key.replace(/\/\d+/, '/{id}')) {
      case 'GET /agents':
        return { status: 200, body: this.agents(ask.query) };
      case 'GET /agents/{id}':
        return { status: 200, body: this.agent(number) };
      case 'POST /agents/{id}/approve':
        this.agent(number).approval = 'approved';
        return { status: 200, body: this.agent(number) };
      case 'POST /agents/{id}/reject':
        this.agent(number).approval = 'rejected';
        return { status: 200, body: this.agent(number) };
      case 'GET /agents/{id}/modules':
        this.agent(number);
        return { status: 200, body: { items: this.world.modulesOf(number) } };
      case 'GET /modules/{id}/history':
        return { status: 200, body: this.history(number, ask.query) };
      case 'GET /events':
        return { status: 200, body: this.events(ask.query) };
      case 'POST /events/{id}/validate':
        return { status: 200, body: this.validate(number) };
      case 'GET /groups':
        return { status: 200, body: { items: groups } };
      case 'GET /health':
        return { status: 200, body: this.health() };
      case 'GET /quarantine':
        return { status: 200, body: this.quarantine() };
      case 'GET /me/preferences':
        return { status: 200, body: this.preferences };
      case 'PUT /me/preferences':
        this.preferences = ask.body as Preferences;
        return { status: 200, body: this.preferences };
      default:
        throw new Refusal(404, 'not-found');
    }
  }

  private session(csrf: string): Session {
    return {
      user: 'admin',
      full_name: '監視 花子',
      must_change_password: this.mustChange,
      csrf_token: csrf,
      permissions: ['AR', 'AW', 'AD', 'ER', 'EW', 'PM', 'UM'],
      language: null,
      expires_at: new Date(Date.now() + 1_800_000).toISOString(),
    };
  }

  private begin(): { id: string; csrf: string } {
    const id = randomBytes(16).toString('hex');
    const csrf = randomBytes(16).toString('hex');
    this.sessions.set(id, csrf);
    return { id, csrf };
  }

  private signIn(ask: Ask): Answer {
    const { user, password } = ask.body as { user?: string; password?: string };
    if (this.failures >= 8) {
      this.failures = 0;
      throw new Refusal(429, 'too-many-attempts', { retry_after_s: 30 });
    }
    if (user !== 'admin' || password !== this.password) {
      this.failures += 1;
      throw new Refusal(401, 'login-refused');
    }
    const { id, csrf } = this.begin();
    return { status: 200, body: this.session(csrf), cookie: id };
  }

  private changePassword(ask: Ask): Answer {
    const { current, new: next } = ask.body as { current: string; new: string };
    if (current !== this.password) throw new Refusal(422, 'password-wrong');
    if (next === current) throw new Refusal(422, 'password-same');
    if ([...next].length < 12) throw new Refusal(422, 'password-too-short', { min: 12 });
    this.password = next;
    this.mustChange = false;
    this.sessions.delete(ask.cookie);
    const { id, csrf } = this.begin();
    return { status: 200, body: this.session(csrf), cookie: id };
  }

  private agent(id: number): AgentDetail {
    const agent = this.world.agents[id - 1];
    if (!agent) throw new Refusal(404, 'not-found');
    return agent;
  }

  private agents(query: URLSearchParams) {
    const q = (query.get('q') ?? '').toLowerCase();
    const wanted = (query.get('status') ?? '').split(',').filter(Boolean);
    const group = query.get('group');
    const approval = query.get('approval');
    const fitting = this.world.agents.filter(
      (a) =>
        (!q || `${a.name} ${a.alias} ${a.address}`.toLowerCase().includes(q)) &&
        (!group || String(a.group.id) === group) &&
        (!approval || a.approval === approval),
    );
    const items = fitting.filter((a) => wanted.length === 0 || wanted.includes(a.status));
    const sort = query.get('sort') ?? 'worst';
    const usual = sort === 'name' ? 'asc' : 'desc';
    const sign = (query.get('order') ?? usual) === usual ? 1 : -1;
    items.sort((a, b) => {
      if (sort === 'name') return sign * a.name.localeCompare(b.name);
      if (sort === 'last_contact') {
        return sign * (b.last_contact ?? '').localeCompare(a.last_contact ?? '');
      }
      return sign * (rank[a.status] - rank[b.status] || a.id - b.id);
    });
    const page = pageOf(items, query);
    return { ...page, items: page.items.map(summary), counts: countStatuses(fitting) };
  }

  private history(id: number, query: URLSearchParams) {
    const to = Number(query.get('to') ?? Date.now() / 1000);
    const from = Number(query.get('from') ?? to - 86_400);
    const max = Number(query.get('max_points') ?? 1000);
    const history = this.world.history(id, from, to, max, query.get('resolution') ?? undefined);
    if (!history) throw new Refusal(404, 'not-found');
    return history;
  }

  private events(query: URLSearchParams) {
    const has = (key: string, value: string) => {
      const list = (query.get(key) ?? '').split(',').filter(Boolean);
      return list.length === 0 || list.includes(value);
    };
    const q = (query.get('q') ?? '').toLowerCase();
    const fromMs = Number(query.get('from') ?? 0) * 1000;
    const items = this.world.events.filter(
      (e) =>
        has('severity', e.severity) &&
        has('status', e.status) &&
        has('agent', String(e.agent?.id ?? '')) &&
        Date.parse(e.at) >= fromMs &&
        (!q || `${e.text} ${e.agent?.alias}`.toLowerCase().includes(q)),
    );
    return pageOf(items, query);
  }

  private validate(id: number) {
    const event = this.world.events.find((e) => e.id === id);
    if (!event) throw new Refusal(404, 'not-found');
    event.status = 'validated';
    event.acknowledged_by = 'admin';
    event.acknowledged_at = new Date().toISOString();
    return event;
  }

  private quarantine(): { items: QuarantineItem[]; next_cursor: null } {
    const item = (id: number, code: string, params: Record<string, string>): QuarantineItem => ({
      id,
      at: new Date(Date.now() - id * 3_600_000).toISOString(),
      reason: { code, params },
      peer: `198.51.100.${id}`,
      agent_name: id === 1 ? '' : 'kiosk-17',
      file_name: `kiosk-17.${1769830000 + id}.data`,
      bytes: 9214 * id,
      state: 'held',
    });
    const items = [
      item(1, 'malformed-xml', {}),
      item(2, 'agent-refused', { reason: 'peer-not-allowed' }),
    ];
    return { items, next_cursor: null };
  }

  private health(): Health {
    const now = new Date().toISOString();
    return {
      status: 'degraded',
      checks: [
        { code: 'data-server', status: 'ok', params: { server: 'yagura-1', state: 'up' } },
        { code: 'spool-age', status: 'ok', params: { items: '3', age_s: '1' } },
        { code: 'disk-space', status: 'degraded', params: { free_percent: '11.4' } },
        { code: 'ingest-delay', status: 'ok', params: { p99_ms: '41' } },
        { code: 'database', status: 'ok', params: { latency_ms: '0.4' } },
        { code: 'quarantine', status: 'degraded', params: { items: '2' } },
      ],
      spool: { items: 3, bytes: 28_412, oldest_age_s: 1, disk_free_percent: 11.4 },
      ingest: { items_per_s: 33.3, samples_per_s: 1333, lag_ms_p99: 41, last_item_at: now },
      losses: { refused: 0, quarantined: 2, invalid_values: 17, duplicates: 4 },
      database: {
        dialect: 'mariadb',
        version: '10.11.19',
        location: 'db1.example.jp:3306/yagura',
        tls_version: 'TLSv1.3',
        tls_cipher: 'TLS_AES_256_GCM_SHA384',
        latency_ms: 0.4,
      },
      servers: [{ name: 'yagura-1', status: 'up', version: '0.1.0', last_keepalive: now }],
      quarantine: { items: 2 },
      links: [
        {
          name: 'server-database:yagura-1',
          tls_version: 'TLSv1.3',
          cipher: 'TLS_AES_256_GCM_SHA384',
          verified: true,
        },
        {
          name: 'browser-console',
          tls_version: 'TLSv1.3',
          cipher: 'TLS_AES_128_GCM_SHA256',
          verified: true,
        },
      ],
    };
  }
}

function pageOf<T>(items: readonly T[], query: URLSearchParams) {
  const limit = Math.min(Number(query.get('limit') ?? 100), 1000);
  const start = Number(query.get('cursor') ?? 0);
  const end = start + limit;
  return {
    items: items.slice(start, end),
    next_cursor: end < items.length ? String(end) : null,
    total: items.length,
  };
}
