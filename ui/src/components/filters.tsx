/** Parts of filter bars: a search field that understands 全角, and toggle buttons with counts. */
import { CloseButton, Kbd, TextInput } from '@mantine/core';
import { Search } from 'lucide-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { searchFieldId } from '../app/search-field';
import { useTranslation } from '../i18n';
import { cleanText } from '../lib/filters';
import css from './filters.module.css';

const typingPauseMs = 250;

interface SearchFieldProps {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}

export function SearchField({ label, placeholder, value, onChange }: SearchFieldProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const composing = useRef(false);
  const sent = useRef(value);

  // The address changed by other means (Back, a cleared filter): the field follows.
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const send = (next: string) => {
    sent.current = cleanText(next);
    onChange(sent.current);
  };
  const later = (next: string) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => send(next), typingPauseMs);
  };

  return (
    <TextInput
      id={searchFieldId}
      className={css.search}
      aria-label={label}
      placeholder={placeholder}
      type="search"
      autoComplete="off"
      spellCheck={false}
      size="sm"
      leftSection={<Search size={15} aria-hidden="true" />}
      rightSection={
        text ? (
          <CloseButton
            size="sm"
            aria-label={t('filter.clear_search')}
            onClick={() => {
              setText('');
              clearTimeout(timer.current);
              send('');
            }}
          />
        ) : (
          <Kbd size="xs" aria-hidden="true">
            /
          </Kbd>
        )
      }
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        // While a word is being converted (かな → 漢字) it is not yet what the reader looks for.
        if (!composing.current) later(event.currentTarget.value);
      }}
      onCompositionStart={() => {
        composing.current = true;
        clearTimeout(timer.current);
      }}
      onCompositionEnd={(event) => {
        composing.current = false;
        later(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !composing.current) {
          clearTimeout(timer.current);
          send(text);
        } else if (event.key === 'Escape') {
          event.currentTarget.blur();
        }
      }}
    />
  );
}

interface ToggleProps {
  pressed: boolean;
  onClick: () => void;
  children: ReactNode;
  /** Shown after the words. */
  count?: string | undefined;
}

export function Toggle({ pressed, onClick, children, count }: ToggleProps) {
  return (
    <button type="button" className={css.toggle} aria-pressed={pressed} onClick={onClick}>
      {children}
      {count !== undefined && <span className={css.count}>{count}</span>}
    </button>
  );
}

export function ToggleRow({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div role="group" aria-label={label} className={css.toggles}>
      {children}
    </div>
  );
}

export function FilterBar({ children }: { children: ReactNode }) {
  return <div className={`${css.bar} y-no-print`}>{children}</div>;
}

/** With `word` in the list it leaves, without it joins; the order is that of `all`. */
export function toggled<T>(list: readonly T[], word: T, all: readonly T[]): T[] {
  return all.filter((each) => (each === word ? !list.includes(word) : list.includes(each)));
}
