import type { ClusterRecorder } from './live-cluster.ts';

/** Where a recorder writes; `flush` writes a few milliseconds' worth and says how much waits still. */
export interface ObjectSink {
  take(resource: string, place: string, value: object | undefined, at: number): void;
  state(resource: string, state: Parameters<ClusterRecorder['state']>[1], at: number): void;
  flush(): number;
}

/** What a recorder needs. */
export interface RecorderParts {
  readonly sink: ObjectSink;
  readonly clock: () => number;
  /** Called once when writing begins to fail; it is tried again until it works. */
  readonly failed: (error: unknown) => void;
}

/** Writes what a cluster shows, a moment after it showed it. */
export interface Recorder extends ClusterRecorder {
  /** Writes everything that was taken, in slices, and resolves then. Before the first call nothing is written: too little is known. */
  readonly stored: () => Promise<void>;
  /** Writes what was taken by now, and takes nothing any more. */
  stop(): void;
}

const soonMs = 100;
const retryMs = 5000;

/** A recorder that waits for its first call of `stored`. */
export function startRecorder({ sink, clock, failed }: RecorderParts): Recorder {
  const states = new Map<string, Parameters<ClusterRecorder['state']>[1]>();
  let begun = false;
  let stopped = false;
  let broken = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  const soon = (wait: number) => {
    if (!begun || stopped || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      stored().catch(() => soon(retryMs));
    }, wait).unref();
  };
  return {
    place(resource, place, value) {
      // What ends with the program is not gone from the cluster.
      if (stopped) return;
      sink.take(resource, place, value, clock());
      soon(soonMs);
    },
    state(resource, state) {
      if (stopped) return;
      if (begun) sink.state(resource, state, clock());
      else states.set(resource, state);
      soon(soonMs);
    },
    stored,
    stop() {
      stopped = true;
      clearTimeout(timer);
      try {
        while (begun && sink.flush() > 0);
      } catch (error) {
        failed(error);
      }
    },
  };

  function stored(): Promise<void> {
    if (!begun) {
      begun = true;
      for (const [resource, state] of states) sink.state(resource, state, clock());
      states.clear();
    }
    running ??= write().finally(() => {
      running = undefined;
    });
    return running;
  }

  /** Throws what the store throws; what was taken waits on. */
  async function write(): Promise<void> {
    try {
      while (!stopped && sink.flush() > 0) await new Promise((resolve) => setImmediate(resolve));
      broken = false;
    } catch (error) {
      if (!broken) failed(error);
      broken = true;
      soon(retryMs);
      throw error;
    }
  }
}
