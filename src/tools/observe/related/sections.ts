import { isCustomGroup } from '../../../core/api-groups.ts';
import { at, objectOf, stringOf } from '../../../core/json.ts';
import { describeRef, groupOf, type KubeObject, refOf } from '../../../core/kube.ts';
import { compact } from '../../render/manifest.ts';
import { shortText } from '../../render/untrusted.ts';
import { budgetsOf, relatedTo, scalersOf } from '../describe/related.ts';
import { labelsOf, selectorText } from './label-match.ts';
import { podReferences, podSpecOf, podTemplateOf, relateReference } from './pod-references.ts';
import {
  endpointText,
  followRoute,
  ingressesTo,
  lookBehind,
  portTexts,
  routesOf,
  servicesFor,
} from './routes.ts';
import type { Relation, Surroundings } from './surroundings.ts';
import { USED_KINDS, usersOf } from './users.ts';

/** One kind of relation: its entries, cut to a number, and how many there are. */
export interface Section {
  readonly entries: readonly Entry[];
  readonly total: number;
}
export interface Entry {
  [key: string]: unknown;
}

export type SectionName = 'services' | 'routes' | 'needs' | 'used_by' | 'related';

/** What was found around an object, and the sentences that matter most. */
export interface Findings {
  readonly sections: Readonly<Partial<Record<SectionName, Section>>>;
  readonly problems: readonly string[];
}

/** Everything about the object besides its family. Each section holds `most` entries at most. */
export async function findRelated(
  object: KubeObject,
  around: Surroundings,
  most: number,
): Promise<Findings> {
  if (isCustomGroup(groupOf(object.apiVersion))) return { sections: {}, problems: [] };
  if (object.kind === 'Service') return aroundService(object, around, most);
  if (object.kind === 'Ingress') return aroundIngress(object, around, most);
  if (USED_KINDS.has(object.kind)) return aroundUsed(object, around, most);
  const spec = podSpecOf(object);
  if (Object.keys(spec).length > 0) return aroundPods(object, around, most);
  return { sections: { related: relations(await relatedTo(object, around), most) }, problems: [] };
}

async function aroundPods(
  object: KubeObject,
  around: Surroundings,
  most: number,
): Promise<Findings> {
  const { namespace = '' } = object.metadata;
  const spec = podSpecOf(object);
  const labels = labelsOf(object.kind === 'Pod' ? object : podTemplateOf(object));
  const references = podReferences(spec);
  const [services, needs, scalers, budgets] = await Promise.all([
    servicesFor(labels, namespace, around).then((found) => describeServices(found, around, most)),
    Promise.all(
      references.slice(0, most).map(async (reference) => {
        const { object: what, state } = await relateReference(reference, namespace, around);
        return compact({ object: what, how: some(reference.how), state });
      }),
    ),
    scalersOf(object, around),
    budgetsOf(labels, namespace, around),
  ]);
  const missing = needs.flatMap(({ object: what, state }) => {
    if (state === 'MISSING') return [`${what} is MISSING.`];
    return state?.startsWith('LACKS') ? [`${what} ${state}.`] : [];
  });
  return {
    sections: {
      services: services.section,
      needs: { entries: needs, total: references.length },
      related: relations([...scalers, ...budgets, ...nodeOf(object)], most),
    },
    problems: [...missing, ...services.problems],
  };
}

function nodeOf(object: KubeObject): Relation[] {
  const node = stringOf(at(object, 'spec', 'nodeName'));
  return node === undefined ? [] : [{ relation: 'runs on', object: `Node ${node}` }];
}

async function aroundService(
  service: KubeObject,
  around: Surroundings,
  most: number,
): Promise<Findings> {
  const { section, problems } = await describeServices([service], around, most);
  return { sections: { services: section }, problems };
}

async function describeServices(
  services: readonly KubeObject[],
  around: Surroundings,
  most: number,
): Promise<{ section: Section; problems: string[] }> {
  const problems: string[] = [];
  const entries = await Promise.all(
    services.slice(0, most).map(async (service) => {
      const [judged, ingresses] = await Promise.all([
        lookBehind(service, around),
        ingressesTo(service, around),
      ]);
      const subject = describeRef(refOf(service));
      problems.push(...judged.problems.map((problem) => `${subject}: ${problem}`));
      return compact({
        service: subject,
        type: stringOf(at(service, 'spec', 'type')),
        ports: portTexts(service),
        selector: shortText(
          selectorText({ matchLabels: objectOf(at(service, 'spec', 'selector')) }),
          200,
        ),
        selected_pods: judged.matched,
        endpoints: endpointText(judged),
        would_match: judged.idle && some(judged.idle, most),
        problems: judged.problems.map((it) => shortText(it, 400)),
        not_ready: some(judged.unready, most),
        ingresses: some(ingresses, most),
      });
    }),
  );
  return { section: { entries, total: services.length }, problems };
}

async function aroundIngress(
  ingress: KubeObject,
  around: Surroundings,
  most: number,
): Promise<Findings> {
  const { namespace = '' } = ingress.metadata;
  const routes = routesOf(ingress);
  const followed = await Promise.all(
    routes.slice(0, most).map((route) => followRoute(route, namespace, around)),
  );
  const entries = followed.map(({ route, state }) => ({
    route: shortText(route),
    state: shortText(state),
  }));
  const className = stringOf(at(ingress, 'spec', 'ingressClassName'));
  const place = { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass' };
  const hasClass = className === undefined || (await around.get(place, className)) !== undefined;
  const rest = (await relatedTo(ingress, around)).filter((it) => it.relation !== 'routes to');
  const problems = [
    ...entries
      .filter(({ state }) => /MISSING|no port|: 0 ready/.test(state))
      .map(({ route, state }) => `${route}: ${state}.`),
    ...rest
      .filter(({ state }) => state === 'MISSING')
      .map(({ object }) => `${object} (TLS) is MISSING.`),
    ...(hasClass ? [] : [`IngressClass ${className} is MISSING: no controller takes the Ingress.`]),
  ];
  return {
    sections: { routes: { entries, total: routes.length }, related: relations(rest, most) },
    problems: [...new Set(problems)],
  };
}

async function aroundUsed(
  object: KubeObject,
  around: Surroundings,
  most: number,
): Promise<Findings> {
  const users = await usersOf(object, around);
  const rest = (await relatedTo(object, around)).filter((it) => it.relation !== 'used by');
  return {
    sections: {
      used_by: {
        entries: users.slice(0, most).map(({ user, how, state, lacks }) =>
          compact({
            user,
            how: some(how),
            state: lacks.length > 0 ? `needs missing key ${lacks.join(', ')}` : state,
          }),
        ),
        total: users.length,
      },
      related: relations(rest, most),
    },
    problems: users.flatMap(({ user, lacks }) =>
      lacks.length > 0 ? [`${user} needs key ${lacks.join(', ')}, which isn't there.`] : [],
    ),
  };
}

function relations(found: readonly Relation[], most: number): Section {
  return { entries: found.slice(0, most).map((it) => ({ ...it })), total: found.length };
}

/** The first of many, and how many more there are. */
function some(texts: readonly string[], most = 5): string[] {
  const shown = texts.slice(0, most).map((text) => shortText(text, 250));
  const more = texts.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}
