/** j, k, arrows, Home and End move the focus from row to row; Enter is the focused link's own. */
import { useEffect } from 'react';
import { isCommandKey, nextRow } from '../lib/table-keys';

const framesToWait = 20;

interface TableKeys {
  /** The element that holds the rows; each row's link (or button) carries data-row="index". */
  root: { readonly current: HTMLElement | null };
  count: number;
  /** Brings a row that may not be rendered into view. */
  scrollTo?: (index: number) => void;
}

export function useTableKeys({ root, count, scrollTo }: TableKeys): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isCommandKey(event) || !root.current) return;
      const current = rowOf(document.activeElement, root.current);
      // Arrows and the like keep scrolling the page until a row has the focus.
      if (current < 0 && event.key !== 'j' && event.key !== 'k') return;
      // A dialog in front has the keyboard for itself.
      if (document.querySelector('[aria-modal="true"]')) return;
      const next = nextRow(current, event.key, count);
      if (next === null) return;
      event.preventDefault();
      scrollTo?.(next);
      focusRow(root.current, next, framesToWait);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [root, count, scrollTo]);
}

function rowOf(element: Element | null, root: HTMLElement): number {
  if (!element || !root.contains(element)) return -1;
  const row = element.closest('tr')?.querySelector('[data-row]') ?? element.closest('[data-row]');
  return row ? Number(row.getAttribute('data-row')) : -1;
}

function focusRow(root: HTMLElement, index: number, frames: number): void {
  const target = root.querySelector<HTMLElement>(`[data-row="${index}"]`);
  if (target) {
    target.focus({ preventScroll: true });
    target.closest('tr')?.scrollIntoView({ block: 'nearest' });
  } else if (frames > 0) {
    requestAnimationFrame(() => focusRow(root, index, frames - 1));
  }
}
