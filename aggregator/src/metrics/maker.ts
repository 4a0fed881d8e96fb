import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';

/** What docs/metrics.md says of a metric. */
export interface MetricDescription {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

/** Sets the value of a series. */
export type SetValue<L extends string> = (labels: Readonly<Record<L, string>>, value: number) => void;

/** Makes metrics and remembers what they are. Names, labels and help texts are given once, here. */
export interface MetricMaker {
  /** Values are looked up at the moment of the scrape; what is not set then is not there. */
  gauge<L extends string>(name: string, help: string, labels: readonly L[], collect: (set: SetValue<L>) => void): void;
  /** The same for what somebody else counts. */
  counted<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    collect: (add: SetValue<L>) => void,
  ): void;
  counter<L extends string>(name: string, help: string, labels: readonly L[]): Counter<L>;
  histogram<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    buckets: readonly number[],
  ): Histogram<L>;
  readonly described: readonly MetricDescription[];
}

/** A maker that registers in this registry. */
export function metricMaker(registry: Registry): MetricMaker {
  const registers = [registry];
  const described: MetricDescription[] = [];
  const describe = (type: MetricDescription['type'], name: string, help: string, labels: readonly string[]) =>
    described.push({ name, type, labels, help });
  return {
    described,
    gauge(name, help, labels, collect) {
      describe('gauge', name, help, labels);
      new Gauge({
        ...{ name, help, registers, labelNames: [...labels] },
        collect() {
          this.reset();
          // After a reset a gauge without labels is 0, as if somebody had measured that.
          if (labels.length === 0) this.remove();
          collect((values, value) => this.labels(...labels.map((label) => values[label])).set(value));
        },
      });
    },
    counted(name, help, labels, collect) {
      describe('counter', name, help, labels);
      new Counter({
        ...{ name, help, registers, labelNames: [...labels] },
        collect() {
          this.reset();
          collect((values, value) => this.labels(...labels.map((label) => values[label])).inc(value));
        },
      });
    },
    counter(name, help, labels) {
      describe('counter', name, help, labels);
      return new Counter({ name, help, registers, labelNames: [...labels] });
    },
    histogram(name, help, labels, buckets) {
      describe('histogram', name, help, labels);
      return new Histogram({ name, help, registers, labelNames: [...labels], buckets: [...buckets] });
    },
  };
}
