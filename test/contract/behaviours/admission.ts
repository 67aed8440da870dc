import { at } from '../../../src/core/json.ts';
import type { Behaviour } from '../types.ts';
import { pod, pods } from './pod-helpers.ts';

/** What admission refuses. */
export const ADMISSION: readonly Behaviour[] = [
  {
    name: 'a quota refuses what goes beyond it, and pods that say nothing',
    async play(stage) {
      const hard = { pods: '1', 'limits.memory': '100Mi', configmaps: '2' };
      await stage.send('POST', stage.core('resourcequotas'), {
        metadata: { name: 'q' },
        spec: { hard },
      });
      await stage.until('the quota', async () => {
        const { body } = await stage.send('GET', stage.core('resourcequotas', 'q'));
        return at(body, 'status', 'used', 'configmaps') === '1';
      });
      await stage.see('silent', 'POST', pods(stage), pod('silent'));
      const sized = (memory: string) => ({
        containers: [{ name: 'web', image: 'local/web:1', resources: { limits: { memory } } }],
      });
      await stage.see('large', 'POST', pods(stage), pod('large', sized('200Mi')));
      const fits = await stage.send('POST', pods(stage), pod('fits', sized('64Mi')));
      stage.note('fits', fits.status);
      const used = await stage.until('its use', async () => {
        const { body } = await stage.send('GET', stage.core('resourcequotas', 'q'));
        return at(body, 'status', 'used', 'pods') === '1' ? body.status : undefined;
      });
      stage.note('used', used);
      await stage.see('second', 'POST', pods(stage), pod('second', sized('16Mi')));
    },
  },
  {
    name: 'Pod Security refuses what its level does not allow',
    async play(stage) {
      const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
      await stage.send('PATCH', `/api/v1/namespaces/${stage.namespace}`, { metadata: { labels } });
      const { status, body } = await stage.see('refused', 'POST', pods(stage), pod('web'));
      stage.note('words', [status, String(body.message)]);
      const securityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
      const inner = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
      const containers = [{ name: 'web', image: 'local/web:1', securityContext: inner }];
      const good = await stage.send(
        'POST',
        `${pods(stage)}?dryRun=All`,
        pod('web', { securityContext, containers }),
      );
      stage.note('allowed', good.status);
    },
  },
  {
    name: 'a pod without its account, or with a priority that is none',
    async play(stage) {
      await stage.see('account', 'POST', pods(stage), pod('web', { serviceAccountName: 'none' }));
      await stage.see('priority', 'POST', pods(stage), pod('web', { priorityClassName: 'none' }));
    },
  },
];
