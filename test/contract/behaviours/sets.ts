import { at, objectsOf } from '../../../src/core/json.ts';
import type { Behaviour } from '../types.ts';
import { podTemplate } from './manifests.ts';
import {
  apps,
  conditions,
  counts,
  items,
  job,
  jobEnd,
  nameOf,
  statefulSet,
  status,
} from './watching.ts';

/** StatefulSets, DaemonSets and Jobs. */
export const SETS: readonly Behaviour[] = [
  {
    name: 'a StatefulSet makes its pods in order and ends them in reverse',
    async play(stage) {
      await stage.send('POST', apps(stage, 'statefulsets'), statefulSet('db'));
      const path = apps(stage, 'statefulsets', 'db');
      const up = await status(
        stage,
        path,
        (it) => it.availableReplicas === 2 && it.currentReplicas === 2,
      );
      stage.note('status', counts(up));
      const pods = async () => {
        const { body } = await stage.send('GET', `${stage.core('pods')}?labelSelector=app%3Ddb`);
        return items(body);
      };
      const made = (await pods()).map((it) => ({
        name: nameOf(it),
        labels: at(it, 'metadata', 'labels') ?? null,
        hostname: at(it, 'spec', 'hostname') ?? null,
        subdomain: at(it, 'spec', 'subdomain') ?? null,
      }));
      stage.note('pods', made);
      await stage.send('PATCH', path, { spec: { replicas: 1 } });
      await stage.until('one pod', async () => {
        const left = (await pods()).map(nameOf);
        return left.length === 1 ? left : undefined;
      });
      stage.note('left', (await pods()).map(nameOf));
    },
  },
  {
    name: 'a StatefulSet updates from its highest number down to the partition',
    async play(stage) {
      await stage.send('POST', apps(stage, 'statefulsets'), statefulSet('db', { replicas: 3 }));
      const path = apps(stage, 'statefulsets', 'db');
      await status(stage, path, (it) => it.availableReplicas === 3 && it.currentReplicas === 3);
      const template = podTemplate('db', {
        image: 'local/web:2',
        pod: { terminationGracePeriodSeconds: 0 },
      });
      const updateStrategy = { rollingUpdate: { partition: 1 } };
      await stage.send('PATCH', path, { spec: { template, updateStrategy } });
      const done = await status(
        stage,
        path,
        (it) => it.updatedReplicas === 2 && it.availableReplicas === 3,
      );
      const { currentRevision, updateRevision, ...rest } = counts(done);
      stage.note('status', [rest, currentRevision === updateRevision]);
      const { body } = await stage.send('GET', `${stage.core('pods')}?labelSelector=app%3Ddb`);
      stage.note(
        'images',
        items(body).map((it) => [nameOf(it), String(at(it, 'spec', 'containers', 0, 'image'))]),
      );
      const { body: revisions } = await stage.send('GET', apps(stage, 'controllerrevisions'));
      stage.note(
        'revisions',
        items(revisions)
          .map((it) => Number(it.revision))
          .sort(),
      );
    },
  },
  {
    name: 'a DaemonSet has one pod on each node',
    async play(stage) {
      const spec = { selector: { matchLabels: { app: 'agent' } }, template: podTemplate('agent') };
      await stage.send('POST', apps(stage, 'daemonsets'), { metadata: { name: 'agent' }, spec });
      const done = await status(
        stage,
        apps(stage, 'daemonsets', 'agent'),
        (it) => it.numberAvailable === 3,
      );
      stage.note('status', counts(done));
      const { body } = await stage.send('GET', stage.core('pods'));
      const nodes = new Set(items(body).map((it) => String(at(it, 'spec', 'nodeName'))));
      stage.note('nodes', nodes.size);
      const [pod] = items(body);
      stage.note(
        'tolerations',
        objectsOf(at(pod, 'spec', 'tolerations'))
          .map((it) => `${String(it.key)}:${String(it.effect)}`)
          .sort(),
      );
    },
  },
  {
    name: 'a Job completes, one that fails too often fails',
    async play(stage) {
      const jobs = stage.named('batch/v1', 'jobs');
      await stage.see('stored', 'POST', `${jobs}?dryRun=All`, job('good', ['true']));
      await stage.send('POST', jobs, job('good', ['true'], { completions: 2 }));
      const good = await jobEnd(stage, 'good');
      const { startTime, completionTime, ...rest } = counts(good);
      stage.note('good', [
        rest,
        startTime !== undefined,
        completionTime !== undefined,
        conditions(good),
      ]);
      await stage.send('POST', jobs, job('bad', ['false'], { backoffLimit: 0 }));
      const bad = await jobEnd(stage, 'bad');
      stage.note('bad', [at(bad, 'status', 'failed') ?? 0, conditions(bad)]);
    },
  },
  {
    name: 'a suspended Job makes no pods',
    async play(stage) {
      await stage.send(
        'POST',
        stage.named('batch/v1', 'jobs'),
        job('later', ['true'], { suspend: true }),
      );
      const path = stage.named('batch/v1', 'jobs', 'later');
      const held = await stage.until('Suspended', async () => {
        const { body } = await stage.send('GET', path);
        return conditions(body).some(([type]) => type === 'Suspended') ? body : undefined;
      });
      stage.note('held', conditions(held));
      await stage.send('PATCH', path, { spec: { suspend: false } });
      stage.note('done', (await jobEnd(stage, 'later')).kind ?? '');
    },
  },
];
