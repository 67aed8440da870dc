/** How long severity has to hold still, and how many equal measurements that takes. */
export interface Rest {
  readonly samples: number;
  readonly stableSeconds: number;
}

/** Two measurements, half a second apart: the script makes no change that fails late. */
export const SCRIPTED: Rest = { samples: 2, stableSeconds: 0 };

/** Longer than the back-off of a simulated pod that crashes: nobody knows what a reader's assistant tries. */
export const FREE: Rest = { samples: 3, stableSeconds: 3 };

/**
 * The demo's policy: guided, and with the times of simulated pods, which start at once. A production
 * cluster needs the tens of seconds of the shipped policies.
 */
export function demoPolicy({ samples, stableSeconds }: Rest): string {
  return `version: 1
name: demo
description: Change applications for an incident; settle in seconds, as simulated pods do.
mode: guided

protected:
  - namespaces: [kube-system]
    reason: Kubernetes itself runs there.

rules:
  - id: observe
    effect: allow
    tools: [observe_*, audit_query]
  - id: incidents-and-transactions
    effect: allow
    tools: [incident_*, transaction_*, undo_*]
  - id: change-applications
    effect: allow
    tools: [mitigate_*]
    namespaces: ["*"]

bounds:
  commands: 10
  minutes: 15
  objects: 10
  replicas: 10
  replicaChange: 3
  podsAtRisk: 30

severity:
  settle:
    timeoutSeconds: 20
    samples: ${samples}
    stableSeconds: ${stableSeconds}
    minPodAgeSeconds: 1
    graceSeconds: 1
  outside: abort
`;
}
