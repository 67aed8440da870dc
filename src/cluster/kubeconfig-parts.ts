import type { Json, JsonObject } from '../core/json.ts';

/** What a kubeconfig says, by its own terms (k8s.io/client-go clientcmd/api/v1). */
export interface KubeconfigParts {
  readonly clusters: readonly ClusterEntry[];
  readonly contexts: readonly ContextEntry[];
  readonly users: readonly UserEntry[];
  readonly currentContext: string | undefined;
}

export interface ClusterEntry {
  readonly name: string;
  readonly server: string;
  /** Base64 of PEM. */
  readonly caData?: string | undefined;
  readonly caFile?: string | undefined;
  readonly skipTlsVerify: boolean;
  readonly tlsServerName?: string | undefined;
  readonly proxyUrl?: string | undefined;
  /** What the cluster has to say to its exec plugins. */
  readonly execConfig?: Json | undefined;
}

export interface ContextEntry {
  readonly name: string;
  readonly cluster: string;
  readonly user?: string | undefined;
  readonly namespace?: string | undefined;
}

export interface UserEntry {
  readonly name: string;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly certData?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyData?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly exec?: ExecEntry | undefined;
  /** The old way, for OpenID Connect and some clouds. */
  readonly authProvider?: JsonObject | undefined;
  readonly impersonate: {
    readonly user?: string | undefined;
    readonly uid?: string | undefined;
    readonly groups: readonly string[];
    readonly extra: Readonly<Record<string, readonly string[]>>;
  };
}

export interface ExecEntry {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly provideClusterInfo: boolean;
  readonly interactiveMode?: string | undefined;
  readonly installHint?: string | undefined;
}

export const NOBODY: Pick<UserEntry, 'name' | 'impersonate'> = {
  name: 'anonymous',
  impersonate: { groups: [], extra: {} },
};
