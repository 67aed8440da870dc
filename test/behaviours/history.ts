import { at, type JsonObject, objectOf } from '../../src/core/json.ts';
import { Api } from '../cluster/kubelet/api.ts';
import { POD, type PodState, stateOf } from './observe.ts';
import type { Site } from './types.ts';

/** Every state that the pod was ever seen in: a look now and then would miss the short ones. */
export class PodHistory {
  readonly states: PodState[] = [];
  /** The pod's last version, deleted or not. */
  latest: JsonObject = {};
  readonly #api: Api;
  /** The version after which the watch goes on; empty: from the pod as it is. */
  #version: string;

  private constructor({ cluster, namespace }: Site, version: string) {
    const { server, caPem, tokens } = cluster;
    this.#api = new Api({ server, caPem, token: tokens.admin });
    this.#version = version;
    void this.#follow(namespace);
  }

  /** Begins before the pod is made: its first states may be over when the watch is heard. */
  static async open(site: Site): Promise<PodHistory> {
    const { json } = await site.cluster.request('GET', `/api/v1/namespaces/${site.namespace}/pods`);
    return new PodHistory(site, String(at(json, 'metadata', 'resourceVersion')));
  }

  /** The first state from `since` on that fits; undefined while there is none. */
  find(since: number, fits: (state: PodState) => boolean): number | undefined {
    const index = this.states.findIndex((state, at) => at >= since && fits(state));
    return index === -1 ? undefined : index;
  }

  stop(): Promise<void> {
    return this.#api.stop();
  }

  async #follow(namespace: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods?watch=1&fieldSelector=metadata.name%3D${POD}`;
    while (!this.#api.signal.aborted) {
      try {
        const events = this.#api.watch(`${path}&resourceVersion=${this.#version}`);
        for await (const event of events) this.#take(event as JsonObject, namespace);
      } catch {
        // Broken off: the next watch goes on after the last version that was seen.
      }
      await this.#api.pause(100);
    }
  }

  #take(event: JsonObject, namespace: string): void {
    const pod = objectOf(event.object);
    // Too old a version: the pod as it is must do.
    if (event.type === 'ERROR') this.#version = '';
    if (at(pod, 'metadata', 'name') !== POD) return;
    this.#version = String(at(pod, 'metadata', 'resourceVersion'));
    this.latest = pod;
    const state =
      event.type === 'DELETED' ? { pod: 'gone', containers: {} } : stateOf(pod, namespace);
    this.states.push(state);
  }
}
