/**
 * Languages. The dictionaries are loaded when wanted (one of them per visit, usually); their keys are
 * types, so that a wrong key does not compile, and `npm run check-i18n` compares the files.
 */
import i18next from 'i18next';
import { createContext, createElement, useContext, useMemo, type ReactNode } from 'react';
import {
  initReactI18next,
  useTranslation as useI18next,
  type UseTranslationResponse,
} from 'react-i18next';
import type { Language } from '../api/types';
import type en from './en.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en };
    returnNull: false;
  }
}

const dictionaries: Record<Language, () => Promise<{ default: object }>> = {
  ja: () => import('./ja.json'),
  en: () => import('./en.json'),
};

const storageKey = 'yagura.language';

/** What the reader chose last on this device, else the browser's first known language. */
export function guessLanguage(): Language {
  const stored = read();
  if (stored) return stored;
  for (const tag of navigator.languages ?? []) {
    if (/^ja\b/i.test(tag)) return 'ja';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

function read(): Language | null {
  try {
    const stored = localStorage.getItem(storageKey);
    return stored === 'ja' || stored === 'en' ? stored : null;
  } catch {
    return null;
  }
}

export async function startLanguage(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'none',
    fallbackLng: false,
    showSupportNotice: false,
    interpolation: { escapeValue: false },
    returnNull: false,
    // Codes of the server may have a colon in them.
    nsSeparator: false,
    react: { useSuspense: false },
    resources: {},
  });
  await setLanguage(guessLanguage(), false);
}

/** Loads and shows a language; `remember` keeps it on this device for the sign-in page. */
export async function setLanguage(language: Language, remember = true): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'translation')) {
    const dictionary = await dictionaries[language]();
    i18next.addResourceBundle(language, 'translation', dictionary.default);
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  if (remember) {
    try {
      localStorage.setItem(storageKey, language);
    } catch {
      // Storage may be switched off; the preference still lives in the account.
    }
  }
}

type Translation = Pick<UseTranslationResponse<'translation', undefined>, 't' | 'i18n'> & {
  language: Language;
};
const TranslationContext = createContext<Translation | null>(null);

/** One subscription for the whole page: a table has hundreds of places that speak. */
export function TranslationProvider({ children }: { children: ReactNode }) {
  const { t, i18n } = useI18next();
  const language: Language = i18n.language === 'ja' ? 'ja' : 'en';
  const value = useMemo(() => ({ t, i18n, language }), [t, i18n, language]);
  return createElement(TranslationContext.Provider, { value }, children);
}

export function useTranslation(): Translation {
  const value = useContext(TranslationContext);
  if (!value) throw new Error('no TranslationProvider');
  return value;
}

export function useLanguage(): Language {
  return useTranslation().language;
}
