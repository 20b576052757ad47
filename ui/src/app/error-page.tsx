import { Button } from '@mantine/core';
import { Link, useRouter } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { useEffect } from 'react';
import { problemOf } from '../api/problem';
import { Empty, ProblemNotice } from '../components/notice';
import { useTranslation } from '../i18n';

/** A page that failed: in words, with the request's id to quote to whoever runs the console. */
export function ErrorPage({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const router = useRouter();
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${t('problem.page')} · Yagura`;
  }, [t]);
  return (
    <ProblemNotice
      size="page"
      error={error}
      onRetry={() => {
        // A part of the page that could not be fetched stays missing until everything is.
        if (problemOf(error).code === 'page-part-missing') location.reload();
        onRetry?.();
        void router.invalidate();
      }}
    />
  );
}

/** The same where there is no frame around it. */
export function TopErrorPage(props: { error: unknown; onRetry?: () => void }) {
  return (
    <main>
      <ErrorPage {...props} />
    </main>
  );
}

export function MissingPage() {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${t('problem.missing_what')} · Yagura`;
  }, [t]);
  return (
    <Empty
      page
      icon={Compass}
      what={t('problem.missing_what')}
      why={t('problem.missing_why')}
      action={
        <Button component={Link} to="/hosts" size="xs">
          {t('problem.missing_action')}
        </Button>
      }
    />
  );
}
