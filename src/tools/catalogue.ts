import type { Clock } from '../core/clock.ts';
import type { Policy } from '../policy/types.ts';
import { auditTools } from './audit/index.ts';
import { incidentTools } from './incident/index.ts';
import { mitigateTools } from './mitigate/index.ts';
import { observeTools } from './observe/index.ts';
import { transactionTools } from './transaction/index.ts';
import type { Tool } from './types.ts';

/** Every tool there is, sorted by name: a stable list keeps the prompt caches of assistants warm. */
export function allTools(clock: Clock): readonly Tool[] {
  return [
    ...observeTools,
    ...auditTools,
    ...incidentTools,
    ...mitigateTools(clock),
    ...transactionTools,
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export interface Offer {
  readonly tool: Tool;
  /** Why a call to it is refused; absent for a tool that is offered. */
  readonly refusal?: string;
}

/** All tools, with what keeps some of them from being offered. */
export function offersOf(tools: readonly Tool[], policy: Policy, readOnly: boolean): Offer[] {
  return tools.map((tool) => {
    if (readOnly && tool.effect !== 'observe') {
      return { tool, refusal: 'the server was started with --read-only' };
    }
    if (!policy.offers(tool.name))
      return { tool, refusal: `the policy "${policy.name}" refuses it` };
    return { tool };
  });
}
