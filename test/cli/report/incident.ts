import type { Clock } from '../../../src/core/clock.ts';
import { stringifyJson } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/core/kube.ts';
import type { Journal, SampleRow, StepRow } from '../../../src/journal/types.ts';
import { incident } from '../../incidents/rows.ts';
import { call, NOON, step, transaction } from '../../journal/support-rows.ts';

/** A value that no page may show. */
export const SECRET = 'hunter2-of-the-shop';

/** A clock that moves only when told. Needs no test around it. */
export function handClock(start = NOON): Clock & { advance(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    monotonic: () => now,
    sleep: async () => {},
    advance: (ms) => {
      now += ms;
    },
  };
}

/** Words of the cluster and of the assistant: as they are, or hostile ones in their place. */
export type Say = (plain: string) => string;

const CATALOG = 'catalog';

/**
 * Writes an incident with two attempts: the first is taken back by the gate with a conflict, the second
 * is committed, and the incident is resolved. inc-1, txn-1, txn-2.
 */
export function writeAttempts(
  journal: Journal,
  epoch: number,
  clock: ReturnType<typeof handClock>,
  say: Say = (plain) => plain,
): void {
  const { audit, incidents, transactions } = journal;
  const name = say(CATALOG);
  const actor = call('').actor;
  const who = `${actor.client} (${actor.principal})`;
  const outage = violation('outage', name, say('has 0 of 3 pods available'));
  const pull = violation('image-pull', name, say('can’t pull shop/catalog:1.2'));
  const object = `Deployment/${name}`;
  let calls = 0;
  const during = (tool: string, args: Record<string, string>, work: () => void, txn?: string) => {
    calls += 1;
    const id = `call-${calls}`;
    const named = txn === undefined ? {} : { transaction: txn };
    audit.start(call(id, { tool, args, namespace: 'shop', object, ...named }));
    clock.advance(400);
    work();
    clock.advance(300);
    audit.end({
      call: id,
      decision: 'allow',
      rule: 'shop',
      outcome: 'ok',
      durationMs: 700,
      ...named,
    });
    clock.advance(4_000);
  };
  const sample = (txn: string, phase: SampleRow['phase'], severity: number, hidden = false) => {
    const unknowns = hidden ? [{ what: say('pods in shop'), reason: say('timeout') }] : [];
    const violations = severity === 0 ? [] : severity > 20 ? [outage, pull] : [outage];
    transactions.addSample({
      transaction: txn,
      phase,
      at: clock.now(),
      severity,
      violations,
      unknowns,
    });
    clock.advance(1_500);
  };
  const measured = (severity: number) => ({
    severity,
    violations: severity === 0 ? [] : severity > 20 ? [outage, pull] : [outage],
    unknowns: [],
  });
  const write = (txn: string, fields: Partial<StepRow>, before: KubeObject, after: KubeObject) => {
    const row = step({
      transaction: txn,
      name,
      kubectl: say(`kubectl -n shop set image deployment/${CATALOG} app=shop/catalog:1.3`),
      ...fields,
    });
    transactions.addStep(row, { pre: bytes(before) }, epoch);
    clock.advance(200);
    transactions.moveStep(
      txn,
      row.seq,
      ['INTENT'],
      'APPLIED',
      epoch,
      { httpStatus: 200 },
      { post: bytes(after) },
    );
    transactions.moveStep(txn, row.seq, ['APPLIED'], 'VERIFIED', epoch, { rehearsal: 'ok' });
  };

  during('observe_health', { namespace: 'shop' }, () => {});
  let id = '';
  during('incident_open', { title: say('the shop answers 503') }, () => {
    const row = incident({
      ...{ title: say('the shop answers 503'), actor: say(who), openedAt: clock.now() },
      ...{ severity: 20, own: [outage], baseline: measured(20) },
    });
    id = incidents.open(row, {
      call: `call-${calls}`,
      tool: 'incident_open',
      actor: who,
      why: say('opened'),
    }).id;
  });
  during('observe_logs', { workload: name, grep: say('error') }, () => {});
  const move = (
    from: 'detection' | 'diagnosis' | 'validation',
    to: 'diagnosis' | 'mitigation' | 'resolved',
    attempt: number,
    severity: number | null = null,
  ) =>
    during('incident_update', { incident: id, phase: to }, () => {
      incidents.move(
        id,
        { from, to, attempt },
        {
          call: `call-${calls}`,
          tool: 'incident_update',
          actor: who,
          why: say(`on to ${to}`),
          severity,
        },
      );
    });
  const suspect = (cause: string, evidence: string[]) =>
    during('incident_update', { incident: id, hypothesis: say(cause) }, () => {
      incidents.record(
        id,
        { cause: say(cause), evidence: evidence.map(say) },
        { call: `call-${calls}`, tool: 'incident_update', actor: who },
      );
    });
  const begin = (severity: number): string => {
    let txn = '';
    during('transaction_begin', { reason: say('catalog crash-loops'), incident: id }, () => {
      txn = transactions.create(
        transaction({
          ...{ epoch, actor: say(who), reason: say('catalog crash-loops'), openedAt: clock.now() },
          ...{ deadlineAt: clock.now() + 600_000, before: measured(severity) },
          declaredReductions: [
            {
              object: { kind: 'Deployment', namespace: 'shop', name: say('old') },
              reason: say('retired'),
            },
          ],
        }),
        id,
      ).id;
      sample(txn, 'before', severity);
    });
    return txn;
  };

  move('detection', 'diagnosis', 1);
  suspect('the image tag of catalog does not exist', ['ErrImagePull on all three pods']);
  move('diagnosis', 'mitigation', 1);

  const first = begin(20);
  during(
    'mitigate_set_container',
    { image: 'shop/catalog:1.2' },
    () => {
      write(first, {}, deployment(name, '1.1', say), deployment(name, '1.2', say));
    },
    first,
  );
  during(
    'transaction_commit',
    { transaction: first },
    () => {
      transactions.move(first, ['OPEN'], 'SETTLING', epoch);
      sample(first, 'settle', 20);
      sample(first, 'settle', 24, true);
      sample(first, 'settle', 28);
      sample(first, 'after', 28);
      transactions.move(first, ['SETTLING'], 'ABORTING', epoch, {
        after: measured(28),
        verdict: {
          ...{
            pass: false,
            severityBefore: 20,
            severityAfter: 28,
            summary: say('1 new critical violation.'),
          },
          findings: [
            { rule: 'G1', ok: false, message: say('new critical violation: ImagePullBackOff') },
            { rule: 'G3', ok: true, message: say('everything that was serving is still there') },
          ],
          ...{ appeared: [pull], disappeared: [] },
        },
      });
      transactions.moveStep(first, 1, ['VERIFIED'], 'UNDO_INTENT', epoch);
      clock.advance(300);
      transactions.moveStep(first, 1, ['UNDO_INTENT'], 'UNDO_APPLIED', epoch);
      transactions.moveStep(first, 1, ['UNDO_APPLIED'], 'UNDONE', epoch, {
        residual: [say('metadata.annotations gained a note of somebody else')],
        conflicts: [{ path: say('spec.replicas'), before: 3, ours: 4, now: 5, owner: say('hpa') }],
      });
      audit.append({
        ...{ kind: 'step', transaction: first, namespace: 'shop', object, outcome: 'UNDONE' },
        detail: { how: say('restored exactly'), residual: [], conflicts: [] },
      });
      sample(first, 'undo', 20);
      transactions.move(first, ['ABORTING'], 'ABORTED', epoch, {
        ...{ closedAt: clock.now(), outcome: say('The gate refused; everything was taken back.') },
        afterUndo: measured(20),
      });
    },
    first,
  );

  suspect('1.2 was never built; 1.3 has the fix', ['the registry lists 1.1 and 1.3']);
  move('diagnosis', 'mitigation', 2);
  const second = begin(20);
  during(
    'mitigate_set_container',
    { image: 'shop/catalog:1.3' },
    () => {
      write(second, {}, deployment(name, '1.1', say), deployment(name, '1.3', say));
    },
    second,
  );
  during(
    'transaction_commit',
    { transaction: second },
    () => {
      transactions.move(second, ['OPEN'], 'SETTLING', epoch);
      sample(second, 'settle', 20);
      sample(second, 'settle', 8);
      sample(second, 'settle', 0);
      sample(second, 'after', 0);
      transactions.move(second, ['SETTLING'], 'COMMIT_DECIDED', epoch, {
        ...{ decidedAt: clock.now(), after: measured(0) },
        verdict: {
          ...{
            pass: true,
            severityBefore: 20,
            severityAfter: 0,
            summary: say('Severity fell from 20 to 0.'),
          },
          findings: [{ rule: 'G2', ok: true, message: say('severity is not higher') }],
          ...{ appeared: [], disappeared: [outage] },
        },
      });
      transactions.move(second, ['COMMIT_DECIDED'], 'FINALIZING', epoch);
      transactions.move(second, ['FINALIZING'], 'COMMITTED', epoch, {
        ...{ closedAt: clock.now(), outcome: say('Committed.') },
      });
    },
    second,
  );
  move('validation', 'resolved', 2, 0);
}

function violation(predicate: string, name: string, message: string) {
  return {
    ...{ id: `${predicate}|Deployment/shop/${name}|Bad`, predicate, reason: 'Bad', message },
    ...{ object: { kind: 'Deployment', namespace: 'shop', name }, weight: 10, value: 1 },
  };
}

function deployment(name: string, tag: string, say: Say): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', resourceVersion: tag, labels: { app: name } },
    spec: {
      replicas: 3,
      template: {
        spec: {
          containers: [
            {
              name: 'app',
              image: `shop/catalog:${tag}`,
              args: [say(`--greeting=${tag}`)],
              env: [{ name: 'DB_PASSWORD', value: `${SECRET}-${tag}` }],
            },
          ],
        },
      },
    },
  };
}

function bytes(object: KubeObject): Buffer {
  return Buffer.from(stringifyJson(object));
}
