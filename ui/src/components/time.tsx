/** An instant: words for the distance to now, the exact time with its zone, or both. */
import type { Instant } from '../lib/format';
import { isoInstant, relative, toDate } from '../lib/format';
import { useLanguage } from '../i18n';
import { useNow } from '../lib/now';

interface TimeProps {
  value: Instant | null;
  show?: 'relative' | 'exact' | 'both';
}

export function Time({ value, show = 'relative' }: TimeProps) {
  const language = useLanguage();
  const now = useNow();
  const date = toDate(value);
  if (!date || value === null) return <span>–</span>;
  const exact = isoInstant(value);
  const words = relative(value, now, language);
  return (
    <time dateTime={date.toISOString()} title={show === 'relative' ? exact : words}>
      {show === 'relative' ? words : exact}
      {show === 'both' && <span className="y-muted"> ({words})</span>}
    </time>
  );
}
