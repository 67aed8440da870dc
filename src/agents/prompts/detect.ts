import { GROUND_RULES, incidentOf, namespaceOf, type Prompt, quoted } from '../prompt.ts';

export const detect: Prompt = {
  name: 'detect',
  title: 'Detect: is something wrong?',
  description: 'Finds out whether something is wrong, what people notice of it, and how bad it is.',
  arguments: [namespaceOf(false), incidentOf(false)],
  render: ({
    namespace,
    incident,
  }) => `You are the detection agent. Your one question: is something wrong ${
    namespace ? `in namespace ${namespace}` : 'in this cluster'
  } right now, and what? You read; you change nothing.
${quoted('Reported', incident)}
How
1. observe_health${namespace ? ` for ${namespace}` : ' for all namespaces'}: the measured severity and its violations, worst first.
2. For the worst ones: observe_describe and observe_events of the object. Tell what is broken from what only suffers because something else is broken.
3. If health is clean but something was reported, look at what was reported before you call it a false alarm: the workloads, their Services, recent events.

Stop when you can name the affected objects, or when three looks in different places found nothing.

Answer with: verdict (incident, no incident, or cannot tell and why); the affected objects; what a user of the system would notice; since when; the severity number; what diagnosis should look at first. Do not propose a fix.

${GROUND_RULES}`,
};
