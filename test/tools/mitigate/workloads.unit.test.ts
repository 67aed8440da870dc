import { describe, expect, test } from 'vitest';
import { mitigateScale } from '../../../src/tools/mitigate/scale.ts';
import { mitigateSetContainer } from '../../../src/tools/mitigate/set-container.ts';
import { type AnyTool, answers, deployment, live, only, plan, reads, refusal } from './support.ts';

const target = { namespace: 'shop', name: 'catalog' };
const scale = mitigateScale as AnyTool;
const setContainer = mitigateSetContainer as AnyTool;

const twoContainers = deployment({
  spec: {
    template: {
      spec: {
        containers: [
          { name: 'web', image: 'a:1' },
          { name: 'proxy', image: 'b:1' },
        ],
      },
    },
  },
});

describe('mitigate_scale', () => {
  test('reads a Deployment unless another kind is named', () => {
    expect(reads(scale, { ...target, replicas: 1 })[0]).toEqual({
      as: 'target',
      get: { resource: 'deployment', namespace: 'shop', name: 'catalog' },
    });
    expect(reads(scale, { ...target, kind: 'apps/v1 StatefulSet', replicas: 1 })[0]).toEqual({
      as: 'target',
      get: {
        resource: 'StatefulSet',
        apiVersion: 'apps/v1',
        namespace: 'shop',
        name: 'catalog',
      },
    });
  });

  test('sets nothing but spec.replicas', () => {
    expect(only(plan(scale, { ...target, replicas: 5 }, deployment()))).toEqual({
      verb: 'patch',
      object: { apiVersion: 'apps/v1', kind: 'Deployment', ...target },
      patchType: 'merge',
      patch: { spec: { replicas: 5 } },
      summary: 'scale from 3 to 5 replicas',
      kubectl: 'kubectl scale deployment.apps/catalog --namespace=shop --replicas=5',
    });
  });

  test('has nothing to do at the same count', () => {
    expect(refusal(() => plan(scale, { ...target, replicas: 3 }, deployment()))).toMatchObject({
      code: 'no_change',
      message: 'Deployment shop/catalog already asks for 3 replicas.',
    });
  });

  test('says so when there is no such object, or nothing to scale', () => {
    expect(refusal(() => plan(scale, { ...target, replicas: 1 }, answers({})))).toMatchObject({
      code: 'not_found',
      message: 'There is no deployment shop/catalog.',
    });
    const daemons = live({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: target, spec: {} });
    expect(refusal(() => plan(scale, { ...target, replicas: 1 }, daemons))).toMatchObject({
      code: 'invalid_arguments',
      message: "DaemonSet shop/catalog has no spec.replicas, so it can't be scaled.",
    });
  });

  test('takes no negative or broken count', () => {
    expect(() => plan(scale, { ...target, replicas: -1 }, deployment())).toThrow();
    expect(() => plan(scale, { ...target, replicas: 1.5 }, deployment())).toThrow();
  });
});

describe('mitigate_set_container: image', () => {
  test('patches the only container when none is named', () => {
    const write = only(plan(setContainer, { ...target, image: 'shop/catalog:1.1' }, deployment()));
    expect(write).toMatchObject({
      patchType: 'strategic',
      patch: {
        spec: { template: { spec: { containers: [{ name: 'web', image: 'shop/catalog:1.1' }] } } },
      },
      summary: 'set image of container web from shop/catalog:1.0 to shop/catalog:1.1',
      kubectl: 'kubectl set image deployment.apps/catalog web=shop/catalog:1.1 --namespace=shop',
    });
  });

  test('reaches init containers, and the template of a CronJob where it lies', () => {
    expect(
      only(plan(setContainer, { ...target, container: 'migrate', image: 'm:2' }, deployment())),
    ).toMatchObject({
      patch: {
        spec: { template: { spec: { initContainers: [{ name: 'migrate', image: 'm:2' }] } } },
      },
    });
    const cron = live({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: target,
      spec: {
        jobTemplate: {
          spec: { template: { spec: { containers: [{ name: 'c', image: 'x:1' }] } } },
        },
      },
    });
    expect(
      only(plan(setContainer, { ...target, kind: 'cronjob', image: 'x:2' }, cron)),
    ).toMatchObject({
      patch: {
        spec: {
          jobTemplate: {
            spec: { template: { spec: { containers: [{ name: 'c', image: 'x:2' }] } } },
          },
        },
      },
    });
  });

  test('lists the containers when the choice is unclear or wrong', () => {
    expect(
      refusal(() => plan(setContainer, { ...target, image: 'x:2' }, twoContainers)).message,
    ).toBe('Deployment catalog has several containers: web, proxy.');
    const wrong = { ...target, container: 'wbe', image: 'x:2' };
    expect(refusal(() => plan(setContainer, wrong, twoContainers)).message).toBe(
      'Deployment catalog has no container "wbe". It has: web, proxy.',
    );
  });

  test('has nothing to do when the image is the same, and no containers in a ConfigMap', () => {
    const same = { ...target, image: 'shop/catalog:1.0' };
    expect(refusal(() => plan(setContainer, same, deployment())).code).toBe('no_change');
    const config = live({ apiVersion: 'v1', kind: 'ConfigMap', metadata: target });
    expect(refusal(() => plan(setContainer, same, config)).message).toBe(
      'A ConfigMap has no containers.',
    );
  });

  test('does not take for an image what would break out of a word', () => {
    expect(() => plan(setContainer, { ...target, image: 'x:1 --force' }, deployment())).toThrow();
  });
});

describe('mitigate_set_container: env', () => {
  const envOf = (args: Parameters<typeof plan>[1]) =>
    only(plan(setContainer, { ...target, env: args }, deployment()));
  const patchOf = (env: unknown[]) => ({
    spec: { template: { spec: { containers: [{ name: 'web', env }] } } },
  });

  test('sets literals and removes', () => {
    const write = envOf({ set: [{ name: 'LEVEL', value: 'debug' }], unset: ['MODE', 'NOT_THERE'] });
    expect(write).toMatchObject({
      patchType: 'strategic',
      patch: patchOf([
        { name: 'LEVEL', value: 'debug' },
        { name: 'MODE', $patch: 'delete' },
      ]),
      summary: 'set LEVEL and remove MODE in the environment of container web',
      kubectl:
        'kubectl set env deployment.apps/catalog --namespace=shop --containers=web LEVEL=debug MODE-',
    });
  });

  test('takes the other kind of source away, because entries merge', () => {
    expect(envOf({ set: [{ name: 'DB_URL', value: 'x' }] })).toMatchObject({
      patch: patchOf([{ name: 'DB_URL', value: 'x', valueFrom: null }]),
    });
    expect(envOf({ set: [{ name: 'DB_URL', secret: { name: 's', key: 'k' } }] })).toMatchObject({
      patch: patchOf([
        {
          name: 'DB_URL',
          valueFrom: { secretKeyRef: { name: 's', key: 'k' }, configMapKeyRef: null },
        },
      ]),
    });
    expect(envOf({ set: [{ name: 'MODE', config_map: { name: 'c', key: 'k' } }] })).toMatchObject({
      patch: patchOf([
        { name: 'MODE', value: null, valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } },
      ]),
    });
  });

  test('keeps values that look secret out of the command it shows', () => {
    const write = envOf({ set: [{ name: 'DB_PASSWORD', value: 'hunter22' }] });
    expect(write.kubectl).not.toContain('hunter22');
    expect(write.summary).not.toContain('hunter22');
  });

  test('has nothing to do when the values are as asked', () => {
    const env = {
      set: [
        { name: 'MODE', value: 'fast' },
        { name: 'DB_URL', config_map: { name: 'catalog', key: 'db-url' } },
      ],
      unset: ['NOT_THERE'],
    };
    expect(refusal(() => plan(setContainer, { ...target, env }, deployment())).code).toBe(
      'no_change',
    );
  });

  test('refuses what is unclear', () => {
    const message = (args: Parameters<typeof plan>[1]) =>
      refusal(() => plan(setContainer, { ...target, env: args }, deployment())).message;
    expect(message({})).toBe('There is no variable to set or to unset.');
    expect(message({ set: [{ name: 'A' }] })).toBe(
      'The variable A needs exactly one of value, config_map and secret.',
    );
    expect(message({ set: [{ name: 'A', value: '1' }], unset: ['A'] })).toBe(
      'The variable A is named twice.',
    );
  });
});
