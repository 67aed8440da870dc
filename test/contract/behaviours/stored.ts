import type { Behaviour } from '../types.ts';
import { deployment, podTemplate } from './manifests.ts';
import { apps, statefulSet } from './watching.ts';

/** What kinds look like once they are stored, and what is refused. */
export const STORED: readonly Behaviour[] = [
  {
    name: 'a Deployment as it is stored: defaults and first owner',
    async play(stage) {
      await stage.see(
        'create',
        'POST',
        `${apps(stage, 'deployments')}?dryRun=All`,
        deployment('web'),
      );
    },
  },
  {
    name: 'other kinds as they are stored',
    async play(stage) {
      const dry = '?dryRun=All';
      const selector = { matchLabels: { app: 'web' } };
      const template = podTemplate('web');
      await stage.see('StatefulSet', 'POST', apps(stage, 'statefulsets') + dry, statefulSet('web'));
      await stage.see('DaemonSet', 'POST', apps(stage, 'daemonsets') + dry, {
        metadata: { name: 'web' },
        spec: { selector, template },
      });
      await stage.see('ReplicaSet', 'POST', apps(stage, 'replicasets') + dry, {
        metadata: { name: 'web' },
        spec: { selector, template },
      });
      const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
      await stage.see('Service', 'POST', stage.core('services') + dry, {
        metadata: { name: 'web' },
        spec: { selector: { app: 'web' }, ports },
      });
      await stage.see('headless Service', 'POST', stage.core('services') + dry, {
        metadata: { name: 'web' },
        spec: { clusterIP: 'None', selector: { app: 'web' }, ports },
      });
      const resources = { requests: { storage: '1024Mi' } };
      await stage.see('claim', 'POST', stage.core('persistentvolumeclaims') + dry, {
        metadata: { name: 'web' },
        spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources },
      });
      await stage.see('budget', 'POST', stage.named('policy/v1', 'poddisruptionbudgets') + dry, {
        metadata: { name: 'web' },
        spec: { minAvailable: '50%', selector },
      });
      await stage.see('Lease', 'POST', stage.named('coordination.k8s.io/v1', 'leases') + dry, {
        metadata: { name: 'web' },
        spec: { holderIdentity: 'me' },
      });
      await stage.see(
        'NetworkPolicy',
        'POST',
        stage.named('networking.k8s.io/v1', 'networkpolicies') + dry,
        { metadata: { name: 'web' }, spec: { podSelector: {}, ingress: [{}] } },
      );
      await stage.see('quota', 'POST', stage.core('resourcequotas') + dry, {
        metadata: { name: 'web' },
        spec: { hard: { pods: '5', 'requests.cpu': '1500m' } },
      });
    },
  },
  {
    name: 'a pod as it is stored: account, token, tolerations, priority, class',
    async play(stage) {
      const container = {
        name: 'web',
        image: 'local/web:1',
        resources: { limits: { cpu: '0.5', memory: '1024Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
      };
      const body = { metadata: { name: 'web' }, spec: { containers: [container] } };
      await stage.see('create', 'POST', `${stage.core('pods')}?dryRun=All`, body);
    },
  },
  {
    name: 'an invalid Deployment names each cause',
    async play(stage) {
      const url = apps(stage, 'deployments');
      await stage.see(
        'selector',
        'POST',
        url,
        deployment('web', { spec: { selector: { matchLabels: { app: 'other' } } } }),
      );
      await stage.see('replicas', 'POST', url, deployment('web', { replicas: -1 }));
      await stage.see('containers', 'POST', url, deployment('web', { pod: { containers: [] } }));
      await stage.see(
        'image',
        'POST',
        url,
        deployment('web', { pod: { containers: [{ name: 'web' }] } }),
      );
      await stage.see(
        'names',
        'POST',
        url,
        deployment('web', {
          pod: {
            containers: [
              { name: 'web', image: 'x' },
              { name: 'web', image: 'x' },
            ],
          },
        }),
      );
      await stage.see(
        'policy',
        'POST',
        url,
        deployment('web', { pod: { restartPolicy: 'Never' } }),
      );
      await stage.see(
        'mount',
        'POST',
        url,
        deployment('web', {
          pod: {
            containers: [
              { name: 'web', image: 'x', volumeMounts: [{ name: 'no', mountPath: '/x' }] },
            ],
          },
        }),
      );
    },
  },
  {
    name: 'what may not change: selector, pod, claim, address',
    async play(stage) {
      await stage.send('POST', apps(stage, 'deployments'), deployment('web', { replicas: 0 }));
      const labels = { app: 'other' };
      const change = {
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } },
      };
      await stage.see('selector', 'PATCH', apps(stage, 'deployments', 'web'), change);
      await stage.send('POST', apps(stage, 'statefulsets'), statefulSet('web', { replicas: 0 }));
      await stage.see('serviceName', 'PATCH', apps(stage, 'statefulsets', 'web'), {
        spec: { serviceName: 'x' },
      });
      await stage.send('POST', stage.core('services'), {
        metadata: { name: 'web' },
        spec: { ports: [{ port: 80 }] },
      });
      await stage.see('address', 'PATCH', stage.core('services', 'web'), {
        spec: { clusterIP: '10.0.200.200', clusterIPs: ['10.0.200.200'] },
      });
    },
  },
];
