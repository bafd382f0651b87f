import type { IconName } from '../ui/Icon.svelte';
import type { Phase } from './upload-item.svelte';

type Look = { words: string; icon: IconName; tone: 'soft' | 'busy' | 'good' | 'bad' };

/** How each phase is put to a person. */
export const PHASES: Record<Phase, Look> = {
	waiting: { words: 'Waiting', icon: 'clock', tone: 'soft' },
	sending: { words: 'Sending', icon: 'upload', tone: 'busy' },
	queued: { words: 'Queued', icon: 'clock', tone: 'soft' },
	running: { words: 'Classifying…', icon: 'tag', tone: 'busy' },
	done: { words: 'Done', icon: 'check', tone: 'good' },
	duplicate: { words: 'Already here', icon: 'check', tone: 'good' },
	failed: { words: 'Failed', icon: 'warn', tone: 'bad' },
	rejected: { words: 'Not taken', icon: 'warn', tone: 'bad' },
	cancelled: { words: 'Cancelled', icon: 'close', tone: 'soft' },
};

export const ORDER: readonly Phase[] = [
	'waiting',
	'sending',
	'queued',
	'running',
	'done',
	'duplicate',
	'failed',
	'rejected',
	'cancelled',
];
