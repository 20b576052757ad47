/** Whether the console can be reached. Requests report to it; while it is away it is asked again. */

type Listener = () => void;

const probeEveryMs = 5000;

class Connection {
  private online = true;
  private lost: number | null = null;
  private listeners = new Set<Listener>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Set by the application: what to do once the console is back. */
  onReturn: Listener = () => undefined;

  readonly subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly isOnline = (): boolean => this.online;
  readonly lostSince = (): number | null => this.lost;

  answered(): void {
    if (this.online) return;
    this.online = true;
    this.lost = null;
    clearTimeout(this.timer);
    this.tell();
    this.onReturn();
  }

  failed(): void {
    if (this.online) {
      this.online = false;
      this.lost = Date.now();
      this.tell();
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.probe(), probeEveryMs);
  }

  async probe(): Promise<void> {
    try {
      await fetch('/healthz', { cache: 'no-store', credentials: 'omit' });
      this.answered();
    } catch {
      this.failed();
    }
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

export const connection = new Connection();
