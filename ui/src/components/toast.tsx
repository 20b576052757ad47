/** Short messages that say what happened. */
import { notifications } from '@mantine/notifications';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { useMemo } from 'react';
import { problemOf } from '../api/problem';
import { useTranslation } from '../i18n';
import { useProblemText } from './problem-text';

export interface Toast {
  done: (message: string) => void;
  problem: (error: unknown) => void;
}

export function useToast(): Toast {
  const { t } = useTranslation();
  const describe = useProblemText();
  return useMemo(() => {
    const closeButtonProps = { 'aria-label': t('common.close') };
    return {
      done: (message) =>
        notifications.show({
          message,
          color: 'teal',
          icon: <CircleCheck size={18} aria-hidden="true" />,
          closeButtonProps,
        }),
      problem: (error) => {
        const problem = problemOf(error);
        const { title, hint } = describe(problem);
        const id = problem.request_id ? `${t('problem.request_id')} ${problem.request_id}` : '';
        notifications.show({
          title,
          message: [hint, id].filter(Boolean).join(' · '),
          color: 'red',
          icon: <CircleAlert size={18} aria-hidden="true" />,
          autoClose: 12_000,
          closeButtonProps,
        });
      },
    };
  }, [t, describe]);
}
