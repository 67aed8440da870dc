import type { Journal } from '../../src/journal/types.ts';
import type { handClock } from './support.ts';
import { call, step, transaction } from './support-rows.ts';

/** Writes the story of an incident into the journal: a bad change undone by the gate. */
export function writeIncident(
  journal: Journal,
  epoch: number,
  clock: ReturnType<typeof handClock>,
): void {
  const { audit, transactions } = journal;
  const outage = {
    id: 'outage|Deployment/shop/catalog|NoPods',
    message: 'Deployment shop/catalog has 0 of 3 pods available',
  };
  const tick = () => clock.advance(250);

  audit.start(
    call('c-1', {
      tool: 'transaction_begin',
      args: { reason: 'catalog crash-loops', namespaces: ['shop'] },
    }),
  );
  tick();
  const { id } = transactions.create(
    transaction({
      epoch,
      openedAt: clock.now(),
      deadlineAt: clock.now() + 600_000,
      before: { severity: 20, violations: [outage], unknowns: [] },
    }),
  );
  transactions.addSample({
    ...{ transaction: id, phase: 'before', at: clock.now() },
    ...{ severity: 20, violations: [outage], unknowns: [] },
  });
  tick();
  audit.end({
    ...{ call: 'c-1', decision: 'allow', rule: 'default', outcome: 'ok', durationMs: 500.4 },
    ...{ transaction: id, severityBefore: 20 },
  });

  tick();
  audit.start(
    call('c-2', {
      ...{ tool: 'mitigate_delete', transaction: id, namespace: 'kube-system' },
      ...{ object: 'ConfigMap/coredns', args: { kind: 'ConfigMap', name: 'coredns' } },
    }),
  );
  tick();
  audit.end({
    ...{ call: 'c-2', decision: 'refuse', rule: 'protected-namespaces', outcome: 'refused' },
    ...{ code: 'policy_refused', message: 'kube-system is protected.', durationMs: 12 },
  });

  tick();
  audit.start(
    call('c-3', {
      ...{ tool: 'mitigate_set_container', transaction: id, namespace: 'shop' },
      ...{ object: 'Deployment/catalog', args: { image: 'shop/catalog:1.2' } },
    }),
  );
  tick();
  transactions.addStep(step({ transaction: id }), { pre: Buffer.from('{}') }, epoch);
  tick();
  transactions.moveStep(id, 1, ['INTENT'], 'APPLIED', epoch, { httpStatus: 200 });
  transactions.moveStep(id, 1, ['APPLIED'], 'VERIFIED', epoch, { rehearsal: 'ok' });
  tick();
  audit.end({ call: 'c-3', decision: 'allow', rule: 'shop', outcome: 'ok', durationMs: 640 });

  tick();
  audit.start(call('c-4', { tool: 'transaction_commit', transaction: id, args: {} }));
  transactions.move(id, ['OPEN'], 'SETTLING', epoch);
  tick();
  for (const later of [0, 1]) {
    transactions.addSample({
      ...{ transaction: id, phase: 'settle', at: clock.now() + later },
      ...{ severity: 28, violations: [outage, outage], unknowns: [] },
    });
  }
  tick();
  const image = {
    id: 'waiting|Deployment/shop/catalog|ImagePullBackOff',
    message: 'image \u001b[2Jshop/catalog:1.2 can\u202et be pulled',
  };
  const summary = '1 new critical violation.';
  transactions.move(id, ['SETTLING'], 'ABORTING', epoch, {
    after: { severity: 28, violations: [outage, image], unknowns: [] },
    verdict: {
      ...{ pass: false, severityBefore: 20, severityAfter: 28, summary },
      findings: [
        { rule: 'G1', ok: false, message: 'new critical violation: ImagePullBackOff' },
        { rule: 'G3', ok: true, message: 'everything that was serving is still there' },
      ],
      ...{ appeared: [image], disappeared: [] },
    },
  });
  transactions.moveStep(id, 1, ['VERIFIED'], 'UNDO_INTENT', epoch);
  tick();
  transactions.moveStep(id, 1, ['UNDO_INTENT'], 'UNDO_APPLIED', epoch);
  transactions.moveStep(id, 1, ['UNDO_APPLIED'], 'UNDONE', epoch, {
    residual: ['metadata.generation is 3, was 1'],
  });
  audit.append({
    ...{ kind: 'step', transaction: id, namespace: 'shop', object: 'Deployment/catalog' },
    ...{ outcome: 'UNDONE', detail: { how: 'restored exactly', residual: [], conflicts: [] } },
  });
  tick();
  transactions.move(id, ['ABORTING'], 'ABORTED', epoch, {
    ...{ closedAt: clock.now(), outcome: 'The gate refused; everything was taken back.' },
    afterUndo: { severity: 20, violations: [outage], unknowns: [] },
  });
  audit.append({ kind: 'transaction', transaction: id, outcome: 'ABORTED', detail: {} });
  audit.end({
    ...{ call: 'c-4', decision: 'allow', rule: 'default', outcome: 'failed', durationMs: 1_250 },
    ...{ code: 'gate_refused', message: summary, severityBefore: 20, severityAfter: 28 },
  });

  tick();
  audit.start(call('c-5', { tool: 'transaction_status', transaction: id, args: {} }));
}
