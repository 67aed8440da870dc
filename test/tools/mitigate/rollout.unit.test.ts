import { describe, expect, test } from 'vitest';
import { mitigateRollout } from '../../../src/tools/mitigate/rollout.ts';
import { type AnyTool, deployment, live, only, plan, reads, refusal } from './support.ts';

const target = { namespace: 'shop', name: 'catalog' };
const restart = { ...target, action: 'restart' };
const rollout = mitigateRollout({ now: () => Date.UTC(2026, 7, 31, 9, 5, 7) }) as AnyTool;

describe('mitigate_rollout: restart', () => {
  test('stamps the template like kubectl does', () => {
    expect(only(plan(rollout, restart, deployment()))).toMatchObject({
      patchType: 'merge',
      patch: {
        spec: {
          template: {
            metadata: {
              annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-08-31T09:05:07Z' },
            },
          },
        },
      },
      kubectl: 'kubectl rollout restart deployment.apps/catalog --namespace=shop',
    });
  });

  test('refuses paused Deployments and kinds without a rollout', () => {
    const paused = deployment({ spec: { paused: true } });
    expect(refusal(() => plan(rollout, restart, paused)).message).toContain('is paused');
    const job = live({ apiVersion: 'batch/v1', kind: 'Job', metadata: target });
    expect(refusal(() => plan(rollout, restart, job)).message).toBe(
      'A Job has no rollout to restart.',
    );
  });

  test('says when the strategy will not replace pods', () => {
    const onDelete = live({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: target,
      spec: { updateStrategy: { type: 'OnDelete' } },
    });
    expect(only(plan(rollout, { ...restart, kind: 'ds' }, onDelete)).summary).toContain('OnDelete');
  });
});

const job = (kind: string, suspend: boolean, conditions: { type: string; status: string }[] = []) =>
  live({
    apiVersion: 'batch/v1',
    kind,
    metadata: target,
    spec: { suspend },
    status: { conditions },
  });

describe('mitigate_rollout: pause and resume', () => {
  const planned = (action: string, facts = deployment()) =>
    only(plan(rollout, { ...target, action }, facts));
  const paused = deployment({ spec: { paused: true } });

  test('switches spec.paused of a Deployment', () => {
    expect(planned('pause')).toMatchObject({
      patchType: 'merge',
      patch: { spec: { paused: true } },
      kubectl: 'kubectl rollout pause deployment.apps/catalog --namespace=shop',
    });
    expect(planned('resume', paused)).toMatchObject({
      patch: { spec: { paused: null } },
      kubectl: 'kubectl rollout resume deployment.apps/catalog --namespace=shop',
    });
  });

  test.each(['CronJob', 'Job'])('switches spec.suspend of a %s', (kind) => {
    expect(planned('pause', job(kind, false))).toMatchObject({
      patchType: 'merge',
      patch: { spec: { suspend: true } },
      kubectl: `kubectl patch ${kind.toLowerCase()}.batch/catalog --namespace=shop --type=merge -p '{"spec":{"suspend":true}}'`,
    });
    expect(planned('resume', job(kind, true))).toMatchObject({
      patch: { spec: { suspend: false } },
    });
  });

  test('has nothing to do when it already is so', () => {
    const message = (action: string, facts: Parameters<typeof planned>[1]) => {
      const error = refusal(() => planned(action, facts));
      expect(error.code).toBe('no_change');
      return error.message;
    };
    expect(message('pause', paused)).toBe('Deployment shop/catalog already is paused.');
    expect(message('resume', deployment())).toBe('Deployment shop/catalog is not paused.');
    expect(message('pause', job('Job', true))).toBe('Job shop/catalog already is suspended.');
    expect(message('resume', job('CronJob', false))).toBe('CronJob shop/catalog is not suspended.');
  });

  test('refuses kinds without a switch, and Jobs that have finished', () => {
    const set = live({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: target });
    expect(refusal(() => planned('pause', set))).toMatchObject({
      code: 'invalid_arguments',
      message: "A StatefulSet can't be paused: it has neither spec.paused nor spec.suspend.",
    });
    const done = job('Job', false, [{ type: 'Complete', status: 'True' }]);
    expect(refusal(() => planned('pause', done)).message).toBe(
      'Job shop/catalog has finished (Complete): there is nothing to suspend.',
    );
  });

  test('what is paused is resumed before it is restarted or rolled back', () => {
    for (const action of ['restart', 'undo']) {
      expect(refusal(() => planned(action, paused)).next).toContain(
        'mitigate_rollout with action resume',
      );
    }
  });

  test('a revision belongs to undo alone', () => {
    expect(
      refusal(() => reads(rollout, { ...target, action: 'pause', to_revision: 2 })).message,
    ).toBe('to_revision means nothing to pause.');
  });
});
