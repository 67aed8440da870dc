import { command } from '../campaign/command.ts';
import { scenarios } from './campaign.ts';

command(scenarios);
