import type { Json, JsonObject } from '../../src/core/json.ts';

export interface RawAnswer {
  readonly status: number;
  readonly body: JsonObject;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RawRequest {
  /** Default application/json; for PATCH a merge patch. */
  readonly contentType?: string;
  readonly accept?: string;
}

/** An API server, real or embedded, as raw HTTP. */
export interface Api {
  send(method: string, path: string, body?: Json, request?: RawRequest): Promise<RawAnswer>;
  /** The lines of a watch as they come, until `enough` says so or the time (10 s) is over. */
  watch(path: string, enough: (events: readonly JsonObject[]) => boolean): Promise<JsonObject[]>;
}

/** What a behaviour sees: an API with a namespace of its own, and a place for what it observes. */
export interface Stage extends Api {
  readonly namespace: string;
  /** `/api/v1/namespaces/NS/configmaps/x` */
  core(plural: string, name?: string): string;
  /** `/apis/GROUP/v1/namespaces/NS/PLURAL/x`, for a `GROUP/VERSION`. */
  named(groupVersion: string, plural: string, name?: string): string;
  /** Sends a request and keeps its answer among the observations. */
  see(
    what: string,
    method: string,
    path: string,
    body?: Json,
    request?: RawRequest,
  ): Promise<RawAnswer>;
  /** Keeps something else. */
  note(what: string, value: Json): void;
  /** Asks until the probe gives something. @throws Error after 30 s. */
  until<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T>;
}

/** One thing that an API server does. It runs on both, and what it observed is compared. */
export interface Behaviour {
  readonly name: string;
  play(stage: Stage): Promise<void>;
  /** Why the two differ, where they may. */
  readonly differs?: string;
}

export interface Observation {
  readonly what: string;
  readonly value: Json;
}
