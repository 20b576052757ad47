/**
 * Language, theme and density: at once on this device, and remembered in the account so that they
 * follow the reader to the next one.
 */
import { useMantineColorScheme } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import { preferencesQuery, savePreferences } from '../api/queries';
import type { Density, Language, Preferences, Theme } from '../api/types';
import { setLanguage, useLanguage } from '../i18n';

export function setDensity(density: Density): void {
  document.documentElement.dataset['density'] = density;
}

const none: Preferences = { language: null, theme: 'auto', density: 'comfortable' };

export interface PreferenceControls {
  language: Language;
  theme: Theme;
  density: Density;
  change: (part: Partial<Preferences>) => void;
}

/** `signedIn` false (sign-in page): the choice stays on the device. */
export function usePreferences(signedIn: boolean): PreferenceControls {
  const queryClient = useQueryClient();
  const language = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const stored = useQuery({ ...preferencesQuery, enabled: signedIn }).data;

  const change = useCallback(
    (part: Partial<Preferences>) => {
      if (part.language) void setLanguage(part.language);
      if (part.theme) setColorScheme(part.theme);
      if (part.density) setDensity(part.density);
      if (!signedIn) return;
      const before = queryClient.getQueryData(preferencesQuery.queryKey) ?? none;
      const next = { ...before, ...part };
      queryClient.setQueryData(preferencesQuery.queryKey, next);
      // Not saved is no reason to disturb: this device already shows the choice.
      savePreferences(next).catch(() => undefined);
    },
    [queryClient, setColorScheme, signedIn],
  );

  return { language, theme: colorScheme, density: stored?.density ?? 'comfortable', change };
}

/** Once per visit: what the account remembers wins over what the device guessed. */
export function useApplyStoredPreferences(): void {
  const stored = useQuery(preferencesQuery).data;
  const { setColorScheme } = useMantineColorScheme();
  const applied = useRef(false);
  useEffect(() => {
    if (!stored || applied.current) return;
    applied.current = true;
    if (stored.language) void setLanguage(stored.language);
    setColorScheme(stored.theme);
    setDensity(stored.density);
  }, [stored, setColorScheme]);
}
