import { budgetController } from './budgets.ts';
import type { Client } from './client.ts';
import { daemonSetController } from './daemon-sets.ts';
import { deploymentController } from './deployments.ts';
import { endpointSliceController } from './endpoint-slices.ts';
import { garbageController } from './garbage.ts';
import { jobController } from './jobs.ts';
import type { Controller } from './loop.ts';
import { namespaceController } from './namespaces.ts';
import { nodeController } from './nodes.ts';
import { quotaController } from './quotas.ts';
import { replicaSetController } from './replica-sets.ts';
import { statefulSetController } from './stateful-sets.ts';
import { volumeController } from './volumes.ts';

/** The controllers of a simulated cluster. */
export function controllers(clientFor: (component: string) => Client): Controller[] {
  return [
    namespaceController(clientFor('namespace-controller')),
    garbageController(clientFor('garbage-collector')),
    deploymentController(clientFor('deployment-controller')),
    replicaSetController(clientFor('replicaset-controller')),
    statefulSetController(clientFor('statefulset-controller')),
    daemonSetController(clientFor('daemonset-controller')),
    jobController(clientFor('job-controller')),
    endpointSliceController(clientFor('endpoint-slice-controller')),
    budgetController(clientFor('controllermanager')),
    volumeController(clientFor('persistentvolume-controller')),
    quotaController(clientFor('resourcequota-controller')),
    nodeController(clientFor('taint-eviction-controller')),
  ];
}
