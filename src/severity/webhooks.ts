import { at, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';

export interface WebhookService {
  /** Kind and name of the configuration. */
  readonly kind: string;
  readonly configuration: string;
  readonly namespace: string;
  readonly name: string;
}

const KINDS = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'];

/** Services that admission waits for and refuses without: failurePolicy Fail, which is the default. */
export function failClosedServices(
  objects: Readonly<Record<string, readonly KubeObject[]>>,
): WebhookService[] {
  const services: WebhookService[] = [];
  for (const kind of KINDS) {
    for (const configuration of objects[kind] ?? []) {
      for (const webhook of objectsOf(configuration.webhooks)) {
        const namespace = stringOf(at(webhook, 'clientConfig', 'service', 'namespace'));
        const name = stringOf(at(webhook, 'clientConfig', 'service', 'name'));
        if (webhook.failurePolicy === 'Ignore' || !namespace || !name) continue;
        services.push({ kind, configuration: configuration.metadata.name, namespace, name });
      }
    }
  }
  return services;
}
