import { createHash } from 'node:crypto';
import type { ImageModel, PodRules } from './rules.ts';

/** A reference completed as a container runtime does: registry, `library/` and tag. */
export function normalizeImage(reference: string): string | undefined {
  const pattern =
    /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;
  if (!pattern.test(reference)) return undefined;
  const slash = reference.indexOf('/');
  const first = slash === -1 ? '' : reference.slice(0, slash);
  const hasRegistry = first === 'localhost' || /[.:]/.test(first);
  const path = hasRegistry ? reference.slice(slash + 1) : reference;
  const registry = hasRegistry ? first : 'docker.io';
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  const tagged = /:[\w][\w.-]*$|@/.test(repository) ? repository : `${repository}:latest`;
  return `${registry}/${tagged}`;
}

/** Why a reference can't be parsed, in the words of its parser. */
export function referenceProblem(reference: string): string {
  const slash = reference.indexOf('/');
  const first = reference.slice(0, Math.max(slash, 0));
  const isDomain = first === 'localhost' || /[.:A-Z]/.test(first);
  const rest = isDomain ? reference.slice(slash + 1) : reference;
  const bare = (slash === -1 ? `library/${rest}` : rest).replace(/:.*$/s, '');
  const format = 'invalid reference format';
  return /[A-Z]/.test(bare) ? `${format}: repository name (${bare}) must be lowercase` : format;
}

/** The model of a pullable image, or undefined when the rules don't list it. */
export function findImage(reference: string, rules: PodRules): ImageModel | undefined {
  const wanted = normalizeImage(reference);
  if (wanted === undefined) return undefined;
  return rules.images.find((image) => normalizeImage(image.name) === wanted);
}

/** A stable stand-in for the digest that a runtime reports. */
export function imageId(reference: string): string {
  const name = normalizeImage(reference) ?? reference;
  const repository = name.replace(/(:[\w.-]+)?(@.*)?$/, '');
  return `${repository}@sha256:${createHash('sha256').update(name).digest('hex')}`;
}

/** The words of a containerd that finds no such reference. */
export function pullFailure(reference: string): string {
  const name = normalizeImage(reference) ?? reference;
  return (
    `rpc error: code = NotFound desc = failed to pull and unpack image "${name}": ` +
    `failed to resolve reference "${name}": ${name}: not found`
  );
}
