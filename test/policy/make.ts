import { stringify } from 'yaml';
import { createPolicy, type ExplainingPolicy } from '../../src/policy/evaluate.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import type { ReadQuestion, WriteQuestion } from '../../src/policy/types.ts';

/** A policy as its owner would write it, through the real parser. */
export function policyOf(content: Record<string, unknown>): ExplainingPolicy {
  const text = stringify({ version: 1, name: 'test', rules: [], ...content });
  const document = parsePolicy(new TextEncoder().encode(text), 'test.yaml');
  return createPolicy(document, { source: 'test.yaml', digest: '', text: '' });
}

export function rulesOf(...rules: Record<string, unknown>[]): ExplainingPolicy {
  return policyOf({ rules: rules.map((rule, i) => ({ id: `rule-${i}`, ...rule })) });
}

/** A scale of Deployment shop/web, changed as given. `namespace: undefined` makes it cluster-scoped. */
export function write(
  changes: Partial<Omit<WriteQuestion, 'namespace'>> & { namespace?: string | undefined } = {},
): WriteQuestion {
  const { namespace, ...rest } = { namespace: 'shop', ...changes };
  return {
    tool: 'mitigate_patch',
    verb: 'patch',
    group: 'apps',
    kind: 'Deployment',
    name: 'web',
    changedPaths: ['spec.replicas'],
    labels: {},
    ...rest,
    ...(namespace === undefined ? {} : { namespace }),
  };
}

export function read(changes: Partial<ReadQuestion> = {}): ReadQuestion {
  return { tool: 'observe_list', group: '', kind: 'Pod', namespaced: true, ...changes };
}
