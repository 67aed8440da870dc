import type { Json, JsonObject } from '../../src/core/json.ts';
import type { Sandbox } from './real/sandbox.ts';

/** The identities that every test control plane knows, by their Kubernetes user names. */
export const USERS = ['admin', 'reader', 'mitigator', 'nobody'] as const;

/**
 * - `admin`: group system:masters, may do everything.
 * - `reader`: reads everything but Secrets, in all namespaces; writes nothing.
 * - `mitigator`: reads like `reader`, and may change Deployments in namespace `shop` only
 *   (`allowMitigator` adds namespaces).
 * - `nobody`: authenticated, with no role at all.
 */
export type UserName = (typeof USERS)[number];

/** What runs the pods of a test cluster: simulated kubelets, real ones, or all of it in this process. */
export type ClusterKind = 'simulated' | 'real' | 'embedded';

/** What another process needs to talk to a running control plane. Plain data. */
export interface ClusterFacts {
  readonly server: string;
  readonly caPem: string;
  readonly folder: string;
  readonly auditLogPath: string;
  readonly tokens: Readonly<Record<UserName, string>>;
  readonly nodes: readonly string[];
}

export interface RequestOptions {
  /** Default: application/json, for PATCH application/merge-patch+json. */
  readonly contentType?: string;
  /** Default: admin. */
  readonly user?: UserName;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses of 400 and above that are answers here, not errors. */
  readonly allow?: readonly number[];
}

export interface KubeResponse {
  readonly status: number;
  readonly text: string;
  /** The body as JSON; an empty object when it isn't a JSON object. */
  readonly json: JsonObject;
}

/** A client of a running control plane, for a test's arranging and asserting. */
export interface ControlPlaneClient {
  /** https://127.0.0.1:PORT */
  readonly server: string;
  /** The CA that signed the API server's certificate. */
  readonly caPem: string;
  /** The control plane's temporary folder: data, logs, kubeconfigs. */
  readonly folder: string;
  /** The API server's audit log of writes, JSON lines at Metadata level; see `readAuditLog`. */
  readonly auditLogPath: string;
  /** The identities' bearer tokens. */
  readonly tokens: Readonly<Record<UserName, string>>;
  /** Names of the nodes; empty without them. */
  readonly nodes: readonly string[];
  /** The path of a kubeconfig file for that identity (default: admin). */
  kubeconfig(user?: UserName, context?: { readonly namespace?: string }): string;
  /**
   * HTTP straight to the API server. `path` starts with `/api` or `/apis`; a body that isn't a
   * string is sent as JSON.
   * @throws KubeTestError for a status of 400 or above that isn't in `allow`.
   */
  request(
    method: string,
    path: string,
    body?: unknown,
    options?: RequestOptions,
  ): Promise<KubeResponse>;
  /** Creates or replaces by forced server-side apply, field manager `test-user`, in the order given. */
  apply(manifest: object | readonly object[]): Promise<void>;
  /**
   * Asks `probe` ten times a second until it returns something other than undefined or false. What
   * the probe throws counts as "not yet" and is quoted when the time (default 30 s) is over.
   */
  waitFor<T>(
    what: string,
    probe: () => Promise<T | undefined | false>,
    timeoutMs?: number,
  ): Promise<T>;
  /** Creates a fresh namespace whose `default` ServiceAccount exists, and returns its name. */
  namespace(prefix?: string): Promise<string>;
  /** Lets `mitigator` change Deployments in one more namespace. */
  allowMitigator(namespace: string): Promise<void>;
}

/** Where real nodes live, for traffic and commands within their network. */
export interface RealNodes {
  readonly sandbox: Sandbox;
  /** The program of the test images, which also sends requests (`startTraffic`). */
  readonly web: string;
}

/** A running control plane: its client and the power over its processes. */
export interface ControlPlane extends ControlPlaneClient {
  /** What `createClient` in another process needs. */
  readonly facts: ClusterFacts;
  /** Undefined without real nodes. */
  readonly realNodes?: RealNodes;
  /** Freezes the API server: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** Kills the API server and starts it again on the same data and port; resolves when it is ready. */
  restart(): Promise<void>;
  /** Stops every process and removes the folder. Safe to call twice. */
  stop(): Promise<void>;
}

/** The API server's refusal of a test's own request. */
export class KubeTestError extends Error {
  readonly status: number;
  readonly body: Json;

  constructor(request: string, status: number, body: Json, text: string) {
    super(`${request} answered ${status}: ${text.slice(0, 2_000)}`);
    this.name = 'KubeTestError';
    this.status = status;
    this.body = body;
  }
}
