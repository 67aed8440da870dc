import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request as send } from 'undici';
import { at, isObject, type Json, parseJson } from '../../src/core/json.ts';
import { applyManifests } from './apply.ts';
import { layout } from './components.ts';
import { kubeconfigText, mitigatorManifests } from './identities.ts';
import {
  type ClusterFacts,
  type ControlPlaneClient,
  type KubeResponse,
  KubeTestError,
  type RequestOptions,
  type UserName,
} from './types.ts';

/** After a restart of the API server the controllers come back in their own time. */
const CONTROLLERS_MS = 90_000;

export interface OwnedClient extends ControlPlaneClient {
  /** Closes the connections. */
  close(): Promise<void>;
}

/** A client for a control plane that this or another process started. */
export function createClient(facts: ClusterFacts): OwnedClient {
  const agent = new Agent({
    connect: { ca: facts.caPem },
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
  });

  async function request(
    method: string,
    path: string,
    body?: unknown,
    options: RequestOptions = {},
  ): Promise<KubeResponse> {
    const patchType = 'application/merge-patch+json';
    const contentType =
      options.contentType ?? (method === 'PATCH' ? patchType : 'application/json');
    const answer = await send(facts.server + path, {
      dispatcher: agent,
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${facts.tokens[options.user ?? 'admin']}`,
        ...(body === undefined ? {} : { 'content-type': contentType }),
        ...options.headers,
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.body.text();
    const json = jsonOrNull(text);
    const status = answer.statusCode;
    if (status >= 400 && !options.allow?.includes(status)) {
      throw new KubeTestError(`${method} ${path}`, status, json, text);
    }
    return { status, text, json: isObject(json) ? json : {} };
  }

  const client: OwnedClient = {
    server: facts.server,
    caPem: facts.caPem,
    folder: facts.folder,
    auditLogPath: facts.auditLogPath,
    tokens: facts.tokens,
    nodes: facts.nodes,
    request,
    waitFor,
    kubeconfig: (user, context) => writeKubeconfig(facts, user ?? 'admin', context?.namespace),
    apply: (manifest) => applyManifests(client, [manifest].flat()),
    async namespace(prefix = 'test') {
      const name = `${prefix}-${randomBytes(4).toString('hex')}`;
      await request('POST', '/api/v1/namespaces', { metadata: { name } });
      const account = `the default ServiceAccount in ${name}`;
      await waitFor(account, () => hasDefaultAccount(client, name), CONTROLLERS_MS);
      return name;
    },
    allowMitigator: (namespace) => applyManifests(client, mitigatorManifests(namespace)),
    close: () => agent.destroy(),
  };
  return client;
}

/** True when pods can be created in the namespace: admission wants its `default` ServiceAccount. */
export async function hasDefaultAccount(
  client: Pick<ControlPlaneClient, 'request'>,
  namespace: string,
): Promise<boolean> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  return (await client.request('GET', path, undefined, { allow: [404] })).status === 200;
}

export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`${what}: not within ${timeoutMs} ms${last ? `; last error: ${last}` : ''}`, {
        cause: last,
      });
    }
    await sleep(100);
  }
}

function writeKubeconfig(facts: ClusterFacts, user: UserName, namespace?: string): string {
  const name = namespace === undefined ? user : `${user}-${namespace}`;
  const path = join(layout(facts.folder).kubeconfigs, name);
  const { server, caPem, tokens } = facts;
  // Renamed into place: a server of another test may be reading the file at this moment.
  const fresh = `${path}.${randomBytes(4).toString('hex')}`;
  writeFileSync(fresh, kubeconfigText({ server, caPem, user, token: tokens[user], namespace }), {
    mode: 0o600,
  });
  renameSync(fresh, path);
  return path;
}

function jsonOrNull(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

/** The items of a list answer, for reading lists in one go. */
export function itemsOf(answer: KubeResponse): Json[] {
  const items = at(answer.json, 'items');
  return Array.isArray(items) ? items : [];
}
