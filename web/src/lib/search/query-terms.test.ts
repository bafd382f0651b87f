import { expect, it } from 'vitest';
import {
	hasTag,
	completeTag,
	hasOpenQuote,
	currentTerm,
	hasMatchTerm,
	normalizeQuery,
	toggleTag,
} from './query-terms';

it.each([
	['dog', 'dog'],
	['dog ca', 'ca'],
	['dog -ca', 'ca'],
	['dog "sports c', 'sports c'],
	['"sports car" ', ''],
	['', ''],
])('returns the last term of <%s> as <%s>', (query, term) => {
	expect(currentTerm(query)).toBe(term);
});

it.each([
	['do', 'dog', '"dog" '],
	['cat do', 'dog', 'cat "dog" '],
	['cat -do', 'dog', 'cat -"dog" '],
	['cat -spo', 'sports car', 'cat -"sports car" '],
	['"spo', 'sports car', '"sports car" '],
])('completes <%s> with %s to <%s>', (query, tag, completed) => {
	expect(completeTag(query, tag)).toBe(completed);
});

it.each([
	['', 'dog', '"dog"'],
	['cat ', 'sports car', 'cat "sports car"'],
	['cat "sports car" -dog', 'sports car', 'cat -dog'],
	['"dog"', 'dog', ''],
	['dog', 'dog', ''],
	['Dog cat', 'dog', 'cat'],
	['-"dog"', 'dog', '"dog"'],
	['-dog cat', 'dog', 'cat "dog"'],
])('toggles in <%s> the tag %s, giving <%s>', (query, tag, toggled) => {
	expect(toggleTag(query, tag)).toBe(toggled);
	expect(hasTag(toggled, tag)).toBe(!hasTag(query, tag));
});

it('replaces curly quotes with straight quotes', () => {
	expect(normalizeQuery(' “sports car” dog')).toBe('"sports car" dog');
});

it.each([
	['"sports c', true],
	['"sports car" ', false],
	['dog', false],
])('detects whether <%s> has an unclosed quote', (query, open) => {
	expect(hasOpenQuote(query)).toBe(open);
});

it.each([
	['', false],
	['status:failed', false],
	['-dog score:>=50', false],
	['status:done dog', true],
	['"sports car"', true],
])('detects whether <%s> can be sorted by match (P16)', (query, expected) => {
	expect(hasMatchTerm(query)).toBe(expected);
});
