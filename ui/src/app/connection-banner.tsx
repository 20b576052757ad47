import { Button } from '@mantine/core';
import { WifiOff } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { connection } from '../api/connection';
import { Time } from '../components/time';
import { useTranslation } from '../i18n';
import css from './connection-banner.module.css';

/** While the console does not answer: since when, that figures are old, and a way to ask now. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const online = useSyncExternalStore(connection.subscribe, connection.isOnline);
  const lost = connection.lostSince();
  return (
    <div role="status" aria-live="polite">
      {!online && (
        <div className={css.banner}>
          <WifiOff size={18} aria-hidden="true" />
          <span>
            {t('connection.lost')} {lost !== null && <Time value={lost / 1000} show="both" />}
          </span>
          <Button size="compact-sm" variant="default" onClick={() => void connection.probe()}>
            {t('connection.retry')}
          </Button>
        </div>
      )}
    </div>
  );
}
