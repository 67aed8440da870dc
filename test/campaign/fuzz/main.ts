import { command } from '../command.ts';
import { fuzz } from './campaign.ts';

command(fuzz);
