import type { ClusterReader, ObjectKey } from '../cluster/types.ts';
import { type Shape, shapeOf, unknownShape } from '../undo/shape.ts';

/** Merge shapes by kind, from the API server's own OpenAPI; kept for the life of the engine. */
export class Shapes {
  readonly #reader: ClusterReader;
  readonly #known = new Map<string, Shape>();

  constructor(reader: ClusterReader) {
    this.#reader = reader;
  }

  /** Without a document lists count as one unit, which can only lead to more conflicts, never to a loss. */
  async of(key: ObjectKey): Promise<Shape> {
    const { group, version, kind, apiVersion } = key.resource;
    const id = `${apiVersion}/${kind}`;
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const path = group === '' ? `api/${version}` : `apis/${apiVersion}`;
    try {
      const shape = shapeOf(await this.#reader.openapi(path), { group, version, kind });
      // The document of a new CRD may be published later than the resource is served.
      if (shape !== unknownShape) this.#known.set(id, shape);
      return shape;
    } catch {
      return unknownShape;
    }
  }
}
