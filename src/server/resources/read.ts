import { McpError, type ReadResourceResult } from '@modelcontextprotocol/sdk/types.js';
import { StratusError, toStratusError } from '../../core/errors.ts';
import { plainJson, plainText } from '../../core/plain-text.ts';
import type { IncomingCall } from '../call.ts';
import { invoke } from '../invoke.ts';
import { errorText } from '../render.ts';
import type { Runtime } from '../runtime.ts';
import { type Address, addressOf, RESOURCES, TEMPLATES } from './addresses.ts';

/** The protocol's code for a resource that isn't there. */
const NOT_FOUND = -32002;
const INTERNAL = -32603;

/** How the policy's rules and the audit log know the reading of the policy itself. */
export const POLICY_READ = 'observe_policy';

/** The call behind an address: a resource is a tool's answer under a name that can be watched. */
const TOOLS: Readonly<Record<Exclude<Address['kind'], 'policy'>, string>> = {
  audit: 'audit_query',
  story: 'audit_query',
  incident: 'incident_status',
  incidents: 'incident_status',
  transaction: 'transaction_status',
  transactions: 'transaction_status',
};

/**
 * Reads a resource. It goes the way of every call: journaled, decided by the policy, answered.
 * @throws McpError that says what was wrong and what to do
 */
export async function readResource(
  runtime: Runtime,
  uri: string,
  call: Omit<IncomingCall, 'tool' | 'args'>,
): Promise<ReadResourceResult> {
  const address = addressOf(uri);
  if (address === undefined) {
    const known = [
      ...RESOURCES.map((resource) => resource.uri),
      ...TEMPLATES.map((template) => template.uriTemplate),
    ];
    throw new McpError(
      NOT_FOUND,
      `There is no resource ${plainText(uri.slice(0, 200))}. There are: ${known.join(', ')}.`,
      { uri },
    );
  }
  if (address.kind === 'policy') {
    return contents(uri, 'application/yaml', await policyText(runtime, call));
  }
  const { kind: _, ...args } = address;
  const answer = await invoke(runtime, { ...call, tool: TOOLS[address.kind], args });
  const text = answer.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  if (answer.isError !== true) return contents(uri, 'application/json', plainJson(text));
  const missing = /\[(transaction|incident)_not_found\]/.test(text);
  throw new McpError(missing ? NOT_FOUND : INTERNAL, text, { uri });
}

function contents(uri: string, mimeType: string, text: string): ReadResourceResult {
  return { contents: [{ uri, mimeType, text }] };
}

async function policyText(
  runtime: Runtime,
  call: Omit<IncomingCall, 'tool' | 'args'>,
): Promise<string> {
  const { policy, clock, ids } = runtime;
  const id = ids.call();
  const started = clock.monotonic();
  try {
    const { audit } = await runtime.journal();
    audit.start({ call: id, actor: call.actor, tool: POLICY_READ, args: {} });
    const decision = policy.decideRead({ tool: POLICY_READ });
    const allowed = decision.effect === 'allow';
    audit.end({
      call: id,
      decision: decision.effect,
      rule: decision.rule,
      outcome: allowed ? 'ok' : 'refused',
      durationMs: Math.round(clock.monotonic() - started),
    });
    if (!allowed) {
      throw new StratusError(
        'policy_refused',
        `The policy does not allow reading it: ${decision.reason}`,
        { rule: decision.rule },
      );
    }
  } catch (thrown) {
    throw new McpError(INTERNAL, errorText(toStratusError(thrown)));
  }
  return `# Policy "${policy.name}", SHA-256 ${policy.digest}\n${plainText(policy.text)}`;
}
