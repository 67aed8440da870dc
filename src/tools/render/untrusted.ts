export { DATA_NOTE, fenceUntrusted, shortText } from '../../core/untrusted.ts';
