import fc from 'fast-check';
import { stringify } from 'yaml';
import { hostile } from './hostile.ts';

const BROKEN = [
  '',
  '---',
  '--- \n---\n---',
  'a: &a [*a]',
  'a: &a [1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]',
  'apiVersion: v1\napiVersion: v2\nkind: ConfigMap',
  '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}',
  'kind: List\napiVersion: v1\nitems: 3',
  '!!binary x',
  '\tapiVersion: v1',
  '<<: {apiVersion: v1}\nkind: ConfigMap',
  '{{- if .Values }}\nkind: ConfigMap\n{{- end }}',
  '\ufeffapiVersion: v1\nkind: ConfigMap\nmetadata: {name: bom}',
  `[${'['.repeat(2000)}`,
];

/** Manifests that are right, that would reach somewhere else, that carry secrets, that are none at all. */
export function manifestText(
  open: string,
  shut: string,
  secret: (place: string) => string,
): fc.Arbitrary<string> {
  const metadata = fc.record(
    {
      name: fc.oneof(fc.constantFrom<unknown[]>('settings', 'fresh', 'frozen', 'web'), hostile),
      namespace: fc.oneof(
        fc.constantFrom<unknown[]>(open, open, shut, 'kube-system', undefined),
        hostile,
      ),
      labels: fc.oneof(fc.constant<unknown>({ a: 'b' }), hostile),
      annotations: fc.oneof(fc.constant<unknown>({ a: 'b' }), hostile),
      finalizers: hostile,
      ownerReferences: hostile,
      resourceVersion: hostile,
      managedFields: hostile,
    },
    { requiredKeys: ['name'] },
  );
  const kinds = fc.oneof(
    fc.constantFrom<[unknown, unknown][]>(
      ['v1', 'ConfigMap'],
      ['v1', 'ConfigMap'],
      ['v1', 'Secret'],
      ['v1', 'Namespace'],
      ['v1', 'Pod'],
      ['apps/v1', 'Deployment'],
      ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
      ['coordination.k8s.io/v1', 'Lease'],
      ['v1', 'List'],
      ['nonsense/v1', 'Thing'],
    ),
    fc.tuple(hostile, hostile),
  );
  const body = fc.record(
    {
      data: fc.oneof(
        fc.constantFrom<unknown[]>({ mode: 'slow' }, { db_password: secret('applied') }),
        hostile,
      ),
      stringData: fc.oneof(fc.constant<unknown>({ password: secret('applied') }), hostile),
      spec: fc.oneof(fc.constant<unknown>({ replicas: 1 }), hostile),
      immutable: hostile,
    },
    { requiredKeys: [] },
  );
  const document = fc
    .tuple(kinds, metadata, body)
    .map(([[apiVersion, kind], meta, rest]) => ({ apiVersion, kind, metadata: meta, ...rest }));
  const text = fc.array(document, { minLength: 1, maxLength: 3 }).map(yamlOf);
  const cut = fc
    .tuple(text, fc.nat())
    .map(([whole, at]) => whole.slice(0, at % (whole.length + 1)));
  return fc.oneof(
    { weight: 6, arbitrary: text },
    { weight: 1, arbitrary: cut },
    { weight: 1, arbitrary: fc.constantFrom(...BROKEN) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  );
}

function yamlOf(documents: readonly object[]): string {
  return documents.map((one) => stringify(one, { aliasDuplicateObjects: false })).join('---\n');
}
