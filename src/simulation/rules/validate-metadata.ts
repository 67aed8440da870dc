import { objectOf, objectsOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Cause } from '../api/error.ts';
import { entriesProblem } from '../fields/entries.ts';
import type { KindDefinition } from '../kinds.ts';
import { missingField, wrong } from './causes.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SERVICE = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED =
  /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)$/;
const VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/;

const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SERVICE_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
export const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const KEY_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** Names, labels, annotations, owners and managedFields. */
export function metadataProblems(kind: KindDefinition, object: KubeObject): Cause[] {
  const { metadata } = object;
  const causes: Cause[] = [];
  const { name } = metadata;
  if (name === undefined || name === '') {
    causes.push(missingField('metadata.name', 'name or generateName is required'));
  } else causes.push(...nameProblems(kind.kind, name));
  causes.push(...labelProblems(objectOf(metadata.labels), 'metadata.labels'));
  for (const key of Object.keys(objectOf(metadata.annotations))) {
    if (!QUALIFIED.test(key.toLowerCase()))
      causes.push(wrong('metadata.annotations', key, KEY_RULE));
  }
  for (const [at, owner] of objectsOf(metadata.ownerReferences).entries()) {
    for (const field of ['apiVersion', 'kind', 'name', 'uid']) {
      if (!owner[field]) {
        causes.push(
          wrong(
            `metadata.ownerReferences[${at}].${field}`,
            owner[field] ?? '',
            field === 'apiVersion' ? 'version must not be empty' : 'must not be empty',
          ),
        );
      }
    }
  }
  const entries = entriesProblem(metadata.managedFields);
  if (entries !== undefined) {
    causes.push(wrong(`metadata.managedFields[0].${entries}`, '', 'is not one that is known'));
  }
  return causes;
}

function nameProblems(kind: string, name: string): Cause[] {
  if (kind === 'Namespace') {
    return name.length > 63 || !LABEL.test(name) ? [wrong('metadata.name', name, LABEL_RULE)] : [];
  }
  if (kind === 'Service') {
    return name.length > 63 || !SERVICE.test(name)
      ? [wrong('metadata.name', name, SERVICE_RULE)]
      : [];
  }
  if (name.length > 253) return [wrong('metadata.name', name, 'must be no more than 253 bytes')];
  return SUBDOMAIN.test(name) ? [] : [wrong('metadata.name', name, SUBDOMAIN_RULE)];
}

/** What is wrong with keys and values of labels. */
export function labelProblems(labels: Record<string, unknown>, field: string): Cause[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    if (!QUALIFIED.test(key)) return [wrong(field, key, KEY_RULE)];
    const text = String(value);
    if (text.length > 63) return [wrong(field, text, 'must be no more than 63 bytes')];
    return VALUE.test(text) ? [] : [wrong(field, text, VALUE_RULE)];
  });
}
