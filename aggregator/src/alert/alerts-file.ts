import { readFileSync } from 'node:fs';
import { PackError, PlumblineError } from '@plumbline/core';
import { type AlertsConfig, noAlerts, readAlerts } from './config.ts';

/** The alerts file as it is followed. */
export interface AlertsFile {
  /** The newest that could be used. */
  current(): AlertsConfig;
  /** Called after each change. */
  onChange(listener: (now: AlertsConfig) => void): void;
  /** Why what is on disk is not used; null when it is. */
  error(): string | null;
  /** Looks at the file now. Never throws: what cannot be used is said, and what was used before stays. */
  check(): void;
  stop(): void;
}

/** What is said of a change. */
export interface AlertsFileReports {
  readonly changed: (now: AlertsConfig) => void;
  readonly kept: (error: string) => void;
}

const lookEveryMs = 10_000;

/**
 * Reads the file, and again every ten seconds: by content, because mounts of Kubernetes swap links and keep times. Without a file there
 * are no receivers. Throws PLB_CONFIG_INVALID with file and line where it cannot be used at the start.
 */
export function followAlertsFile(path: string | undefined, reports: AlertsFileReports): AlertsFile {
  let text = path === undefined ? '' : read(path);
  let current = path === undefined ? noAlerts : readAlerts(path, text);
  let error: string | null = null;
  const listeners: ((now: AlertsConfig) => void)[] = [];
  const keep = (why: string) => {
    if (why !== error) reports.kept(why);
    error = why;
  };
  const check = () => {
    if (path === undefined) return;
    try {
      const found = read(path);
      if (found !== text) {
        current = readAlerts(path, found);
        text = found;
        reports.changed(current);
        for (const listener of listeners) listener(current);
      }
      error = null;
    } catch (why) {
      if (!(why instanceof PlumblineError)) throw why;
      keep(why instanceof PackError ? why.problems.map(placed).join('; ') : why.message);
    }
  };
  const timer = setInterval(check, lookEveryMs).unref();
  return {
    current: () => current,
    onChange: (listener) => void listeners.push(listener),
    error: () => error,
    check,
    stop: () => clearInterval(timer),
  };
}

function placed({ file, line, message }: PackError['problems'][number]): string {
  return `${file}:${line}: ${message}`;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new PlumblineError('PLB_CONFIG_INVALID', `The alerts file ${path} cannot be read.`, { cause });
  }
}
