import type { DecisionRecord, DecisionTable } from '../store/decision-table.ts';
import type { Standing } from './standing.ts';

/** Watches decisions end. What expired counts again at that moment whoever asks; here it is said. */
export interface Expiry {
  /**
   * Told once of each waiver and attestation that expired, after the audit log has it (`expired`, by `plumbline`); of what expired
   * while nothing ran, at the start. Who must not miss one across a crash reads the audit log from where he was.
   */
  onExpired(listener: (record: DecisionRecord) => void): void;
  /** Those that hold now and end within so many milliseconds, the first to end first. */
  expiringWithin(within: number): readonly DecisionRecord[];
  /** Looks now. */
  check(): void;
  stop(): void;
}

/** Never sleep longer: a clock may jump, and what was met is written down by the way. */
const mostMs = 3_600_000;
const retryMs = 5_000;

/** Starts to watch; listeners that are added in the same turn miss nothing. */
export function watchExpiry(
  decisions: DecisionTable,
  standing: Pick<Standing, 'remember'>,
  clock: () => number,
  failed: (error: unknown) => void,
): Expiry {
  const listeners: ((record: DecisionRecord) => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const held = () => [...decisions.all('waiver'), ...decisions.all('attestation')];
  decisions.onChange(() => wait());
  wait(0);
  return {
    onExpired: (listener) => void listeners.push(listener),
    expiringWithin(within) {
      const now = clock();
      const soon = held().filter(({ expires }) => expires > now && expires <= now + within);
      return soon.sort((a, b) => a.expires - b.expires);
    },
    check,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };

  function wait(most = mostMs): void {
    clearTimeout(timer);
    if (stopped) return;
    const now = clock();
    const next = Math.min(...held().flatMap(({ expires }) => (expires > now ? [expires - now] : [])), most);
    timer = setTimeout(look, next).unref();
  }

  function look(): void {
    try {
      check();
      standing.remember().catch(failed);
      wait();
    } catch (error) {
      failed(error);
      wait(retryMs);
    }
  }

  function check(): void {
    for (const record of decisions.expire(clock())) for (const listener of listeners) listener(record);
  }
}
