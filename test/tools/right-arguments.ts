import type { JsonObject } from '../../src/core/json.ts';

/**
 * Arguments with which a tool does its everyday work on the objects of `shop`: changes are planned only. A new
 * tool is added here, and so takes part in every test that goes over all tools.
 */
export function rightArguments(tool: string, namespace: string): JsonObject | undefined {
  const object = { namespace, kind: 'ConfigMap', name: 'settings' };
  const workload = { namespace, kind: 'Deployment', name: 'web' };
  const planned = { reason: 'test', dry_run: true };
  const handle = { transaction: 'txn-999', reason: 'test' };
  const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fresh}\ndata: {}';
  const all: Record<string, JsonObject> = {
    audit_query: {},
    incident_open: { title: 'test', namespaces: [namespace] },
    incident_status: {},
    // The one that incident_open of above has opened, where the tools are called in order.
    incident_update: { incident: 'inc-1', hypothesis: 'a slip', evidence: ['it was seen'] },
    mitigate_apply: { manifest, namespace, ...planned },
    mitigate_batch: {
      commands: [{ tool: 'mitigate_delete', arguments: object }],
      ...planned,
    },
    mitigate_delete: { ...object, ...planned },
    mitigate_drain: { name: 'node-1', ...planned },
    mitigate_node: { name: 'node-1', action: 'cordon', ...planned },
    mitigate_patch: { ...object, patch: { data: { mode: 'slow' } }, ...planned },
    mitigate_rollout: { ...workload, action: 'restart', ...planned },
    mitigate_scale: { ...workload, replicas: 1, ...planned },
    mitigate_set_container: { ...workload, image: 'local/web:2', ...planned },
    mitigate_set_metadata: { ...object, labels: { a: 'b' }, ...planned },
    mitigate_set_service: { namespace, name: 'web', selector: { app: 'web' }, ...planned },
    observe_api: {},
    observe_capacity: {},
    observe_changes: { namespace },
    observe_describe: object,
    observe_events: { namespace },
    observe_get: object,
    observe_health: { namespace },
    observe_list: { kind: 'ConfigMap', namespace },
    observe_logs: { namespace, workload: 'Deployment/web' },
    observe_related: object,
    observe_rollout: workload,
    transaction_abort: handle,
    transaction_begin: { namespaces: [namespace], reason: 'test' },
    transaction_commit: { transaction: 'txn-999' },
    transaction_status: {},
    undo_last: handle,
    undo_transaction: handle,
  };
  return all[tool];
}
