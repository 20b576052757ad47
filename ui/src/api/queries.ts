/** Every question the pages ask, with how long an answer stays fresh. */
import {
  infiniteQueryOptions,
  keepPreviousData,
  QueryClient,
  queryOptions,
} from '@tanstack/react-query';
import type { EventFilter, HostFilter } from '../lib/filters';
import { limiter } from '../lib/limit';
import { presetSeconds } from '../lib/series';
import { api, csrf, setCsrfToken, unwrap } from './client';
import { ApiError, isTransient, problemOf } from './problem';
import type { History, Preferences, Session } from './types';

const liveMs = 15_000;

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: true,
        networkMode: 'always',
        retry: (count, error) =>
          count < 2 &&
          error instanceof ApiError &&
          isTransient(error.problem) &&
          error.problem.status !== 429,
        retryDelay: (count) => Math.min(500 * 2 ** count, 4000),
      },
      mutations: { networkMode: 'always' },
    },
  });
}

/** The signed-in person, or null. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: Infinity,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      const session = await unwrap(api.GET('/api/v2/session', { signal }));
      setCsrfToken(session.csrf_token);
      return session;
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 401) return null;
      throw error;
    }
  },
});

export async function signIn(user: string, password: string): Promise<Session> {
  const session = await unwrap(api.POST('/api/v2/session', { body: { user, password } }));
  setCsrfToken(session.csrf_token);
  return session;
}

export async function signOut(): Promise<void> {
  await unwrap(api.DELETE('/api/v2/session', { params: { header: csrf() } }));
  setCsrfToken('');
}

export async function changePassword(current: string, next: string): Promise<Session> {
  const session = await unwrap(
    api.POST('/api/v2/session/password', {
      params: { header: csrf() },
      body: { current, new: next },
    }),
  );
  setCsrfToken(session.csrf_token);
  return session;
}

export const preferencesQuery = queryOptions({
  queryKey: ['preferences'],
  staleTime: Infinity,
  queryFn: ({ signal }) => unwrap(api.GET('/api/v2/me/preferences', { signal })),
});

export function savePreferences(preferences: Preferences): Promise<Preferences> {
  const params = { header: csrf() };
  return unwrap(api.PUT('/api/v2/me/preferences', { params, body: preferences }));
}

/** Rows of one page: enough to fill any screen several times, few enough to arrive at once. */
export const hostPageSize = 250;

function hostParams(filter: HostFilter) {
  return {
    ...(filter.q ? { q: filter.q } : {}),
    ...(filter.status.length ? { status: filter.status } : {}),
    ...(filter.group !== null ? { group: filter.group } : {}),
    ...(filter.approval ? { approval: filter.approval } : {}),
    sort: filter.sort,
    ...(filter.order ? { order: filter.order } : {}),
  };
}

export const hostsQuery = (filter: HostFilter) =>
  infiniteQueryOptions({
    queryKey: ['agents', 'list', hostParams(filter)],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v2/agents', {
          params: {
            query: {
              ...hostParams(filter),
              limit: hostPageSize,
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    // A long way down the list every refresh asks for every page again: then less often.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 4 ? 4 * liveMs : liveMs),
  });

/** The counters of the navigation; the smallest page there is carries them. */
export const hostCountsQuery = queryOptions({
  queryKey: ['agents', 'counts'],
  queryFn: async ({ signal }) => {
    const page = await unwrap(
      api.GET('/api/v2/agents', { params: { query: { limit: 1 } }, signal }),
    );
    return { counts: page.counts, total: page.total };
  },
  refetchInterval: 2 * liveMs,
});

export const hostQuery = (id: number) =>
  queryOptions({
    queryKey: ['agents', id],
    queryFn: ({ signal }) =>
      unwrap(api.GET('/api/v2/agents/{id}', { params: { path: { id } }, signal })),
    refetchInterval: liveMs,
  });

export const modulesQuery = (agentId: number) =>
  queryOptions({
    queryKey: ['agents', agentId, 'modules'],
    queryFn: ({ signal }) =>
      unwrap(api.GET('/api/v2/agents/{id}/modules', { params: { path: { id: agentId } }, signal })),
    refetchInterval: liveMs,
  });

async function readHistory(
  id: number,
  from: number,
  to: number,
  maxPoints: number,
  signal: AbortSignal,
): Promise<History> {
  const query = { from, to, max_points: maxPoints };
  const params = { path: { id }, query };
  return (await unwrap(api.GET('/api/v2/modules/{id}/history', { params, signal }))) as History;
}

export const historyQuery = (moduleId: number, from: number, to: number, maxPoints: number) =>
  queryOptions({
    queryKey: ['history', moduleId, from, to, maxPoints],
    staleTime: 60_000,
    gcTime: 60_000,
    queryFn: ({ signal }) => readHistory(moduleId, from, to, maxPoints, signal),
  });

/** A page of a host asks for many small lines at once; the figures in front of them come first. */
const sparkTurn = limiter(3);
const sparkPoints = 60;

export const sparkQuery = (moduleId: number, from: number, to: number) =>
  queryOptions({
    queryKey: ['spark', moduleId, from, to],
    staleTime: 5 * 60_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => sparkTurn(() => readHistory(moduleId, from, to, sparkPoints, signal)),
  });

export const eventPageSize = 100;

function eventParams(filter: EventFilter) {
  return {
    ...(filter.q ? { q: filter.q } : {}),
    ...(filter.severity.length ? { severity: filter.severity } : {}),
    ...(filter.status.length ? { status: filter.status } : {}),
    ...(filter.agent !== null ? { agent: filter.agent } : {}),
  };
}

/** Rounded to a minute: the same list asked twice is the same question. */
function periodStart(period: EventFilter['period']): number | null {
  if (period === 'all') return null;
  return Math.floor((Date.now() / 1000 - presetSeconds[period]) / 60) * 60;
}

export const eventsQuery = (filter: EventFilter, pageSize = eventPageSize) =>
  infiniteQueryOptions({
    queryKey: ['events', 'list', eventParams(filter), filter.period, pageSize],
    initialPageParam: null as { cursor: string; from: number | null } | null,
    queryFn: async ({ pageParam, signal }) => {
      // The following pages must ask for the very period the first one began with.
      const from = pageParam ? pageParam.from : periodStart(filter.period);
      const page = await unwrap(
        api.GET('/api/v2/events', {
          params: {
            query: {
              ...eventParams(filter),
              ...(from === null ? {} : { from }),
              limit: pageSize,
              ...(pageParam ? { cursor: pageParam.cursor } : {}),
            },
          },
          signal,
        }),
      );
      return { ...page, from };
    },
    getNextPageParam: (page) =>
      page.next_cursor ? { cursor: page.next_cursor, from: page.from } : null,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 4 ? 4 * liveMs : liveMs),
  });

export const newEventsQuery = queryOptions({
  queryKey: ['events', 'new'],
  queryFn: async ({ signal }) => {
    const params = { query: { status: ['new' as const], limit: 1 } };
    return (await unwrap(api.GET('/api/v2/events', { params, signal }))).total;
  },
  refetchInterval: 2 * liveMs,
});

export function validateEvent(id: number, comment: string) {
  return unwrap(
    api.POST('/api/v2/events/{id}/validate', {
      params: { path: { id }, header: csrf() },
      body: comment ? { comment } : {},
    }),
  );
}

export function decideAgent(id: number, decision: 'approve' | 'reject') {
  const params = { path: { id }, header: csrf() };
  return unwrap(
    decision === 'approve'
      ? api.POST('/api/v2/agents/{id}/approve', { params })
      : api.POST('/api/v2/agents/{id}/reject', { params }),
  );
}

export const groupsQuery = queryOptions({
  queryKey: ['groups'],
  staleTime: 60_000,
  queryFn: ({ signal }) => unwrap(api.GET('/api/v2/groups', { signal })),
});

export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: ({ signal }) => unwrap(api.GET('/api/v2/health', { signal })),
  refetchInterval: liveMs,
});

export const quarantineQuery = queryOptions({
  queryKey: ['quarantine'],
  queryFn: ({ signal }) => unwrap(api.GET('/api/v2/quarantine', { signal })),
  refetchInterval: 4 * liveMs,
});

/** Codes that end what a page may do: the application leaves for the page that helps. */
export function sessionTrouble(error: unknown): 'sign-in' | 'password' | null {
  const problem = problemOf(error);
  if (problem.code === 'password-change-required') return 'password';
  if (problem.status === 401 && problem.code !== 'login-refused') return 'sign-in';
  return null;
}
