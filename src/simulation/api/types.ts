import type { KubeObject } from '../../core/kube.ts';
import type { KindDefinition, Subresource } from '../kinds.ts';

/** What a write says about itself besides its object. */
export interface WriteOptions {
  /** Field manager. */
  readonly manager: string;
  readonly dryRun: boolean;
  readonly validation: 'Strict' | 'Warn' | 'Ignore';
  readonly subresource?: Subresource;
  /** Server-side apply: take fields from other managers. */
  readonly force?: boolean;
}

export interface Target {
  readonly kind: KindDefinition;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** What a write answers. */
export interface Written {
  readonly code: 200 | 201;
  readonly object: KubeObject;
  /** For `Warning` headers. */
  readonly warnings: readonly string[];
}
