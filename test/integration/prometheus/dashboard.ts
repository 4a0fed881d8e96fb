import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is read of a dashboard. */
export interface Dashboard {
  readonly id: number | null;
  readonly uid: string;
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly query: string | { query: string };
    }[];
  };
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly datasource?: { readonly uid: string };
    readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
  }[];
}

/** The dashboard that is shipped. */
export function shippedDashboard(): Dashboard {
  const file = join(import.meta.dirname, '..', '..', '..', 'deploy', 'grafana', 'plumbline.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
}

/** A query as Grafana sends it with all jobs and nodes chosen. */
export function filledIn(query: string): string {
  const text = query.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*').replaceAll('$node', '.*');
  if (text.includes('$')) throw new Error(`nobody fills in ${text}`);
  return text;
}
