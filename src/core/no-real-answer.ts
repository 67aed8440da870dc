import { StratusError } from './errors.ts';

/**
 * A read was answered, but not with what is there or isn't: overload, a server that is starting or stopping, a load
 * balancer without one. Cause of the StratusError.
 */
export class NoRealAnswer extends Error {}

/** True for a failed read that may well succeed in a moment, although something answered it. */
export function mayPass(error: unknown): boolean {
  return error instanceof StratusError && error.cause instanceof NoRealAnswer;
}
