/**
 * The HTTP API (v2) as the front end uses it, in the shape `openapi-fetch` expects.
 *
 * Times in objects are RFC 3339 UTC strings, times in point arrays are epoch seconds. Words for
 * status and severity are the same in code, SQL, API and here.
 */

export type Status = 'normal' | 'critical' | 'warning' | 'unknown' | 'not_init';
export type Severity =
  | 'maintenance'
  | 'informational'
  | 'normal'
  | 'warning'
  | 'critical'
  | 'minor'
  | 'major';
export type EventStatus = 'new' | 'validated' | 'in_process';
export type AgentMode = 'normal' | 'learning' | 'autodisable';
export type Approval = 'approved' | 'pending' | 'rejected';
export type Language = 'ja' | 'en';
export type Params = Record<string, string>;

export interface FieldProblem {
  field: string;
  code: string;
  params?: Record<string, unknown>;
}

/** RFC 9457 problem document; `code` is stable, `params` are its parameters. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  params?: Record<string, unknown>;
  request_id: string;
}

export interface Session {
  user: string;
  full_name: string;
  must_change_password: boolean;
  csrf_token: string;
  permissions: string[];
  language: Language | null;
  expires_at: string;
}

/** How many of something have which status. */
export interface Counts {
  normal: number;
  critical: number;
  warning: number;
  unknown: number;
  not_init: number;
}

export interface GroupRef {
  id: number;
  name: string;
}

export type ModuleValue = { kind: 'number'; number: number } | { kind: 'text'; text: string };

export interface WorstModule {
  module_id: number;
  module: string;
  status: Status;
  value: ModuleValue | null;
  since: string | null;
}

export interface AgentSummary {
  id: number;
  name: string;
  alias: string;
  address: string;
  os_name: string;
  os_version: string;
  group: GroupRef;
  status: Status;
  status_since: string | null;
  last_contact: string | null;
  interval_s: number;
  disabled: boolean;
  approval: Approval;
  modules: Counts & { total: number };
  worst: WorstModule | null;
  demo: boolean;
}

export interface AgentDetail extends AgentSummary {
  description: string;
  agent_version: string;
  mode: AgentMode;
  timezone_offset_h: number;
  quiet: boolean;
  addresses: string[];
  custom_fields: { name: string; value: string }[];
  /** '' = none. */
  bound_fingerprint: string;
  /** level: local, none, tls, certificate, mutual; '' = not known. */
  transport: { level: string; peer: string };
  created_at: string | null;
  first_contact: string | null;
  completeness: { missing: string[] };
}

export interface AgentPage {
  items: AgentSummary[];
  next_cursor: string | null;
  total: number;
  counts: Counts;
}

/** No number and no text = not set; `min` without `max` has no upper end. */
export interface Threshold {
  min: number | null;
  max: number | null;
  inverse: boolean;
  text: string;
}

export interface Module {
  id: number;
  agent_id: number;
  name: string;
  description: string;
  type: string;
  unit: string;
  module_group: string;
  status: Status;
  status_since: string | null;
  value: ModuleValue | null;
  value_at: string | null;
  last_contact: string | null;
  interval_s: number;
  disabled: boolean;
  thresholds: { warning: Threshold; critical: Threshold };
  extended_info: string;
}

export type Point = [t: number, value: number];
export type TrendPoint = [t: number, n: number, min: number, max: number, avg: number];
export type TextPoint = [t: number, text: string];
export type Gap = [from: number, to: number];

export interface History {
  module: { id: number; name: string };
  kind: 'number' | 'text';
  resolution: 'raw' | 'trend';
  step_s: number;
  from: number;
  to: number;
  points?: Point[];
  trend?: TrendPoint[];
  texts?: TextPoint[];
  gaps: Gap[];
  truncated: boolean;
}

export interface EventItem {
  id: number;
  at: string;
  type: string;
  severity: Severity;
  status: EventStatus;
  code: string;
  params: Params;
  text: string;
  agent: { id: number; alias: string } | null;
  module: { id: number; name: string } | null;
  group: GroupRef | null;
  /** '' = nobody yet. */
  acknowledged_by: string;
  acknowledged_at: string | null;
  owner: string;
  tags: string[];
}

export interface EventPage {
  items: EventItem[];
  next_cursor: string | null;
  total: number;
}

export interface Group {
  id: number;
  name: string;
  parent_id: number | null;
  agents: number;
}

export type HealthStatus = 'ok' | 'degraded' | 'failing';

export interface Health {
  status: HealthStatus;
  checks: { code: string; status: HealthStatus; params: Params }[];
  spool: { items: number; bytes: number; oldest_age_s: number; disk_free_percent: number };
  ingest: {
    items_per_s: number;
    samples_per_s: number;
    lag_ms_p99: number;
    last_item_at: string | null;
  };
  losses: { refused: number; quarantined: number; invalid_values: number; duplicates: number };
  database: {
    dialect: string;
    version: string;
    location: string;
    /** '' = the link needs none. */
    tls_version: string;
    tls_cipher: string;
    latency_ms: number;
  };
  servers: { name: string; status: 'up' | 'stopped' | 'silent'; version: string; last_keepalive: string | null }[];
  quarantine: { items: number };
  links: { name: string; tls_version: string; cipher: string; verified: boolean }[];
}

export interface QuarantineItem {
  id: number;
  at: string;
  reason: { code: string; params: Params };
  peer: string;
  agent_name: string;
  file_name: string;
  bytes: number;
  state: string;
}

export type Theme = 'auto' | 'light' | 'dark';
export type Density = 'comfortable' | 'compact';

export interface Preferences {
  language: Language | null;
  theme: Theme | null;
  density: Density | null;
}

type Failure = { default: { content: { 'application/problem+json': Problem } } };
type Ok<T> = { 200: { content: { 'application/json': T } } } & Failure;
type NoContent = { 204: { content?: never } } & Failure;
type Body<T> = { content: { 'application/json': T } };
type ById = { path: { id: number } };

export interface paths {
  '/api/v2/session': {
    get: { responses: Ok<Session> };
    post: { requestBody: Body<{ user: string; password: string }>; responses: Ok<Session> };
    delete: { responses: NoContent };
  };
  '/api/v2/session/password': {
    post: { requestBody: Body<{ current: string; new: string }>; responses: Ok<Session> };
  };
  '/api/v2/agents': {
    get: {
      parameters: {
        query?: {
          q?: string;
          status?: string;
          group?: number;
          approval?: string;
          sort?: 'worst' | 'name' | 'last_contact';
          order?: 'asc' | 'desc';
          limit?: number;
          cursor?: string;
        };
      };
      responses: Ok<AgentPage>;
    };
  };
  '/api/v2/agents/{id}': {
    get: { parameters: ById; responses: Ok<AgentDetail> };
  };
  '/api/v2/agents/{id}/approve': { post: { parameters: ById; responses: Ok<AgentDetail> } };
  '/api/v2/agents/{id}/reject': { post: { parameters: ById; responses: Ok<AgentDetail> } };
  '/api/v2/agents/{id}/modules': {
    get: { parameters: ById; responses: Ok<{ items: Module[] }> };
  };
  '/api/v2/modules/{id}/history': {
    get: {
      parameters: ById & {
        query?: {
          from?: number;
          to?: number;
          max_points?: number;
          resolution?: 'auto' | 'raw' | 'trend';
        };
      };
      responses: Ok<History>;
    };
  };
  '/api/v2/events': {
    get: {
      parameters: {
        query?: {
          agent?: number;
          module?: number;
          severity?: string;
          status?: string;
          type?: string;
          from?: number;
          to?: number;
          q?: string;
          limit?: number;
          cursor?: string;
        };
      };
      responses: Ok<EventPage>;
    };
  };
  '/api/v2/events/{id}/validate': {
    post: {
      parameters: ById;
      requestBody: Body<{ comment?: string }>;
      responses: Ok<EventItem>;
    };
  };
  '/api/v2/groups': { get: { responses: Ok<{ items: Group[] }> } };
  '/api/v2/health': { get: { responses: Ok<Health> } };
  '/api/v2/quarantine': {
    get: { responses: Ok<{ items: QuarantineItem[]; next_cursor: string | null }> };
  };
  '/api/v2/me/preferences': {
    get: { responses: Ok<Preferences> };
    put: { requestBody: Body<Preferences>; responses: Ok<Preferences> };
  };
}
