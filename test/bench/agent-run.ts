import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { plant } from '../agent/planted.ts';
import { type AgentProcess, startWorld } from './agent-process.ts';
import { type Measure, quantile } from './measure.ts';

/** Looks of the busy agent: as many as a quarter of an hour of an agent in a cluster has. */
const looks = 15;

/** From one look to behind the next, which comes after five minutes and a tenth more or less. */
const quietSeconds = 330;

/**
 * The bundled agent as its image runs it, under mutual TLS to a real aggregator. One runs at its own pace and is measured from one look
 * to behind the next: watching, heartbeats, keep-alives and the kubelet's three probes a minute. Another looks every five seconds and
 * shows what its memory grows to.
 */
export async function benchAgent(): Promise<readonly Measure[]> {
  const live = existsSync('/etc/kubernetes/manifests');
  // A machine that runs benchmarks is no quiet node.
  const quiet = planted();
  const root = live ? '/' : quiet;
  const world = await startWorld();
  try {
    const [minute, memory] = await Promise.all([
      world.agent(quiet).then(quietMinute),
      world.agent(root, '--interval=5s', '--rescan=5s').then(grown),
    ]);
    return [
      {
        name: `a quiet minute of the agent, CPU, mean over ${quietSeconds} s with their rescan and probes`,
        value: minute.cpuMs,
        unit: 'ms',
        limit: 20,
      },
      {
        name: 'looks in that time; more than one means that the node was not quiet',
        value: minute.looks,
        unit: 'looks',
      },
      {
        name: `resident memory of the agent, median over ${looks} looks`,
        value: memory.resident,
        unit: 'MiB',
        limit: 80,
      },
      {
        name: `anonymous memory of the agent, median over ${looks} looks`,
        value: memory.anonymous,
        unit: 'MiB',
        limit: 28,
      },
    ];
  } finally {
    await world.close();
    rmSync(quiet, { recursive: true });
  }
}

/** The recorded node as a tree, on which nothing happens; its /proc is of files, which costs more than the kernel's. */
function planted(): string {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-node-'));
  plant(root, readFileSync(join(import.meta.dirname, '..', 'nodes', 'kubeadm-control-plane.yaml'), 'utf8'));
  return root;
}

/** The first two looks compile, connect and begin to watch. */
async function quietMinute(agent: AgentProcess): Promise<{ readonly cpuMs: number; readonly looks: number }> {
  await until(agent, 2);
  await sleep(5_000);
  const before = { cpu: agent.cpuMs(), looks: await agent.looks() };
  for (let second = 0; second < quietSeconds; second += 5) {
    await sleep(5_000);
    if (second % 60 === 0) await agent.probe('/healthz');
    if (second % 30 === 0) await agent.probe('/readyz');
  }
  const cpuMs = ((agent.cpuMs() - before.cpu) * 60) / quietSeconds;
  return { cpuMs, looks: (await agent.looks()) - before.looks };
}

async function grown(agent: AgentProcess): Promise<{ readonly resident: number; readonly anonymous: number }> {
  await until(agent, 5);
  const samples: ReturnType<AgentProcess['memory']>[] = [];
  for (let look = 0; look < looks; look++) {
    await sleep(5_000);
    samples.push(agent.memory());
  }
  return {
    resident: quantile(
      samples.map((one) => one.residentMiB),
      0.5,
    ),
    anonymous: quantile(
      samples.map((one) => one.anonymousMiB),
      0.5,
    ),
  };
}

async function until(agent: AgentProcess, count: number): Promise<void> {
  for (let tries = 0; (await agent.looks()) < count; tries++) {
    if (tries === 90) throw new Error('the agent does not look');
    await sleep(1_000);
  }
}
