import { useMemo, useState, type KeyboardEvent } from 'react';

/** Whether Caps Lock is on while a field is typed into. Browsers tell it only with a key event. */
export function useCapsLock() {
  const [on, setOn] = useState(false);
  const handlers = useMemo(() => {
    const read = (event: KeyboardEvent<HTMLInputElement>) =>
      setOn(event.getModifierState?.('CapsLock') ?? false);
    return { onKeyDown: read, onKeyUp: read, onBlur: () => setOn(false) };
  }, []);
  return { on, handlers };
}
