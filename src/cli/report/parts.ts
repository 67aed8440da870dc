import { type Json, type JsonObject, objectOf, objectsOf, stringOf } from '../../core/json.ts';
import { describeRef } from '../../core/kube.ts';
import { jsonText } from '../audit-text.ts';
import { momentOf, timeOf } from '../time-option.ts';
import { type Html, html } from './html.ts';
import type { Tone } from './words.ts';

/** A term and what it is. */
export type Fact = readonly [name: string, value: Html | string | undefined];

/** Facts as a list of terms; those that are not known are left out. */
export function facts(list: readonly Fact[]): Html {
  const known = list.filter(([, value]) => value !== undefined && value !== '');
  return html`<dl>${known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>`;
}

/** A state or a verdict, with its colour. */
export function badge(tone: Tone, text: string): Html {
  return tone === 'good'
    ? html`<strong class="badge good">${text}</strong>`
    : tone === 'bad'
      ? html`<strong class="badge bad">${text}</strong>`
      : html`<strong class="badge open">${text}</strong>`;
}

/** A list of sentences; nothing for none. */
export function bullets(items: readonly (Html | string)[]): Html | undefined {
  if (items.length === 0) return undefined;
  return html`<ul>${items.map((item) => html`<li>${item}</li>\n`)}</ul>`;
}

/** `12:34:56.789`, UTC, with the whole moment for machines. */
export function clock(ms: number): Html {
  return html`<time datetime="${new Date(ms).toISOString()}">${timeOf(ms)}</time>`;
}

/** `2026-01-31 12:34:56Z`. */
export function moment(ms: number): Html {
  return html`<time datetime="${new Date(ms).toISOString()}">${momentOf(ms)}</time>`;
}

/** A conflict or a residual, as the journal has it. */
export function sentence(value: Json): string {
  return typeof value === 'string' ? value : jsonText(objectOf(value));
}

/** Violations of a measurement: what is wrong, and where. */
export function violations(value: Json | undefined): Html | undefined {
  return bullets(
    objectsOf(value).map(
      (violation) => html`${violationText(violation)} <code>${stringOf(violation.id) ?? ''}</code>`,
    ),
  );
}

/** `Deployment shop/catalog: 0 of 3 pods are available`. */
export function violationText({ object, message, id }: JsonObject): string {
  const said = stringOf(message) ?? stringOf(id) ?? '';
  const name = nameOf(object);
  return name === undefined || said.startsWith(name) ? said : `${name}: ${said}`;
}

/** A reduction that was declared at the begin: of what, and why. */
export function reductionText(value: Json): string {
  const { object, reason } = objectOf(value);
  const name = nameOf(object);
  return name === undefined ? sentence(value) : `${name}: ${stringOf(reason) ?? ''}`;
}

function nameOf(object: Json | undefined): string | undefined {
  const { kind, namespace, name } = objectOf(object);
  if (typeof kind !== 'string' || typeof name !== 'string') return undefined;
  return describeRef({ kind, name, namespace: stringOf(namespace) });
}

/** A table with a caption. `columns` are its headers; the first cell of a row is its header. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly (Html | string)[])[],
): Html {
  const head = columns.map((column) => html`<th scope="col">${column}</th>`);
  const body = rows.map(
    ([first, ...rest]) =>
      html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
  );
  return html`<table><caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>${body}</tbody></table>`;
}
