import type { IconName } from '../ui/Icon.svelte';
import type { Phase } from './upload-item.svelte';

type PhaseLabel = { text: string; icon: IconName; tone: 'soft' | 'busy' | 'good' | 'bad' };

/** Label, icon and colour of each phase. */
export const PHASE_LABELS: Record<Phase, PhaseLabel> = {
	waiting: { text: 'Waiting', icon: 'clock', tone: 'soft' },
	sending: { text: 'Uploading', icon: 'upload', tone: 'busy' },
	queued: { text: 'Queued', icon: 'clock', tone: 'soft' },
	running: { text: 'Processing', icon: 'tag', tone: 'busy' },
	done: { text: 'Done', icon: 'check', tone: 'good' },
	duplicate: { text: 'Already in your gallery', icon: 'check', tone: 'good' },
	failed: { text: 'Failed', icon: 'warn', tone: 'bad' },
	rejected: { text: 'Rejected', icon: 'warn', tone: 'bad' },
	cancelled: { text: 'Cancelled', icon: 'close', tone: 'soft' },
};

export const PHASE_ORDER: readonly Phase[] = [
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
