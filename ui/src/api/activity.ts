/**
 * When somebody last did something. Pages refresh themselves; such a request must not keep a session
 * alive that nobody uses, so it says that nobody acted (X-Background-Refresh).
 */
const actedRecentlyMs = 10_000;
let last = 0;

export function watchActivity(target: EventTarget = window): void {
  const note = () => {
    last = Date.now();
  };
  note();
  for (const kind of ['pointerdown', 'keydown', 'wheel', 'touchstart']) {
    target.addEventListener(kind, note, { passive: true, capture: true });
  }
}

export function somebodyActed(nowMs = Date.now()): boolean {
  return nowMs - last < actedRecentlyMs;
}
