import { z } from 'zod';
import { stringOf } from '../../core/json.ts';
import type { ContainerPart } from './container-change.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';

export const imageArgument = z
  .string()
  .regex(/^[^\s"'`\\]+$/, 'is not an image reference')
  .describe('Full reference, such as registry/repo:tag or repo@sha256:….');

export const imageChange: ContainerPart<string> = (image, { container, object }) => {
  const before = stringOf(container.spec.image) ?? 'none';
  if (before === image) return undefined;
  return {
    fields: { image },
    summary: `set image of container ${container.name} from ${before} to ${image}`,
    kubectl: kubectl(
      'set',
      'image',
      kubectlName(object),
      `${container.name}=${image}`,
      namespaceFlag(object),
    ),
  };
};
