import { StratusError } from '../../core/errors.ts';
import type { ObserveContext } from '../types.ts';
import { call } from './next-step.ts';

/**
 * Runs a read. Where it was of all namespaces and this identity may not, the refusal names the call
 * that looks in the identity's own.
 */
export async function withNamespaceHelp<T>(
  context: ObserveContext,
  tool: string,
  args: Record<string, unknown>,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof StratusError) || error.code !== 'forbidden') throw error;
    const { all_namespaces: everywhere, cursor: _, ...rest } = args;
    if (everywhere !== true) throw error;
    const inside = { ...rest, namespace: context.reader.defaultNamespace };
    throw new StratusError('forbidden', error.message, {
      ...(error.rule === undefined ? {} : { rule: error.rule }),
      next: `Look in one namespace: ${call(tool, inside)}. What is elsewhere stays hidden from this identity.`,
      cause: error,
    });
  }
}
