import type { Client } from './client.ts';
import { garbageController } from './garbage.ts';
import type { Controller } from './loop.ts';
import { namespaceController } from './namespaces.ts';

/** The controllers of a simulated cluster. */
export function controllers(client: Client): Controller[] {
  return [namespaceController(client), garbageController(client)];
}
