import { equalJson, type JsonObject, objectOf } from '../../core/json.ts';
import { quantityText, usedOf } from '../api/admit-quota.ts';
import type { Client } from './client.ts';
import type { Controller } from './loop.ts';
import { keyOf, specOf, splitKey } from './pods.ts';

/** Writes into ResourceQuotas what is used of them. */
export function quotaController(client: Client): Controller {
  return {
    concerns({ kind, object }) {
      if (kind.kind === 'ResourceQuota') return [keyOf(object)];
      const { namespace } = object.metadata;
      if (namespace === undefined || kind.kind === 'Event' || kind.kind === 'Lease') return [];
      return client.list('ResourceQuota', namespace).map(keyOf);
    },
    reconcile(key) {
      const quota = client.get('ResourceQuota', ...splitKey(key));
      if (quota === undefined) return undefined;
      const hard = objectOf(specOf(quota).hard);
      const used: JsonObject = {};
      for (const [name, value] of usedOf(client.machine, quota))
        used[name] = quantityText(name, value);
      const status: JsonObject = { hard, used };
      if (!equalJson(status, objectOf(quota.status))) client.updateStatus(quota, status);
      return undefined;
    },
  };
}
