import { command } from '../command.ts';
import { exclusivity } from './campaign.ts';

command(exclusivity);
