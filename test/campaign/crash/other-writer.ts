import { setTimeout as sleep } from 'node:timers/promises';
import { at } from '../../../src/core/json.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';
import { NOTE, pathOf, type Ref } from './objects.ts';

/** Longer than a command takes from its read to its write, or none would ever get through. */
const PAUSES_MS = [400, 2_500, 800, 1_500];

/** Somebody else who goes on editing a field of the same objects, whatever we do. */
export interface OtherWriter {
  /** Ends it. @returns by object what it was last told to be stored */
  stop(): Promise<ReadonlyMap<Ref, string>>;
}

export async function startOtherWriter(
  cluster: ControlPlaneClient,
  namespace: string,
  refs: readonly Ref[],
): Promise<OtherWriter> {
  const stored = new Map<Ref, string>();
  let stopped = false;
  let count = 0;
  const edit = async (ref: Ref) => {
    count += 1;
    const value = `edit-${count}`;
    const path = `${pathOf(ref, namespace)}?fieldManager=other-writer`;
    const body = { metadata: { annotations: { [NOTE]: value } } };
    const answer = await cluster.request('PATCH', path, body, { allow: [404, 409] });
    // What is written to an object that is going away goes away with it.
    const going = at(answer.json, 'metadata', 'deletionTimestamp') !== undefined;
    if (answer.status === 200 && !going) stored.set(ref, value);
  };
  for (const ref of refs) await edit(ref);
  const work = async () => {
    while (!stopped && refs.length > 0) {
      await sleep(PAUSES_MS[count % PAUSES_MS.length]);
      for (const ref of refs) if (!stopped) await edit(ref);
    }
  };
  // What breaks it (the control plane is gone) is found by whoever looks at the result.
  const running = work().catch(() => undefined);
  return {
    stop: async () => {
      stopped = true;
      await running;
      return stored;
    },
  };
}
