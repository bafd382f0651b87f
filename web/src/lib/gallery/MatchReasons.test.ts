import { render, screen } from '@testing-library/svelte';
import { expect, it } from 'vitest';
import type { Match } from '../api/types';
import MatchReasons from './MatchReasons.svelte';

const matchOf = (wnid: string, score: number): Match => ({
	rank: 1,
	label: 'maillot',
	kind: 'class',
	wnid,
	score,
	path: 'maillot',
});

it('lists every match, including two with the same label', () => {
	render(MatchReasons, { matches: [matchOf('n03710637', 0.6), matchOf('n03710721', 0.3)] });
	const reasons = screen.getAllByRole('listitem');
	expect(reasons.map(({ textContent }) => textContent)).toEqual([
		'maillot 60\u00a0%',
		'maillot 30\u00a0%',
	]);
});
