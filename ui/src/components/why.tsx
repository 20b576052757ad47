import type { AgentSummary } from '../api/types';
import { useLanguage, useTranslation } from '../i18n';
import { duration, lasted, number } from '../lib/format';
import { useNow } from '../lib/now';
import { whyFirst } from '../lib/why';

/** The reason in a sentence: which check, how bad, since when; or how long nothing was heard. */
export function Why({ agent }: { agent: AgentSummary }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const reason = whyFirst(agent, now);
  const since = (iso: string) => lasted((now - Date.parse(iso)) / 1000, language);
  switch (reason.kind) {
    case 'module': {
      const { value, status, module } = reason;
      const shown =
        value === null ? '' : value.kind === 'text' ? value.text : number(value.number, language);
      const first = shown
        ? t(`why.module_${status}_value`, { module, value: shown })
        : t(`why.module_${status}`, { module });
      return (
        <span>
          {first}
          {reason.since && (
            <span className="y-muted"> {t('why.for', { for: since(reason.since) })}</span>
          )}
          {reason.others > 0 && (
            <span className="y-muted"> {t('why.others', { count: reason.others })}</span>
          )}
        </span>
      );
    }
    case 'silent':
      return (
        <span>
          {t('why.silent', { for: since(reason.since) })}{' '}
          <span className="y-muted">
            {t('why.silent_expected', { interval: duration(reason.intervalS, language) })}
          </span>
        </span>
      );
    case 'normal':
      return <span className="y-muted">{t('why.normal', { count: reason.count })}</span>;
    default:
      return <span>{t(`why.${reason.kind}`)}</span>;
  }
}
