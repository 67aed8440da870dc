import { z } from 'zod';

export const incidentArgument = z.string().min(1).max(40).describe('Handle such as inc-3.');
