import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { mitigateSetService } from '../../../src/tools/mitigate/set-service.ts';
import { type AnyTool, answers, live, only, plan, reads, refusal } from './support.ts';

const tool = mitigateSetService as AnyTool;
const target = { namespace: 'shop', name: 'web' };
const HTTP = { name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 };
const DNS = { name: 'dns', port: 80, protocol: 'UDP', targetPort: 53 };

const service = (spec: JsonObject = {}) =>
  live({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...target },
    spec: { selector: { app: 'web' }, ports: [HTTP], ...spec },
  });
const pod = (name: string, labels: { [key: string]: string }, ready = true, phase = 'Running') =>
  live({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels },
    spec: { containers: [{ name: 'web', ports: [{ name: 'main', containerPort: 8080 }] }] },
    status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  });
const PODS = [
  pod('web-1', { app: 'web', tier: 'front' }),
  pod('web-2', { app: 'web', tier: 'front' }, false),
  pod('done', { app: 'web' }, false, 'Succeeded'),
  pod('old', { app: 'old' }, false),
];
const call = (args: JsonObject, spec?: JsonObject, pods = PODS) =>
  plan(tool, { ...target, ...args }, answers({ target: service(spec) }, { pods }));

describe('the selector', () => {
  test('is merged label by label, and written as the one value that it is', () => {
    expect(only(call({ selector: { tier: 'front' } }))).toMatchObject({
      patchType: 'json',
      patch: [
        { op: 'test', path: '/spec/selector', value: { app: 'web' } },
        { op: 'add', path: '/spec/selector', value: { app: 'web', tier: 'front' } },
      ],
      kubectl: 'kubectl set selector service/web --namespace=shop app=web,tier=front',
    });
    expect(
      only(call({ selector: { tier: null } }, { selector: { app: 'web', tier: 'x' } })),
    ).toMatchObject({ patch: [{ op: 'test' }, { op: 'add', value: { app: 'web' } }] });
    expect(only(call({ selector: { tier: 'front' }, replace_selector: true }))).toMatchObject({
      patch: [{ op: 'test' }, { op: 'add', value: { tier: 'front' } }],
    });
    expect(refusal(() => call({ selector: { app: 'web' } })).code).toBe('no_change');
  });

  test('tells how many pods it selects, those that are over left out', () => {
    const words = (selector: JsonObject, spec?: JsonObject) =>
      only(call({ selector }, spec)).summary;
    expect(words({ tier: 'front' })).toBe(
      'selector from app=web to app=web,tier=front; it selects 2 pods, 1 ready (before: 2)',
    );
    expect(words({ app: 'web' }, { selector: { app: 'wbe' } })).toContain(
      'it selects 2 pods, 1 ready (before: 0)',
    );
    expect(words({ app: 'old' })).toContain('it selects 1 pod, 0 ready (before: 2)');
    expect(words({ app: 'none' })).toContain('it selects no pod (before: 2)');
    const warnings = (selector: JsonObject) => only(call({ selector })).warnings;
    expect(warnings({ tier: 'front' })).toEqual([]);
    expect(warnings({ app: 'old' })).toEqual(['None of the pods is ready: nothing would serve.']);
    expect(warnings({ app: 'none' })).toEqual(['No pod has these labels: nothing would serve.']);
  });

  test('says so where pods may not be listed', () => {
    const hidden = {
      ...answers({ target: service() }),
      unread: (as: string) => as === 'pods',
    };
    expect(only(plan(tool, { ...target, selector: { a: 'b' } }, hidden)).summary).toContain(
      'which pods it selects could not be read',
    );
  });

  test('is never emptied, and an ExternalName has none', () => {
    expect(refusal(() => call({ selector: { app: null } })).message).toBe(
      'The selector would be empty.',
    );
    const alias = { type: 'ExternalName', externalName: 'db.example', selector: {} };
    expect(refusal(() => call({ selector: { a: 'b' } }, alias)).message).toContain('ExternalName');
  });

  test('replaces no endpoints that somebody keeps by hand', () => {
    const slice = (manager: string) =>
      live({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: 'web-x',
          namespace: 'shop',
          labels: { 'endpointslice.kubernetes.io/managed-by': manager },
        },
      });
    const given = (slices: ReturnType<typeof slice>[]) =>
      answers({ target: service({ selector: {} }) }, { pods: PODS, slices });
    const args = { ...target, selector: { app: 'web' } };
    const byHand = given([slice('endpointslicemirroring-controller.k8s.io')]);
    expect(refusal(() => plan(tool, args, byHand)).code).toBe('irreversible');
    const hidden = { ...given([]), unread: (as: string) => as === 'slices' };
    expect(refusal(() => plan(tool, args, hidden)).message).toContain('could not be read');
    // A selector that got lost may come back.
    const lost = given([slice('endpointslice-controller.k8s.io')]);
    expect(only(plan(tool, args, lost))).toMatchObject({
      patch: [
        { op: 'test', value: null },
        { op: 'add', value: { app: 'web' } },
      ],
    });
  });

  test('of a headless Service is a selector like any other', () => {
    const headless = { clusterIP: 'None', ports: undefined as unknown as Json };
    expect(only(call({ selector: { tier: 'front' } }, headless)).summary).toContain('2 pods');
  });
});

describe('ports', () => {
  test('are named by port and protocol; what is not named stays', () => {
    const ports = [{ port: 80, protocol: 'UDP', target_port: 5353 }];
    expect(only(call({ ports }, { ports: [HTTP, DNS] }))).toMatchObject({
      patch: [
        { op: 'test', path: '/spec/ports/1', value: DNS },
        { op: 'add', path: '/spec/ports/1/targetPort', value: 5353 },
      ],
      summary: 'port 80/UDP targetPort from 53 to 5353; it selects 2 pods, 1 ready',
      warnings: ['No container of the pods declares port 5353.'],
      kubectl: expect.stringContaining('kubectl patch service/web --namespace=shop --type=json'),
    });
  });

  test('that a container declares raise no warning, by number or by name', () => {
    for (const target_port of [8080, 'main']) {
      const { warnings } = only(
        call({ ports: [{ port: 80, target_port }] }, { ports: [{ ...HTTP, targetPort: 1 }] }),
      );
      expect(warnings).toEqual([]);
    }
    expect(only(call({ ports: [{ port: 80, target_port: 'mian' }] })).warnings).toEqual([
      'No container of the pods declares port mian.',
    ]);
  });

  test('are added, renamed and removed in one call', () => {
    const args = {
      ports: [
        { port: 80, name: 'web' },
        { port: 90, name: 'metrics', target_port: 'main' },
      ],
      remove_ports: [{ port: 80, protocol: 'UDP' }],
    };
    expect(only(call(args, { ports: [DNS, HTTP] }))).toMatchObject({
      patch: [
        { op: 'test', path: '/spec/ports/1', value: HTTP },
        { op: 'add', path: '/spec/ports/1/name', value: 'web' },
        { op: 'test', path: '/spec/ports/0', value: DNS },
        { op: 'remove', path: '/spec/ports/0' },
        {
          op: 'add',
          path: '/spec/ports/-',
          value: { port: 90, protocol: 'TCP', name: 'metrics', targetPort: 'main' },
        },
      ],
    });
  });

  test('refuse what is unclear', () => {
    expect(refusal(() => call({ remove_ports: [{ port: 81 }] })).message).toBe(
      'Service shop/web has no port 81/TCP. It has: 80/TCP.',
    );
    expect(
      refusal(() => call({ ports: [{ port: 80 }], remove_ports: [{ port: 80 }] })).message,
    ).toBe('The port 80/TCP is named twice.');
    expect(refusal(() => call({ ports: [{ port: 80, target_port: 8080 }] })).code).toBe(
      'no_change',
    );
    expect(refusal(() => reads(tool, target)).message).toBe('There is nothing to set.');
  });
});
