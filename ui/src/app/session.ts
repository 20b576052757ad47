/** What the pages need of the session: who is here, what they may, and leaving when it ends. */
import { useQuery, type QueryClient } from '@tanstack/react-query';
import { sessionQuery, sessionTrouble } from '../api/queries';
import { safeNext } from '../lib/filters';
import type { Session } from '../api/types';
import type { AppRouter } from './router';

export function useSession(): Session | null {
  return useQuery(sessionQuery).data ?? null;
}

export function usePermission(bit: string): boolean {
  return useSession()?.permissions.includes(bit) ?? false;
}

/** Any answer "not signed in" ends the visit: the sign-in page brings the reader back here. */
export function leaveOnSessionTrouble(queryClient: QueryClient, router: AppRouter): void {
  const onError = (error: unknown) => {
    const where = sessionTrouble(error);
    if (!where) return;
    const path = router.state.location.pathname;
    if (path === '/sign-in' || (path === '/password' && where === 'password')) return;
    const next = safeNext(router.state.location.href);
    const search = next === '/' ? {} : { next };
    if (where === 'sign-in') {
      queryClient.setQueryData(sessionQuery.queryKey, null);
      void router.navigate({ to: '/sign-in', search, replace: true });
    } else {
      queryClient.setQueryData(sessionQuery.queryKey, (session) =>
        session ? { ...session, must_change_password: true } : session,
      );
      void router.navigate({ to: '/password', search, replace: true });
    }
  };
  queryClient.getQueryCache().config.onError = onError;
  queryClient.getMutationCache().config.onError = onError;
}
