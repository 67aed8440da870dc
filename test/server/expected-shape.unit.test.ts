import { expect, test } from 'vitest';
import { validate } from '../../src/server/validate.ts';
import { mitigateNode } from '../../src/tools/mitigate/node.ts';
import { mitigatePatch } from '../../src/tools/mitigate/patch.ts';
import { mitigateSetContainer } from '../../src/tools/mitigate/set-container.ts';
import { mitigateSetMetadata } from '../../src/tools/mitigate/set-metadata.ts';
import { mitigateSetService } from '../../src/tools/mitigate/set-service.ts';
import type { Tool } from '../../src/tools/types.ts';

const web = { namespace: 'shop', name: 'web', reason: 'test' };

// What an assistant guesses that knows kubectl and manifests, but not this tool.
test.each<[Tool, object, string]>([
  [
    mitigateSetContainer,
    { ...web, readiness: { port: 8080 } },
    '{httpGet?: {path?: string, port?: integer | string,',
  ],
  [mitigateSetContainer, { ...web, env: { A: 'b' } }, '{set?: [{name: string, value?: string,'],
  [mitigateSetContainer, { ...web, env: { set: { A: 'b' } } }, '[{name: string, value?: string,'],
  [
    mitigateSetContainer,
    { ...web, resources: { memory: '1Gi' } },
    '{requests?: {[name]: string | number}, limits?: {[name]: string | number}}',
  ],
  [
    mitigateNode,
    { name: 'n1', reason: 'test', action: 'taint', taint: 'a=b:NoSchedule' },
    '{key: string, value?: string, effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute"}',
  ],
  [
    mitigateSetService,
    { ...web, ports: [{ port: 80, targetPort: 8080 }] },
    'target_port?: integer | string',
  ],
  [mitigateSetMetadata, { kind: 'Pod', ...web, labels: 'a=b' }, '{[name]: string}'],
  [mitigatePatch, { kind: 'Pod', ...web, patch: 'spec: {}' }, '{[name]: any} | [{[name]: any}, …]'],
])('an argument of another form is answered with its form (%#)', (tool, args, form) => {
  const text = errorOf(tool, args);
  expect(text).toContain(`Its form: `);
  expect(text).toContain(form);
  expect(text.length).toBeLessThan(800);
});

test('where the form says no more than the error, it is left out', () => {
  expect(errorOf(mitigateSetContainer, { ...web, image: 5 })).not.toContain('Its form');
});

function errorOf(tool: Tool, args: object): string {
  try {
    validate(tool, args);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
