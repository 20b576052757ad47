import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { sessionQuery, sessionTrouble, signOut } from '../api/queries';
import { useToast } from '../components/toast';

/** Ends the session on the server first; nothing of what it showed stays in memory afterwards. */
export function useSignOut(): () => void {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  return useCallback(() => {
    void (async () => {
      try {
        await signOut();
      } catch (error) {
        if (sessionTrouble(error) !== 'sign-in') {
          toast.problem(error);
          return;
        }
      }
      queryClient.clear();
      queryClient.setQueryData(sessionQuery.queryKey, null);
      await navigate({ to: '/sign-in', replace: true });
    })();
  }, [queryClient, navigate, toast]);
}
