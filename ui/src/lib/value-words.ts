import { useMemo } from 'react';
import { useTranslation } from '../i18n';
import type { ValueWords } from './format';

/** The words that stand for values: up, down, nothing yet. */
export function useValueWords(): ValueWords {
  const { t } = useTranslation();
  return useMemo(() => ({ yes: t('value.yes'), no: t('value.no'), none: t('value.none') }), [t]);
}
