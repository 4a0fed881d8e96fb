import type { ResourceState } from '@plumbline/core';

/**
 * How a watch is doing. `unsynced`: nobody answered yet; `denied`: the right is missing; `absent`: the server does not serve it; `synced`:
 * everything was received once. `error` says in one sentence what is wrong now; `lastEventAt` is the last sign of life in milliseconds,
 * bookmarks and answers included.
 */
export interface WatchState {
  readonly phase: 'unsynced' | 'synced' | 'denied' | 'absent';
  readonly lastEventAt: number | null;
  readonly error: string | null;
}

/**
 * Bookmarks come once a minute. Two of them missing, and a moment for the new connection: only then what is known is called stale, so that
 * an API server that restarts in time changes no verdict.
 */
export const staleAfterMs = 180_000;

/** What a watch means for the controls that read its resource. `detail` does not change while the trouble is the same. */
export function resourceState(watch: WatchState, now: number, staleAfter = staleAfterMs): ResourceState {
  const { phase, lastEventAt, error } = watch;
  switch (phase) {
    case 'denied':
      return { state: 'denied', detail: error ?? 'the API server refuses it' };
    case 'absent':
      return { state: 'absent' };
    case 'unsynced':
      return { state: 'unsynced', detail: error ?? 'the first list has not been answered yet' };
    case 'synced': {
      if (lastEventAt !== null && now - lastEventAt <= staleAfter) return { state: 'synced' };
      const since = new Date(lastEventAt ?? 0).toISOString();
      return { state: 'stale', detail: `no event since ${since}${error === null ? '' : ` (${error})`}` };
    }
  }
}
