import { compilePolicy, couldOpen } from './compile.ts';
import { explainRead } from './decide-read.ts';
import { explainWrite } from './decide-write.ts';
import { BUILT_IN_KEY_PATTERNS } from './redaction.ts';
import type { PolicyDocument } from './schema.ts';
import type { Explanation } from './trace.ts';
import type { Policy, ReadQuestion, WriteQuestion } from './types.ts';

/** A policy that can say why, rule by rule. */
export interface ExplainingPolicy extends Policy {
  explainRead(question: ReadQuestion): Explanation;
  explainWrite(question: WriteQuestion): Explanation;
}

/** Makes the policy of a valid document. Pure; all patterns are compiled here, once. */
export function createPolicy(
  document: PolicyDocument,
  origin: Pick<Policy, 'source' | 'digest' | 'text'>,
): ExplainingPolicy {
  const compiled = compilePolicy(document);
  return {
    ...origin,
    name: document.name,
    description: document.description,
    bounds: document.bounds,
    owners: document.owners,
    mode: document.mode,
    incidents: document.incidents,
    severity: document.severity,
    approvals: document.approvals,
    redaction: { keyPatterns: [...BUILT_IN_KEY_PATTERNS, ...document.redaction.keyPatterns] },
    offers: (tool) => couldOpen(compiled, tool),
    decideRead: (question) => explainRead(compiled, question).decision,
    decideWrite: (question) => explainWrite(compiled, question).decision,
    explainRead: (question) => explainRead(compiled, question),
    explainWrite: (question) => explainWrite(compiled, question),
  };
}
