/** The pages and their addresses. Pages are loaded when first visited. */
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { sessionQuery } from '../api/queries';
import {
  decodeEventFilter,
  decodeHostFilter,
  decodeHostView,
  encodeEventFilter,
  encodeHostFilter,
  encodeHostView,
  parseSearch,
  safeNext,
  stringifySearch,
  type RawSearch,
} from '../lib/filters';
import { ErrorPage, MissingPage, TopErrorPage } from './error-page';

const topError = ({ error, reset }: { error: Error; reset: () => void }) => (
  <TopErrorPage error={error} onRetry={reset} />
);

const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  errorComponent: topError,
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (raw: Record<string, unknown>): { next?: string } => {
    const next = safeNext(raw['next']);
    return next === '/' ? {} : { next };
  },
  beforeLoad: async ({ context, search }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery).catch(() => null);
    if (session) throw redirect({ href: search.next ?? '/', replace: true });
  },
  component: lazyRouteComponent(() => import('../pages/sign-in'), 'SignInPage'),
  errorComponent: topError,
});

const passwordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/password',
  validateSearch: (raw: Record<string, unknown>): { next?: string } => {
    const next = safeNext(raw['next']);
    return next === '/' ? {} : { next };
  },
  beforeLoad: async ({ context }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: '/sign-in', replace: true });
  },
  component: lazyRouteComponent(() => import('../pages/password'), 'PasswordPage'),
  errorComponent: topError,
});

/** Everything behind it needs a session whose password is its owner's own. */
const frameRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'frame',
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery);
    const next = safeNext(location.href);
    const search = next === '/' ? {} : { next };
    if (!session) throw redirect({ to: '/sign-in', search, replace: true });
    if (session.must_change_password) throw redirect({ to: '/password', search, replace: true });
  },
  component: lazyRouteComponent(() => import('./frame'), 'Frame'),
  errorComponent: topError,
});

const homeRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/hosts', replace: true });
  },
});

const hostsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/hosts',
  validateSearch: (raw: Record<string, unknown>): RawSearch =>
    encodeHostFilter(decodeHostFilter(raw)),
  component: lazyRouteComponent(() => import('../pages/hosts/hosts'), 'HostsPage'),
});

const hostRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/hosts/$id',
  validateSearch: (raw: Record<string, unknown>): RawSearch => encodeHostView(decodeHostView(raw)),
  component: lazyRouteComponent(() => import('../pages/host/host'), 'HostPage'),
});

const eventsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/events',
  validateSearch: (raw: Record<string, unknown>): RawSearch =>
    encodeEventFilter(decodeEventFilter(raw)),
  component: lazyRouteComponent(() => import('../pages/events/events'), 'EventsPage'),
});

const healthRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/health',
  component: lazyRouteComponent(() => import('../pages/health/health'), 'HealthPage'),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  passwordRoute,
  frameRoute.addChildren([homeRoute, hostsRoute, hostRoute, eventsRoute, healthRoute]),
]);

export function makeRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultErrorComponent: ({ error, reset }) => <ErrorPage error={error} onRetry={reset} />,
    defaultNotFoundComponent: () => <MissingPage />,
  });
}

export type AppRouter = ReturnType<typeof makeRouter>;

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter;
  }
}
