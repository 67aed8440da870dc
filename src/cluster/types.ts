import type { Json, JsonObject } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';

/** One resource of the API server's discovery (kubectl api-resources). */
export interface ResourceInfo {
  readonly group: string;
  readonly version: string;
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** `deployments`: the word in the URL. */
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** `scale`, `status`, `log`, … */
  readonly subresources: readonly string[];
}

/** What discovery knows. Lookups accept what people type: kind, plural, singular, short name, `plural.group`, with any case. */
export interface ResourceCatalogue {
  readonly all: readonly ResourceInfo[];
  /** Groups whose discovery failed (a dead aggregated API): what is listed may be incomplete. */
  readonly failedGroups: readonly string[];
  /** @throws StratusError unknown_resource or ambiguous_resource, with near names. */
  resolve(word: string): ResourceInfo;
  /** By exact apiVersion and kind. @throws StratusError unknown_resource. */
  resolveKind(apiVersion: string, kind: string): ResourceInfo;
}

/** Names one object by its URL. */
export interface ObjectKey {
  readonly resource: ResourceInfo;
  readonly namespace?: string;
  readonly name: string;
}

/** An object as the API server sent it: the exact bytes, and the same parsed without loss. */
export interface LiveObject {
  readonly key: ObjectKey;
  readonly bytes: Buffer;
  readonly object: KubeObject;
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface ListQuery {
  readonly resource: ResourceInfo;
  /** Absent: all namespaces (or a cluster-scoped resource). */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects a page, by default 500. */
  readonly limit?: number;
  /** The continue token of the page before. */
  readonly continueToken?: string;
  /** Ask for PartialObjectMetadata only. */
  readonly metadataOnly?: boolean;
  /**
   * What the API server has in its watch cache is good enough (`resourceVersion=0`), though it may be
   * a moment old. A fresh list waits until that cache has caught up with etcd: 100 ms after any write
   * to something else (consistent reads from cache, Kubernetes 1.31 and later).
   */
  readonly cached?: boolean;
}

export interface ListPage {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continueToken?: string;
  readonly remaining?: number;
}

/** A page as the server's own Table (what kubectl get prints). */
export interface TablePage {
  readonly columns: readonly { name: string; type: string; priority: number }[];
  readonly rows: readonly {
    cells: readonly Json[];
    name: string;
    namespace?: string;
    metadata: JsonObject;
  }[];
  readonly resourceVersion: string;
  readonly continueToken?: string;
  readonly remaining?: number;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

export interface LogQuery {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
  readonly previous?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly timestamps?: boolean;
  /** Bytes at most; the server cuts there. */
  readonly limitBytes?: number;
}

export interface AccessQuery {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** What an identity may do in one namespace, as SelfSubjectRulesReview tells it. */
export interface AccessRules {
  readonly rules: readonly {
    readonly verbs: readonly string[];
    readonly groups: readonly string[];
    /** `pods`, `pods/log`, `*`. */
    readonly resources: readonly string[];
    /** Only these objects; empty for all. */
    readonly names: readonly string[];
  }[];
  /** True when an authorizer can't list its rules (a webhook, for one): there may be more. */
  readonly incomplete: boolean;
  readonly error?: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds; the connection's default (15 s) when absent. */
  readonly timeoutMs?: number;
}

/**
 * Reads from the API server. No method of it changes anything that is stored.
 * All methods throw StratusError: not_found is never thrown by `get` (it answers `undefined`);
 * forbidden, unauthenticated, cluster_unreachable and cluster_error are.
 */
export interface ClusterReader {
  readonly contextName: string;
  readonly server: string;
  /** The context's namespace, `default` when it names none. */
  readonly defaultNamespace: string;
  version(options?: CallOptions): Promise<{ gitVersion: string }>;
  whoAmI(options?: CallOptions): Promise<{ username: string; groups: readonly string[] }>;
  /** Cached for five minutes; `fresh` asks again (after a CRD was created). */
  resources(options?: CallOptions & { fresh?: boolean }): Promise<ResourceCatalogue>;
  /** A quorum read of one object. `undefined` when it isn't there (404). */
  get(key: ObjectKey, options?: CallOptions): Promise<LiveObject | undefined>;
  /** One page. A 410 on a continue token surfaces as StratusError conflict: start again. */
  list(query: ListQuery, options?: CallOptions): Promise<ListPage>;
  /** All pages at one resourceVersion; begins again on 410. */
  listAll(query: ListQuery, options?: CallOptions): Promise<ListPage>;
  table(query: ListQuery, options?: CallOptions): Promise<TablePage>;
  /** Events after `resourceVersion` until the signal aborts or the server ends the watch. */
  watch(
    query: ListQuery & { resourceVersion: string },
    options?: CallOptions,
  ): AsyncIterable<WatchEvent>;
  logs(query: LogQuery, options?: CallOptions): Promise<string>;
  /** The OpenAPI v3 document of one group version, parsed and cached: `api/v1`, `apis/apps/v1`. */
  openapi(groupVersionPath: string, options?: CallOptions): Promise<JsonObject>;
  /** SelfSubjectAccessReview. */
  can(query: AccessQuery, options?: CallOptions): Promise<{ allowed: boolean; reason: string }>;
  /** SelfSubjectRulesReview. @throws StratusError unknown_resource where the server has no such review. */
  rules(namespace: string, options?: CallOptions): Promise<AccessRules>;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/** The only shapes a write can have. The writer builds the URL, the query and, for a delete, the body. */
export type WriteRequest =
  | { readonly verb: 'create'; readonly key: ObjectKey; readonly body: string }
  /** PUT. The body must carry metadata.uid and metadata.resourceVersion. */
  | {
      readonly verb: 'replace';
      readonly key: ObjectKey;
      readonly subresource?: 'scale' | 'status';
      readonly body: string;
    }
  | {
      readonly verb: 'patch';
      readonly key: ObjectKey;
      readonly subresource?: 'scale' | 'status';
      readonly patchType: PatchType;
      readonly body: string;
      /** Server-side apply only: take fields from other managers. */
      readonly force?: boolean;
    }
  | {
      readonly verb: 'delete';
      readonly key: ObjectKey;
      readonly preconditions: { readonly uid: string; readonly resourceVersion: string };
      readonly propagationPolicy: 'Orphan' | 'Background' | 'Foreground';
    }
  /** POST of a policy/v1 Eviction: a delete of a pod that its PodDisruptionBudget may refuse (429). */
  | {
      readonly verb: 'evict';
      readonly key: ObjectKey;
      readonly preconditions: { readonly uid: string; readonly resourceVersion: string };
      /** Seconds; the pod's own terminationGracePeriodSeconds when absent. */
      readonly gracePeriodSeconds?: number;
    };

/**
 * `send` a command's own write; `fence` makes a late one fail; `undo` restores an object, `ownership` its
 * managedFields; `child` writes to what hangs on a restored object; `finalise` cleans up after the decision to
 * commit; `sweep` takes away what a late create left; `lease` is of the writers' Lease.
 */
export type WritePurpose =
  | 'send'
  | 'fence'
  | 'undo'
  | 'ownership'
  | 'child'
  | 'finalise'
  | 'sweep'
  | `lease.${'make' | 'acquire' | 'renew' | 'mark' | 'release' | 'break'}`;

export interface SendOptions extends CallOptions {
  /** Asked when the connection stands and the request is about to be written: false, and not a byte leaves. */
  readonly mayLeave?: () => boolean;
  /** Sent as the Audit-ID header, which the API server honours and echoes. */
  readonly auditId: string;
  /** What the write is for: names the crash points around it. */
  readonly purpose: WritePurpose;
  /** `stratus-mcp` for commands, `stratus-undo` for restores; core/managers.ts has those of a fence. */
  readonly fieldManager: string;
}

/** What became of a write. `ambiguous` is an outcome, not an exception: nobody knows whether it was applied. */
export type WriteOutcome =
  | {
      readonly kind: 'applied';
      readonly status: number;
      /** The object in the response; absent when the server answered a Status (delete, eviction). */
      readonly object?: LiveObject;
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'rejected';
      readonly status: number;
      readonly reason: string;
      readonly message: string;
      readonly causes: readonly { field: string; reason: string; message: string }[];
      /** Seconds, of the header Retry-After. */
      readonly retryAfterSeconds?: number;
    }
  | { readonly kind: 'ambiguous'; readonly status?: number; readonly message: string };

/** The one door to the cluster. Only `src/transaction/` may open it. Never throws for an answer of the server. */
export interface ClusterWriter {
  /** The same request with dryRun=All, strict field validation; nothing is stored. */
  dryRun(request: WriteRequest, options: SendOptions): Promise<WriteOutcome>;
  send(request: WriteRequest, options: SendOptions): Promise<WriteOutcome>;
}
