import { command } from '../command.ts';
import { ablation } from './campaign.ts';

command(ablation);
