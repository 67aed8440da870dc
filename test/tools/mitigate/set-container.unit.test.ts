import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { mitigateSetContainer } from '../../../src/tools/mitigate/set-container.ts';
import { type AnyTool, deployment, only, plan, refusal } from './support.ts';

const tool = mitigateSetContainer as AnyTool;
const target = { namespace: 'shop', name: 'catalog' };
const http = { httpGet: { path: '/ready', port: 'http', scheme: 'HTTP' }, periodSeconds: 10 };
const container = {
  name: 'web',
  image: 'shop/catalog:1.0',
  ports: [{ name: 'http', containerPort: 8080 }],
  resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
  readinessProbe: http,
};
const now = deployment({ spec: { template: { spec: { containers: [container] } } } });

const planned = (args: JsonObject) => only(plan(tool, { ...target, ...args }, now));
const error = (args: JsonObject) => refusal(() => plan(tool, { ...target, ...args }, now));
const patchOf = (fields: JsonObject) => ({
  patchType: 'strategic',
  patch: { spec: { template: { spec: { containers: [{ name: 'web', ...fields }] } } } },
});

describe('mitigate_set_container', () => {
  test('makes one patch of all that is asked for, and leaves out what already is so', () => {
    const write = planned({
      image: 'shop/catalog:1.1',
      env: { set: [{ name: 'MODE', value: 'slow' }] },
      resources: { requests: { memory: '64Mi' }, limits: { memory: '256Mi' } },
      readiness: { periodSeconds: 10 },
      liveness: { tcpSocket: { port: 8080 } },
    });
    expect(write).toMatchObject(
      patchOf({
        image: 'shop/catalog:1.1',
        env: [{ name: 'MODE', value: 'slow' }],
        resources: { limits: { memory: '256Mi' } },
        livenessProbe: { tcpSocket: { port: 8080 } },
      }),
    );
    expect(JSON.stringify(write)).not.toContain('readinessProbe');
    // One command, because several would be several rollouts.
    expect(write.kubectl).toBe(
      `kubectl patch deployment.apps/catalog --namespace=shop --type=strategic -p '${JSON.stringify('patch' in write && write.patch)}'`,
    );
  });

  test('shows the shortest kubectl command for one change', () => {
    expect(planned({ image: 'shop/catalog:1.1' }).kubectl).toBe(
      'kubectl set image deployment.apps/catalog web=shop/catalog:1.1 --namespace=shop',
    );
    expect(planned({ env: { set: [{ name: 'MODE', value: 'slow' }] } }).kubectl).toBe(
      'kubectl set env deployment.apps/catalog --namespace=shop --containers=web MODE=slow',
    );
    expect(planned({ resources: { limits: { memory: '256Mi' } } }).kubectl).toBe(
      'kubectl set resources deployment.apps/catalog --namespace=shop --containers=web --limits=memory=256Mi',
    );
  });

  test('a variable that refers to a key is patched: kubectl set env has no words for it', () => {
    const { kubectl } = planned({
      env: { set: [{ name: 'LEVEL', config_map: { name: 'log', key: 'level' } }] },
    });
    expect(kubectl).toMatch(/^kubectl patch deployment\.apps\/catalog --namespace=shop /);
    expect(kubectl).toContain('"configMapKeyRef":{"name":"log","key":"level"}');
    expect(kubectl).not.toContain('<');
  });

  test('keeps the value of a variable that sounds like a secret out of the one command', () => {
    const write = planned({
      image: 'shop/catalog:1.1',
      env: { set: [{ name: 'API_TOKEN', value: 'hunter22' }] },
    });
    expect(write.kubectl).not.toContain('hunter22');
  });

  test('says so when nothing is asked for, or all is as asked', () => {
    expect(error({}).message).toBe('The call names nothing to change.');
    expect(
      error({ image: 'shop/catalog:1.0', resources: { limits: { memory: '0.125Gi', cpu: null } } }),
    ).toMatchObject({
      code: 'no_change',
      message: 'Container web of Deployment shop/catalog already is as asked.',
    });
  });
});

describe('mitigate_set_container: resources', () => {
  const resources = (given: JsonObject) => ({ resources: given });

  test('removes with null, and says what was', () => {
    expect(planned(resources({ requests: { cpu: null }, limits: { cpu: 2 } }))).toMatchObject({
      ...patchOf({ resources: { requests: { cpu: null }, limits: { cpu: '2' } } }),
      summary:
        'resources of container web: requests.cpu removed (was 100m), limits.cpu 2 (was unset)',
      kubectl: expect.stringContaining('kubectl patch'),
    });
  });

  test.each([
    ['memory', '512MB', 'resources.limits.memory "512MB" is not a quantity.', '512Mi'],
    ['memory', '500m', 'is a fraction of a byte: m means thousandths.', '0.5Gi'],
    ['memory', '-1Gi', 'is below zero.', '512Mi'],
    ['cpu', '512Mi', 'counts bytes, not cores.', '500m (half a core)'],
    ['cpu', 'half', 'is not a quantity.', '500m (half a core)'],
    ['nvidia.com/gpu', 'two', 'is not a quantity.', 'thousandths'],
  ])('explains what a quantity of %s is, instead of taking %s', (name, amount, message, next) => {
    const refused = error(resources({ limits: { [name]: amount } }));
    expect(refused.message).toContain(message);
    expect(refused.next).toContain(next);
  });

  test('refuses a request over the limit that will be in force', () => {
    expect(error(resources({ requests: { memory: '1Gi' } })).message).toBe(
      'The memory request 1Gi would be over the limit 128Mi.',
    );
    expect(error(resources({ limits: { memory: '32Mi' } })).message).toBe(
      'The memory request 64Mi would be over the limit 32Mi.',
    );
    expect(error(resources({ requests: { cpu: 3 }, limits: { cpu: '2999m' } })).message).toBe(
      'The cpu request 3 would be over the limit 2999m.',
    );
    planned(resources({ requests: { memory: '1Gi' }, limits: { memory: '1Gi' } }));
    planned(resources({ requests: { memory: '1Gi' }, limits: { memory: null } }));
  });

  test('has to name an amount', () => {
    expect(error(resources({ limits: {} })).message).toBe(
      'resources names no amount to set or to remove.',
    );
  });
});

describe('mitigate_set_container: probes', () => {
  test('adjusts what is named and leaves the rest', () => {
    expect(planned({ readiness: { timeoutSeconds: 5, httpGet: { path: '/up' } } })).toMatchObject(
      patchOf({ readinessProbe: { timeoutSeconds: 5, httpGet: { path: '/up' } } }),
    );
  });

  test('takes the other handler away, because a strategic merge would keep both', () => {
    expect(planned({ readiness: { exec: { command: ['true'] } } })).toMatchObject({
      ...patchOf({ readinessProbe: { exec: { command: ['true'] }, httpGet: null } }),
      summary: 'change the readiness probe of container web (exec.command, no httpGet)',
    });
  });

  test('removes with null', () => {
    expect(planned({ readiness: null })).toMatchObject(patchOf({ readinessProbe: null }));
    expect(error({ liveness: null }).code).toBe('no_change');
  });

  test('refuses what the kubelet could not run', () => {
    const message = (readiness: JsonObject) => error({ readiness }).message;
    expect(message({ httpGet: { port: 1 }, tcpSocket: { port: 1 } })).toBe(
      'A probe has one handler, but readiness names httpGet and tcpSocket.',
    );
    expect(message({ tcpSocket: {} })).toBe('readiness.tcpSocket needs a port.');
    expect(error({ readiness: { tcpSocket: { port: 'htp' } } })).toMatchObject({
      message: 'Container web has no port named "htp".',
      next: 'Its named ports: http.',
    });
    expect(message({})).toBe('readiness names nothing to change.');
    expect(error({ liveness: { periodSeconds: 5 } }).message).toBe(
      'Container web has no liveness probe whose times could be changed.',
    );
  });

  test('knows the fields of a probe', () => {
    for (const readiness of [
      { httpget: { port: 1 } },
      { periodSeconds: 0 },
      { exec: { command: 'ls -l' } },
      { tcpSocket: { port: 70_000 } },
      'http',
    ]) {
      expect(tool.input.safeParse({ ...target, reason: 'test', readiness }).success).toBe(false);
    }
  });

  test('keeps credentials out of the command it shows', () => {
    const httpHeaders = [{ name: 'Authorization', value: 'Bearer hunter22hunter22' }];
    const write = planned({
      readiness: { httpGet: { httpHeaders } },
      liveness: { exec: { command: ['psql', '--password=hunter22'] } },
    });
    expect(`${write.kubectl} ${write.summary}`).not.toContain('hunter22');
    expect(JSON.stringify(write)).toContain('hunter22');
  });
});
