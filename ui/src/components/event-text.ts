/** An event's sentence in the reader's language; the server's English where a code is unknown. */
import { useCallback } from 'react';
import type { EventItem, Params, Status } from '../api/types';
import { useTranslation } from '../i18n';
import { statuses } from '../lib/filters';
import { number } from '../lib/format';
import { sentence } from './problem-text';

type Lookup = (key: string, params: Record<string, string | number>) => string;

export function useCodeText(): (
  group: 'event' | 'check' | 'quarantine',
  code: string,
  params: Params,
  fallback: string,
) => string {
  const { t, i18n, language } = useTranslation();
  return useCallback(
    (group, code, params, fallback) => {
      const lookup = t as unknown as Lookup;
      const shown: Record<string, string> = { ...params };
      // Figures of the platform's own checks are written as figures of the reader.
      if (group === 'check') {
        for (const [key, value] of Object.entries(shown)) {
          if (/^-?\d+(\.\d+)?$/.test(value)) shown[key] = number(Number(value), language);
        }
      }
      // Words that are themselves codes are told in the reader's language too.
      const from = params['from'];
      if (from && (statuses as readonly string[]).includes(from)) {
        shown['from'] = t(`status.${from as Status}`);
      }
      const state = params['state'];
      if (state && i18n.exists(`server_state.${state}`)) {
        shown['state'] = lookup(`server_state.${state}`, {});
      }
      const reason = params['reason'];
      if (reason && i18n.exists(`reason.${reason}`)) {
        shown['reason'] = lookup(`reason.${reason}`, {});
      }
      return sentence(
        lookup,
        (key) => i18n.exists(key),
        `${group}.${Object.keys(params).length === 0 && i18n.exists(`${group}.${code}-none`) ? `${code}-none` : code}`,
        shown,
        fallback,
      );
    },
    [t, i18n, language],
  );
}

export function useEventText(): (event: EventItem) => string {
  const say = useCodeText();
  return useCallback((event) => say('event', event.code, event.params, event.text), [say]);
}
