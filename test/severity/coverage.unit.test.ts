import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { KubeObject, ObjectRef } from '../../src/core/kube.ts';
import { judge } from '../../src/severity/gate.ts';
import type { DeclaredReduction, Measurement } from '../../src/severity/types.ts';
import { measured, object, service } from './objects.ts';

/** What G3 refuses in this change of one object. */
function losses(
  before: KubeObject | Measurement,
  after: KubeObject,
  declared: readonly DeclaredReduction[] = [],
): string[] {
  const first = 'severity' in before ? (before as Measurement) : measured([before as KubeObject]);
  const touched: ObjectRef[] = [
    { apiVersion: 'v1', kind: after.kind, namespace: 'shop', name: after.metadata.name },
  ];
  return judge({ before: first, after: measured([after]), touched, declared })
    .findings.filter((it) => it.rule === 'G3' && !it.ok)
    .map((it) => it.message);
}

const backend = (name: string) => ({ service: { name, port: { number: 80 } } });
const ingress = (names: readonly string[], more: JsonObject = {}) =>
  object('Ingress', 'web', {
    spec: {
      rules: names.map((name) => ({
        http: { paths: [{ path: `/${name}`, backend: backend(name) }] },
      })),
      ...more,
    },
  });
const ports = (...numbers: number[]) =>
  service('web', { ports: numbers.map((port) => ({ port, targetPort: port })) });

function workload(kind: string, containers: readonly string[], init: Json[] = []): KubeObject {
  const template = {
    template: { spec: { containers: containers.map((name) => ({ name })), initContainers: init } },
  };
  return kind === 'CronJob'
    ? object(kind, 'web', { spec: { jobTemplate: { spec: template } } })
    : object(kind, 'web', { spec: template });
}

describe('removing the patient inside an object', () => {
  test('a route of an Ingress, or its default backend', () => {
    const full = ingress(['cart', 'gone'], { defaultBackend: backend('catalog') });
    expect(losses(full, ingress(['cart'], { defaultBackend: backend('catalog') }))).toEqual([
      expect.stringContaining('Ingress shop/web has 2 of 3 backends left'),
    ]);
    expect(losses(full, ingress(['cart', 'gone']))).toHaveLength(1);
    expect(losses(full, ingress([]))).toHaveLength(1);
  });

  test('a port of a Service', () => {
    expect(losses(ports(80, 81), ports(80))).toEqual([
      expect.stringContaining('Service shop/web has 1 of 2 ports left'),
    ]);
    const external = (...numbers: number[]) =>
      service('web', { selector: {}, ports: numbers.map((port) => ({ port })) });
    expect(losses(external(80, 81), external(80))).toEqual([]);
  });

  test.each(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'])(
    'a container of a %s, told by its name',
    (kind) => {
      const both = workload(kind, ['web', 'proxy']);
      expect(losses(both, workload(kind, ['web']))).toEqual([
        expect.stringContaining(`${kind} shop/web lost container proxy`),
      ]);
      expect(losses(both, workload(kind, ['web', 'other']))).toHaveLength(1);
    },
  );

  test('a sidecar counts as a container, an init container does not', () => {
    const with_ = (...init: Json[]) => workload('Deployment', ['web'], init);
    expect(losses(with_({ name: 'migrate' }), with_())).toEqual([]);
    expect(losses(with_({ name: 'mesh', restartPolicy: 'Always' }), with_())).toHaveLength(1);
  });

  test('a declared reduction excuses it', () => {
    const declare = (kind: string) => [
      { object: { apiVersion: 'v1', kind, namespace: 'shop', name: 'web' }, reason: 'retired' },
    ];
    expect(losses(ports(80, 81), ports(80), declare('Service'))).toEqual([]);
    expect(losses(ingress(['a', 'b']), ingress(['a']), declare('Ingress'))).toEqual([]);
    const both = workload('Deployment', ['web', 'proxy']);
    expect(losses(both, workload('Deployment', ['web']), declare('Deployment'))).toEqual([]);
  });

  test('adding parts, and pointing a route elsewhere, is fine', () => {
    expect(losses(ports(80), ports(80, 81))).toEqual([]);
    expect(losses(ingress(['gone']), ingress(['cart', 'catalog']))).toEqual([]);
    const one = workload('Deployment', ['web']);
    expect(losses(one, workload('Deployment', ['proxy', 'web']))).toEqual([]);
  });

  test('a measurement of an older version, which counted no parts, still compares', () => {
    const now = measured([ports(80, 81), workload('Deployment', ['web'])]);
    const older = {
      ...now,
      coverage: now.coverage.map(({ parts, containers, ...entry }) => entry),
    };
    expect(losses(older, ports(80))).toEqual([
      expect.stringContaining('Deployment shop/web is gone'),
    ]);
  });
});
