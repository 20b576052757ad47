/**
 * Languages. The dictionaries are loaded when wanted (one of them per visit, usually); their keys are
 * types, so that a wrong key does not compile, and `npm run check-i18n` compares the files.
 */
import i18next from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';
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

export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return i18n.language === 'ja' ? 'ja' : 'en';
}

export { useTranslation };
