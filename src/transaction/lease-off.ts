import { StratusError } from '../core/errors.ts';
import type { Permit, WriterLease } from './lease-types.ts';

const NEVER = new AbortController().signal;

const GRANTED: Permit = {
  kind: 'granted',
  signal: NEVER,
  holds: () => true,
  done: () => undefined,
};

/** The setting `off`: the journal's lock keeps out other writers of this machine, and nothing those of others. */
export const noLease: WriterLease = {
  shared: false,
  epoch: undefined,
  acquire: async () => undefined,
  mark: async () => undefined,
  release: async () => undefined,
  abandon: () => undefined,
  untidy: () => false,
  permit: async () => GRANTED,
  onLost: () => undefined,
  look: async () => undefined,
  break: async () => {
    throw new StratusError('invalid_arguments', 'The setting lease is off: there is none.');
  },
};
