import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Parts of packages that no line of ours reaches, but that a bundler can't tell are unused, or that
 * are needed after the start only. What each costs at run time is measured by `npm run bench`.
 */
export const lean: Plugin = {
  name: 'lean',
  setup(build) {
    // The client-node package is used for its kubeconfig: its generated API models, which only
    // `makeApiClient` reaches, take 70 MB of memory and a third of a second.
    build.onResolve({ filter: /^@kubernetes\/client-node$/ }, ({ resolveDir, kind }) =>
      build.resolve('@kubernetes/client-node/dist/config.js', { resolveDir, kind }),
    );
    build.onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer }) =>
      /client-node[\\/]dist[\\/]config\.js$/.test(importer)
        ? { path: 'generated-models', namespace: 'lean' }
        : undefined,
    );
    build.onLoad({ filter: /^generated-models$/, namespace: 'lean' }, () => ({
      contents: GENERATED_MODELS,
    }));

    // zod brings its messages in fifty languages; ours are in English.
    build.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => ({
      contents: `export { default as en } from './en.js';`,
      resolveDir: dirname(path),
    }));

    // The SDK's server loads a JSON Schema compiler for answers to questions that it may ask a
    // client; it is there when the first of them is asked.
    build.onLoad({ filter: /validation[\\/]ajv-provider\.js$/ }, ({ path, suffix }) =>
      suffix === LATE
        ? undefined
        : { contents: LATE_VALIDATOR, resolveDir: dirname(path), loader: 'js' },
    );
    build.onResolve({ filter: /\?late$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.slice(0, -LATE.length)),
      suffix: LATE,
    }));
  },
};

const LATE = '?late';

const LATE_VALIDATOR = `
export class AjvJsonSchemaValidator {
  #ajv;
  constructor(ajv) { this.#ajv = ajv; }
  getValidator(schema) {
    const { AjvJsonSchemaValidator: Real } = require('./ajv-provider.js${LATE}');
    return (this.real ??= new Real(this.#ajv)).getValidator(schema);
  }
}`;

const GENERATED_MODELS = `
const missing = () => { throw new Error('The generated Kubernetes models are not bundled.'); };
export const createConfiguration = missing;
export class ServerConfiguration { constructor() { missing(); } }`;
