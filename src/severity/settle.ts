import type { Clock } from '../core/clock.ts';
import { at, numberOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { withoutAbsent } from './absent.ts';
import { CRITICAL_WEIGHT } from './gate.ts';
import { measureView } from './measure.ts';
import { restartsOf } from './predicates/containers.ts';
import { enumerate } from './text.ts';
import { ownersOf, touchedWorkloads } from './touched.ts';
import type {
  Measurement,
  SettleRequest,
  SettleResult,
  SettleSettings,
  SeveritySettings,
  Snapshot,
} from './types.ts';
import { laggingIn, unsettledIn } from './unsettled.ts';
import { asOwner, keyOf, podKey, timeOf, type View, viewOf } from './view.ts';

export interface SettlePorts {
  readonly snapshot: (signal?: AbortSignal) => Promise<Snapshot>;
  readonly settings: SeveritySettings;
  readonly clock: Clock;
}

/** One measurement on the way to rest. */
interface Sample {
  /** Monotonic ms since settling began. */
  readonly elapsed: number;
  readonly measurement: Measurement;
  /** What has to stay equal: what is unsettled, violations, what is hidden, restarts. */
  readonly fingerprint: string;
  /** Ids of new critical violations of touched workloads, and rollouts that gave up. */
  readonly failures: ReadonlySet<string>;
  readonly waits: readonly string[];
}

/**
 * Measures until what was touched is settled and the cluster stable: `samples`
 * equal sets of violations over `stableSeconds`, no restart in between, no touched pod too young. A
 * touched workload that fails for good ends it early. The cluster hiding something isn't instability:
 * that is left to the gate.
 * @throws the signal's reason when it aborts.
 */
export async function settle(ports: SettlePorts, request: SettleRequest): Promise<SettleResult> {
  const { clock } = ports;
  const { settings, signal } = request;
  const started = clock.monotonic();
  const timeoutMs = settings.timeoutSeconds * 1000;
  let row: Sample[] = [];
  for (let count = 1; ; count++) {
    signal?.throwIfAborted();
    const elapsed = clock.monotonic() - started;
    const sample = sampleOf(await ports.snapshot(signal), elapsed, ports, request);
    const now = clock.monotonic() - started;
    request.onSample?.(sample.measurement, now);
    const last = row.at(-1);
    const result = { measurement: sample.measurement, samples: count, ms: now };

    const lasting = [...sample.failures].filter((id) => last?.failures.has(id));
    if (lasting.length > 0) {
      const reason = `a touched workload failed for good: ${enumerate(lasting)}`;
      return { kind: 'unsettled', reason, ...result };
    }
    row = last?.fingerprint === sample.fingerprint ? [...row, sample] : [sample];
    const resting = sample.waits.length === 0 && isStable(row, settings);
    if (resting) return { kind: 'stable', ...result };
    if (now >= timeoutMs) {
      return { kind: 'unsettled', reason: reasonOf(sample, row, settings), ...result };
    }
    await clock.sleep(Math.max(0, Math.min(intervalMs(settings), timeoutMs - now)), signal);
  }
}

/** Time between two samples: they span the stable time, but come no faster than the API server likes. */
export function intervalMs(settings: SettleSettings): number {
  const between = (settings.stableSeconds * 1000) / Math.max(1, settings.samples - 1);
  return Math.min(10_000, Math.max(500, between));
}

function isStable(row: readonly Sample[], settings: SettleSettings): boolean {
  const span = (row.at(-1)?.elapsed ?? 0) - (row[0]?.elapsed ?? 0);
  return row.length >= settings.samples && span >= settings.stableSeconds * 1000;
}

function reasonOf(sample: Sample, row: readonly Sample[], settings: SettleSettings): string {
  const within = `within ${settings.timeoutSeconds} s`;
  if (sample.waits.length > 0) return `not settled ${within}: ${enumerate(sample.waits)}`;
  return `violations and restarts kept changing; only ${row.length} equal samples ${within}`;
}

function sampleOf(
  snapshot: Snapshot,
  elapsed: number,
  ports: SettlePorts,
  request: SettleRequest,
): Sample {
  const { touched, settings, baseline } = request;
  const view = viewOf(withoutAbsent(snapshot, request.absent));
  const measured = measureView(view, ports.settings, baseline);
  const ill = new Set(baseline?.violations.map((it) => keyOf(it.object)));
  const retold = new Set(request.retold?.map(keyOf));
  const unsettled = unsettledIn(view, touched, ill, retold, new Set(request.excused));
  const isPatient = elapsed < (settings.timeoutSeconds * 1000) / 2;
  const waits = [
    ...unsettled,
    // What only reads something touched gets time to react, but may have been broken all along.
    ...(isPatient ? laggingIn(view, touched) : []),
    ...tooYoung(view, request),
  ];
  return {
    elapsed,
    measurement: { ...measured, unsettled: waits },
    // Being unsettled is part of it, so that the stable time begins when all is settled.
    fingerprint: JSON.stringify([unsettled, fingerprintOf(view, measured, request)]),
    failures: failuresOf(view, measured, request),
    waits,
  };
}

/** The workloads that have to settle. */
function directOf(view: View, { touched, excused = [] }: SettleRequest): KubeObject[] {
  const { direct } = touchedWorkloads(view, touched);
  return direct.filter((it) => !excused.includes(keyOf(asOwner(it))));
}

function fingerprintOf(view: View, measured: Measurement, request: SettleRequest): string {
  const touched = ownersOf(directOf(view, request));
  // Who crashed before we came goes on crashing; waiting for that to end would be forever.
  const oldNews = (request.baseline ?? measured).violations
    .filter((it) => it.predicate === 'container' && !touched.has(keyOf(it.object)))
    .flatMap((it) => view.podsOf(it.object));
  const quiet = new Set(oldNews.map(podKey));
  const restarts = Object.entries(restartsOf(view))
    .filter(([, count]) => count > 0)
    .filter(([container]) => !quiet.has(container.slice(0, container.lastIndexOf('/'))))
    .sort();
  return JSON.stringify([
    measured.violations.map((it) => it.id).sort(),
    measured.unknowns.map((it) => it.what).sort(),
    restarts,
  ]);
}

function failuresOf(view: View, measured: Measurement, request: SettleRequest): Set<string> {
  if (request.baseline === undefined) return new Set();
  const touched = ownersOf(touchedWorkloads(view, request.touched).direct);
  const known = new Set(request.baseline.violations.map((it) => it.id));
  return new Set(
    measured.violations
      .filter((it) => it.predicate === 'container' || it.reason === 'ProgressDeadlineExceeded')
      .filter((it) => it.weight >= CRITICAL_WEIGHT && !known.has(it.id))
      .filter((it) => touched.has(keyOf(it.object)))
      .map((it) => it.id),
  );
}

/** CrashLoopBackOff begins at 10 s: a pod without a readiness probe looks well between two crashes. */
function tooYoung(view: View, request: SettleRequest): string[] {
  const { settings } = request;
  return directOf(view, request).flatMap((workload) => {
    const minReady = numberOf(at(workload, 'spec', 'minReadySeconds')) ?? 0;
    const wanted = Math.max(minReady, settings.minPodAgeSeconds);
    return view.podsOf(view.ownerOf(workload)).flatMap((pod) => {
      const created = timeOf(at(pod, 'metadata', 'creationTimestamp')) ?? view.at;
      const age = (view.at - created) / 1000;
      if (wanted === 0 || age > wanted) return [];
      return [
        `pod ${podKey(pod)} is ${Math.max(0, Math.floor(age))} s old, ${wanted} s are needed`,
      ];
    });
  });
}
