import { type JsonObject, stringifyJson } from '../../src/core/json.ts';
import { released } from './oracle.ts';
import type { Ground } from './types.ts';

/** Deletes an object of the base application and applies it again, changed: its identity is another one then. */
export async function replace(
  ground: Ground,
  kind: string,
  name: string,
  change: (manifest: JsonObject) => void,
): Promise<void> {
  await ground.remove(kind, name);
  if (kind === 'Deployment') {
    await ground.wait(`the pods of ${name} to go`, async () => {
      const left = await ground.list('Pod', `app=${name}`);
      return left.length === 0;
    });
  }
  const manifest = released(ground, kind, name);
  change(manifest);
  await ground.create(manifest);
}

/** Waits until the pods of an app show a word, in their status or spec. */
export async function podsShow(ground: Ground, app: string, word: string): Promise<void> {
  await ground.wait(`${word} in the pods of ${app}`, async () =>
    (await ground.list('Pod', `app=${app}`)).some((pod) => stringifyJson(pod).includes(word)),
  );
}
