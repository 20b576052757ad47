/** j/k and their relatives: where the keyboard goes in a table of `count` rows. */

export function nextRow(current: number, key: string, count: number, page = 10): number | null {
  if (count === 0) return null;
  const clamp = (n: number) => Math.min(Math.max(n, 0), count - 1);
  switch (key) {
    case 'j':
    case 'ArrowDown':
      return clamp(current + 1);
    case 'k':
    case 'ArrowUp':
      return clamp(current < 0 ? 0 : current - 1);
    case 'Home':
      return 0;
    case 'End':
    case 'G':
      return count - 1;
    case 'PageDown':
      return clamp(Math.max(current, 0) + page);
    case 'PageUp':
      return clamp(Math.max(current, 0) - page);
    default:
      return null;
  }
}

/** Single letters are commands only where nothing is being typed and no modifier is held. */
export function isCommandKey(event: {
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing?: boolean;
  defaultPrevented: boolean;
  target: EventTarget | null;
}): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  if (event.defaultPrevented) return false;
  const target = event.target as {
    tagName?: string;
    type?: string;
    isContentEditable?: boolean;
  } | null;
  if (!target?.tagName) return true;
  if (target.isContentEditable) return false;
  const tag = target.tagName.toLowerCase();
  if (tag === 'textarea' || tag === 'select') return false;
  if (tag === 'input') {
    return ['checkbox', 'radio', 'button', 'submit'].includes(String(target.type));
  }
  return true;
}
