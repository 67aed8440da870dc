import { command } from '../command.ts';
import { planWritesNothing } from './campaign.ts';

command(planWritesNothing);
