/** Problems, empty lists and waiting: what the reader sees instead of content. */
import { Button } from '@mantine/core';
import { CircleAlert, RefreshCw, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { problemOf } from '../api/problem';
import { useTranslation } from '../i18n';
import css from './notice.module.css';
import { useProblemText } from './problem-text';
import { Time } from './time';

interface ProblemNoticeProps {
  error: unknown;
  onRetry?: (() => void) | undefined;
  /** A whole page's worth of trouble, or a line above a form. */
  size?: 'page' | 'line';
}

export function ProblemNotice({ error, onRetry, size = 'line' }: ProblemNoticeProps) {
  const { t } = useTranslation();
  const describe = useProblemText();
  const problem = problemOf(error);
  const { title, hint, fields } = describe(problem);
  const Heading = size === 'page' ? 'h1' : 'p';
  return (
    <div role="alert" className={size === 'page' ? css.problemPage : css.problem}>
      <CircleAlert size={size === 'page' ? 28 : 18} aria-hidden="true" className={css.icon} />
      <div className={css.body}>
        <Heading className={css.title}>{title}</Heading>
        {hint && <p className={css.hint}>{hint}</p>}
        {fields.length > 0 && (
          <ul className={css.fields}>
            {fields.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        )}
        {problem.request_id && (
          <p className={css.request}>
            {t('problem.request_id')} <code className="y-mono">{problem.request_id}</code>
          </p>
        )}
        {onRetry && (
          <Button
            mt="sm"
            size="xs"
            variant="default"
            leftSection={<RefreshCw size={14} aria-hidden="true" />}
            onClick={onRetry}
          >
            {t('common.retry')}
          </Button>
        )}
      </div>
    </div>
  );
}

interface EmptyProps {
  icon: LucideIcon;
  /** What this is. */
  what: string;
  /** Why it is empty. */
  why: string;
  /** The one button that helps. */
  action?: ReactNode;
  /** When data last came, if ever. */
  last?: string | null | undefined;
  /** It is all there is on the page: its first line is the heading. */
  page?: boolean;
}

export function Empty({ icon: Icon, what, why, action, last, page }: EmptyProps) {
  const { t } = useTranslation();
  const What = page ? 'h1' : 'p';
  return (
    <div className={css.empty}>
      <Icon size={30} strokeWidth={1.5} aria-hidden="true" />
      <What className={css.title}>{what}</What>
      <p className={css.hint}>{why}</p>
      {action}
      {last !== undefined && (
        <p className={css.request}>
          {last ? (
            <>
              {t('common.last_data')} <Time value={last} show="both" />
            </>
          ) : (
            t('common.no_data_yet')
          )}
        </p>
      )}
    </div>
  );
}

/** Grey lines in the place of rows; the words are for those who do not see them. */
export function Waiting({ rows = 8 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <div className={css.waiting} role="status">
      <span className="y-hidden">{t('common.loading')}</span>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className={css.bar} aria-hidden="true" />
      ))}
    </div>
  );
}
