import { withoutAbsent } from './absent.ts';
import { measureSnapshot } from './measure.ts';
import { settle } from './settle.ts';
import { takeSnapshot } from './snapshot.ts';
import type { SeverityMeter, SeverityMeterOptions } from './types.ts';

/** Measures severity on a live cluster, reading only. */
export function createSeverityMeter(options: SeverityMeterOptions): SeverityMeter {
  const { reader, settings, clock, feed } = options;
  return {
    async measure(scope, signal, absent) {
      const snapshot = await takeSnapshot(reader, scope, clock, signal, feed);
      return measureSnapshot(withoutAbsent(snapshot, absent), settings);
    },
    settle(request) {
      return settle(
        {
          snapshot: (signal) => takeSnapshot(reader, request.scope, clock, signal, feed),
          settings: { ...settings, settle: request.settings },
          clock,
        },
        request,
      );
    },
    close: () => feed?.close(),
  };
}
